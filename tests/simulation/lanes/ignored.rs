//! What is not ours, or not there.

use domain::event::Origin;
use domain::ids::{OrderId, OrderRef};

use super::{Line, changed};
use crate::story;
use crate::world::{Call, Site};

#[tokio::test]
async fn events_for_orders_that_cin7_does_not_have_are_ignored() {
    let mut line = Line::new().await;
    let kinds = vec![
        changed(OrderRef::Id(OrderId(99_999_999))),
        changed(OrderRef::Reference("nobody's (order) 'x'".to_owned())),
    ];
    line.bridge.publish(kinds, Origin::Webhook).await;
    line.start();
    line.until_drained().await;
    assert_eq!(line.world.calls("GET /SalesOrders"), 1);
    assert_eq!(line.world.count(Call::is_write), 0);
    assert_eq!(line.parked().await, []);
}

#[tokio::test]
async fn shipments_of_others_are_ignored_even_with_line_keys_like_ours() {
    let (mut line, ids) = Line::with_imported(2).await;
    let lines = line.order(ids[0]).line_items;
    let now = line.world.now(Site::ShipStation);
    {
        let mut shipstation = line.world.shipstation();
        story::strangers(&mut shipstation, now);
        let line_key = format!("{}:{}", ids[0], lines[0].id);
        let theirs = story::post_order(&mut shipstation, "sb-elsewhere-1", "SO-9", &line_key, now);
        shipstation.buy_label(&sandbox::shipstation::LabelRequest::whole(theirs), now).unwrap();
    }
    let cin7_calls = line.world.count(|call| call.site == Site::Cin7);
    line.notify().await;
    line.start();
    line.until_drained().await;
    assert_eq!(line.world.count(|call| call.site == Site::Cin7), cin7_calls);
    assert_eq!(line.parked().await, []);
    assert_eq!(line.state(ids[0]).await, "imported");
}

#[tokio::test]
async fn an_order_that_is_not_ready_is_read_and_remembered_and_not_sent() {
    let mut line = Line::new().await;
    let ids = story::enter(&line.world, 11, 3, |_| {});
    line.tell(&ids).await;
    line.start();
    line.until_drained().await;
    assert_eq!(line.world.count(|call| call.site == Site::ShipStation), 0);
    assert_eq!(line.state(ids[0]).await, "waiting");
}
