//! Products, timelines, leases, cursors and parked events.

use std::collections::BTreeMap;

use jiff::{SignedDuration, Timestamp};
use rust_decimal::Decimal;
use tokio::task::JoinSet;
use uuid::Uuid;

use domain::event::{Event, EventKind, Lane, Origin};
use domain::ids::{EventId, OrderId, OrderRef};
use domain::product::{Product, ProductOption};
use ledger::{JournalEntry, Lease, ParkedEvent};

use super::samples::{MINUTE, acme, at};
use crate::Home;

fn product(id: i64, grams: i64) -> Product {
    let weight = Some(Decimal::new(grams, 3));
    let option = ProductOption {
        id: id + 100,
        code: "A".into(),
        barcode: String::new(),
        weight,
        image: String::new(),
    };
    Product {
        id,
        name: String::new(),
        weight: None,
        image: String::new(),
        option_labels: Default::default(),
        options: vec![option],
        other: BTreeMap::new(),
        custom_fields: BTreeMap::new(),
    }
}

pub(crate) async fn products_come_back_with_the_time_of_their_newest_reading(home: &impl Home) {
    let ledger = home.open().await;
    ledger.keep_products(&acme(), &[product(1, 500), product(2, 20)], at(5)).await.unwrap();
    ledger.keep_products(&acme(), &[product(1, 600)], at(9)).await.unwrap();
    ledger.keep_products(&acme(), &[product(1, 400)], at(7)).await.unwrap();
    let found = home.open().await.products(&acme(), &[2, 3, 1]).await.unwrap();
    assert_eq!(found, [Some((product(2, 20), at(5))), None, Some((product(1, 600), at(9)))]);
}

pub(crate) async fn a_timeline_keeps_its_order_and_repeats_nothing(home: &impl Home) {
    let ledger = home.open().await;
    let entry = |order, at: Timestamp, kind: &str, text: &str| JournalEntry {
        order: OrderId(order),
        at,
        kind: kind.into(),
        text: text.into(),
    };
    let batch = [
        entry(1, at(1), "event", "webhook"),
        entry(2, at(1), "event", "webhook"),
        entry(1, at(1), "decided", "waiting"),
        entry(1, at(1), "decided", "waiting"),
    ];
    ledger.write(&acme(), &batch).await.unwrap();
    let later = [
        entry(1, at(2), "decided", "waiting"),
        entry(1, at(2), "event", "webhook"),
        entry(1, at(2), "decided", "waiting"),
        entry(1, at(3), "sent", "waiting"),
    ];
    home.open().await.write(&acme(), &later).await.unwrap();
    ledger.write(&"other".parse().unwrap(), &later).await.unwrap();
    let kept = ledger.timeline(&acme(), OrderId(1)).await.unwrap();
    let expected = [&batch[0], &batch[2], &later[1], &later[2], &later[3]];
    assert_eq!(kept.iter().collect::<Vec<_>>(), expected);
    assert_eq!(ledger.timeline(&acme(), OrderId(2)).await.unwrap(), batch[1..2]);
    assert!(ledger.timeline(&acme(), OrderId(3)).await.unwrap().is_empty());
}

pub(crate) async fn a_lease_has_one_holder_and_a_growing_token(home: &impl Home) {
    let (ledger, other) = (home.open().await, home.open().await);
    let lease = |token, until| Some(Lease { token, until });
    assert_eq!(ledger.lease("watch", "a", MINUTE, at(0)).await.unwrap(), lease(1, at(60)));
    assert_eq!(other.lease("watch", "b", MINUTE, at(59)).await.unwrap(), None);
    assert_eq!(other.lease("sweep", "b", MINUTE, at(59)).await.unwrap(), lease(1, at(119)));
    assert_eq!(ledger.lease("watch", "a", MINUTE, at(30)).await.unwrap(), lease(1, at(90)));
    assert_eq!(other.lease("watch", "b", MINUTE, at(90)).await.unwrap(), lease(2, at(150)));
    ledger.give_back("watch", "a").await.unwrap();
    assert_eq!(ledger.lease("watch", "a", MINUTE, at(91)).await.unwrap(), None);
    other.give_back("watch", "b").await.unwrap();
    assert_eq!(ledger.lease("watch", "a", MINUTE, at(92)).await.unwrap(), lease(3, at(152)));
    ledger.give_back("watch", "a").await.unwrap();
    assert_eq!(ledger.lease("watch", "a", MINUTE, at(93)).await.unwrap(), lease(4, at(153)));
}

pub(crate) async fn of_concurrent_takers_one_has_the_lease(home: &impl Home) {
    let ledgers = [home.open().await, home.open().await];
    let mut takers = JoinSet::new();
    for (holder, ledger) in (0..8).zip(ledgers.iter().cycle().cloned()) {
        takers.spawn(async move { ledger.lease("watch", &holder.to_string(), MINUTE, at(0)).await.unwrap() });
    }
    assert_eq!(takers.join_all().await.into_iter().flatten().count(), 1);
}

pub(crate) async fn a_cursor_never_goes_back(home: &impl Home) {
    let ledger = home.open().await;
    assert_eq!(ledger.cursor("watch").await.unwrap(), None);
    let fine = at(5) + SignedDuration::from_micros(3);
    for (to, expected) in [(fine, fine), (at(3), fine), (at(8), at(8))] {
        ledger.move_cursor("watch", to).await.unwrap();
        assert_eq!(home.open().await.cursor("watch").await.unwrap(), Some(expected));
    }
    assert_eq!(ledger.cursor("sweep").await.unwrap(), None);
}

fn parked(id: u128, connection: &str, since: i64) -> ParkedEvent {
    let event = Event {
        id: EventId(Uuid::from_u128(id)),
        connection: connection.parse().unwrap(),
        kind: EventKind::OrderChanged { order: OrderRef::Reference("SO-1".into()) },
        origin: Origin::Watch,
        received_at: at(since - 1),
    };
    ParkedEvent {
        event,
        lane: Lane::Orders,
        cause: "refused".into(),
        text: "Cin7 refused the order.".into(),
        order: id.is_multiple_of(2).then_some(OrderId(7)),
        attempts: 3,
        since: at(since),
    }
}

pub(crate) async fn parked_events_wait_once_and_leave_once(home: &impl Home) {
    let ledger = home.open().await;
    let events = [parked(1, "acme", 9), parked(2, "acme", 5), parked(3, "other", 7)];
    for event in &events {
        ledger.park(event).await.unwrap();
    }
    ledger.park(&ParkedEvent { attempts: 9, since: at(1), ..parked(1, "acme", 9) }).await.unwrap();
    let [first, second, third] = events;
    let ledger = home.open().await;
    let all = ledger.parked(None).await.unwrap();
    assert_eq!(all, [second.clone(), third.clone(), first.clone()]);
    assert_eq!(ledger.parked(Some(&acme())).await.unwrap(), [second, first.clone()]);
    assert_eq!(ledger.unpark(first.event.id).await.unwrap(), Some(first.clone()));
    assert_eq!(ledger.unpark(first.event.id).await.unwrap(), None);
    assert_eq!(ledger.parked(Some(&third.event.connection)).await.unwrap(), [third]);
}

pub(crate) async fn a_mark_holds_the_last_value_of_its_name(home: &impl Home) {
    let ledger = home.open().await;
    assert_eq!(ledger.mark("rules/acme").await.unwrap(), None);
    for value in ["one", "two", "one"] {
        ledger.keep_mark("rules/acme", value).await.unwrap();
        assert_eq!(home.open().await.mark("rules/acme").await.unwrap().as_deref(), Some(value));
    }
    assert_eq!(ledger.mark("rules/other").await.unwrap(), None);
}
