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
    let (mut line, ids) = Line::with_picked(1).await;
    line.setup.workers = 2;
    let let_go = Arc::new(Notify::new());
    line.trouble(once(move |call| call.is(operation), Trouble::Held(let_go.clone())));
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
    line.world.clock.advance(SignedDuration::from_secs(60));
    line.until("the other has found it", async |line| line.state(id).await == "imported").await;
    let_go.notify_one();
    line.until_drained().await;
    line.stop().await;
    assert_eq!((line.sent(id), line.state(id).await), (1, "imported"));
    assert_eq!((line.world.calls(IMPORT), line.world.calls("GET /orders")), (1, 1));
}

#[tokio::test]
async fn a_write_back_that_hangs_past_its_lease_does_not_hide_what_another_worker_wrote_since() {
    let (mut line, id, let_go) = with_held(WRITE_BACK).await;
    line.until("it is sent", async |line| line.state(id).await == "imported").await;
    line.ship(&[id]);
    line.notify().await;
    line.until("one of them hangs", async |line| line.world.calls(WRITE_BACK) == 1).await;
    let now = line.world.now(Site::ShipStation);
    let again = {
        let mut shipstation = line.world.shipstation();
        let order = shipstation.order_by_key(&story::key(id)).unwrap().order_id;
        let first = shipstation.live_shipments(order).next().unwrap().shipment_id;
        shipstation.void_label(first, now).unwrap();
        let again = shipstation.buy_label(&LabelRequest::whole(order), now).unwrap();
        shipstation.shipment(again).unwrap().tracking_number.clone()
    };
    line.notify().await;
    line.world.clock.advance(SignedDuration::from_secs(60));
    line.until("the other has written", async |line| line.world.calls(WRITE_BACK) == 2).await;
    let_go.notify_one();
    line.until_drained().await;
    line.stop().await;
    assert_eq!(line.order(id).tracking_code, Some(again));
    // The third write: no notification tells of the void, it shows when the late one reads its list again.
    assert_eq!((line.world.calls(WRITE_BACK), line.state(id).await), (3, "dispatched"));
}
