//! Bad days of the platforms: they are down, or they do the work and their answers do not arrive.

use std::time::{Duration, Instant};

use crate::bridge::Bridge;
use crate::eventually::{eventually, holds};
use crate::metrics;
use crate::orders;
use crate::stage::{STEP, Setup, Stage};
use crate::truth;

#[test]
fn an_outage_of_both_platforms_passes_by_itself_and_loses_nothing() {
    let stage = Stage::new(&Setup::default());
    let bridge = stage.start();
    let shipped: Vec<_> =
        (50..55).map(|number| stage.add(orders::picked(orders::order(&format!("SO-{number}"))))).collect();
    let placed: Vec<_> = shipped.iter().map(|id| stage.placed(*id).order_id).collect();

    stage.set_faults("server-error-before=1");
    for order in &placed {
        stage.label(*order);
    }
    let picked: Vec<_> =
        (60..70).map(|number| stage.add(orders::picked(orders::order(&format!("SO-{number}"))))).collect();
    for platform in ["cin7", "shipstation"] {
        eventually(&format!("{platform} is set aside"), STEP, || {
            let open = metrics::sum(bridge.addr, "shipbridge_circuit_open", &[platform]);
            holds(open == 1, "the circuit is closed")
        });
    }
    eventually("events are accepted all the same", STEP, || {
        let pending = stage.sandbox().pending_webhooks();
        holds(pending == 0, format!("{pending} webhooks pending"))
    });
    assert_eq!(stage.sandbox().webhooks().given_up, 0);
    assert!(truth::standing(&stage, &shipped).converged == 0, "nothing came through");

    stage.set_faults("none");
    let placed: Vec<_> = picked.iter().map(|id| stage.placed(*id).order_id).collect();
    for order in &placed {
        stage.label(*order);
    }
    let all = [shipped, picked].concat();
    converge(&stage, &all, Duration::from_mins(1));
    assert_eq!(metrics::sum(bridge.addr, "shipbridge_parked", &[]), 0);
    assert_once(&stage, &all);
}

/// The work is done, and its answer is lost: every second call comes through. Were it fewer, reads that fail one after
/// another would keep everybody away from the platform, and no write would be hit.
const LOST_ANSWERS: &str = "reset-after=0.2,server-error-after=0.2,truncated=0.1";
const ORDERS: usize = 40;

#[test]
fn writes_whose_answers_get_lost_are_neither_lost_nor_done_twice() {
    let settings = "lease = \"10s\"\nplatform_timeout = \"5s\"";
    let stage = Stage::new(&Setup { worker: settings, seed: 7, ..Setup::default() });
    let bridge = stage.start();
    let mut ids = Vec::new();
    stage.sandbox().set_shipstation_faults(LOST_ANSWERS.parse().unwrap());
    storm(&bridge, "create_orders", || {
        if ids.len() < ORDERS {
            ids.push(stage.add(orders::picked(orders::order(&format!("SO-{}", 100 + ids.len())))));
        }
        ids.len() == ORDERS
    });
    stage.set_faults("none");
    let mut placed = eventually("all orders are in ShipStation", Duration::from_secs(90), || {
        let shipstation = stage.sandbox().shipstation();
        let found: Vec<_> = shipstation.orders().map(|order| order.order_id).collect();
        if found.len() >= ORDERS { Ok(found) } else { Err(format!("{} of {ORDERS}", found.len())) }
    });

    stage.sandbox().set_cin7_faults(LOST_ANSWERS.parse().unwrap());
    storm(&bridge, "update_orders", || {
        placed.pop().map(|order| stage.label(order));
        placed.is_empty()
    });
    stage.set_faults("none");
    converge(&stage, &ids, Duration::from_secs(90));
    assert_once(&stage, &ids);
}

/// Lets answers get lost while people work, until they are done and a write of this kind was hit.
fn storm(bridge: &Bridge, write: &str, mut people: impl FnMut() -> bool) {
    let (mut next, mut done) = (Instant::now(), false);
    eventually(&format!("the storm hits {write}"), Duration::from_mins(1), || {
        if Instant::now() >= next {
            next = Instant::now() + Duration::from_millis(80);
            done = people();
        }
        let hits = unanswered(bridge, write);
        holds(done && hits > 0, format!("{hits} hits"))
    });
}

/// Calls of an operation that ended with another status than 200, or with none.
fn unanswered(bridge: &Bridge, operation: &str) -> u64 {
    let operation = format!("operation=\"{operation}\"");
    let calls = |labels: &[&str]| metrics::sum(bridge.addr, "shipbridge_platform_requests_total", labels);
    let good = calls(&[operation.as_str(), "status=\"200\""]);
    calls(&[operation.as_str()]).saturating_sub(good)
}

fn converge(stage: &Stage, ids: &[i64], within: Duration) {
    eventually("every order is dispatched", within, || {
        let standing = truth::standing(stage, ids);
        holds(standing.open.is_empty(), format!("{:#?}", standing.open))
    });
}

/// Every order is once in ShipStation, was sent once, and was written back once.
fn assert_once(stage: &Stage, ids: &[i64]) {
    let standing = truth::standing(stage, ids);
    assert_eq!((standing.converged, standing.duplicates), (ids.len(), 0));
    let upserts = stage.sandbox().shipstation().calls().upserts().clone();
    assert_eq!((upserts.len(), upserts.values().max()), (ids.len(), Some(&1)), "{upserts:?}");
    let cin7 = stage.sandbox().cin7();
    let twice: Vec<_> = ids.iter().filter(|id| cin7.calls().writes_of(**id) != 1).collect();
    assert!(twice.is_empty(), "not written back exactly once: {twice:?}");
}
