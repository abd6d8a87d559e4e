//! What a carrier is asked for a parcel, and what is made of its answer.

use domain::rates::{Address, Dimensions, Parcel};
use domain::settings::LengthUnit;

use super::*;

fn parcel() -> Parcel {
    Parcel {
        from: Address { postal_code: "78703".to_owned(), ..Address::default() },
        to: Address {
            country: "US".to_owned(),
            postal_code: "20500".to_owned(),
            state: "DC".to_owned(),
            city: "Washington".to_owned(),
            residential: true,
        },
        weight: Weight { value: decimal("48.50"), unit: ShippingUnit::Ounces },
        dimensions: None,
    }
}

fn wishes() -> RateWishes<'static> {
    RateWishes::default()
}

#[tokio::test]
async fn a_question_names_the_carrier_and_the_parcel_and_nothing_that_is_not_known() {
    let transport = Scripted::answering([ok("[]")]);
    let told = client(&transport).rates(permit(), "fedex", &parcel(), wishes()).await;
    assert_eq!(told.heard.operation, "read_rates");
    assert!(told.outcome.unwrap().unwrap().records.is_empty());
    assert!(transport.line().starts_with("POST https://ssapi.shipstation.com/shipments/getrates"));
    assert_eq!(
        transport.json(),
        json!({"carrierCode": "fedex", "fromPostalCode": "78703", "toCountry": "US", "toPostalCode": "20500",
            "toState": "DC", "toCity": "Washington", "weight": {"value": 48.5, "units": "ounces"},
            "residential": true})
    );
    let dimensions = Dimensions {
        length: decimal("7"),
        width: decimal("5"),
        height: decimal("6.5"),
        unit: LengthUnit::Inches,
    };
    let bare = Address { country: "NZ".to_owned(), postal_code: "1010".to_owned(), ..Address::default() };
    let boxed = Parcel { dimensions: Some(dimensions), to: bare, ..parcel() };
    let wishes = RateWishes { package: "package", confirmation: "signature" };
    let transport = Scripted::answering([ok("[]")]);
    client(&transport).rates(permit(), "ups", &boxed, wishes).await.outcome.unwrap().unwrap();
    assert_eq!(
        transport.json(),
        json!({"carrierCode": "ups", "packageCode": "package", "fromPostalCode": "78703", "toCountry": "NZ",
            "toPostalCode": "1010", "weight": {"value": 48.5, "units": "ounces"},
            "dimensions": {"length": 7, "width": 5, "height": 6.5, "units": "inches"},
            "confirmation": "signature", "residential": false})
    );
}

#[tokio::test]
async fn prices_are_read_to_the_last_digit_and_a_row_without_one_is_no_quote() {
    let answer = r#"[{"serviceName": "FedEx 2Day®", "serviceCode": "fedex_2day", "shipmentCost": 20.030, "otherCost": 0.6},
        {"serviceName": "FedEx Ground®", "serviceCode": "fedex_ground", "shipmentCost": "8.25", "otherCost": null},
        {"serviceName": "?", "serviceCode": "fedex_free"}, {"serviceName": "?", "shipmentCost": 1}]"#;
    let transport = Scripted::answering([ok(answer)]);
    let listing =
        client(&transport).rates(permit(), "fedex", &parcel(), wishes()).await.outcome.unwrap().unwrap();
    let found: Vec<_> = listing
        .records
        .iter()
        .map(|quote| (quote.carrier.as_str(), quote.name.as_str(), quote.cost()))
        .collect();
    assert_eq!(
        found,
        [("fedex", "FedEx 2Day®", decimal("20.63")), ("fedex", "FedEx Ground®", decimal("8.25"))]
    );
    let unreadable: Vec<_> = listing.unreadable.iter().map(|row| row.id.as_deref()).collect();
    assert_eq!(unreadable, [Some("fedex_free"), None]);
}

#[tokio::test]
async fn a_carrier_that_fails_is_no_failure_of_shipstation_and_one_of_shipstation_is() {
    let body = r#"{"Message":"An error has occurred.","ExceptionMessage":"The carrier gave no answer."}"#;
    for (code, content, class) in [
        (500, Some(true), ""),
        (400, Some(false), ""),
        (404, Some(false), ""),
        (503, None, "transient"),
        (401, None, "misconfigured"),
        (429, None, "rate_limited"),
    ] {
        let transport = Scripted::answering([status(code, body)]);
        let outcome = client(&transport).rates(permit(), "ups", &parcel(), wishes()).await.outcome;
        match (outcome, content) {
            (Ok(Err(refusal)), Some(passing)) => {
                assert_eq!(refusal.passing, passing, "{code}");
                assert!(refusal.reason.contains("The carrier gave no answer."), "{refusal:?}");
            }
            (Err(failure), None) => assert_eq!(failure.class(), class, "{code}"),
            (outcome, _) => panic!("{code}: {outcome:?}"),
        }
    }
}
