//! The export over HTTP. The numbers are those of the list of other implementations' defects.

use std::collections::BTreeSet;

use jiff::{SignedDuration, Timestamp};
use rust_decimal::Decimal;

use domain::feed::{FeedOrder, FeedStatus};
use domain::weight::{ShippingUnit, Weight};
use ledger::Feed;

use crate::bridge::now;
use crate::client::Answer;
use crate::store_fixture::{Shop, acme, item, order};
use crate::store_reader::{Order, ids, read};

fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}

/// The day around the tests' now, which is its midnight.
const DAY: (&str, &str) = ("01/04/2026 12:00", "01/05/2026 12:00");

impl Shop {
    async fn day(&self, page: &str) -> Answer {
        let answer = self.export(DAY.0, DAY.1, page).await;
        assert_eq!(answer.status, 200, "{answer:?}");
        answer
    }

    async fn only(&self) -> Order {
        let mut read = read(&self.day("1").await.body);
        assert_eq!(read.orders.len(), 1);
        read.orders.remove(0)
    }
}

fn orders(ids: impl IntoIterator<Item = i64>) -> Vec<FeedOrder> {
    ids.into_iter().map(order).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn t01_t03_t04_every_answer_has_pages_and_a_root_also_with_nothing_in_it() {
    let shop = Shop::new().await;
    let nothing = "<?xml version=\"1.0\" encoding=\"utf-8\"?><Orders pages=\"1\"/>";
    assert_eq!(shop.day("1").await.body, nothing);
    assert_eq!(shop.get("action=export").await.body, nothing, "Test Connection may send no dates");
    shop.put(&orders(1..=101), now()).await;
    for (page, pages, count) in [("1", 2, 100), ("2", 2, 1), ("3", 2, 0), ("99999999999", 2, 0)] {
        let answer = shop.day(page).await;
        assert_eq!(answer.header("content-type"), Some("application/xml; charset=utf-8"));
        let page = read(&answer.body);
        assert_eq!((page.pages, page.orders.len()), (pages, count));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn t02_a_page_below_one_or_missing_is_the_first_and_a_word_is_an_error() {
    let shop = Shop::new().await;
    shop.put(&orders(1..=150), now()).await;
    for page in ["0", "-1", ""] {
        assert_eq!(ids(&shop.day(page).await.body), (1..=100).collect::<Vec<_>>(), "{page}");
    }
    let dates = "start_date=01/04/2026+12:00&end_date=01/05/2026+12:00";
    assert_eq!(ids(&shop.get(&format!("action=export&{dates}")).await.body).len(), 100);
    let answer = shop.export(DAY.0, DAY.1, "abc").await;
    assert_eq!(answer.status, 400);
    assert!(
        answer.body.starts_with("The export was not understood: page is no number. (reference "),
        "{answer:?}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn t05_t06_orders_of_one_instant_are_each_on_one_page() {
    let shop = Shop::new().await;
    shop.put(&orders(1..=350), now()).await;
    let mut seen = Vec::new();
    for page in 1..=4 {
        let page = read(&shop.day(&page.to_string()).await.body);
        assert_eq!(page.pages, 4);
        seen.extend(page.orders.iter().map(|order| order.order_id.parse::<i64>().unwrap()));
    }
    assert_eq!(seen, (1..=350).collect::<Vec<_>>());
}

#[tokio::test(flavor = "multi_thread")]
async fn t07_an_order_that_changes_between_two_pages_pushes_no_other_off_the_seam() {
    let shop = Shop::new().await;
    shop.put(&orders(1..=250), now()).await;
    let mut seen: BTreeSet<i64> = ids(&shop.day("1").await.body).into_iter().collect();
    let changed: Vec<_> = [5, 99, 100, 101, 250].map(|id| FeedOrder { gift: true, ..order(id) }).into();
    shop.put(&changed, now() + SignedDuration::from_secs(1)).await;
    shop.put(&orders([900]), now() + SignedDuration::from_secs(2)).await;
    for page in ["2", "3"] {
        seen.extend(ids(&shop.day(page).await.body));
    }
    assert!((1..=250).all(|id| seen.contains(&id)), "{seen:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn t08_both_ends_of_a_window_are_inside_with_their_whole_minutes() {
    let shop = Shop::new().await;
    for (id, changed) in [
        (1, "2026-01-04T23:29:59.999999Z"),
        (2, "2026-01-04T23:30:00Z"),
        (3, "2026-01-04T23:35:00Z"),
        (4, "2026-01-04T23:35:59.999999Z"),
        (5, "2026-01-04T23:36:00Z"),
    ] {
        shop.put(&orders([id]), at(changed)).await;
    }
    let answer = shop.export("01/04/2026 23:30", "01/04/2026 23:35", "1").await;
    assert_eq!(ids(&answer.body), [2, 3, 4]);
}

#[tokio::test(flavor = "multi_thread")]
async fn t09_dates_are_utc_in_the_night_when_other_clocks_change() {
    let shop = Shop::new().await;
    let ordered = at("2026-03-08T02:30:00-08:00");
    shop.put(&[FeedOrder { ordered, ..order(1) }], at("2026-03-29T01:30:00Z")).await;
    let page = read(&shop.export("03/29/2026 01:30", "03/29/2026 01:30", "1").await.body);
    let order = &page.orders[0];
    assert_eq!(
        (order.order_date.as_str(), order.last_modified.as_str()),
        ("03/08/2026 10:30", "03/29/2026 01:30")
    );
}

#[test]
fn t09_a_host_in_another_time_zone_exports_the_same() {
    for zone in ["America/Los_Angeles", "Asia/Kolkata"] {
        let mut test = std::process::Command::new(std::env::current_exe().unwrap());
        let name = "store_export::t09_dates_are_utc_in_the_night_when_other_clocks_change";
        let ended = test.args(["--exact", name]).env("TZ", zone).output().unwrap();
        let said = String::from_utf8_lossy(&ended.stdout);
        assert!(ended.status.success() && said.contains("1 passed"), "{zone}: {said}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn t10_t12_what_counts_is_when_an_order_changed_and_an_export_changes_nothing() {
    let shop = Shop::new().await;
    let old = at("2019-01-01T00:00:00Z");
    shop.put(&[FeedOrder { ordered: old, ..order(1) }], now()).await;
    let changed = shop.ledger.feed_changed(&acme()).await.unwrap();
    let first = shop.day("1").await.body;
    assert_eq!(ids(&first), [1]);
    assert_eq!(shop.day("1").await.body, first);
    assert_eq!(shop.ledger.feed_changed(&acme()).await.unwrap(), changed);
    let by_its_own_date = shop.export("12/31/2018 00:00", "01/02/2019 00:00", "1").await;
    assert_eq!(ids(&by_its_own_date.body), [0_i64; 0]);
}

#[tokio::test(flavor = "multi_thread")]
async fn t11_t55_every_status_is_exported_by_its_token() {
    let shop = Shop::new().await;
    let all = [
        (1, FeedStatus::Unpaid, "unpaid"),
        (2, FeedStatus::Paid, "paid"),
        (3, FeedStatus::Shipped, "shipped"),
        (4, FeedStatus::Cancelled, "cancelled"),
        (5, FeedStatus::OnHold, "on_hold"),
    ];
    let feed: Vec<_> = all.map(|(id, status, _)| FeedOrder { status, ..order(id) }).into();
    shop.put(&feed, now()).await;
    let page = read(&shop.day("1").await.body);
    for ((_, _, token), order) in all.iter().zip(&page.orders) {
        assert_eq!(order.order_status, *token);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn t15_t16_t17_t24_numbers_are_plain_and_what_is_unknown_is_left_out() {
    let shop = Shop::new().await;
    let mut order = order(1);
    let decimal = |text: &str| text.parse::<Decimal>().unwrap();
    (order.total, order.tax, order.shipping) = (decimal("1234567.8"), Decimal::ZERO, decimal("4.5"));
    order.gift = true;
    order.items[0].weight = Some(Weight { value: decimal("1250.5"), unit: ShippingUnit::Grams });
    let discount = domain::feed::FeedItem {
        line_key: String::new(),
        sku: String::new(),
        unit_price: decimal("-10"),
        adjustment: true,
        ..item("", "")
    };
    order.items.extend([item("1:2", "FREE"), discount]);
    order.items[1].unit_price = Decimal::ZERO;
    shop.put(&[order], now()).await;
    let xml = shop.day("1").await.body;
    for expected in [
        "<OrderTotal>1234567.80</OrderTotal><TaxAmount>0.00</TaxAmount><ShippingAmount>4.50</ShippingAmount>",
        "<Gift>true</Gift>",
        "<Weight>1250.50</Weight><WeightUnits>Grams</WeightUnits><Quantity>1</Quantity>",
        "<UnitPrice>0.00</UnitPrice>",
        "<SKU></SKU><Name><![CDATA[Article ]]></Name><Quantity>1</Quantity><UnitPrice>-10.00</UnitPrice>\
         <Adjustment>true</Adjustment></Item>",
        "<PostalCode></PostalCode>",
    ] {
        assert!(xml.contains(expected), "{expected} is missing: {xml}");
    }
    assert_eq!(xml.matches("<Weight>").count(), 1);
    for absent in ["<State>", "<ImageUrl>", "<UPC>", "<Options>", "<Dimensions>", "<LineItemID></LineItemID>"]
    {
        assert!(!xml.contains(absent), "{absent}: {xml}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn t21_t22_t23_t26_t27_texts_come_through_whatever_they_hold() {
    let shop = Shop::new().await;
    let hostile = "]]> <![CDATA[ & < > &amp; &#8; é 😀 \"'\n]]]>]]>";
    let mut order = order(1);
    order.customer_notes = hostile.into();
    order.internal_notes = "]]>".into();
    order.custom_fields = [hostile.into(), "]".into(), "]]".into()];
    order.ship_to.name = hostile.into();
    order.currency = "NZD".into();
    order.items.push(item("1:2", "RED"));
    order.items[0].options = vec![(hostile.into(), hostile.into())];
    shop.put(&[order], now()).await;
    let read = shop.only().await;
    assert_eq!(
        (read.customer_notes.as_deref(), read.internal_notes.as_deref()),
        (Some(hostile), Some("]]>"))
    );
    let fields = [read.custom_field1, read.custom_field2, read.custom_field3].map(Option::unwrap);
    assert_eq!(fields, [hostile, "]", "]]"]);
    assert_eq!((read.customer.ship_to.name.as_str(), read.currency_code.as_deref()), (hostile, Some("NZD")));
    let options = &read.items.items[0].options.as_ref().unwrap().options;
    assert_eq!((options[0].name.as_str(), options[0].value.as_str()), (hostile, hostile));
    let lines: Vec<_> =
        read.items.items.iter().map(|item| (item.sku.as_str(), item.line_item_id.as_deref())).collect();
    assert_eq!(lines, [("RED", Some("1:1")), ("RED", Some("1:2"))]);
}

#[tokio::test(flavor = "multi_thread")]
async fn t29_nothing_on_the_way_may_keep_an_answer() {
    let shop = Shop::new().await;
    assert_eq!(shop.day("1").await.header("cache-control"), Some("no-store"));
    assert_eq!(shop.get("action=export&page=x").await.header("cache-control"), Some("no-store"));
}

#[tokio::test(flavor = "multi_thread")]
async fn t31_t58_without_its_ledger_the_store_says_so_and_never_shows_nothing() {
    let shop = Shop::new().await;
    shop.put(&orders([1]), now()).await;
    shop.ledger.close().await;
    let answer = shop.export(DAY.0, DAY.1, "1").await;
    assert_eq!((answer.status, answer.header("retry-after")), (503, Some("5")));
    assert!(answer.body.starts_with("Shipbridge cannot reach its own records now"), "{answer:?}");
    assert!(!answer.body.contains("sqlite") && !answer.body.contains("pool"), "no internals: {answer:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn t34_t35_dates_come_in_many_forms_and_an_unreadable_one_is_never_everything() {
    let shop = Shop::new().await;
    shop.put(&orders([1]), at("2026-01-04T17:30:15Z")).await;
    for query in [
        "start_date=01%2f04%2f2026+17%3a28&end_date=01%2f04%2f2026+17%3a33",
        "start_date=01%2F04%2F2026%2017%3A28&end_date=01%2F04%2F2026%2017%3A33&page=1",
        "start_date=1/4/2026+5:28+PM&end_date=1/4/2026+5:33:20+PM",
        "start_date=01042026+1728&end_date=01042026?1733",
        "start_date=01/04/2026+17:28&end_date=",
        "store=standard&action=export&start_date=01/04/2026+17:30&end_date=01/04/2026+17:30&SS-UserName=x&_=1",
    ] {
        let answer = shop.get(&format!("action=export&{query}")).await;
        assert_eq!((answer.status, ids(&answer.body)), (200, vec![1]), "{query}");
    }
    for query in ["start_date=yesterday", "end_date=2026-01-04T17:33", "start_date=13/45/2026+99:99"] {
        let answer = shop.get(&format!("action=export&{query}")).await;
        assert_eq!(answer.status, 400, "{query}");
        assert!(
            answer.body.contains("is no date of the form MM/dd/yyyy HH:mm")
                && !answer.body.contains("yesterday")
        );
    }
    let turned = shop.export("01/05/2026 12:00", "01/04/2026 12:00", "1").await;
    assert_eq!(
        (turned.status, ids(&turned.body).len()),
        (200, 0),
        "a window that ends before it begins is empty"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn t32_methods_and_actions_have_their_answers() {
    let shop = Shop::new().await;
    for (method, query, status, allow) in [
        ("HEAD", "action=export", 200, None),
        ("GET", "ACTION=Export", 200, None),
        ("GET", "", 400, None),
        ("GET", "action=", 400, None),
        ("GET", "action=test", 400, None),
        ("GET", "action=shipnotify", 405, Some("POST")),
        ("POST", "action=export", 405, Some("GET, HEAD")),
        ("PUT", "action=export", 405, Some("GET, HEAD, POST")),
        ("DELETE", "action=shipnotify", 405, Some("GET, HEAD, POST")),
    ] {
        let answer = shop.call(method, query, &[], b"").await;
        assert_eq!((answer.status, answer.header("allow")), (status, allow), "{method} {query}");
        assert_eq!(answer.body.is_empty(), method == "HEAD", "{method} {query}");
    }
}
