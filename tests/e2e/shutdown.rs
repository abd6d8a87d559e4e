//! A soft stop: what is in hand is finished or given back, nothing is lost, and nothing is held against it.

use std::sync::Arc;
use std::time::Duration;

use broker::{Broker, EmbeddedBroker, EmbeddedConfig};
use domain::clock::FixedClock;
use domain::event::Lane;
use jiff::SignedDuration;

use crate::bridge::Bridge;
use crate::eventually::{eventually, holds};
use crate::orders;
use crate::stage::{STEP, Setup, Stage};

/// Webhooks alone make events here.
fn setup() -> Setup {
    Setup { watch: "off", sweep: "off", ..Setup::default() }
}

/// The attempt numbers of the events that wait in the queue of a bridge that has ended.
fn attempts(stage: &Stage) -> Vec<u32> {
    let later = stage.now() + SignedDuration::from_hours(1);
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let config = EmbeddedConfig::new(stage.folder().join("data"));
        let queue = EmbeddedBroker::open(config, Arc::new(FixedClock::at(later))).await.unwrap();
        let mut consumer = queue.consumer(&"acme".parse().unwrap(), Lane::Orders).await.unwrap();
        let waiting = consumer.batch(250, Duration::from_millis(50)).await.unwrap();
        let attempts = waiting.iter().map(broker::Delivery::attempt).collect();
        drop((waiting, consumer));
        queue.close().await;
        attempts
    })
}

fn all_told(stage: &Stage) {
    eventually("all webhooks are accepted", STEP, || {
        let pending = stage.sandbox().pending_webhooks();
        holds(pending == 0, format!("{pending} pending"))
    });
}

#[test]
fn sigterm_finishes_what_is_in_hand_and_keeps_the_rest_for_the_next_start() {
    let stage = Stage::new(&setup());
    let bridge = stage.start();
    stage.set_faults("slow=1");
    let first = stage.add(orders::picked(orders::order("SO-10")));
    eventually("the first order is in hand", STEP, || {
        holds(stage.sandbox().cin7().calls().of("GET /SalesOrders") > 0, "not read yet")
    });
    let more: Vec<_> =
        (11..31).map(|number| stage.add(orders::picked(orders::order(&format!("SO-{number}"))))).collect();
    all_told(&stage);
    let status = bridge.stop(Duration::from_secs(15));
    assert!(status.success(), "{status}");
    let in_shipstation = || stage.sandbox().shipstation().calls().upserts().len();
    assert_eq!(in_shipstation(), 1, "what was in hand is finished, and nothing else is begun");
    assert_eq!(attempts(&stage), vec![0; 20]);

    stage.set_faults("none");
    let bridge = stage.start();
    for id in more.iter().chain([&first]) {
        stage.placed(*id);
    }
    stage.is("imported", first);
    assert!(!bridge.log().contains("an event failed"), "{}", bridge.log());
    let upserts = stage.sandbox().shipstation().calls().upserts().clone();
    assert_eq!((upserts.len(), upserts.values().max()), (21, Some(&1)));
}

#[test]
fn sigterm_gives_back_at_no_attempt_what_waits_for_the_budget() {
    let stage = Stage::new(&setup());
    // With one call a second, the second one waits: the orders are read, and their products are not.
    let scarce = [("SHIPBRIDGE__CONNECTIONS__ACME__CIN7__LIMITS__PER_SECOND", "1")];
    let bridge = Bridge::start(stage.folder(), stage.addr, &scarce);
    let ids = [40, 41, 42].map(|number| stage.add(orders::picked(orders::order(&format!("SO-{number}")))));
    eventually("the events are in hand", STEP, || {
        holds(stage.sandbox().cin7().calls().of("GET /SalesOrders") > 0, "not read yet")
    });
    let status = bridge.stop(Duration::from_secs(10));
    assert!(status.success(), "{status}");
    assert_eq!(attempts(&stage), [0, 0, 0]);
    assert_eq!(stage.sandbox().cin7().calls().total(), 1);
    assert_eq!(stage.sandbox().shipstation().calls().total(), 0, "nothing was written");

    let _bridge = stage.start();
    for id in ids {
        stage.placed(id);
    }
}
