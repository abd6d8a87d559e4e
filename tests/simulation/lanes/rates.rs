//! Freight: orders at a rating stage get it once, a person's is never touched, and quotes take nothing from others.

use std::sync::Arc;

use domain::event::{Lane, Origin};
use domain::ids::{OrderId, OrderRef};
use domain::quota::{Priority, Window};
use domain::settings::{Choose, RateRules, RatesApi};
use jiff::SignedDuration;
use rust_decimal::Decimal;
use sandbox::cin7::{Branch, SalesOrder};
use tokio::sync::Notify;
use worker::Platform;

use super::{Line, Trouble, changed, once};
use crate::world::{Call, Site};

#[path = "../../support/orders.rs"]
mod orders;

const QUOTE: &str = "POST /shipments/getrates";
const ESTIMATE: &str = "POST /v2/rates/estimate";

/// Two carriers, parcels only.
fn rates() -> RateRules {
    RateRules {
        enabled: true,
        carriers: vec!["stamps_com".to_owned(), "ups_walleted".to_owned()],
        packages: vec!["Package".to_owned()],
        from_postal_code: "94607".to_owned(),
        currency: "AUD".to_owned(),
        ..RateRules::default()
    }
}

/// A line whose orders get freight.
async fn line() -> Line {
    let mut line = Line::new().await;
    line.setup.rules.rates = rates();
    for product in orders::products() {
        line.world.cin7().add_product(product);
    }
    line
}

/// Enters an order of 1.25 kg to Portland that has no freight: 8.90 by the cheapest service.
fn enter(line: &Line, reference: &str, edit: impl FnOnce(&mut SalesOrder)) -> i64 {
    let mut order = orders::order(reference);
    (order.freight_total, order.freight_description) = (Decimal::ZERO, None);
    edit(&mut order);
    order.settle_totals();
    let now = line.world.now(Site::Cin7);
    line.world.cin7().add_order(order, now)
}

fn edit(line: &Line, id: i64, edit: impl FnOnce(&mut SalesOrder)) {
    line.world.advance(SignedDuration::from_secs(60));
    let now = line.world.now(Site::Cin7);
    line.world.cin7().edit(id, now, edit);
}

fn freight(line: &Line, id: i64) -> (String, String) {
    let order = line.order(id);
    (order.freight_total.normalize().to_string(), order.freight_description.unwrap_or_default())
}

fn is_write(call: &Call) -> bool {
    call.is("PUT /SalesOrders")
}

fn writes(line: &Line) -> usize {
    line.world.count(is_write)
}

/// Tells of orders and waits until nothing is left to do.
async fn settle(line: &Line, ids: &[i64]) {
    // What was told a moment ago may be answered by a reading of then.
    line.world.advance(SignedDuration::from_secs(60));
    line.tell(ids).await;
    line.until_drained().await;
}

async fn told(line: &Line, id: i64, text: &str) -> usize {
    line.bridge.timeline(id).await.iter().filter(|entry| entry.contains(text)).count()
}

fn cheapest() -> (String, String) {
    ("8.9".to_owned(), "USPS Ground Advantage - Package".to_owned())
}

#[tokio::test]
async fn an_order_at_a_rating_stage_gets_freight_once_and_its_own_echo_does_nothing() {
    let mut line = line().await;
    let id = enter(&line, "SO-1", |_| {});
    line.start();
    settle(&line, &[id]).await;
    assert_eq!(freight(&line, id), cheapest());
    assert_eq!((writes(&line), line.world.calls(QUOTE)), (1, 2));
    let body = line.world.last_write().unwrap();
    assert!(
        body.contains(r#""freightTotal":8.9,"freightDescription":"USPS Ground Advantage - Package"}"#),
        "{body}"
    );
    assert_eq!(told(&line, id, "freight 8.90: USPS Ground Advantage - Package 8.90").await, 1);
    for _ in 0..3 {
        settle(&line, &[id]).await;
    }
    line.stop().await;
    assert_eq!((writes(&line), line.world.calls(QUOTE)), (1, 2), "nothing of it was new");
}

#[tokio::test]
async fn the_charge_is_marked_up_as_set_and_told_step_by_step() {
    let mut line = line().await;
    let rates = &mut line.setup.rules.rates;
    rates.choose = Choose::Fastest;
    rates.services = vec!["ups_ground".to_owned()];
    (rates.pricing.markup_percent, rates.pricing.markup_fixed) = (Decimal::from(10), Decimal::from(2));
    rates.pricing.free_over = "89.86".parse().unwrap();
    let paid = enter(&line, "SO-1", |_| {});
    let free = enter(&line, "SO-2", |order| order.line_items[1].unit_price = Decimal::new(3001, 2));
    line.start();
    settle(&line, &[paid, free]).await;
    line.stop().await;
    // 12.07 + 0.36 = 12.43, and a tenth and two more.
    assert_eq!(freight(&line, paid), ("15.67".to_owned(), "UPS® Ground".to_owned()));
    let steps = "freight 15.67: UPS® Ground 12.07 + 0.36 = 12.43; + 10% 1.243 = 13.673; + fixed 2 = 15.673; rounded to 0.01 = 15.67";
    assert_eq!(told(&line, paid, steps).await, 1);
    assert_eq!(freight(&line, free), ("0".to_owned(), "UPS® Ground".to_owned()));
    assert_eq!(told(&line, free, "free: products 89.86 reach 89.86").await, 1);
}

#[tokio::test]
async fn freight_that_a_person_typed_is_never_touched() {
    let mut line = line().await;
    let typed = enter(&line, "SO-1", |order| order.freight_total = Decimal::from(12));
    let described =
        enter(&line, "SO-2", |order| order.freight_description = Some("Free Shipping".to_owned()));
    let ours = enter(&line, "SO-3", |_| {});
    let ids = [typed, described, ours];
    line.start();
    settle(&line, &ids).await;
    edit(&line, ours, |order| order.freight_total = Decimal::from(5));
    settle(&line, &ids).await;
    for id in ids {
        edit(&line, id, |order| order.line_items[0].qty = Decimal::from(9));
    }
    settle(&line, &ids).await;
    edit(&line, ours, |order| (order.freight_total, order.freight_description) = (Decimal::ZERO, None));
    settle(&line, &ids).await;
    assert_eq!(freight(&line, typed), ("12".to_owned(), String::new()));
    assert_eq!(freight(&line, described), ("0".to_owned(), "Free Shipping".to_owned()));
    assert_eq!(freight(&line, ours), ("0".to_owned(), String::new()), "emptied, and left so");
    assert_eq!(writes(&line), 1);
    let left =
        "freight: 5.00 `USPS Ground Advantage - Package` by a person, and left so; we had written 8.90";
    assert_eq!(told(&line, ours, left).await, 1, "once, however often it is looked at");
    // A person asks for it.
    line.world.advance(SignedDuration::from_secs(60));
    line.bridge.publish(vec![changed(OrderRef::Id(OrderId(ours)))], Origin::Replay).await;
    line.until_drained().await;
    line.stop().await;
    assert_eq!(writes(&line), 2);
    assert_eq!(freight(&line, ours).1, "USPS Ground Advantage - Package");
}

#[tokio::test]
async fn what_people_do_while_carriers_are_asked_stays() {
    type Edit = fn(&mut SalesOrder);
    let edits: [(Edit, &str, usize); 3] = [
        (|order| order.freight_total = Decimal::from(12), "12", 0),
        (|order| *order = orders::picked(order.clone()), "0", 0),
        // Another parcel: what was quoted for the first is not written.
        (|order| order.line_items[1].qty = Decimal::from(16), "16.1", 1),
    ];
    for (change, expected, written) in edits {
        let mut line = line().await;
        let id = enter(&line, "SO-1", |_| {});
        let let_go = Arc::new(Notify::new());
        line.trouble(once(|call| call.is(QUOTE), Trouble::Held(let_go.clone())));
        line.tell(&[id]).await;
        line.start();
        line.until("a carrier is asked", async |line| line.world.calls(QUOTE) == 2).await;
        edit(&line, id, change);
        let_go.notify_one();
        line.until_drained().await;
        line.stop().await;
        assert_eq!((freight(&line, id).0.as_str(), writes(&line)), (expected, written));
    }
}

#[tokio::test]
async fn a_changed_order_is_quoted_again_until_it_is_picked() {
    let mut line = line().await;
    let id = enter(&line, "SO-1", |_| {});
    line.start();
    settle(&line, &[id]).await;
    // Three kilograms more: six further steps of 1.20.
    edit(&line, id, |order| order.line_items[1].qty = Decimal::from(16));
    settle(&line, &[id]).await;
    assert_eq!(freight(&line, id).0, "16.1");
    // Zone 2 in place of 3.
    edit(&line, id, |order| order.delivery_postal_code = Some("97208".to_owned()));
    settle(&line, &[id]).await;
    assert_eq!(freight(&line, id).0, "15.75");
    edit(&line, id, |order| order.internal_comments = Some("call first".to_owned()));
    settle(&line, &[id]).await;
    assert_eq!((writes(&line), line.world.calls(QUOTE)), (3, 6));
    edit(&line, id, |order| {
        order.stage = Some("On Hold".to_owned());
        order.line_items[1].qty = Decimal::ONE;
    });
    settle(&line, &[id]).await;
    line.stop().await;
    assert_eq!(writes(&line), 3);
}

#[tokio::test]
async fn the_same_order_through_four_workers_and_ten_events_is_written_once() {
    let mut line = line().await;
    line.setup.workers = 4;
    let ids: Vec<_> = (0..3).map(|number| enter(&line, &format!("SO-{number}"), |_| {})).collect();
    for _ in 0..10 {
        line.tell(&ids).await;
        let asked = ids.iter().map(|id| OrderRef::Id(OrderId(*id)));
        let asked = asked.map(|order| domain::event::EventKind::RateRequested { order });
        line.bridge.publish(asked.collect(), Origin::Webhook).await;
    }
    line.start();
    line.until_drained().await;
    line.stop().await;
    for id in ids {
        assert_eq!(freight(&line, id), cheapest());
        let written = line.world.count(|call| is_write(call) && call.body.contains(&format!(r#""id":{id}"#)));
        assert_eq!((written, told(&line, id, "written to Cin7: freight").await), (1, 1), "order {id}");
    }
}

#[tokio::test]
async fn freight_that_was_recorded_and_not_told_is_told_once_afterwards() {
    let mut line = line().await;
    let id = enter(&line, "SO-1", |_| {});
    line.bridge.ledger().cut_before_news("freight").await;
    line.tell(&[id]).await;
    line.start();
    line.until("it failed to tell", async |line| line.bridge.ledger().news_refused() > 0).await;
    line.bridge.ledger().give_back_all();
    line.until_drained().await;
    settle(&line, &[id]).await;
    line.stop().await;
    assert_eq!((writes(&line), freight(&line, id)), (1, cheapest()));
    assert_eq!(told(&line, id, "freight 8.90").await, 1, "{:#?}", line.bridge.timeline(id).await);
}

#[tokio::test]
async fn equal_parcels_are_asked_about_once_for_a_while() {
    let mut line = line().await;
    let ids: Vec<_> = (0..5).map(|number| enter(&line, &format!("SO-{number}"), |_| {})).collect();
    line.start();
    settle(&line, &ids).await;
    assert_eq!((line.world.calls(QUOTE), writes(&line)), (2, 1), "one write for all of them");
    line.world.advance(SignedDuration::from_mins(11));
    let late = enter(&line, "SO-9", |_| {});
    settle(&line, &[late]).await;
    line.stop().await;
    assert_eq!(line.world.calls(QUOTE), 4, "what carriers said is forgotten by then");
}

/// A line that asks by V2.
async fn line_by_v2(key: &'static str) -> Line {
    let mut line = line().await;
    line.setup.v2_key = Some(key);
    let rates = &mut line.setup.rules.rates;
    (rates.api, rates.currency) = (RatesApi::V2, "USD".to_owned());
    "US".clone_into(&mut rates.from_country);
    (rates.from_state, rates.from_city) = ("CA".to_owned(), "Oakland".to_owned());
    line
}

/// Enters an order in the currency of V2's prices.
fn enter_in_usd(line: &Line, reference: &str, edit: impl FnOnce(&mut SalesOrder)) -> i64 {
    enter(line, reference, |order| {
        order.currency_code = Some("USD".to_owned());
        edit(order);
    })
}

#[tokio::test]
async fn with_a_key_for_v2_one_call_asks_all_carriers() {
    let mut line = line_by_v2("demo-ss-v2-key").await;
    line.setup.rules.rates.choose = Choose::Fastest;
    let ids: Vec<_> = (0..3).map(|number| enter_in_usd(&line, &format!("SO-{number}"), |_| {})).collect();
    let far = enter_in_usd(&line, "SO-9", |order| order.delivery_postal_code = Some("97211".to_owned()));
    line.start();
    settle(&line, &[ids.as_slice(), &[far]].concat()).await;
    line.stop().await;
    assert_eq!(line.world.calls("GET /v2/carriers"), 1, "they are kept");
    assert_eq!((line.world.calls(ESTIMATE), line.world.calls(QUOTE)), (2, 0), "two parcels");
    // A day is told for it, and two for the quickest of the other carrier.
    for id in ids {
        assert_eq!(
            freight(&line, id),
            ("35.65".to_owned(), "USPS Priority Mail Express - package".to_owned())
        );
    }
    let origin = r#""from_country_code":"US","from_postal_code":"94607","from_city_locality":"Oakland","from_state_province":"CA""#;
    assert_eq!(line.world.count(|call| call.is(ESTIMATE) && call.body.contains(origin)), 2);
}

#[tokio::test]
async fn by_v2_a_carrier_that_fails_or_is_not_there_does_not_fail_the_quote() {
    let mut line = line_by_v2("demo-ss-v2-key").await;
    line.setup.rules.rates.carriers = ["stamps_com", "pigeon", "ups_walleted"].map(str::to_owned).to_vec();
    line.world.shipstation().fail_rates_of("stamps_com", true);
    let id = enter_in_usd(&line, "SO-1", |_| {});
    line.start();
    settle(&line, &[id]).await;
    line.stop().await;
    assert_eq!(freight(&line, id).1, "UPS® Ground");
    let absent = "stamps_com: Stamps.com gave no answer.; pigeon: ShipStation's V2 has no such carrier; it has: dhl_express_worldwide, fedex, stamps_com, ups_walleted";
    assert_eq!(told(&line, id, absent).await, 1, "{:?}", line.bridge.timeline(id).await);
}

#[tokio::test]
async fn a_key_that_v2_refuses_keeps_no_import_waiting_and_the_freight_comes_when_it_is_mended() {
    let mut line = line_by_v2("wrong").await;
    let id = enter_in_usd(&line, "SO-1", |_| {});
    line.start();
    line.tell(&[id]).await;
    line.until("V2 has refused the key", async |line| line.world.calls("GET /v2/carriers") > 0).await;
    edit(&line, id, |order| *order = orders::picked(order.clone()));
    line.tell(&[id]).await;
    line.until("it is in ShipStation", async |line| line.world.calls("POST /orders/createorders") > 0).await;
    line.stop().await;
    assert_eq!(writes(&line), 0, "no price, no freight");
}

#[tokio::test]
async fn parcels_leave_from_a_warehouse_or_a_branchs_own_address_where_the_settings_say_so() {
    let mut line = line().await;
    let rates = &mut line.setup.rules.rates;
    (rates.from_postal_code, rates.from_warehouse, rates.from_branches) = (String::new(), Some(47_110), true);
    let branch = Branch { id: 4, post_code: Some("89101".to_owned()), ..Branch::default() };
    line.world.cin7().add_branch(branch);
    let main = enter(&line, "SO-1", |_| {});
    let branch = enter(&line, "SO-2", |order| order.branch_id = 4);
    line.start();
    settle(&line, &[main, branch]).await;
    line.stop().await;
    for code in ["94607", "89101"] {
        let from = format!(r#""fromPostalCode":"{code}""#);
        assert_eq!(line.world.count(|call| call.is(QUOTE) && call.body.contains(&from)), 2, "{code}");
    }
    assert_eq!(
        (line.world.calls("GET /warehouses"), line.world.calls("GET /Branches")),
        (1, 1),
        "they are kept"
    );
    assert_eq!((freight(&line, main), freight(&line, branch)), (cheapest(), cheapest()));
}

#[tokio::test]
async fn a_carrier_that_fails_does_not_fail_the_quote_and_sets_no_platform_aside() {
    let mut line = line().await;
    line.world.shipstation().fail_rates_of("stamps_com", true);
    let ids: Vec<_> = (0..8)
        .map(|number| {
            let code = format!("9720{number}");
            enter(&line, &format!("SO-{number}"), |order| order.delivery_postal_code = Some(code))
        })
        .collect();
    line.start();
    settle(&line, &ids).await;
    line.stop().await;
    for id in &ids {
        assert_eq!(freight(&line, *id).1, "UPS® Ground");
        assert_eq!(told(&line, *id, "(without an answer: stamps_com: ").await, 1);
    }
    assert_eq!(line.world.calls(QUOTE), 16, "eight failures in a row open no circuit");
}

#[tokio::test]
async fn while_no_carrier_answers_an_order_waits_and_gets_its_freight_afterwards() {
    let mut line = line().await;
    for carrier in ["stamps_com", "ups_walleted"] {
        line.world.shipstation().fail_rates_of(carrier, true);
    }
    let id = enter(&line, "SO-1", |_| {});
    line.tell(&[id]).await;
    line.step = SignedDuration::ZERO;
    line.start();
    line.until("it waits for another attempt", async |line| line.delayed(Lane::Rates).await == 1).await;
    assert_eq!(freight(&line, id).0, "0");
    for carrier in ["stamps_com", "ups_walleted"] {
        line.world.shipstation().fail_rates_of(carrier, false);
    }
    line.step = super::STEP;
    line.until_drained().await;
    line.stop().await;
    assert_eq!(freight(&line, id), cheapest());
}

#[tokio::test]
async fn what_no_carrier_will_ever_answer_is_for_a_person_and_holds_nothing_else_back() {
    let mut line = line().await;
    line.setup.rules.rates.carriers = vec!["pigeon".to_owned()];
    let id = enter(&line, "SO-1", |_| {});
    line.start();
    settle(&line, &[id]).await;
    assert_eq!(line.parked().await, [(Some(id), "permanent".to_owned())]);
    edit(&line, id, |order| *order = orders::picked(order.clone()));
    settle(&line, &[id]).await;
    line.stop().await;
    assert_eq!((line.sent(id), line.state(id).await), (1, "imported"));
}

#[tokio::test]
async fn what_is_missing_for_a_quote_is_said_once_and_nothing_is_asked() {
    let mut line = line().await;
    let weightless = enter(&line, "SO-1", |order| order.line_items[0].product_id = 999);
    let abroad = enter(&line, "SO-2", |order| order.currency_code = Some("NZD".to_owned()));
    line.start();
    for _ in 0..3 {
        for id in [weightless, abroad] {
            edit(&line, id, |order| order.internal_comments = Some("again".to_owned()));
        }
        settle(&line, &[weightless, abroad]).await;
    }
    line.stop().await;
    assert_eq!((line.world.calls(QUOTE), writes(&line)), (0, 0));
    assert_eq!(told(&line, weightless, "no freight: no weight on SKU MUG-BLUE").await, 1);
    let currency = "no freight: the order is in NZD and carriers' prices are in AUD: nothing is converted";
    assert_eq!(told(&line, abroad, currency).await, 1);
}

#[tokio::test]
async fn a_write_whose_answer_is_lost_is_looked_up_and_not_written_again() {
    for trouble in [Trouble::ResetAfter, Trouble::ErrorAfter, Trouble::CutDocument] {
        let mut line = line().await;
        let id = enter(&line, "SO-1", |_| {});
        line.trouble(once(is_write, trouble));
        line.start();
        settle(&line, &[id]).await;
        assert_eq!((freight(&line, id), writes(&line)), (cheapest(), 1));
        assert_eq!(told(&line, id, "found in Cin7, as an earlier attempt wrote it: freight 8.90").await, 1);
        // It counts as ours: a changed order is quoted again.
        edit(&line, id, |order| order.line_items[1].qty = Decimal::from(16));
        settle(&line, &[id]).await;
        line.stop().await;
        assert_eq!(freight(&line, id).0, "16.1");
    }
}

#[tokio::test]
async fn a_write_that_cin7_did_not_do_is_done_again() {
    for trouble in [Trouble::ResetBefore, Trouble::Swallowed, Trouble::status(502, "bad gateway")] {
        let mut line = line().await;
        let id = enter(&line, "SO-1", |_| {});
        line.trouble(once(is_write, trouble));
        line.start();
        settle(&line, &[id]).await;
        line.stop().await;
        assert_eq!((freight(&line, id), writes(&line)), (cheapest(), 2));
    }
}

#[tokio::test]
async fn freight_that_a_person_types_while_a_write_is_in_doubt_stays() {
    let mut line = line().await;
    let id = enter(&line, "SO-1", |_| {});
    line.trouble(once(is_write, Trouble::ResetBefore));
    line.tell(&[id]).await;
    line.step = SignedDuration::ZERO;
    line.start();
    line.until("it waits for another attempt", async |line| line.delayed(Lane::Rates).await == 1).await;
    edit(&line, id, |order| order.freight_total = Decimal::from(12));
    line.step = super::STEP;
    line.until_drained().await;
    settle(&line, &[id]).await;
    line.stop().await;
    assert_eq!((freight(&line, id).0.as_str(), writes(&line)), ("12", 1));
}

#[tokio::test]
async fn a_write_that_lands_after_its_lease_gives_way_to_what_was_recorded_since() {
    let mut line = line().await;
    line.setup.workers = 2;
    let id = enter(&line, "SO-1", |_| {});
    let let_go = Arc::new(Notify::new());
    line.trouble(once(is_write, Trouble::HeldBefore(let_go.clone())));
    line.tell(&[id]).await;
    line.start();
    line.until("one of them hangs", async |line| writes(line) == 1).await;
    edit(&line, id, |order| order.line_items[1].qty = Decimal::from(16));
    line.tell(&[id]).await;
    line.world.advance(SignedDuration::from_secs(60));
    line.until("the other has written", async |line| freight(line, id).0 == "16.1").await;
    let_go.notify_one();
    line.until("the late one has landed and was mended", async |line| writes(line) == 3).await;
    line.until_drained().await;
    line.stop().await;
    assert_eq!(freight(&line, id).0, "16.1");
}

#[tokio::test]
async fn quotes_never_take_from_the_reserve_of_imports_and_write_backs() {
    let windows = vec![Window { limit: 20, length: SignedDuration::from_mins(1) }];
    let mut line = line().await;
    line.setup.windows = windows.clone();
    let enter = |number: usize| {
        let code = format!("972{number:02}");
        enter(&line, &format!("SO-{number}"), |order| order.delivery_postal_code = Some(code))
    };
    let ids: Vec<_> = (0..30).map(enter).collect();
    line.tell(&ids).await;
    line.step = SignedDuration::ZERO;
    line.start();
    let share = usize::try_from(Priority::Rates.share_of(20)).unwrap();
    line.until("its share is spent", async |line| line.world.calls(QUOTE) == share).await;
    line.stop().await;
    assert_eq!(line.world.calls(QUOTE), share, "a fifth is left to those before it");
    let left = line.bridge.left(Platform::ShipStation, &windows).await;
    assert_eq!(left, 20 - u32::try_from(share).unwrap());
    line.step = super::STEP;
    line.start();
    line.until_drained().await;
    line.stop().await;
    assert!(ids.iter().all(|id| freight(&line, *id).0 != "0"), "in time all of them are quoted");
}
