//! Orders that do not leave in one parcel of their own: split, merged, marked as shipped, voided too early.

use sandbox::shipstation::{LabelRequest, Marking};

use super::Line;
use crate::story;
use crate::world::{Site, World};

/// The id of an imported order in ShipStation.
fn placed(world: &World, id: i64) -> i64 {
    world.shipstation().order_by_key(&story::key(id)).expect("it was imported").order_id
}

/// Buys a label for an order in ShipStation; its tracking number.
fn label(world: &World, order: i64) -> String {
    let mut shipstation = world.shipstation();
    let bought = shipstation.buy_label(&LabelRequest::whole(order), world.now(Site::ShipStation)).unwrap();
    shipstation.shipment(bought).unwrap().tracking_number.clone()
}

#[tokio::test]
async fn an_order_that_was_split_is_dispatched_when_its_last_piece_has_left() {
    let (mut line, ids) = Line::with_imported(20).await;
    let left = |id: &i64| {
        let order = placed(&line.world, *id);
        line.world.shipstation().left_to_ship(order)
    };
    let id = *ids.iter().find(|id| left(id).len() > 1).expect("one of twenty has two lines");
    let parent = placed(&line.world, id);
    let moved = [left(&id)[0]];
    let now = line.world.now(Site::ShipStation);
    let child = line.world.shipstation().split(parent, &moved, now).unwrap();
    let first = label(&line.world, child);
    line.notify().await;
    line.start();
    line.until_drained().await;
    let partly = line.order(id);
    assert_eq!((partly.tracking_code.as_ref(), partly.dispatched_date), (Some(&first), None));
    assert_eq!(line.state(id).await, "partly_shipped");
    line.world.clock.advance(jiff::SignedDuration::from_secs(5));
    let second = label(&line.world, parent);
    line.notify().await;
    line.until_drained().await;
    assert_eq!(line.order(id).tracking_code, Some(format!("{second}, {first}")));
    assert!(line.is_dispatched(id));
    assert_eq!(line.state(id).await, "dispatched");
}

#[tokio::test]
async fn orders_that_were_merged_are_dispatched_by_their_common_label() {
    let (mut line, ids) = Line::with_imported(3).await;
    let now = line.world.now(Site::ShipStation);
    let (survivor, other) = (placed(&line.world, ids[0]), placed(&line.world, ids[1]));
    line.world.shipstation().merge(survivor, &[other], now).unwrap();
    let tracking = label(&line.world, survivor);
    line.notify().await;
    line.start();
    line.until_drained().await;
    for id in &ids[..2] {
        assert!(line.is_dispatched(*id));
        assert_eq!(line.order(*id).tracking_code.as_ref(), Some(&tracking));
    }
    assert!(!line.is_dispatched(ids[2]));
    assert_eq!(line.world.calls("PUT /SalesOrders"), 1);
}

#[tokio::test]
async fn orders_that_were_marked_as_shipped_are_dispatched_and_read_together() {
    let (mut line, ids) = Line::with_imported(12).await;
    let now = line.world.now(Site::ShipStation);
    for id in &ids {
        let marking =
            Marking { carrier: Some("fedex".to_owned()), tracking_number: format!("T{id}"), ship_date: None };
        let order = placed(&line.world, *id);
        line.world.shipstation().mark_as_shipped(order, marking, now).unwrap();
    }
    line.notify().await;
    line.start();
    line.until_drained().await;
    for id in &ids {
        let order = line.order(*id);
        assert_eq!(order.tracking_code, Some(format!("T{id}")));
        assert_eq!(order.logistics_carrier.as_deref(), Some("FedEx"));
        assert!(order.dispatched_date.is_some());
    }
    assert_eq!(line.world.calls("GET /fulfillments"), 1, "each has a notification of its own");
    assert_eq!(line.world.calls("PUT /SalesOrders"), 1);
}

#[tokio::test]
async fn a_label_that_was_voided_before_anybody_looked_writes_nothing() {
    let (mut line, ids) = Line::with_imported(1).await;
    line.ship(&ids);
    let now = line.world.now(Site::ShipStation);
    let bought = line.world.shipstation().shipments().next().unwrap().shipment_id;
    line.world.shipstation().void_label(bought, now).unwrap();
    line.notify().await;
    line.start();
    line.until_drained().await;
    assert_eq!(line.world.calls("PUT /SalesOrders"), 0);
    assert_eq!(line.state(ids[0]).await, "imported");
}
