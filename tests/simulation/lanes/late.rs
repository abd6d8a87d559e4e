//! Two workers on one order, one of which comes late: it neither turns back what the other has reached, nor
//! writes anything twice.

use std::sync::Arc;

use jiff::SignedDuration;
use sandbox::shipstation::LabelRequest;
use tokio::sync::Notify;

use super::{Line, Trouble, once};
use crate::story;
use crate::world::Site;

const IMPORT: &str = "POST /orders/createorders";
const WRITE_BACK: &str = "PUT /SalesOrders";

/// Two workers on one picked order. The first such call gets its answer when the notification says so.
async fn with_held(operation: &'static str) -> (Line, i64, Arc<Notify>) {
    with_late(operation, Trouble::Held).await
}

/// The same, with other trouble that waits for the notification.
async fn with_late(
    operation: &'static str,
    trouble: impl Fn(Arc<Notify>) -> Trouble,
) -> (Line, i64, Arc<Notify>) {
    let (mut line, ids) = Line::with_picked(1).await;
    line.setup.workers = 2;
    let let_go = Arc::new(Notify::new());
    line.trouble(once(move |call| call.is(operation), trouble(let_go.clone())));
    line.tell(&ids).await;
    line.start();
    (line, ids[0], let_go)
}

#[tokio::test]
async fn a_worker_that_falls_behind_does_not_turn_a_dispatched_order_back() {
    let (mut line, id, let_go) = with_held("GET /Products").await;
    line.until("one of them hangs", async |line| line.world.calls("GET /Products") == 1).await;
    line.tell(&[id]).await;
    line.until("the other has sent it", async |line| line.state(id).await == "imported").await;
    line.ship(&[id]);
    line.notify().await;
    line.until("it has come back", async |line| line.state(id).await == "dispatched").await;
    let_go.notify_one();
    line.until_drained().await;
    line.stop().await;
    assert_eq!((line.sent(id), line.state(id).await), (1, "dispatched"));
}

#[tokio::test]
async fn an_import_that_hangs_past_its_lease_is_looked_up_by_another_worker_and_not_sent_again() {
    let (mut line, id, let_go) = with_held(IMPORT).await;
    line.until("one of them hangs", async |line| line.world.calls(IMPORT) == 1).await;
    line.tell(&[id]).await;
    line.until("it is busy", async |line| line.delayed(domain::event::Lane::Orders).await == 1).await;
    line.world.advance(SignedDuration::from_secs(60));
    line.until("the other has found it", async |line| line.state(id).await == "imported").await;
    let_go.notify_one();
    line.until_drained().await;
    line.stop().await;
    assert_eq!((line.sent(id), line.state(id).await), (1, "imported"));
    assert_eq!((line.world.calls(IMPORT), line.world.calls("GET /orders")), (1, 1));
}

/// Voids an order's label and buys another; its tracking number.
fn label_again(line: &Line, id: i64) -> String {
    let now = line.world.now(Site::ShipStation);
    let mut shipstation = line.world.shipstation();
    let order = shipstation.order_by_key(&story::key(id)).unwrap().order_id;
    let first = shipstation.live_shipments(order).next().unwrap().shipment_id;
    shipstation.void_label(first, now).unwrap();
    let again = shipstation.buy_label(&LabelRequest::whole(order), now).unwrap();
    shipstation.shipment(again).unwrap().tracking_number.clone()
}

#[tokio::test]
async fn a_write_back_that_hangs_past_its_lease_does_not_hide_what_another_worker_wrote_since() {
    let (mut line, id, let_go) = with_held(WRITE_BACK).await;
    line.until("it is sent", async |line| line.state(id).await == "imported").await;
    line.ship(&[id]);
    line.notify().await;
    line.until("one of them hangs", async |line| line.world.calls(WRITE_BACK) == 1).await;
    let again = label_again(&line, id);
    line.notify().await;
    line.world.advance(SignedDuration::from_secs(60));
    line.until("the other has written", async |line| line.world.calls(WRITE_BACK) == 2).await;
    let_go.notify_one();
    line.until_drained().await;
    line.stop().await;
    assert_eq!(line.order(id).tracking_code, Some(again));
    // The third write: no notification tells of the void, it shows when the late one reads its list again.
    assert_eq!((line.world.calls(WRITE_BACK), line.state(id).await), (3, "dispatched"));
}

#[tokio::test]
async fn a_write_back_that_lands_after_its_lease_is_brought_in_line_with_what_another_worker_wrote() {
    let (mut line, id, let_go) = with_late(WRITE_BACK, Trouble::HeldBefore).await;
    line.until("it is sent", async |line| line.state(id).await == "imported").await;
    line.ship(&[id]);
    line.notify().await;
    line.until("one of them hangs", async |line| line.world.calls(WRITE_BACK) == 1).await;
    let again = label_again(&line, id);
    // The sweep tells of the void too, so that the set is whole before the late write lands.
    line.setup.schedule.sweep = Some(std::time::Duration::from_millis(100));
    line.setup.workers = 1;
    line.world.advance(SignedDuration::from_secs(60));
    line.start();
    let shows = async |line: &Line| line.order(id).tracking_code.as_ref() == Some(&again);
    line.until("the other has written", shows).await;
    line.until("and kept that", async |line| line.state(id).await == "dispatched").await;
    let written = line.world.cin7().calls().writes_of(id);
    let_go.notify_one();
    line.until("the late one has landed", async |line| line.world.cin7().calls().writes_of(id) > written)
        .await;
    line.until("it is repaired", shows).await;
    line.stop().await;
    assert_eq!(line.state(id).await, "dispatched");
    assert_eq!(line.world.cin7().calls().writes_of(id), written + 2);
}

#[tokio::test]
async fn an_import_that_lands_after_its_lease_gives_way_to_the_newer_document() {
    let (mut line, id, let_go) = with_late(IMPORT, Trouble::HeldBefore).await;
    line.until("one of them hangs", async |line| line.world.calls(IMPORT) == 1).await;
    line.world.advance(SignedDuration::from_secs(61));
    let now = line.world.now(Site::Cin7);
    line.world.cin7().edit(id, now, |order| order.delivery_first_name = Some("Newer".to_owned()));
    line.tell(&[id]).await;
    line.until("the other has sent it", async |line| line.state(id).await == "imported").await;
    let recipient = |line: &Line| {
        let shipstation = line.world.shipstation();
        shipstation.order_by_key(&story::key(id)).unwrap().ship_to.name.clone().unwrap_or_default()
    };
    assert!(recipient(&line).contains("Newer"));
    let_go.notify_one();
    line.until_drained().await;
    line.stop().await;
    assert!(recipient(&line).contains("Newer"), "{}", recipient(&line));
    assert_eq!((line.sent(id), line.state(id).await), (3, "imported"));
}

#[tokio::test]
async fn a_worker_whose_lease_is_nearly_over_gives_the_claim_up_instead_of_writing() {
    let (mut line, id, let_go) = with_late(WRITE_BACK, |_| Trouble::ResetBefore).await;
    line.until("it is sent", async |line| line.state(id).await == "imported").await;
    line.ship(&[id]);
    let readings = line.world.count(crate::world::Call::is_reading);
    line.notify().await;
    line.until("a write-back is in doubt", async |line| line.world.calls(WRITE_BACK) == 1).await;
    // The next attempt reads once to plan and once under its claim; that answer takes longer than the lease.
    let (held, mut seen) = (let_go.clone(), 0);
    line.world.trouble(Some(Box::new(move |call| {
        seen += usize::from(call.is_reading());
        (call.is_reading() && seen == 2).then(|| Trouble::Held(held.clone()))
    })));
    line.until("it hangs under its claim", async |line| {
        line.world.count(crate::world::Call::is_reading) == readings + 3
    })
    .await;
    line.world.advance(SignedDuration::from_secs(45));
    let_go.notify_one();
    line.until_drained().await;
    line.stop().await;
    // Had it written there and then, nobody would have read the order once more to do it.
    assert!(line.world.count(crate::world::Call::is_reading) > readings + 3);
    assert_eq!((line.is_dispatched(id), line.world.calls(WRITE_BACK)), (true, 2));
}

#[tokio::test]
async fn a_label_that_is_told_of_before_its_orders_arrival_is_recorded_waits_at_no_attempt() {
    let (mut line, ids) = Line::with_picked(1).await;
    let let_go = Arc::new(Notify::new());
    line.trouble(once(|call| call.is(IMPORT), Trouble::Held(let_go.clone())));
    line.tell(&ids).await;
    line.start();
    line.until("it has arrived, and nobody knows", async |line| line.sent(ids[0]) == 1).await;
    line.ship(&ids);
    line.notify().await;
    line.until("the label and its items wait", async |line| {
        line.delayed(domain::event::Lane::Shipments).await == 2
    })
    .await;
    line.step = SignedDuration::ZERO;
    let_go.notify_one();
    line.until("its arrival is known", async |line| line.state(ids[0]).await == "imported").await;
    line.stop().await;
    line.world.advance(SignedDuration::from_secs(10));
    assert_eq!(line.bridge.attempts(domain::event::Lane::Shipments).await, [0, 0]);
    line.step = super::STEP;
    line.start();
    line.until_drained().await;
    line.stop().await;
    assert!(line.is_dispatched(ids[0]));
}
