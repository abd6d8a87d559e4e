//! The custom store, from the order that is picked to the tracking number in Cin7: what ShipStation fetches, what it
//! tells, and what nobody tells it.

use domain::feed::FeedStatus;
use domain::settings::Outlet;
use jiff::{SignedDuration, Timestamp};
use ledger::Notices;
use sandbox::shipstation::LabelRequest;
use server::RunningServer;

use super::Line;
use crate::bridge::connection;
use crate::store::{Importer, Notice, STORE, export, notify};
use crate::store_reader as reader;
use crate::world::{Call, Site};

/// A line whose orders ShipStation fetches, with so many orders that it has fetched, and their ids.
async fn fetched(count: usize, api: bool) -> (Line, Vec<i64>, RunningServer, Importer) {
    let (mut line, ids) = Line::with_picked(count).await;
    line.setup.rules.outlet = Outlet::CustomStore;
    line.setup.api = api;
    let server = line.bridge.open_store();
    let mut importer = Importer::new(server.addr());
    line.tell(&ids).await;
    line.start();
    line.until_drained().await;
    assert_eq!(importer.fetch(&line.world).await, count);
    assert_eq!(importer.complaints, [""; 0]);
    (line, ids, server, importer)
}

fn to_shipstation(call: &Call) -> bool {
    call.site == Site::ShipStation
}

async fn status(line: &Line, id: i64) -> FeedStatus {
    line.bridge.in_feed(id).await.unwrap().status
}

/// Buys a label for all of these orders.
fn ship(line: &Line, ids: &[i64]) {
    let now = line.world.now(Site::ShipStation);
    let mut shipstation = line.world.shipstation();
    for id in ids {
        let order = shipstation.order_by_key(&id.to_string()).expect("it was fetched").order_id;
        shipstation.buy_label(&LabelRequest::whole(order), now).unwrap();
    }
}

#[tokio::test]
async fn orders_are_fetched_and_come_back_shipped_without_a_call_to_shipstation() {
    // T10, T12, T55.
    let (line, ids, server, mut importer) = fetched(5, false).await;
    ship(&line, &ids);
    importer.collect(&line.world);
    importer.tell_all().await;
    line.until_drained().await;
    for id in &ids {
        assert!(line.is_dispatched(*id), "order {id}");
        assert!(!line.order(*id).tracking_code.unwrap_or_default().is_empty(), "order {id}");
        assert_eq!((line.state(*id).await, status(&line, *id).await), ("dispatched", FeedStatus::Shipped));
    }
    // Our own write-back comes back: nothing changes, and nothing is offered again but as shipped, once.
    assert_eq!(importer.fetch(&line.world).await, 5);
    for fetched in [5, 0] {
        // Once more for the stage, which is told in a custom field; an export changes nothing.
        line.world.advance(SignedDuration::from_mins(10));
        line.tell(&ids).await;
        line.until_drained().await;
        line.world.advance(SignedDuration::from_mins(10));
        assert_eq!(importer.fetch(&line.world).await, fetched);
    }
    assert_eq!((importer.complaints.as_slice(), line.world.count(to_shipstation)), (&[][..], 0));
    server.stop().await;
}

#[tokio::test]
async fn the_feed_follows_cin7_through_hold_release_and_void() {
    let (line, ids, server, _) = fetched(1, false).await;
    let id = ids[0];
    for (stage, void, expected) in [
        ("New", false, FeedStatus::OnHold),
        ("Fully Picked", false, FeedStatus::Paid),
        ("Fully Picked", true, FeedStatus::Cancelled),
    ] {
        line.world.advance(SignedDuration::from_secs(10));
        let now = line.world.now(Site::Cin7);
        line.world.cin7().edit(id, now, |order| {
            order.stage = Some(stage.to_owned());
            order.is_void = void;
        });
        line.tell(&[id]).await;
        line.until_drained().await;
        assert_eq!(status(&line, id).await, expected, "{stage} {void}");
    }
    server.stop().await;
}

#[tokio::test]
async fn an_order_that_others_dispatched_is_offered_as_shipped() {
    // T11.
    let (line, ids, server, _) = fetched(1, false).await;
    line.world.advance(SignedDuration::from_secs(10));
    let now = line.world.now(Site::Cin7);
    line.world.cin7().edit(ids[0], now, |order| order.dispatched_date = Some(now));
    line.tell(&ids).await;
    line.until_drained().await;
    assert_eq!(status(&line, ids[0]).await, FeedStatus::Shipped);
    server.stop().await;
}

#[tokio::test]
async fn one_order_that_would_break_the_schema_is_left_out_and_parked_once() {
    // T13.
    let (mut line, ids) = Line::with_picked(50).await;
    line.setup.rules.outlet = Outlet::CustomStore;
    line.setup.api = false;
    let now = line.world.now(Site::Cin7);
    line.world.cin7().edit(ids[7], now, |order| {
        order.line_items[0].unit_price = "99999999".parse().unwrap();
    });
    let server = line.bridge.open_store();
    for _ in 0..2 {
        line.tell(&ids).await;
        if line.world.count(Call::is_reading) == 0 {
            line.start();
        }
        line.until_drained().await;
        line.world.advance(SignedDuration::from_mins(2));
    }
    assert_eq!(Importer::new(server.addr()).fetch(&line.world).await, 49);
    let parked = line.bridge.parked().await;
    assert!(
        parked.iter().all(|parked| parked.text.contains("left out of the custom store's feed")),
        "{parked:?}"
    );
    assert_eq!(parked.iter().map(|parked| parked.order.unwrap().0).collect::<Vec<_>>(), [ids[7]]);
    assert_eq!(line.state(ids[7]).await, "review");
    server.stop().await;
}

#[tokio::test]
async fn parts_complete_an_order_once_in_any_order_and_however_often_they_are_told() {
    // T41, T42, T43, T51.
    let (line, ids, server, _) = fetched(1, false).await;
    let document = line.bridge.records(&ids).await.pop().flatten().unwrap().placed.unwrap().document;
    let things: Vec<_> = document.items.iter().filter(|item| !item.adjustment).collect();
    let pieces: Vec<_> = things
        .iter()
        .map(|item| (item.line_key.clone(), item.sku.clone(), i64::from(item.quantity)))
        .collect();
    let notice = |tracking: &str, items: &[(String, String, i64)]| Notice {
        order_id: ids[0].to_string(),
        created: line.world.now(Site::ShipStation),
        ship_date: "06/10/2026".to_owned(),
        carrier: "UPS".to_owned(),
        service: "UPS® Ground".to_owned(),
        tracking: tracking.to_owned(),
        items: items.to_vec(),
        ..Notice::default()
    };
    let mut first = pieces.clone();
    first[0].2 -= 1;
    first.retain(|piece| piece.2 > 0);
    let rest = vec![(pieces[0].0.clone(), pieces[0].1.clone(), 1)];
    if !first.is_empty() {
        for _ in 0..2 {
            assert_eq!(notify(server.addr(), &notice("2OF2", &first)).await.status, 200);
            line.until_drained().await;
            assert!(!line.is_dispatched(ids[0]), "a part is not all");
            assert_eq!(status(&line, ids[0]).await, FeedStatus::Paid);
        }
    }
    let same = notice("1OF2", &rest);
    let (one, other) = tokio::join!(notify(server.addr(), &same), notify(server.addr(), &same));
    assert_eq!((one.status, other.status), (200, 200));
    line.until_drained().await;
    assert!(line.is_dispatched(ids[0]));
    let code = line.order(ids[0]).tracking_code.unwrap_or_default();
    assert!(code.contains("1OF2") && (first.is_empty() || code.contains("2OF2")), "{code}");
    let comments = line.order(ids[0]).internal_comments.unwrap_or_default();
    assert!(comments.contains("UPS® Ground"), "{comments}");
    let writes = line.world.calls("PUT /SalesOrders");
    assert_eq!(notify(server.addr(), &same).await.status, 200);
    line.until_drained().await;
    assert_eq!(line.world.calls("PUT /SalesOrders"), writes, "a repeat writes nothing");
    server.stop().await;
}

#[tokio::test]
async fn what_does_not_fit_an_order_is_for_a_person_and_takes_no_tracking_number_back() {
    // T45, T48, T50.
    let (line, ids, server, _) = fetched(1, false).await;
    let told = |tracking: &str, order: &str, items| Notice {
        order_id: order.to_owned(),
        tracking: tracking.to_owned(),
        ship_date: "06/10/2026".to_owned(),
        created: line.world.now(Site::ShipStation),
        items,
        ..Notice::default()
    };
    let strange = vec![("9:9".to_owned(), "NOT-OURS".to_owned(), 1)];
    let known = told("1Z-KNOWN", &ids[0].to_string(), strange);
    assert_eq!(notify(server.addr(), &known).await.status, 200);
    for _ in 0..2 {
        let unknown = notify(server.addr(), &told("1Z-UNKNOWN", "77", Vec::new())).await;
        assert_eq!(unknown.status, 404, "{}", unknown.body);
    }
    line.until_drained().await;
    assert_eq!(line.order(ids[0]).tracking_code.as_deref(), Some("1Z-KNOWN"));
    let mut causes: Vec<_> = line.parked().await.into_iter().map(|(_, cause)| cause).collect();
    causes.sort();
    assert_eq!(causes, ["unknown_item", "unknown_order"]);
    server.stop().await;
}

#[tokio::test]
async fn a_notice_whose_event_was_lost_is_found_by_the_search_for_what_is_unfinished() {
    let (mut line, ids, server, mut importer) = fetched(2, false).await;
    line.stop().await;
    ship(&line, &ids);
    importer.collect(&line.world);
    importer.tell_all().await;
    line.lose_the_queue().await;
    line.world.advance(SignedDuration::from_mins(20));
    line.setup.schedule.store = Some(std::time::Duration::from_millis(40));
    line.start();
    line.until("both are dispatched", async |line| ids.iter().all(|id| line.is_dispatched(*id))).await;
    line.until("nothing is open", async |line| {
        let now = line.world.now(Site::Cin7);
        line.bridge.ledger().open_notices(&connection(), now, 9).await.unwrap().is_empty()
    })
    .await;
    server.stop().await;
}

#[tokio::test]
async fn a_void_that_the_sweep_finds_takes_the_parcel_of_the_notice_back() {
    // T56.
    let (mut line, ids, server, mut importer) = fetched(1, true).await;
    let document = line.bridge.records(&ids).await.pop().flatten().unwrap().placed.unwrap().document;
    let order = line.world.shipstation().order_by_key(&ids[0].to_string()).unwrap().clone();
    let piece = vec![(order.items[0].order_item_id, 1)];
    assert!(document.items.iter().map(|item| item.quantity).sum::<u32>() > 1, "it has parts");
    let now = line.world.now(Site::ShipStation);
    let label = LabelRequest::whole(order.order_id).of(piece);
    let label = line.world.shipstation().buy_label(&label, now).unwrap();
    importer.collect(&line.world);
    importer.tell_all().await;
    line.until_drained().await;
    assert!(!line.order(ids[0]).tracking_code.unwrap_or_default().is_empty());
    line.world.advance(SignedDuration::from_mins(5));
    let now = line.world.now(Site::ShipStation);
    line.world.shipstation().void_label(label, now).unwrap();
    line.stop().await;
    line.setup.schedule.sweep = Some(std::time::Duration::from_millis(40));
    line.start();
    line.until("the number is gone", async |line| {
        line.order(ids[0]).tracking_code.unwrap_or_default().is_empty()
    })
    .await;
    assert_eq!(line.bridge.parked().await, []);
    server.stop().await;
}

#[tokio::test]
async fn shipstation_is_asked_to_fetch_once_for_all_that_has_changed() {
    let (mut line, ids, server, _) = fetched(3, true).await;
    line.stop().await;
    line.setup.schedule.store = Some(std::time::Duration::from_millis(40));
    line.start();
    let asked = |line: &Line| line.world.calls("POST /stores/refreshstore");
    line.until("it was asked", async |line| asked(line) == 1).await;
    let refreshed = line.world.shipstation().store_refreshes().to_vec();
    assert_eq!(refreshed.iter().map(|(store, _)| *store).collect::<Vec<_>>(), [STORE]);
    line.tell(&ids).await;
    line.until_drained().await;
    line.until("minutes have passed", async |line| {
        line.world.now(Site::Cin7) > refreshed[0].1 + SignedDuration::from_mins(5)
    })
    .await;
    assert_eq!(asked(&line), 1, "nothing has changed");
    server.stop().await;
}

#[tokio::test]
async fn a_database_that_is_down_is_503_and_the_repeat_succeeds() {
    // T31, T58.
    let (line, ids, server, mut importer) = fetched(1, false).await;
    ship(&line, &ids);
    importer.collect(&line.world);
    line.bridge.ledger().cut().await;
    let refused = notify(server.addr(), &Notice { order_id: ids[0].to_string(), ..Notice::default() }).await;
    assert_eq!(refused.status, 503, "{}", refused.body);
    let (from, until): (Timestamp, _) = ("2026-06-01T00:00:00Z".parse().unwrap(), line.world.now(Site::Cin7));
    let export_refused = export(server.addr(), from, until, 1).await;
    assert!(
        export_refused.status == 503 && !export_refused.body.contains("<Orders"),
        "{}",
        export_refused.body
    );
    line.bridge.ledger().give_back_all();
    importer.tell_all().await;
    line.until_drained().await;
    assert!(line.is_dispatched(ids[0]));
    let fetched = export(server.addr(), from, line.world.now(Site::Cin7), 1).await;
    assert_eq!(reader::read(&fetched.body).orders[0].order_status, "shipped");
    assert_eq!(importer.complaints, [""; 0]);
    server.stop().await;
}
