//! Orders that do not leave in one parcel of their own: split, merged, marked as shipped, voided too early.

use sandbox::shipstation::{LabelRequest, Marking};

use super::{Line, Trouble, once};
use crate::story;
use crate::world::{Site, World};

/// The id of an imported order in ShipStation.
pub(super) fn placed(world: &World, id: i64) -> i64 {
    world.shipstation().order_by_key(&story::key(id)).expect("it was imported").order_id
}

/// Buys a label for an order in ShipStation; its tracking number.
pub(super) fn label(world: &World, order: i64) -> String {
    let mut shipstation = world.shipstation();
    let bought = shipstation.buy_label(&LabelRequest::whole(order), world.now(Site::ShipStation)).unwrap();
    shipstation.shipment(bought).unwrap().tracking_number.clone()
}

#[tokio::test]
async fn an_order_that_was_split_is_dispatched_when_its_last_piece_has_left() {
    let (mut line, id, parent, child) = split_in_two().await;
    let first = label(&line.world, child);
    line.notify().await;
    line.start();
    line.until_drained().await;
    let partly = line.order(id);
    assert_eq!((partly.tracking_code.as_ref(), partly.dispatched_date), (Some(&first), None));
    assert_eq!(line.state(id).await, "partly_shipped");
    line.world.advance(jiff::SignedDuration::from_secs(5));
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

/// An order of two lines in two pieces: its Cin7 id, the parent and the child.
pub(super) async fn split_in_two() -> (Line, i64, i64, i64) {
    let (line, ids) = Line::with_imported(20).await;
    let left = |id: &i64| {
        let order = placed(&line.world, *id);
        line.world.shipstation().left_to_ship(order)
    };
    let id = *ids.iter().find(|id| left(id).len() > 1).expect("one of twenty has two lines");
    let parent = placed(&line.world, id);
    let moved = [left(&id)[0]];
    let now = line.world.now(Site::ShipStation);
    let child = line.world.shipstation().split(parent, &moved, now).unwrap();
    (line, id, parent, child)
}

/// Marks an order as shipped, without a label.
pub(super) fn mark(line: &Line, order: i64, tracking: &str) {
    let marking = Marking { tracking_number: tracking.to_owned(), ..Marking::default() };
    let now = line.world.now(Site::ShipStation);
    line.world.shipstation().mark_as_shipped(order, marking, now).unwrap();
}

fn orders_read(line: &Line) -> usize {
    line.world.count(|call| call.operation.starts_with("GET /orders/"))
}

#[tokio::test]
async fn a_piece_of_a_split_order_that_is_marked_as_shipped_completes_it() {
    let (mut line, id, parent, child) = split_in_two().await;
    let first = label(&line.world, parent);
    line.notify().await;
    line.start();
    line.until_drained().await;
    assert_eq!(line.state(id).await, "partly_shipped");
    line.world.advance(jiff::SignedDuration::from_secs(5));
    mark(&line, child, "BIKE-1");
    line.notify().await;
    line.until_drained().await;
    assert_eq!(line.order(id).tracking_code, Some(format!("BIKE-1, {first}")));
    assert_eq!((line.is_dispatched(id), line.state(id).await), (true, "dispatched"));
    assert_eq!(orders_read(&line), 1);
}

#[tokio::test]
async fn the_rest_of_a_split_order_that_is_marked_as_shipped_does_not_stand_for_the_other_piece() {
    let (mut line, id, parent, child) = split_in_two().await;
    mark(&line, parent, "BIKE-1");
    line.notify().await;
    line.setup.schedule.sweep = Some(std::time::Duration::from_millis(60));
    line.start();
    line.until("it shows", async |line| line.state(id).await == "partly_shipped").await;
    let sweeps = || line.world.count(|call| call.asks("voidDateStart", ""));
    let before = sweeps();
    line.until("it was swept often", async |_| sweeps() > before + 3).await;
    assert_eq!((line.is_dispatched(id), orders_read(&line)), (false, 1));
    line.world.advance(jiff::SignedDuration::from_secs(5));
    mark(&line, child, "BIKE-2");
    line.until("it is dispatched", async |line| line.is_dispatched(id)).await;
    assert_eq!(line.order(id).tracking_code.as_deref(), Some("BIKE-2, BIKE-1"));
    assert_eq!(line.world.breaches(), Vec::<String>::new());
}

#[tokio::test]
async fn a_strangers_order_with_our_number_is_read_once_however_often_it_is_swept() {
    let (mut line, ids) = Line::with_imported(1).await;
    let (now, number) = (line.world.now(Site::ShipStation), line.order(ids[0]).reference);
    let theirs = story::post_order(&mut line.world.shipstation(), "manual-1", &number, "1", now);
    mark(&line, theirs, "THEIRS");
    line.setup.schedule.sweep = Some(std::time::Duration::from_millis(60));
    line.start();
    let sweeps = || line.world.count(|call| call.asks("voidDateStart", ""));
    line.until("it was swept often", async |_| sweeps() > 5).await;
    assert_eq!((orders_read(&line), line.state(ids[0]).await), (1, "review"));
    assert!(!line.is_dispatched(ids[0]));
    assert_eq!(line.parked().await, []);
}

#[tokio::test]
async fn merged_orders_that_are_marked_as_shipped_are_all_dispatched() {
    let (mut line, ids) = Line::with_imported(3).await;
    let now = line.world.now(Site::ShipStation);
    let (survivor, other) = (placed(&line.world, ids[0]), placed(&line.world, ids[1]));
    line.world.shipstation().merge(survivor, &[other], now).unwrap();
    mark(&line, survivor, "BIKE-1");
    line.notify().await;
    line.start();
    line.until_drained().await;
    assert_eq!(ids.iter().map(|id| line.is_dispatched(*id)).collect::<Vec<_>>(), [true, true, false]);
}

#[tokio::test]
async fn a_mark_of_merged_orders_that_could_not_be_written_at_first_reaches_all_of_them() {
    let (mut line, ids) = Line::with_imported(2).await;
    let now = line.world.now(Site::ShipStation);
    let (survivor, other) = (placed(&line.world, ids[0]), placed(&line.world, ids[1]));
    line.world.shipstation().merge(survivor, &[other], now).unwrap();
    mark(&line, survivor, "BIKE-1");
    line.notify().await;
    line.trouble(once(|call| call.is("PUT /SalesOrders"), Trouble::status(503, "")));
    line.start();
    line.until_drained().await;
    assert_eq!(ids.iter().map(|id| line.is_dispatched(*id)).collect::<Vec<_>>(), [true, true]);
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
