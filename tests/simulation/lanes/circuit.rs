//! What concerns a whole platform: its limits, its absence, our credentials. No event spends an attempt on it.

use domain::event::Lane;
use jiff::SignedDuration;

use super::{Line, Trouble, once};
use crate::world::{Call, Site};

#[tokio::test]
async fn a_429_of_cin7_snoozes_without_an_attempt_until_the_time_that_it_named() {
    let (mut line, ids) = Line::with_picked(4).await;
    line.step = SignedDuration::ZERO;
    line.trouble(once(Call::is_reading, Trouble::too_many_requests(Site::Cin7, 20)));
    line.tell(&ids).await;
    line.start();
    line.until("all events wait", async |line| line.delayed(Lane::Orders).await == 4).await;
    line.stop().await;
    line.world.advance(SignedDuration::from_secs(19));
    assert_eq!(line.delayed(Lane::Orders).await, 4, "not before its time");
    line.world.advance(SignedDuration::from_secs(1));
    assert_eq!(line.delayed(Lane::Orders).await, 0);
    assert_eq!(line.bridge.attempts(Lane::Orders).await, [0; 4]);
    line.start();
    line.until_drained().await;
    assert_eq!(line.world.calls("GET /SalesOrders"), 2);
    assert!(ids.iter().all(|id| line.sent(*id) == 1));
}

#[tokio::test]
async fn a_429_of_shipstation_leaves_the_claim_to_the_next_attempt() {
    let (mut line, ids) = Line::with_picked(4).await;
    line.step = SignedDuration::ZERO;
    let limited = Trouble::too_many_requests(Site::ShipStation, 30);
    line.trouble(once(|call| call.is("POST /orders/createorders"), limited));
    line.tell(&ids).await;
    line.start();
    line.until("all events wait", async |line| line.delayed(Lane::Orders).await == 4).await;
    line.stop().await;
    line.world.advance(SignedDuration::from_secs(30));
    assert_eq!(line.bridge.attempts(Lane::Orders).await, [0; 4]);
    line.start();
    line.until_drained().await;
    assert_eq!(line.world.calls("POST /orders/createorders"), 2);
    assert_eq!(line.world.calls("GET /orders"), 0, "a refused call leaves nothing in doubt");
    assert!(ids.iter().all(|id| line.sent(*id) == 1));
}

#[tokio::test]
async fn a_refused_credential_opens_the_circuit_and_no_event_spends_an_attempt() {
    let (mut line, ids) = Line::with_picked(30).await;
    line.trouble(|call| (call.site == Site::Cin7).then(|| Trouble::status(401, "")));
    line.tell(&ids).await;
    line.start();
    line.until("it has been tried a third time", async |line| line.world.calls("GET /SalesOrders") == 3)
        .await;
    line.until("all events wait", async |line| line.delayed(Lane::Orders).await == 30).await;
    line.stop().await;
    line.world.advance(SignedDuration::from_secs(20));
    assert_eq!(line.bridge.attempts(Lane::Orders).await, [0; 30]);
    assert_eq!(line.parked().await, []);
    line.world.trouble(None);
    line.start();
    line.until_drained().await;
    assert!(ids.iter().all(|id| line.sent(*id) == 1));
}

#[tokio::test]
async fn a_platform_that_is_down_is_left_alone_and_comes_back_by_itself() {
    let (mut line, ids) = Line::with_imported(6).await;
    line.ship(&ids);
    line.trouble(|call| (call.site == Site::Cin7).then_some(Trouble::Refused));
    line.notify().await;
    line.start();
    line.until("the circuit has opened", async |line| line.world.calls("GET /SalesOrders") == 1 + 5).await;
    line.world.trouble(None);
    line.until_drained().await;
    assert!(ids.iter().all(|id| line.is_dispatched(*id)));
    assert_eq!(line.world.calls("PUT /SalesOrders"), 1);
    assert_eq!(line.parked().await, []);
}
