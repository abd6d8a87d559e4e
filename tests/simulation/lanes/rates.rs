//! Freight: orders at a rating stage get it once, a person's is never touched, and quotes take nothing from others.

use std::sync::Arc;

use domain::event::Origin;
use domain::ids::{OrderId, OrderRef};
use domain::quota::{Priority, Window};
use domain::settings::{Choose, RateRules};
use jiff::SignedDuration;
use rust_decimal::Decimal;
use sandbox::cin7::SalesOrder;
use tokio::sync::Notify;
use worker::Platform;

use super::{Line, Trouble, changed, once};
use crate::world::{Call, Site};

mod carriers;
mod doubt;
#[path = "../../support/orders.rs"]
mod orders;
mod v2;

const QUOTE: &str = "POST /shipments/getrates";

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
