//! Budgets that are used up for long: nobody keeps events in hand because of them.

use std::sync::Arc;

use domain::event::Lane;
use domain::quota::Window;
use jiff::SignedDuration;
use tokio::sync::Notify;
use worker::Platform;

use super::{Line, Trouble, once};

/// A day's budget that a few calls use up.
fn a_day() -> Vec<Window> {
    vec![Window { limit: 40, length: SignedDuration::from_hours(24) }]
}

#[tokio::test]
async fn orders_do_not_stay_in_hand_while_shipstations_day_is_spent() {
    let (mut line, ids) = Line::with_picked(4).await;
    line.setup.windows = a_day();
    line.step = SignedDuration::ZERO;
    line.bridge.spend(Platform::ShipStation, &a_day()).await;
    line.tell(&ids).await;
    line.start();
    line.until("all events wait", async |line| line.delayed(Lane::Orders).await == 4).await;
    line.stop().await;
    line.world.advance(SignedDuration::from_hours(23));
    assert_eq!(line.delayed(Lane::Orders).await, 4, "not before the day is over");
    line.world.advance(SignedDuration::from_hours(2));
    assert_eq!(line.bridge.attempts(Lane::Orders).await, [0; 4]);
    line.start();
    line.until_drained().await;
    assert!(ids.iter().all(|id| line.sent(*id) == 1));
}

#[tokio::test]
async fn shipments_do_not_stay_in_hand_while_cin7s_day_is_spent() {
    let (mut line, ids) = Line::with_imported(4).await;
    line.setup.windows = a_day();
    line.step = SignedDuration::ZERO;
    line.bridge.spend(Platform::Cin7, &a_day()).await;
    line.ship(&ids);
    line.notify().await;
    let waiting = line.bridge.depth(Lane::Shipments).await.ready;
    line.start();
    line.until("all events wait", async |line| line.delayed(Lane::Shipments).await == waiting).await;
    line.stop().await;
    line.world.advance(SignedDuration::from_hours(25));
    assert!(line.bridge.attempts(Lane::Shipments).await.iter().all(|attempt| *attempt == 0));
    line.start();
    line.until_drained().await;
    assert!(ids.iter().all(|id| line.is_dispatched(*id)));
}

#[tokio::test]
async fn nothing_is_taken_while_the_first_calls_day_is_spent() {
    let (mut line, ids) = Line::with_picked(4).await;
    line.setup.windows = a_day();
    line.step = SignedDuration::ZERO;
    line.bridge.spend(Platform::Cin7, &a_day()).await;
    line.tell(&ids).await;
    line.start();
    line.until("the budget was asked for", async |line| line.bridge.ledger().budgets_asked() > 0).await;
    let depth = line.bridge.depth(Lane::Orders).await;
    assert_eq!((depth.ready, line.world.count(|_| true)), (4, 0), "{depth:?}");
    line.world.advance(SignedDuration::from_hours(25));
    line.until_drained().await;
    assert!(ids.iter().all(|id| line.sent(*id) == 1));
}

#[tokio::test]
async fn what_was_not_begun_of_a_batch_within_minutes_returns_to_the_queue() {
    let (mut line, ids) = Line::with_imported(4).await;
    line.step = SignedDuration::ZERO;
    for id in &ids {
        line.ship(&[*id]);
    }
    line.notify().await;
    let (let_go, list) = (Arc::new(Notify::new()), "GET /shipments");
    let held = Trouble::Held(let_go.clone());
    line.trouble(once(move |call| call.is(list), held));
    line.start();
    line.until("the first list is asked for", async |line| line.world.calls(list) == 1).await;
    line.world.advance(SignedDuration::from_mins(6));
    let_go.notify_one();
    line.until("the others wait", async |line| line.delayed(Lane::Shipments).await > 0).await;
    line.stop().await;
    assert_eq!(line.world.calls(list), 1);
    line.world.advance(SignedDuration::from_secs(1));
    assert!(line.bridge.attempts(Lane::Shipments).await.iter().all(|attempt| *attempt == 0));
    line.step = super::STEP;
    line.start();
    line.until_drained().await;
    assert!(ids.iter().all(|id| line.is_dispatched(*id)));
}
