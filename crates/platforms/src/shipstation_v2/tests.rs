//! What all carriers are asked for a parcel at once, and what is made of their answer.

use domain::clock::FixedClock;
use domain::failure::Failure;
use domain::rates::{Address, Dimensions};
use domain::settings::LengthUnit;
use domain::weight::{ShippingUnit, Weight};
use rust_decimal::Decimal;
use serde_json::{Value, json};

use super::*;
use crate::scripted::{Scripted, ok, status};

fn client(transport: &Arc<Scripted>) -> ShipStationV2Client {
    let settings = ShipStationV2Settings {
        base_url: "https://api.shipstation.com".parse().unwrap(),
        api_key: "k3y".into(),
    };
    let clock = FixedClock::at("2026-11-28T10:00:00Z".parse().unwrap());
    ShipStationV2Client::new(Arc::clone(transport) as Arc<dyn Transport>, Arc::new(clock), settings)
}

fn permit() -> CallPermit {
    CallPermit::granted()
}

fn decimal(text: &str) -> Decimal {
    text.parse().unwrap()
}

fn parcel() -> Parcel {
    let place = |country: &str, postal_code: &str| Address {
        country: country.to_owned(),
        postal_code: postal_code.to_owned(),
        ..Address::default()
    };
    Parcel {
        from: Address { state: "CA".to_owned(), city: "Oakland".to_owned(), ..place("US", "94607") },
        to: Address { residential: true, ..place("NZ", "1010") },
        weight: Weight { value: decimal("48.50"), unit: ShippingUnit::Ounces },
        dimensions: None,
    }
}

async fn ask(
    transport: &Arc<Scripted>,
    parcel: &Parcel,
    wishes: RateWishes<'_>,
) -> Result<Result<Listing<Result<RateQuote, NoRate>>, CarrierRefusal>, Failure> {
    let account = |id: &str| CarrierAccount { id: id.to_owned(), carrier: "ups".to_owned() };
    let (one, other) = (account("se-1"), account("se-2"));
    let asked = Estimate {
        accounts: &[&one, &other],
        parcel,
        wishes,
        leaves_at: "2026-11-28T10:00:00Z".parse().unwrap(),
        currency: "AUD",
    };
    client(transport).rates(permit(), asked).await.outcome
}

fn row(edit: impl FnOnce(&mut Value)) -> Value {
    let money = |amount: f64| json!({"currency": "aud", "amount": amount});
    let mut row = json!({"carrier_code": "ups", "carrier_id": "se-1", "service_code": "ups_ground",
        "service_type": "UPS Ground", "package_type": null, "shipping_amount": money(8.25),
        "insurance_amount": money(0.5), "confirmation_amount": money(2.0), "other_amount": money(0.33),
        "delivery_days": 3, "validation_status": "valid", "warning_messages": [], "error_messages": []});
    edit(&mut row);
    row
}

async fn read(rows: &[Value]) -> Listing<Result<RateQuote, NoRate>> {
    let transport = Scripted::answering([ok(&json!(rows).to_string())]);
    ask(&transport, &parcel(), RateWishes::default()).await.unwrap().unwrap()
}

#[tokio::test]
async fn one_question_names_all_carriers_and_the_key_and_nothing_that_is_not_known() {
    let transport = Scripted::answering([ok("[]")]);
    ask(&transport, &parcel(), RateWishes::default()).await.unwrap().unwrap();
    assert_eq!(transport.line(), "POST https://api.shipstation.com/v2/rates/estimate");
    assert_eq!(transport.sent()[0].authorization, "api-key: k3y");
    assert_eq!(
        transport.json(),
        json!({"carrier_ids": ["se-1", "se-2"], "from_country_code": "US", "from_postal_code": "94607",
            "from_city_locality": "Oakland", "from_state_province": "CA", "to_country_code": "NZ",
            "to_postal_code": "1010", "weight": {"value": 48.5, "unit": "ounce"},
            "address_residential_indicator": "yes", "ship_date": "2026-11-28T10:00:00Z"})
    );
    let dimensions = Dimensions {
        length: decimal("7"),
        width: decimal("5"),
        height: decimal("6.5"),
        unit: LengthUnit::Centimetres,
    };
    let boxed = Parcel { dimensions: Some(dimensions), ..parcel() };
    let transport = Scripted::answering([ok("[]")]);
    ask(&transport, &boxed, RateWishes { package: "", confirmation: "signature" }).await.unwrap().unwrap();
    let sent = transport.json();
    assert_eq!(sent["dimensions"], json!({"unit": "centimeter", "length": 7, "width": 5, "height": 6.5}));
    assert_eq!(sent["confirmation"], "signature");
}

#[tokio::test]
async fn a_rate_is_a_quote_of_all_its_amounts_with_its_days() {
    let boxed = row(|row| row["package_type"] = "medium_flat_rate_box".into());
    let nameless = row(|row| {
        row["service_type"] = "".into();
        row["delivery_days"] = Value::Null;
        row["tax_amount"] = json!({"currency": "AUD", "amount": "1.07"});
    });
    let found = read(&[row(|_| {}), boxed, nameless]).await;
    assert_eq!(found.unreadable, []);
    let quotes: Vec<_> = found.records.into_iter().map(Result::unwrap).collect();
    let quote = |name: &str, other: &str, days| RateQuote {
        carrier: "ups".to_owned(),
        service: "ups_ground".to_owned(),
        name: name.to_owned(),
        shipment_cost: decimal("8.25"),
        other_cost: decimal(other),
        days,
    };
    let expected = [
        quote("UPS Ground", "2.83", Some(3)),
        quote("UPS Ground - medium flat rate box", "2.83", Some(3)),
        quote("ups_ground", "3.90", None),
    ];
    assert_eq!(quotes, expected);
    assert_eq!(quotes[1].package(), Some("medium flat rate box"));
}

#[tokio::test]
async fn what_a_carrier_cannot_do_is_its_reason_and_what_cannot_be_read_stands_apart() {
    let refused = row(|row| row["error_messages"] = json!(["Too heavy.", "Too far."]));
    let invalid = row(|row| row["validation_status"] = "invalid".into());
    let foreign = row(|row| row["shipping_amount"]["currency"] = "usd".into());
    // Nothing in another currency is nothing.
    let free = row(|row| row["insurance_amount"] = json!({"currency": "usd", "amount": 0.0}));
    let priceless = row(|row| row["shipping_amount"] = Value::Null);
    let nobody = row(|row| row["carrier_code"] = Value::Null);
    let found = read(&[refused, invalid, foreign, free, priceless, nobody]).await;
    let reasons: Vec<_> = found.records.iter().filter_map(|row| row.as_ref().err()).collect();
    let expected =
        ["Too heavy.; Too far.", "it takes no such parcel", "its price is in USD, and rates.currency is AUD"];
    let expected = expected.map(|reason| NoRate { carrier: "ups".to_owned(), reason: reason.to_owned() });
    assert_eq!(reasons, expected.iter().collect::<Vec<_>>());
    assert_eq!((found.records.len(), found.unreadable.len()), (4, 2));
}

#[tokio::test]
async fn of_packages_that_were_not_asked_for_nothing_is_taken() {
    let package = |code: &str| row(|row| row["package_type"] = code.into());
    let rows = json!([package("package"), package("medium_flat_rate_box"), row(|_| {})]).to_string();
    let transport = Scripted::answering([ok(&rows)]);
    let wishes = RateWishes { package: "medium_flat_rate_box", confirmation: "" };
    let found = ask(&transport, &parcel(), wishes).await.unwrap().unwrap();
    let names: Vec<_> = found.records.into_iter().map(|row| row.unwrap().name).collect();
    assert_eq!(names, ["UPS Ground - medium flat rate box", "UPS Ground"]);
}

#[tokio::test]
async fn what_is_wrong_with_the_question_is_no_failure_and_a_refused_key_names_the_setting() {
    let errors =
        r#"{"request_id": "1", "errors": [{"error_code": "x", "message": "to_postal_code is invalid."}]}"#;
    let refusal = ask(&Scripted::answering([status(400, errors)]), &parcel(), RateWishes::default()).await;
    let refusal = refusal.unwrap().unwrap_err();
    assert!(refusal.reason.contains("to_postal_code is invalid.") && !refusal.passing, "{refusal:?}");
    let said = r#"{"errors": [{"message": "The key k3y is not known."}]}"#;
    let failure = ask(&Scripted::answering([status(401, said)]), &parcel(), RateWishes::default()).await;
    let Failure::Misconfigured { reason } = failure.unwrap_err() else { panic!("of another class") };
    assert!(reason.contains("v2_api_key") && !reason.contains("k3y"), "{reason}");
}

#[tokio::test]
async fn carriers_are_known_by_the_ids_that_v2_has_for_them() {
    let body = json!({"carriers": [{"carrier_id": "se-9", "carrier_code": "stamps_com", "balance": 1.5},
        {"carrier_id": "se-8"}]});
    let transport = Scripted::answering([ok(&body.to_string())]);
    let found = client(&transport).carriers(permit()).await.outcome.unwrap();
    assert_eq!(found.records, [CarrierAccount { id: "se-9".to_owned(), carrier: "stamps_com".to_owned() }]);
    assert_eq!(found.unreadable.len(), 1);
    assert_eq!(transport.line(), "GET https://api.shipstation.com/v2/carriers");
}
