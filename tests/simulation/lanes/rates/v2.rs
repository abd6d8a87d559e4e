//! By V2: one call for all carriers.

use domain::settings::{Choose, RatesApi};
use sandbox::cin7::SalesOrder;

use super::super::Line;
use super::{QUOTE, edit, enter, freight, line, orders, settle, told, writes};

const ESTIMATE: &str = "POST /v2/rates/estimate";
/// The sandbox's.
const KEY: &str = "demo-ss-v2-key";

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
    let mut line = line_by_v2(KEY).await;
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
    let mut line = line_by_v2(KEY).await;
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
    let [id, waiting] = ["SO-1", "SO-2"].map(|reference| enter_in_usd(&line, reference, |_| {}));
    line.start();
    line.tell(&[id, waiting]).await;
    line.until("V2 has refused the key", async |line| line.world.calls("GET /v2/carriers") > 0).await;
    edit(&line, id, |order| *order = orders::picked(order.clone()));
    line.tell(&[id]).await;
    line.until("it is in ShipStation", async |line| line.world.calls("POST /orders/createorders") > 0).await;
    line.stop().await;
    assert_eq!(writes(&line), 0, "no price, no freight");
    line.setup.v2_key = Some(KEY);
    line.start();
    settle(&line, &[waiting]).await;
    line.stop().await;
    assert_eq!(freight(&line, waiting), ("8.9".to_owned(), "USPS Ground Advantage - package".to_owned()));
}
