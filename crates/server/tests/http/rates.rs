//! `POST /api/v1/connections/{c}/rates`: who may ask, what is understood, and what is answered.

use std::sync::{Arc, Mutex};

use domain::rates::charge::Charge;
use domain::rates::{Ask, Dimensions, NoQuote, Priced, RateQuote, Sheet};
use domain::settings::{LengthUnit, Pricing};
use domain::weight::ShippingUnit;
use jiff::SignedDuration;
use prometheus_client::registry::Registry;
use serde_json::json;
use server::{Api, QuoteSource, ServerConfig, ServerMetrics};

use crate::bridge::{Bridge, config, now};
use crate::client::{Answer, post, send};

const PATH: &str = "/api/v1/connections/acme/rates";
const TOKEN: (&str, &str) = ("Authorization", "Bearer api-token");

fn quote(service: &str, cost: &str) -> Priced {
    let quote = RateQuote {
        carrier: "ups".to_owned(),
        service: service.to_owned(),
        name: format!("UPS {service}"),
        shipment_cost: cost.parse().unwrap(),
        other_cost: "0.33".parse().unwrap(),
        days: Some(2),
    };
    let pricing = Pricing { markup_percent: "10".parse().unwrap(), ..Pricing::default() };
    Priced { charge: Charge::of(&quote, None, &pricing), quote }
}

fn sheet() -> Sheet {
    Sheet {
        quotes: vec![quote("ground", "8.25"), quote("air", "20")],
        chosen: Some(quote("ground", "8.25")),
        errors: vec!["fedex: no answer".to_owned()],
        currency: "AUD".to_owned(),
    }
}

/// A bridge whose quotes are these, and what it was asked for.
fn bridge(answer: Result<Sheet, NoQuote>) -> (Bridge, Arc<Mutex<Vec<Ask>>>) {
    let asked = Arc::new(Mutex::new(Vec::new()));
    let heard = Arc::clone(&asked);
    let source = QuoteSource::new(move |ask| {
        heard.lock().unwrap().push(ask);
        let answer = answer.clone();
        Box::pin(async move { answer })
    });
    (start(Some(source)), asked)
}

fn start(source: Option<QuoteSource>) -> Bridge {
    let api = Api { token: "api-token".into(), quotes: vec![("acme".parse().unwrap(), source)] };
    let config = ServerConfig { api: Some(api), ..config(Vec::new()) };
    let mut registry = Registry::with_prefix("shipbridge");
    let metrics = ServerMetrics::register(&mut registry);
    Bridge::start(&config, registry, &metrics)
}

async fn ask(bridge: &Bridge, body: &str) -> Answer {
    post(bridge.addr, PATH, &[TOKEN], body).await
}

#[tokio::test]
async fn an_order_is_quoted_with_cost_markup_and_charge_cheapest_first() {
    let (bridge, asked) = bridge(Ok(sheet()));
    let answer = ask(&bridge, r#"{"order": "SO-1"}"#).await;
    assert_eq!((answer.status, answer.header("content-type")), (200, Some("application/json")));
    let ground = json!({"carrier": "ups", "service": "ground", "name": "UPS ground", "days": 2, "cost": "8.58",
        "insurance": "0.00", "markup": "0.858",
        "charge": "9.44", "currency": "AUD",
        "steps": ["UPS ground 8.25 + 0.33 = 8.58", "+ 10% 0.858 = 9.438", "rounded to 0.01 = 9.44"]});
    let told = answer.json();
    assert_eq!(told["quotes"].as_array().unwrap().len(), 2);
    assert_eq!((&told["quotes"][0], &told["chosen"]), (&ground, &ground));
    assert_eq!(told["errors"], json!(["fedex: no answer"]));
    ask(&bridge, r#"{"order": 123}"#).await;
    let asked = asked.lock().unwrap().clone();
    assert_eq!(asked, [Ask::Order("SO-1".to_owned()), Ask::Order("123".to_owned())]);
}

#[tokio::test]
async fn a_parcel_is_understood_in_either_systems_units() {
    let (bridge, asked) = bridge(Ok(Sheet { currency: "AUD".to_owned(), ..Sheet::default() }));
    let body = r#"{"to": {"country": "US", "postal_code": "20500", "state": "DC", "city": "Washington", "residential": true},
        "weight": {"value": 1.25, "units": "kg"}, "dimensions": {"length": 30, "width": "20.5", "height": 10, "units": "cm"}}"#;
    let answer = ask(&bridge, body).await;
    assert_eq!((answer.status, answer.json()["chosen"].is_null()), (200, true));
    ask(
        &bridge,
        r#"{"to": {"country": "NZ", "postal_code": "1010"}, "weight": {"value": "2", "units": "pounds"}}"#,
    )
    .await;
    let asked = asked.lock().unwrap().clone();
    let Ask::Parcel { to, weight, dimensions } = &asked[0] else { panic!("{asked:?}") };
    assert_eq!((to.country.as_str(), to.state.as_str(), to.residential), ("US", "DC", true));
    assert_eq!((weight.value.to_string(), weight.unit), ("1250".to_owned(), ShippingUnit::Grams));
    let Some(Dimensions { width, unit, .. }) = dimensions else { panic!("{asked:?}") };
    assert_eq!((width.to_string(), *unit), ("20.5".to_owned(), LengthUnit::Centimetres));
    let Ask::Parcel { to, weight, dimensions: None } = &asked[1] else { panic!("{asked:?}") };
    assert_eq!(
        (weight.value.to_string(), weight.unit, to.residential),
        ("32".to_owned(), ShippingUnit::Ounces, false)
    );
}

#[tokio::test]
async fn who_may_not_ask_and_what_is_not_understood_is_told_in_order() {
    let (bridge, asked) = bridge(Ok(sheet()));
    let order = r#"{"order": "SO-1"}"#;
    let wrong = ("Authorization", "Bearer sesame");
    for (method, path, headers, body, problem) in [
        ("GET", PATH, &[][..], "", "method-not-allowed"),
        ("POST", PATH, &[], order, "not-proven"),
        ("POST", PATH, &[wrong], order, "not-proven"),
        ("POST", PATH, &[("X-Webhook-Token", "api-token")], order, "not-proven"),
        ("POST", &format!("{PATH}?token=api-token"), &[], order, "not-proven"),
        // Whoever has no token is told nothing of what there is.
        ("POST", "/api/v1/connections/bolt/rates", &[], order, "not-proven"),
        ("POST", "/api/v1/connections/bolt/rates", &[TOKEN], order, "unknown-connection"),
        ("POST", PATH, &[TOKEN, ("Content-Encoding", "gzip")], order, "unsupported-encoding"),
        ("POST", PATH, &[TOKEN], "", "not-understood"),
        ("POST", PATH, &[TOKEN], "[]", "not-understood"),
        ("POST", PATH, &[TOKEN], "{}", "not-understood"),
        (
            "POST",
            PATH,
            &[TOKEN],
            r#"{"order": "SO-1", "weight": {"value": 1, "units": "kg"}}"#,
            "not-understood",
        ),
        ("POST", PATH, &[TOKEN], r#"{"order": "SO-1", "wait": true}"#, "not-understood"),
        ("POST", PATH, &[TOKEN], r#"{"to": {"country": "US", "postal_code": "1"}}"#, "not-understood"),
        (
            "POST",
            PATH,
            &[TOKEN],
            r#"{"to": {"country": "US", "postal_code": "1"}, "weight": {"value": 0, "units": "kg"}}"#,
            "not-understood",
        ),
        (
            "POST",
            PATH,
            &[TOKEN],
            r#"{"to": {"country": "US", "postal_code": "1"}, "weight": {"value": 1, "units": "stone"}}"#,
            "not-understood",
        ),
    ] {
        let answer = send(bridge.addr, method, path, headers, body.as_bytes()).await;
        assert_eq!(answer.problem(), problem, "{method} {path} {headers:?} {body}");
        if problem == "not-proven" {
            assert_eq!(answer.header("www-authenticate"), Some("Bearer realm=\"shipbridge\""));
        }
    }
    assert!(asked.lock().unwrap().is_empty(), "nobody was asked for any of it");
}

#[tokio::test]
async fn why_there_are_no_quotes_is_a_problem_of_its_own() {
    let until = now() + SignedDuration::from_secs(40);
    let later = NoQuote::Later { until, reason: "the budget is used up".to_owned() };
    for (no_quote, status, problem, retry) in [
        (NoQuote::UnknownOrder("SO-9".to_owned()), 404, "unknown-order", None),
        (later, 503, "not-quoted", Some("40")),
        (NoQuote::Failed("ShipStation answered 401".to_owned()), 503, "not-quoted", None),
    ] {
        let (bridge, _) = bridge(Err(no_quote));
        let answer = ask(&bridge, r#"{"order": "SO-9"}"#).await;
        assert_eq!((answer.status, answer.problem().as_str()), (status, problem));
        assert_eq!(answer.header("retry-after"), retry);
    }
}

#[tokio::test]
async fn a_process_that_only_serves_says_who_gives_quotes_and_without_a_token_there_is_no_api() {
    let serving = start(None);
    let answer = ask(&serving, r#"{"order": "SO-1"}"#).await;
    assert_eq!((answer.status, answer.problem().as_str()), (501, "not-here"));
    assert!(answer.body.contains("shipbridge work"), "{answer:?}");
    let closed = Bridge::new();
    assert_eq!(ask(&closed, r#"{"order": "SO-1"}"#).await.problem(), "not-found");
}

#[tokio::test]
async fn a_fault_while_quoting_is_one_answer_and_not_the_end() {
    let source = QuoteSource::new(|_| Box::pin(async { panic!("this source was told to panic") }));
    let bridge = start(Some(source));
    for _ in 0..2 {
        assert_eq!(ask(&bridge, r#"{"order": "SO-1"}"#).await.problem(), "internal");
    }
}
