//! The custom store's feed and the notices that come back.

use std::collections::BTreeSet;
use std::sync::Arc;

use jiff::Timestamp;
use tokio::task::JoinSet;
use uuid::Uuid;

use domain::feed::{FeedBuyer, FeedOrder, FeedRecipient, FeedStatus, FeedWindow};
use domain::ids::OrderId;
use domain::ship_notice::{NoticeId, NoticeItem, ShipNotice};
use ledger::{FeedPage, FeedPageOf, KeptNotice, Ledger};

use super::samples::{MINUTE, acme, at};
use crate::Home;

fn order(id: i64, notes: &str) -> FeedOrder {
    let (name, empty) = (format!("Ann {id}"), String::new);
    FeedOrder {
        id: OrderId(id),
        number: format!("SO-{id}"),
        ordered: at(0),
        status: FeedStatus::Paid,
        shipping_method: empty(),
        payment_method: empty(),
        currency: "AUD".into(),
        total: 10.into(),
        tax: 0.into(),
        shipping: 0.into(),
        customer_notes: notes.into(),
        internal_notes: empty(),
        gift: false,
        custom_fields: [empty(), empty(), empty()],
        source: empty(),
        customer_code: format!("{id}"),
        bill_to: FeedBuyer { name: name.clone(), company: empty(), phone: empty(), email: empty() },
        ship_to: FeedRecipient {
            name,
            company: empty(),
            address1: "1 High Street".into(),
            address2: empty(),
            city: "Sydney".into(),
            state: "NSW".into(),
            postal_code: "2000".into(),
            country: "AU".into(),
            phone: empty(),
        },
        items: Vec::new(),
    }
}

fn orders(ids: impl IntoIterator<Item = i64>, notes: &str) -> Vec<FeedOrder> {
    ids.into_iter().map(|id| order(id, notes)).collect()
}

fn window(from: i64, until: i64) -> FeedWindow {
    FeedWindow { from: at(from), until: at(until) }
}

const fn page(number: u32, size: u32) -> FeedPage {
    FeedPage { number, size }
}

fn ids(page: &FeedPageOf) -> Vec<i64> {
    page.orders.iter().map(|(_, order)| order.id.0).collect()
}

async fn put(ledger: &Arc<dyn Ledger>, orders: &[FeedOrder], now: Timestamp) -> Vec<bool> {
    ledger.put_in_feed(&acme(), orders, now).await.unwrap()
}

async fn read(ledger: &Arc<dyn Ledger>, window: FeedWindow, page: FeedPage, now: i64) -> FeedPageOf {
    ledger.feed_page(&acme(), window, page, at(now)).await.unwrap()
}

pub(crate) async fn a_window_shows_what_changed_in_it_with_both_ends_included(home: &impl Home) {
    let ledger = home.open().await;
    assert_eq!(ledger.feed_changed(&acme()).await.unwrap(), None);
    for (id, second) in [(1, 10), (2, 20), (3, 30)] {
        assert_eq!(put(&ledger, &[order(id, "")], at(second)).await, [true]);
    }
    let reopened = home.open().await;
    for (from, until, expected) in [
        (10, 30, vec![1, 2, 3]),
        (10, 10, vec![1]),
        (11, 29, vec![2]),
        (31, 40, vec![]),
        (20, 30, vec![2, 3]),
    ] {
        let found = read(&reopened, window(from, until), page(1, 100), 50).await;
        assert_eq!((ids(&found), found.pages), (expected, 1), "{from} to {until}");
    }
    let found = read(&reopened, window(20, 20), page(1, 100), 50).await;
    assert_eq!(found.orders, [(at(20), order(2, ""))]);
    assert_eq!(ledger.feed_changed(&acme()).await.unwrap(), Some(at(30)));
    let asked = ledger.in_feed(&acme(), &[OrderId(3), OrderId(9)]).await.unwrap();
    assert_eq!(asked, [Some(order(3, "")), None]);
    let other = "other".parse().unwrap();
    assert_eq!(ids(&ledger.feed_page(&other, window(0, 99), page(1, 100), at(50)).await.unwrap()), [0; 0]);
}

pub(crate) async fn an_order_that_stays_as_it_is_keeps_its_place(home: &impl Home) {
    let ledger = home.open().await;
    put(&ledger, &orders(1..=3, ""), at(10)).await;
    let batch = [order(2, "changed"), order(3, ""), order(4, "")];
    assert_eq!(put(&ledger, &batch, at(20)).await, [true, false, true]);
    assert_eq!(ids(&read(&ledger, window(0, 10), page(1, 100), 50).await), [1, 3]);
    assert_eq!(ids(&read(&ledger, window(11, 99), page(1, 100), 50).await), [2, 4]);
    let twice = [order(5, "first"), order(5, "last")];
    assert_eq!(put(&ledger, &twice, at(30)).await, [true, true]);
    let found = ledger.in_feed(&acme(), &[OrderId(5)]).await.unwrap();
    assert_eq!(found, [Some(order(5, "last"))]);
}

pub(crate) async fn orders_of_one_stamp_are_each_on_one_page(home: &impl Home) {
    let ledger = home.open().await;
    put(&ledger, &orders(1..=100, ""), at(10)).await;
    let mut seen = Vec::new();
    for number in 1..=4 {
        let found = read(&ledger, window(0, 99), page(number, 25), 50).await;
        assert_eq!((found.orders.len(), found.pages), (25, 4));
        seen.extend(ids(&found));
    }
    assert_eq!(seen, (1..=100).collect::<Vec<_>>());
    let past = read(&ledger, window(0, 99), page(5, 25), 50).await;
    assert_eq!((past.orders.len(), past.pages), (0, 4));
    let nothing = read(&ledger, window(60, 99), page(1, 25), 50).await;
    assert_eq!((nothing.orders.len(), nothing.pages), (0, 1));
}

pub(crate) async fn pages_of_any_size_put_together_are_the_window(home: &impl Home) {
    let ledger = home.open().await;
    for second in 0..5 {
        let from = second * 90;
        put(&ledger, &orders(from + 1..=from + 90, ""), at(second)).await;
    }
    // Some that are not the window's any more, and some that are not its yet.
    put(&ledger, &orders((5..=450).step_by(9), "changed"), at(200)).await;
    let mut expected: Vec<i64> = (1..=450).filter(|id| id % 9 != 5).collect();
    for now in [250, 251] {
        for size in [30, 90, 100, 101, 250, 1_000] {
            let mut seen = Vec::new();
            let pages = read(&ledger, window(0, 99), page(1, size), now).await.pages;
            assert_eq!(pages as usize, expected.len().div_ceil(size as usize));
            // From the last one to the first: none needs those before it to have been read.
            for number in (1..=pages + 1).rev() {
                let found = read(&ledger, window(0, 99), page(number, size), now).await;
                seen.splice(0..0, ids(&found));
            }
            assert_eq!(seen, expected, "{size} a page");
        }
        // The window is frozen anew with its first page, and its seams with it.
        put(&ledger, &orders([1, 2, 3], "late"), at(220)).await;
        expected = expected.split_off(3);
    }
}

pub(crate) async fn a_change_between_two_pages_pushes_no_order_off_the_seam(home: &impl Home) {
    let ledger = home.open().await;
    put(&ledger, &orders(1..=9, ""), at(10)).await;
    let first = read(&ledger, window(0, 99), page(1, 3), 50).await;
    // One of the page that was read, one of the page that comes, and one that is new.
    let batch = [order(2, "changed"), order(5, "changed"), order(10, "new")];
    put(&ledger, &batch, at(51)).await;
    let second = read(&home.open().await, window(0, 99), page(2, 3), 52).await;
    let third = read(&ledger, window(0, 99), page(3, 3), 53).await;
    assert_eq!([ids(&first), ids(&second), ids(&third)], [vec![1, 2, 3], vec![4, 5, 6], vec![7, 8, 9]]);
    assert_eq!([first.pages, second.pages, third.pages], [3, 3, 3]);
    assert_eq!(second.orders[1].1.customer_notes, "changed", "its newest content");
    // What changed is in the next window, whose beginning is this one's end.
    let next = read(&ledger, window(99, 200), page(1, 100), 150).await;
    assert_eq!(ids(&next), [2, 5, 10]);
    // The same first page again is a new look: a window shows what was made in it, though another one must show it too.
    let again = read(&ledger, window(0, 99), page(1, 100), 54).await;
    assert_eq!(ids(&again), [1, 3, 4, 6, 7, 8, 9, 2, 5, 10]);
    assert_eq!((again.orders[7].0, next.orders[0].0), (at(51), at(99)), "within its window, each time");
}

pub(crate) async fn a_page_of_a_window_that_was_forgotten_is_read_anew(home: &impl Home) {
    let ledger = home.open().await;
    put(&ledger, &orders(1..=5, ""), at(10)).await;
    read(&ledger, window(0, 99), page(1, 2), 50).await;
    put(&ledger, &[order(1, "changed")], at(200)).await;
    let late = at(50) + MINUTE * 31;
    let found = ledger.feed_page(&acme(), window(0, 99), page(2, 2), late).await.unwrap();
    assert_eq!((ids(&found), found.pages), (vec![4, 5], 2));
}

/// Stamps are given in the order of commits, and after every window that was read to its end: whatever the clocks
/// of writers say, a reader that walks from window to window sees everything.
pub(crate) async fn no_change_slips_between_two_windows(home: &impl Home) {
    let ledger = home.open().await;
    let mut writers = JoinSet::new();
    for writer in 0..4_i64 {
        let ledger = home.open().await;
        writers.spawn(async move {
            for round in 0..25_i64 {
                // Clocks that are behind, and ahead, by some seconds.
                let now = at(100 + round + writer * 3 - 6);
                put(&ledger, &[order(writer * 1_000 + round, "")], now).await;
            }
        });
    }
    let mut seen = BTreeSet::new();
    let mut from = 0;
    for round in 0..25 {
        let until = 100 + round;
        let found = read(&ledger, window(from, until), page(1, 1_000), until).await;
        seen.extend(ids(&found));
        from = until;
        tokio::task::yield_now().await;
    }
    while let Some(ended) = writers.join_next().await {
        ended.unwrap();
    }
    seen.extend(ids(&read(&ledger, window(from, 100_000), page(1, 1_000), 130).await));
    let expected = (0..4).flat_map(|writer| (0..25).map(move |round| writer * 1_000 + round));
    assert_eq!(seen, expected.collect());
}

fn notice(number: u128, order: Option<i64>, second: i64) -> KeptNotice {
    KeptNotice {
        id: NoticeId(Uuid::from_u128(number)),
        order: order.map(OrderId),
        received_at: at(second),
        notice: ShipNotice {
            order_id: "1".into(),
            order_number: "SO-1".into(),
            label_created: Some(at(second)),
            ship_date: Some("2026-11-28".parse().unwrap()),
            tracking: "1Z".into(),
            cost: Some("8.51".parse().unwrap()),
            items: vec![NoticeItem {
                line_key: "1:2".into(),
                sku: "A".into(),
                name: "Apple".into(),
                quantity: 2,
            }],
            ..ShipNotice::default()
        },
        raw: "<ShipNotice/>\u{0}".into(),
        taken_in: None,
    }
}

pub(crate) async fn a_notice_is_kept_once_and_found_again(home: &impl Home) {
    let ledger = home.open().await;
    let (one, unknown) = (notice(1, Some(7), 10), notice(2, None, 20));
    assert!(ledger.keep_notice(&acme(), &one).await.unwrap());
    assert!(!ledger.keep_notice(&acme(), &KeptNotice { received_at: at(99), ..one.clone() }).await.unwrap());
    assert!(ledger.keep_notice(&acme(), &unknown).await.unwrap());
    let found = home.open().await.notices(&acme(), &[unknown.id, NoticeId(Uuid::nil()), one.id]).await;
    let found = found.unwrap();
    assert_eq!(found[1], None);
    let without_raw = |kept: &KeptNotice| KeptNotice { raw: String::new(), ..kept.clone() };
    assert_eq!(found[2].as_ref().map(without_raw), Some(without_raw(&one)));
    assert!(found[0].as_ref().unwrap().raw.starts_with("<ShipNotice/>"));
    // Its order has come to be known meanwhile.
    let known = KeptNotice { order: Some(OrderId(8)), ..unknown.clone() };
    assert!(!ledger.keep_notice(&acme(), &known).await.unwrap());
    let found = ledger.notices(&acme(), &[unknown.id]).await.unwrap();
    assert_eq!(found[0].as_ref().unwrap().order, Some(OrderId(8)));
}

pub(crate) async fn open_notices_are_those_of_known_orders_that_nobody_took_in(home: &impl Home) {
    let ledger = home.open().await;
    for kept in [notice(1, Some(7), 30), notice(2, None, 10), notice(3, Some(8), 20), notice(4, Some(9), 40)]
    {
        ledger.keep_notice(&acme(), &kept).await.unwrap();
    }
    let id = |number| NoticeId(Uuid::from_u128(number));
    assert_eq!(ledger.open_notices(&acme(), at(30), 9).await.unwrap(), [id(3), id(1)]);
    assert_eq!(ledger.open_notices(&acme(), at(99), 1).await.unwrap(), [id(3)]);
    ledger.notices_taken_in(&acme(), &[id(3), id(1)], at(50)).await.unwrap();
    assert_eq!(ledger.open_notices(&acme(), at(99), 9).await.unwrap(), [id(4)]);
    let kept = ledger.notices(&acme(), &[id(1), id(4)]).await.unwrap();
    let taken_in: Vec<_> = kept.into_iter().map(|kept| kept.unwrap().taken_in).collect();
    assert_eq!(taken_in, [Some(at(50)), None]);
    assert_eq!(ledger.open_notices(&"other".parse().unwrap(), at(99), 9).await.unwrap(), []);
}
