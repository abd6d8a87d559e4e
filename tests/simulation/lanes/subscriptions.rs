//! The webhook subscriptions at ShipStation: what was dropped or changed by hand is repaired by the next round, what
//! is another's is left alone, and no lost answer makes a second one.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use domain::subscription::{EVENTS, HookAddress, Wanted};
use jiff::SignedDuration;
use ledger::Leases;
use sandbox::shipstation::{Subscription, WebhookEvent};
use worker::Subscriptions;

use super::{Line, Trouble, once};
use crate::bridge::connection;
use crate::world::{Site, World};

const SUBSCRIBE: &str = "POST /webhooks/subscribe";
const LIST: &str = "GET /webhooks";
const TARGET: &str = "http://bridge.invalid/webhooks/shipstation/acme?token=t0k";
const OTHERS: [&str; 2] = [
    "https://elsewhere.example/hook?token=t0k",
    "http://bridge.invalid/webhooks/shipstation/acme-2?token=t0k",
];
/// Rounds that come as fast as in no real bridge, and one that comes once.
const OFTEN: Duration = Duration::from_millis(60);
const ONCE: Duration = Duration::from_hours(24);

/// A line that keeps its subscriptions right. Those that the world begins with have no token: ours, and to be replaced.
async fn keeping_right(every: Duration) -> Line {
    let mut line = Line::new().await;
    for other in OTHERS {
        line.world.shipstation().subscribe(other, WebhookEvent::ShipNotify, None);
    }
    let address = HookAddress::of_shipstation(&"http://bridge.invalid".parse().unwrap(), &connection());
    let wanted = Wanted { address, token: Some("t0k".into()) };
    line.setup.subscriptions = Some(Subscriptions { wanted, every });
    line
}

fn all(world: &World) -> Vec<Subscription> {
    world.shipstation().subscriptions().cloned().collect()
}

/// Whether what is needed is there once each, and nothing else but what is another's.
fn is_right(world: &World) -> bool {
    let (ours, others): (Vec<_>, Vec<_>) =
        all(world).into_iter().partition(|hook| !OTHERS.contains(&hook.target_url.as_str()));
    let right = |event: &str| {
        let of_event: Vec<_> = ours.iter().filter(|hook| hook.event.name() == event).collect();
        matches!(of_event[..], [hook] if hook.target_url == TARGET && hook.active && hook.store_id.is_none())
    };
    EVENTS.iter().all(|event| right(event)) && ours.len() == EVENTS.len() && others.len() == OTHERS.len()
}

async fn until_right(line: &Line) {
    line.until("the subscriptions are right", async |line| is_right(&line.world)).await;
}

/// Counts the removals that left an event without a right subscription.
fn count_gaps(line: &Line) -> Arc<AtomicUsize> {
    let (gaps, world) = (Arc::new(AtomicUsize::new(0)), line.world.clone());
    let counting = gaps.clone();
    line.trouble(move |call| {
        let served = |event: &&str| {
            all(&world)
                .iter()
                .any(|hook| hook.event.name() == *event && hook.target_url == TARGET && hook.active)
        };
        if call.operation.starts_with("DELETE /webhooks/") && !EVENTS.iter().all(served) {
            counting.fetch_add(1, Ordering::Relaxed);
        }
        None
    });
    gaps
}

#[tokio::test]
async fn what_was_dropped_or_changed_by_hand_is_repaired_without_a_gap_and_others_are_left_alone() {
    let mut line = keeping_right(OFTEN).await;
    let gaps = count_gaps(&line);
    let others = |line: &Line| -> Vec<_> {
        all(&line.world).into_iter().filter(|hook| OTHERS.contains(&hook.target_url.as_str())).collect()
    };
    let before = others(&line);
    line.start();
    until_right(&line).await;

    let ids: Vec<i64> =
        all(&line.world).iter().filter(|hook| hook.target_url == TARGET).map(|hook| hook.id).collect();
    {
        let mut shipstation = line.world.shipstation();
        assert!(shipstation.unsubscribe(ids[0]));
        assert!(shipstation.edit_subscription(ids[1], |hook| hook.active = false));
        assert!(shipstation.edit_subscription(ids[2], |hook| hook.store_id = Some(12_345)));
        assert!(shipstation.edit_subscription(ids[3], |hook| hook.target_url = TARGET.replace("t0k", "0ld")));
        shipstation.subscribe(TARGET, WebhookEvent::OrderNotify, None);
    }
    assert!(!is_right(&line.world));
    until_right(&line).await;
    assert_eq!(gaps.load(Ordering::Relaxed), 0, "nothing is removed before what takes its place is there");
    assert_eq!(others(&line), before);

    let (made, looked) = (line.world.calls(SUBSCRIBE), line.world.calls(LIST));
    line.until("it has looked again", async |line| line.world.calls(LIST) >= looked + 3).await;
    assert_eq!(line.world.calls(SUBSCRIBE), made, "what is right is left as it is");
    line.stop().await;
}

#[tokio::test]
async fn a_lost_answer_to_subscribe_is_looked_up_and_makes_no_second_one() {
    for trouble in [Trouble::ResetAfter, Trouble::ErrorAfter, Trouble::CutDocument, Trouble::CutBody] {
        let mut line = keeping_right(ONCE).await;
        line.trouble(once(|call| call.is(SUBSCRIBE), trouble));
        line.start();
        until_right(&line).await;
        line.stop().await;
        assert_eq!((line.world.calls(SUBSCRIBE), line.world.calls(LIST)), (4, 2));
    }
}

#[tokio::test]
async fn a_subscribe_that_never_arrived_is_made_again() {
    for trouble in [Trouble::ResetBefore, Trouble::status(502, "<html>502</html>")] {
        let mut line = keeping_right(ONCE).await;
        line.trouble(once(|call| call.is(SUBSCRIBE), trouble));
        line.start();
        until_right(&line).await;
        line.stop().await;
        assert_eq!((line.world.calls(SUBSCRIBE), line.world.calls(LIST)), (5, 2));
    }
}

#[tokio::test]
async fn a_lost_answer_to_unsubscribe_is_asked_for_again() {
    for trouble in [Trouble::ResetAfter, Trouble::ResetBefore] {
        let mut line = keeping_right(ONCE).await;
        line.trouble(once(|call| call.operation.starts_with("DELETE /webhooks/"), trouble));
        line.start();
        until_right(&line).await;
        line.stop().await;
        assert_eq!((line.world.calls(SUBSCRIBE), line.world.calls(LIST)), (4, 1));
    }
}

#[tokio::test]
async fn two_never_change_the_subscriptions_at_once() {
    let mut line = keeping_right(OFTEN).await;
    let now = line.world.now(Site::Cin7);
    let length = SignedDuration::from_mins(10);
    let ledger = line.bridge.ledger();
    let turn = ledger.lease("subscribing/acme", "somebody", length, now).await.unwrap();
    assert!(turn.is_some());
    line.step = SignedDuration::ZERO;
    line.start();
    let asked = std::time::Instant::now();
    line.until("a few rounds have passed", async |_| asked.elapsed() > 5 * OFTEN).await;
    assert_eq!((line.world.calls(SUBSCRIBE), line.world.calls(LIST)), (0, 0));
    line.world.advance(length);
    until_right(&line).await;
    assert_eq!(line.world.calls(SUBSCRIBE), 4);
    line.stop().await;
}
