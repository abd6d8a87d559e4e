//! Cin7 shows the truth, whoever says otherwise: answers that lie, people who type, copies that lead nowhere, and
//! events that got lost.

use std::time::Duration;

use domain::event::Lane;
use jiff::SignedDuration;
use ledger::Cursors;
use sandbox::cin7::SalesOrder;
use sandbox::shipstation::LabelRequest;

use super::{Line, Trouble, once};
use crate::bridge::{ONLY_EVENTS, connection};
use crate::story;
use crate::world::Site;

const OFTEN: Option<Duration> = Some(Duration::from_millis(60));
const WRITE_BACK: &str = "PUT /SalesOrders";

/// The timeline's lines of one kind.
async fn told(line: &Line, id: i64, kind: &str) -> Vec<String> {
    let timeline = line.bridge.timeline(id).await;
    timeline.into_iter().filter(|entry| entry.contains(&format!(" {kind}: "))).collect()
}

/// A person changes an order in Cin7, and nobody tells us.
fn edit(line: &Line, id: i64, change: impl FnOnce(&mut SalesOrder)) {
    let now = line.world.now(Site::Cin7);
    assert!(line.world.cin7().edit(id, now, change));
}

/// Another label for an order, by another carrier than that of the first; its tracking number.
fn second_label(line: &Line, id: i64) -> String {
    line.world.advance(SignedDuration::from_secs(5));
    let now = line.world.now(Site::ShipStation);
    let mut shipstation = line.world.shipstation();
    let order = shipstation.order_by_key(&story::key(id)).unwrap().order_id;
    let first = shipstation.live_shipments(order).next().unwrap().shipment_id;
    shipstation.void_label(first, now).unwrap();
    let label = shipstation.buy_label(&LabelRequest::whole(order), now).unwrap();
    shipstation.shipment(label).unwrap().tracking_number.clone()
}

#[tokio::test]
async fn a_success_that_cin7_does_not_show_is_no_success() {
    let (mut line, ids) = Line::with_imported(2).await;
    line.ship(&ids);
    line.trouble(once(|call| call.is(WRITE_BACK), Trouble::Swallowed));
    line.notify().await;
    line.start();
    line.until_drained().await;
    assert_eq!(line.world.calls(WRITE_BACK), 2, "written again, once it was read");
    for id in ids {
        assert_eq!((line.is_dispatched(id), line.state(id).await), (true, "dispatched"));
        let failed = told(&line, id, "failed").await;
        assert!(failed[0].contains("does not show it when read back"), "{failed:?}");
    }
}

#[tokio::test]
async fn a_write_that_cannot_be_read_back_is_looked_at_again_and_not_made_twice() {
    let (mut line, ids) = Line::with_imported(2).await;
    line.ship(&ids);
    let mut written = false;
    line.trouble(move |call| {
        let fails = written && call.is("GET /SalesOrders");
        written = call.is(WRITE_BACK);
        fails.then(|| Trouble::status(500, "\"An unexpected error occurred.\""))
    });
    line.notify().await;
    line.start();
    line.until_drained().await;
    assert_eq!(line.world.calls(WRITE_BACK), 1);
    assert!(ids.iter().all(|id| line.is_dispatched(*id)));
}

#[tokio::test]
async fn what_a_person_has_changed_since_stays_and_the_timeline_says_so_once() {
    let (mut line, ids) = Line::with_imported(2).await;
    line.ship(&ids);
    line.notify().await;
    line.start();
    line.until_drained().await;
    edit(&line, ids[0], |order| order.tracking_code = Some("SEE CUSTOMER".to_owned()));
    edit(&line, ids[1], |order| order.logistics_carrier = Some(String::new()));
    for round in 0..2 {
        let numbers: Vec<String> = ids.iter().map(|id| second_label(&line, *id)).collect();
        line.notify().await;
        line.until_drained().await;
        // The voids, which nobody tells of.
        line.stop().await;
        line.setup.schedule.sweep = OFTEN;
        line.start();
        line.until("both show their newest label", async |line| {
            ids.iter().zip(&numbers).all(|(id, number)| {
                let comments = line.order(*id).internal_comments.unwrap_or_default();
                comments.contains(number) && comments.matches(" | ").count() >= 3
            })
        })
        .await;
        assert_eq!(line.order(ids[0]).tracking_code.as_deref(), Some("SEE CUSTOMER"), "round {round}");
        assert_eq!(line.order(ids[1]).logistics_carrier.as_deref().unwrap_or_default(), "", "round {round}");
    }
    line.until("the second one's number is the newest", async |line| {
        line.order(ids[1]).tracking_code.is_some_and(|code| !code.contains(','))
    })
    .await;
    let kept = told(&line, ids[0], "left_alone").await;
    assert_eq!(kept.len(), 1, "{kept:?}");
    assert!(kept[0].contains("tracking code: `SEE CUSTOMER` by a person"), "{kept:?}");
    assert!(told(&line, ids[1], "left_alone").await[0].contains("carrier: emptied by a person"));
}

#[tokio::test]
async fn a_copy_of_our_order_under_another_number_is_parked_once_and_stays_discarded() {
    let (mut line, ids) = Line::with_imported(1).await;
    let order = line.order(ids[0]);
    let now = line.world.now(Site::ShipStation);
    {
        let line_key = format!("{}:{}", ids[0], order.line_items[0].id);
        let number = format!("{}-2", order.reference);
        let mut shipstation = line.world.shipstation();
        let copy = story::post_order(&mut shipstation, "manual-77", &number, &line_key, now);
        shipstation.buy_label(&LabelRequest::whole(copy), now).unwrap();
    }
    line.notify().await;
    line.setup.schedule.sweep = OFTEN;
    line.start();
    let sweeps = || line.world.count(|call| call.asks("voidDateStart", ""));
    line.until("it was swept often", async |_| sweeps() > 4).await;
    let parked = line.bridge.parked().await;
    let [parked] = &parked[..] else { panic!("once: {parked:?}") };
    assert_eq!(parked.cause, "unknown_order");
    assert!(parked.text.contains(&format!("has lines of order {}", order.reference)), "{}", parked.text);
    let clock = &*line.world.clock;
    let when = line.setup.rules.writeback.dispatch;
    worker::release::discard(line.bridge.ledger(), clock, parked, when, "a copy of ours").await.unwrap();
    let before = sweeps();
    line.until("it was swept again", async |_| sweeps() > before + 3).await;
    assert_eq!(line.parked().await, []);
    assert_eq!(line.state(ids[0]).await, "imported");
}

#[tokio::test]
async fn a_split_piece_that_has_lost_its_key_and_its_lines_keys_still_leads_home() {
    let (mut line, ids) = Line::with_imported(1).await;
    let now = line.world.now(Site::ShipStation);
    let (parent, child) = {
        let mut shipstation = line.world.shipstation();
        let parent = shipstation.order_by_key(&story::key(ids[0])).unwrap().order_id;
        let left = shipstation.left_to_ship(parent);
        let (item, quantity) = left[0];
        let part = if left.len() > 1 { quantity } else { quantity - 1 };
        assert!(part > 0, "the story's first order has more than one piece: {left:?}");
        (parent, shipstation.split(parent, &[(item, part)], now).unwrap())
    };
    for piece in [child, parent] {
        line.world.shipstation().buy_label(&LabelRequest::whole(piece), now).unwrap();
        line.world.advance(SignedDuration::from_secs(2));
    }
    // As some captures of splits show them: no keys on the piece's items.
    line.trouble(move |call| {
        call.is("GET /shipments")
            .then(|| Trouble::Rewritten(Box::new(move |body: String| without_line_keys(&body, child))))
    });
    line.notify().await;
    line.start();
    line.until_drained().await;
    assert_eq!((line.is_dispatched(ids[0]), line.state(ids[0]).await), (true, "dispatched"));
    assert_eq!(line.parked().await, []);
}

/// A page of shipments whose rows of one order tell no line keys.
fn without_line_keys(body: &str, order: i64) -> String {
    let mut page: serde_json::Value = serde_json::from_str(body).unwrap();
    for row in page["shipments"].as_array_mut().unwrap() {
        if row["orderId"] == order {
            for item in row["shipmentItems"].as_array_mut().unwrap() {
                item["lineItemKey"] = serde_json::Value::Null;
            }
        }
    }
    page.to_string()
}

#[tokio::test]
async fn an_order_whose_event_was_lost_is_found_by_the_sweep_and_sent() {
    let (mut line, ids) = Line::with_picked(2).await;
    line.trouble(|call| call.is("POST /orders/createorders").then(|| Trouble::status(503, "")));
    line.tell(&ids).await;
    line.start();
    line.until("both wait for another attempt", async |line| line.delayed(Lane::Orders).await == 2).await;
    line.lose_the_queue().await;
    line.world.trouble(None);
    line.setup.schedule.sweep = OFTEN;
    line.step = SignedDuration::from_secs(5);
    line.start();
    line.until("they are sent", async |line| ids.iter().all(|id| line.sent(*id) == 1)).await;
    assert_eq!(told(&line, ids[0], "sought").await.len(), 1);
}

#[tokio::test]
async fn a_shipment_whose_event_was_lost_is_found_by_the_sweep_and_written() {
    let (mut line, ids) = Line::with_imported(2).await;
    line.ship(&ids);
    line.trouble(|call| call.is(WRITE_BACK).then(|| Trouble::status(503, "")));
    line.notify().await;
    line.start();
    line.until("it waits for another attempt", async |line| line.delayed(Lane::Shipments).await > 0).await;
    line.lose_the_queue().await;
    line.world.trouble(None);
    // Older than anything that a sweep asks ShipStation for.
    line.world.advance(SignedDuration::from_hours(72));
    line.setup.schedule.sweep = OFTEN;
    line.start();
    line.until("both are dispatched", async |line| ids.iter().all(|id| line.is_dispatched(*id))).await;
    line.until("all is well", async |line| line.state(ids[0]).await == "dispatched").await;
    assert_eq!(told(&line, ids[0], "sought").await.len(), 1);
}

#[tokio::test]
async fn a_label_that_no_sweep_saw_is_found_by_the_weekly_pass() {
    let (mut line, ids) = Line::with_imported(2).await;
    line.setup.schedule.sweep = OFTEN;
    line.start();
    let pass = format!("pass/{}", connection());
    line.until("the calendar begins", async |line| {
        line.bridge.ledger().cursor(&pass).await.unwrap().is_some()
    })
    .await;
    line.stop().await;
    line.setup.schedule = ONLY_EVENTS;
    line.start();
    line.until_drained().await;
    line.stop().await;
    line.setup.schedule.sweep = OFTEN;
    line.ship(&ids);
    // Whatever the reason: the sweeps have moved on past it.
    line.world.advance(SignedDuration::from_hours(30));
    let sweep = format!("sweep/{}", connection());
    line.bridge.ledger().move_cursor(&sweep, line.world.now(Site::ShipStation)).await.unwrap();
    line.start();
    let sweeps = || line.world.count(|call| call.asks("voidDateStart", ""));
    let before = sweeps();
    line.until("it was swept", async |_| sweeps() > before + 2).await;
    assert!(!line.is_dispatched(ids[0]));
    line.stop().await;
    line.world.advance(SignedDuration::from_hours(7 * 24));
    line.start();
    line.until("they are dispatched", async |line| ids.iter().all(|id| line.is_dispatched(*id))).await;
    let repaired = told(&line, ids[0], "repaired").await;
    assert!(repaired[0].contains("no notification told of it"), "{repaired:?}");
}

#[tokio::test]
async fn a_write_back_that_was_refused_is_parked_once_and_given_up_for_good_until_something_new_ships() {
    let (mut line, ids) = Line::with_imported(1).await;
    line.ship(&ids);
    let refused = r#"[{"index":0,"success":false,"id":0,"code":"","errors":["The order is locked."]}]"#;
    line.trouble(move |call| call.is(WRITE_BACK).then(|| Trouble::status(200, refused)));
    line.setup.schedule.sweep = OFTEN;
    let sweeps = |line: &Line| line.world.count(|call| call.asks("voidDateStart", ""));
    line.start();
    line.until("it was swept often", async |line| sweeps(line) > 4).await;
    let parked = line.bridge.parked().await;
    let [parked] = &parked[..] else { panic!("once, however often a sweep sees it: {parked:?}") };
    assert!(parked.text.contains("locked"), "{}", parked.text);
    assert_eq!((line.world.calls(WRITE_BACK), line.state(ids[0]).await), (1, "review"));

    let when = line.setup.rules.writeback.dispatch;
    worker::release::discard(line.bridge.ledger(), &*line.world.clock, parked, when, "by hand")
        .await
        .unwrap();
    let before = sweeps(&line);
    line.until("it was swept again", async |line| sweeps(line) > before + 4).await;
    assert_eq!((line.world.calls(WRITE_BACK), line.parked().await.len()), (1, 0));
    line.world.trouble(None);
    second_label(&line, ids[0]);
    line.until("what is new is written", async |line| line.is_dispatched(ids[0])).await;
}
