//! One carton for each parcel at Cin7: what is in them, when they are written, and that they take nothing with them.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use jiff::SignedDuration;
use sandbox::cin7::Carton;
use sandbox::shipstation::LabelRequest;
use tokio::sync::Notify;

use super::parcels::{label, mark, placed, split_in_two};
use super::{Line, Trouble, once};
use crate::world::{Call, Site};

const OFTEN: Option<Duration> = Some(Duration::from_millis(60));
const WRITE_BACK: &str = "PUT /SalesOrders";

fn is_put(call: &Call) -> bool {
    call.operation.starts_with("PUT /Cartons/")
}

fn puts(line: &Line) -> usize {
    line.world.count(is_put)
}

fn gets(line: &Line) -> usize {
    line.world.count(|call| call.operation.starts_with("GET /Cartons/"))
}

fn cartons(line: &Line, id: i64) -> Vec<Carton> {
    line.world.cin7().cartons(id).to_vec()
}

/// The tracking numbers of an order's cartons, each with the lines that are in it.
fn packed(line: &Line, id: i64) -> Vec<(String, Vec<i64>)> {
    let one = |carton: Carton| {
        let items = carton.carton_items.iter().map(|item| item.line_item_id);
        (carton.tracking_number.unwrap_or_default(), items.collect())
    };
    cartons(line, id).into_iter().map(one).collect()
}

/// How often an order's cartons were replaced.
fn replaced(line: &Line, id: i64) -> u64 {
    line.world.cin7().calls().cartons_written(id)
}

/// Everything that an order's cartons hold, in pieces.
fn pieces(line: &Line, id: i64) -> i64 {
    let items = cartons(line, id).into_iter().flat_map(|carton| carton.carton_items);
    items.map(|item| i64::try_from(item.quantity).unwrap()).sum()
}

fn ordered(line: &Line, id: i64) -> i64 {
    let things = line.order(id).line_items.into_iter().filter(|item| item.parent_id == 0);
    things.map(|item| i64::try_from(item.qty).unwrap()).sum()
}

/// Orders that have reached ShipStation, and rules that ask for cartons.
async fn with_imported(count: usize) -> (Line, Vec<i64>) {
    let (mut line, ids) = Line::with_imported(count).await;
    line.setup.rules.writeback.cartons = true;
    (line, ids)
}

/// The same, shipped and told of.
async fn with_shipped(count: usize) -> (Line, Vec<i64>) {
    let (line, ids) = with_imported(count).await;
    line.ship(&ids);
    line.notify().await;
    (line, ids)
}

/// Another label in place of the first; its tracking number.
fn label_again(line: &Line, id: i64) -> String {
    line.world.advance(SignedDuration::from_secs(5));
    let (order, now) = (placed(&line.world, id), line.world.now(Site::ShipStation));
    let mut shipstation = line.world.shipstation();
    let first = shipstation.live_shipments(order).next().unwrap().shipment_id;
    shipstation.void_label(first, now).unwrap();
    let again = shipstation.buy_label(&LabelRequest::whole(order), now).unwrap();
    shipstation.shipment(again).unwrap().tracking_number.clone()
}

fn sweeps(line: &Line) -> usize {
    line.world.count(|call| call.asks("voidDateStart", ""))
}

async fn swept_again(line: &Line) {
    let before = sweeps(line);
    line.until("it was swept again", async |line| sweeps(line) > before + 3).await;
}

#[tokio::test]
async fn the_two_labels_of_a_split_order_are_two_cartons_with_their_items() {
    let (mut line, id, parent, child) = split_in_two().await;
    line.setup.rules.writeback.cartons = true;
    let first = label(&line.world, child);
    line.notify().await;
    line.start();
    line.until_drained().await;
    let [(tracking, lines)] = &packed(&line, id)[..] else { panic!("one parcel so far") };
    assert_eq!((tracking, lines.len(), puts(&line)), (&first, 1, 1));
    let moved = lines.clone();
    line.world.advance(SignedDuration::from_secs(5));
    let second = label(&line.world, parent);
    line.notify().await;
    line.until_drained().await;
    let numbers: Vec<_> = cartons(&line, id).into_iter().map(|carton| carton.number).collect();
    assert_eq!(numbers, ["1", "2"]);
    let [(older, same), (newer, rest)] = &packed(&line, id)[..] else { panic!("two parcels") };
    assert_eq!((older, same, newer), (&first, &moved, &second));
    assert!(!rest.is_empty() && !rest.contains(&moved[0]), "{rest:?}");
    assert_eq!((pieces(&line, id), puts(&line), gets(&line)), (ordered(&line, id), 2, 0));
    assert!(line.is_dispatched(id));
    let timeline = line.bridge.timeline(id).await;
    assert!(timeline.iter().any(|entry| entry.ends_with("written to Cin7: 2 cartons")), "{timeline:?}");
}

#[tokio::test]
async fn a_void_and_a_new_label_replace_the_carton() {
    let (mut line, ids) = with_shipped(1).await;
    line.start();
    line.until_drained().await;
    assert_eq!(packed(&line, ids[0]).len(), 1);
    let again = label_again(&line, ids[0]);
    line.stop().await;
    // No notification tells of the void.
    line.setup.schedule.sweep = OFTEN;
    line.start();
    line.until(
        "the new label is the only carton",
        async |line| matches!(&packed(line, ids[0])[..], [(tracking, _)] if *tracking == again),
    )
    .await;
    assert_eq!(pieces(&line, ids[0]), ordered(&line, ids[0]));
}

#[tokio::test]
async fn a_parcel_whose_label_is_voided_for_good_leaves_no_carton() {
    let (mut line, ids) = with_shipped(1).await;
    line.start();
    line.until_drained().await;
    line.stop().await;
    let now = line.world.now(Site::ShipStation);
    let bought = line.world.shipstation().shipments().next().unwrap().shipment_id;
    line.world.shipstation().void_label(bought, now).unwrap();
    line.setup.schedule.sweep = OFTEN;
    line.start();
    line.until("the carton is gone", async |line| packed(line, ids[0]).is_empty()).await;
    swept_again(&line).await;
    assert_eq!(puts(&line), 2);
}

#[tokio::test]
async fn orders_that_were_merged_and_marked_as_shipped_have_a_carton_each() {
    let (mut line, ids) = with_imported(2).await;
    let (survivor, other) = (placed(&line.world, ids[0]), placed(&line.world, ids[1]));
    let now = line.world.now(Site::ShipStation);
    line.world.shipstation().merge(survivor, &[other], now).unwrap();
    mark(&line, survivor, "BIKE-1");
    line.notify().await;
    line.start();
    line.until_drained().await;
    for id in ids {
        let [(tracking, lines)] = &packed(&line, id)[..] else { panic!("one parcel") };
        assert_eq!((tracking.as_str(), lines.is_empty()), ("BIKE-1", false));
        assert_eq!(pieces(&line, id), ordered(&line, id));
    }
}

#[tokio::test]
async fn cartons_whose_answer_was_lost_are_read_and_not_written_twice() {
    for trouble in [Trouble::ResetAfter, Trouble::ErrorAfter, Trouble::CutDocument, Trouble::CutBody] {
        let (mut line, ids) = with_shipped(2).await;
        line.trouble(once(is_put, trouble));
        line.start();
        line.until_drained().await;
        assert_eq!((puts(&line), gets(&line)), (2, 1));
        for id in &ids {
            assert_eq!(replaced(&line, *id), 1);
            assert_eq!((packed(&line, *id).len(), line.state(*id).await), (1, "dispatched"));
        }
        let found = "written: found in Cin7, as an earlier attempt wrote it: 1 carton";
        let timelines = [line.bridge.timeline(ids[0]).await, line.bridge.timeline(ids[1]).await];
        let told = timelines.iter().flatten().filter(|entry| entry.ends_with(found));
        assert_eq!(told.count(), 1, "{timelines:?}");
        assert_eq!(line.world.calls(WRITE_BACK), 1);
    }
}

#[tokio::test]
async fn cartons_that_never_arrived_are_read_and_written_again() {
    let (mut line, ids) = with_shipped(1).await;
    line.trouble(once(is_put, Trouble::ResetBefore));
    line.start();
    line.until_drained().await;
    assert_eq!((puts(&line), gets(&line)), (2, 1));
    assert_eq!((replaced(&line, ids[0]), packed(&line, ids[0]).len()), (1, 1));
}

#[tokio::test]
async fn our_own_echo_and_what_is_told_again_write_no_cartons() {
    let (mut line, _) = with_shipped(3).await;
    line.start();
    line.until_drained().await;
    assert_eq!(puts(&line), 3);
    let echo = line.world.cin7().take_changed();
    assert_eq!(echo.len(), 3);
    line.world.advance(SignedDuration::from_secs(5));
    line.tell(&echo).await;
    line.until_drained().await;
    line.stop().await;
    line.setup.schedule.sweep = OFTEN;
    line.start();
    swept_again(&line).await;
    assert_eq!((puts(&line), gets(&line), line.world.calls(WRITE_BACK)), (3, 0, 1));
}

#[tokio::test]
async fn without_being_asked_for_cartons_nobody_calls_for_them() {
    let (mut line, ids) = Line::with_imported(2).await;
    line.ship(&ids);
    line.notify().await;
    line.start();
    line.until_drained().await;
    assert!(ids.iter().all(|id| line.is_dispatched(*id)));
    assert_eq!((puts(&line), gets(&line)), (0, 0));
}

#[tokio::test]
async fn what_was_written_before_cartons_were_asked_for_gets_them_when_a_sweep_sees_it() {
    // As after a crash between the record of the tracking and that of the cartons.
    let (mut line, ids) = with_shipped(2).await;
    line.setup.rules.writeback.cartons = false;
    line.start();
    line.until_drained().await;
    line.stop().await;
    line.setup.rules.writeback.cartons = true;
    line.setup.schedule.sweep = OFTEN;
    line.start();
    line.until("both have theirs", async |line| ids.iter().all(|id| packed(line, *id).len() == 1)).await;
    swept_again(&line).await;
    assert_eq!((puts(&line), line.world.calls(WRITE_BACK)), (2, 1));
}

#[tokio::test]
async fn the_tracking_of_every_order_of_a_batch_is_written_before_any_cartons() {
    let (mut line, ids) = with_shipped(5).await;
    let writes = Arc::new(Mutex::new(Vec::new()));
    let seen = writes.clone();
    // The first call for all of them is refused as a whole, so that they are written in several.
    let mut refused = false;
    line.trouble(move |call| {
        if call.site == Site::Cin7 && call.is_write() {
            seen.lock().unwrap().push(call.operation.clone());
        }
        let refuse = call.is(WRITE_BACK) && !std::mem::replace(&mut refused, true);
        refuse.then(|| Trouble::status(400, "\"One of them cannot be read.\""))
    });
    line.start();
    line.until_drained().await;
    let writes = writes.lock().unwrap().clone();
    let last = writes.iter().rposition(|write| write == WRITE_BACK).unwrap();
    let first = writes.iter().position(|write| write.starts_with("PUT /Cartons/")).unwrap();
    assert!(last < first, "{writes:?}");
    assert_eq!((puts(&line), line.world.calls(WRITE_BACK)), (ids.len(), 3));
}

#[tokio::test]
async fn cartons_that_cin7_refuses_wait_for_a_person_and_the_tracking_stays() {
    let refused = || Trouble::status(400, "\"The field sscc is required.\"");
    let forbidden = || Trouble::status(403, "\"Access is forbidden\"");
    for (trouble, text) in
        [(refused as fn() -> Trouble, "The field sscc is required."), (forbidden, "Cartons read and update")]
    {
        let (mut line, ids) = with_imported(1).await;
        line.ship(&ids);
        line.trouble(move |call| is_put(call).then(trouble));
        line.setup.schedule.sweep = OFTEN;
        line.start();
        line.until("it is parked", async |line| !line.parked().await.is_empty()).await;
        swept_again(&line).await;
        let (parked, told) = (line.bridge.parked().await, "is written, and Cin7 does not take its cartons: ");
        assert!(parked.iter().all(|it| it.text.contains(told) && it.text.contains(text)), "{parked:?}");
        swept_again(&line).await;
        assert_eq!((puts(&line), line.parked().await.len()), (1, parked.len()), "once, however often swept");
        assert_eq!((line.is_dispatched(ids[0]), line.state(ids[0]).await), (true, "dispatched"));
        let (clock, when) = (&*line.world.clock, line.setup.rules.writeback.dispatch);
        for parked in &parked {
            worker::release::discard(line.bridge.ledger(), clock, parked, when, "by hand").await.unwrap();
        }
        swept_again(&line).await;
        assert_eq!((puts(&line), line.parked().await.len()), (1, 0));
        assert_eq!(line.state(ids[0]).await, "dispatched");
        line.world.trouble(None);
        label_again(&line, ids[0]);
        line.until("what is new is written", async |line| !packed(line, ids[0]).is_empty()).await;
    }
}

#[tokio::test]
async fn cartons_that_take_long_let_go_of_their_events_and_are_written_once() {
    let (mut line, ids) = with_shipped(6).await;
    line.trouble(|call| is_put(call).then(|| Trouble::Slow(SignedDuration::from_secs(20))));
    line.start();
    line.until_drained().await;
    assert!(line.world.calls("GET /shipments") > 1, "their events came again");
    for id in ids {
        assert_eq!((packed(&line, id).len(), replaced(&line, id)), (1, 1));
    }
    assert_eq!(line.world.calls(WRITE_BACK), 1);
}

#[tokio::test]
async fn cartons_that_land_after_their_lease_are_brought_in_line_with_what_another_worker_wrote() {
    let (mut line, ids) = with_shipped(1).await;
    let (id, let_go) = (ids[0], Arc::new(Notify::new()));
    line.trouble(once(is_put, Trouble::HeldBefore(let_go.clone())));
    line.start();
    line.until("one of them hangs", async |line| puts(line) == 1).await;
    let again = label_again(&line, id);
    line.world.advance(SignedDuration::from_secs(61));
    line.setup.schedule.sweep = OFTEN;
    line.start();
    let shows = async |line: &Line| matches!(&packed(line, id)[..], [(tracking, _)] if *tracking == again);
    line.until("the other has written", shows).await;
    swept_again(&line).await;
    let written = replaced(&line, id);
    let_go.notify_one();
    line.until("the late one has landed", async |line| replaced(line, id) > written).await;
    line.until("it is repaired", shows).await;
    swept_again(&line).await;
    line.stop().await;
    assert_eq!(replaced(&line, id), written + 2);
}
