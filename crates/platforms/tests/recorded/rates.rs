//! Recorded answers of `POST /shipments/getrates`, through the client, the choice and the charge.

use domain::rates::{Address, Parcel, RateQuote, Sheet, choice};
use domain::settings::{Choose, Pricing, RateRules};
use domain::weight::{ShippingUnit, Weight};
use platforms::RateWishes;
use serde_json::{Value, json};

use crate::canned::{Canned, body, decimal, permit, shipstation, value};
use crate::recordings::folder as recorded;

fn parcel() -> Parcel {
    Parcel {
        from: Address { postal_code: "78703".to_owned(), ..Address::default() },
        to: Address {
            country: "US".to_owned(),
            postal_code: "20500".to_owned(),
            state: "DC".to_owned(),
            city: "Washington".to_owned(),
            residential: false,
        },
        weight: Weight { value: decimal("3"), unit: ShippingUnit::Ounces },
        dimensions: None,
    }
}

async fn quotes(carrier: &str, body: String) -> Vec<RateQuote> {
    let client = shipstation(Canned::new(200, body));
    let answer = client.rates(permit(), carrier, &parcel(), RateWishes::default()).await;
    let listing = answer.outcome.unwrap().unwrap();
    assert!(listing.unreadable.is_empty(), "{:?}", listing.unreadable);
    listing.records
}

fn rules() -> RateRules {
    RateRules { currency: "USD".to_owned(), carriers: vec!["stamps_com".to_owned()], ..RateRules::default() }
}

fn chosen(sheet: &Sheet) -> (&str, &str, String) {
    let chosen = sheet.chosen.as_ref().unwrap();
    (&chosen.quote.service, &chosen.quote.name, chosen.charge.amount.to_string())
}

#[tokio::test]
async fn the_post_offices_many_packages_are_told_apart() {
    let Some(folder) = recorded() else { return };
    let quotes = quotes("stamps_com", body(&folder, "shipstation/real-2020/get_rates.json")).await;
    assert_eq!(quotes.len(), 17);
    let all = choice::sheet(&quotes, None, Vec::new(), &rules());
    assert_eq!(chosen(&all), ("usps_media_mail", "USPS Media Mail - Package", "2.8".to_owned()));
    assert!(all.quotes.is_sorted_by_key(|priced| priced.charge.amount));
    assert!(
        all.quotes.iter().all(|priced| priced.charge.amount == priced.quote.cost()),
        "no markup, no change"
    );
    let services = ["usps_first_class_mail", "usps_priority_mail", "usps_priority_mail_express"];
    let parcels = RateRules {
        services: services.map(str::to_owned).to_vec(),
        packages: vec!["Package".to_owned()],
        pricing: Pricing { markup_percent: decimal("10"), ..Pricing::default() },
        ..rules()
    };
    // 3.93 × 1.1 = 4.323, not the envelope's 3.20.
    let sheet = choice::sheet(&quotes, None, Vec::new(), &parcels);
    assert_eq!(sheet.quotes.len(), 3);
    assert_eq!(
        chosen(&sheet),
        ("usps_first_class_mail", "USPS First Class Mail - Package", "4.32".to_owned())
    );
    // 23.00 × 1.1: the envelopes of the same service are cheaper, and no parcels.
    let fastest = choice::sheet(&quotes, None, Vec::new(), &RateRules { choose: Choose::Fastest, ..parcels });
    assert_eq!(
        chosen(&fastest),
        ("usps_priority_mail_express", "USPS Priority Mail Express - Package", "25.3".to_owned())
    );
}

#[tokio::test]
async fn a_couriers_surcharge_is_part_of_its_price() {
    let Some(folder) = recorded() else { return };
    let quotes =
        quotes("fedex", body(&folder, "shipstation/official-mock-2017/get_shipment_rates.json")).await;
    assert_eq!(quotes.len(), 7);
    let sheet = choice::sheet(&quotes, None, Vec::new(), &rules());
    assert_eq!(chosen(&sheet), ("fedex_ground", "FedEx Ground®", "8.58".to_owned()));
    let fastest = choice::sheet(&quotes, None, Vec::new(), &RateRules { choose: Choose::Fastest, ..rules() });
    assert_eq!(chosen(&fastest).0, "fedex_first_overnight");
    assert_eq!(chosen(&fastest).2, "90.43");
}

#[tokio::test]
async fn the_question_has_no_field_that_the_recorded_one_has_not() {
    let Some(folder) = recorded() else { return };
    let recorded = value(&folder, "shipstation/official-mock-2017/get_shipment_rates.json");
    let transport = Canned::new(200, "[]");
    let client = shipstation(transport.clone());
    let wishes = RateWishes { confirmation: "delivery", ..RateWishes::default() };
    client.rates(permit(), "fedex", &parcel(), wishes).await.outcome.unwrap().unwrap();
    let sent: Value = serde_json::from_slice(transport.sent.lock().unwrap().as_ref().unwrap()).unwrap();
    let mut expected = recorded["request_body"].clone();
    expected.as_object_mut().unwrap().remove("dimensions");
    assert_eq!(expected["weight"], json!({"value": 3, "units": "ounces"}));
    assert_eq!(sent, expected);
}

#[tokio::test]
async fn warehouses_are_read_with_the_place_that_parcels_leave_from() {
    let Some(folder) = recorded() else { return };
    let client = shipstation(Canned::new(200, body(&folder, "shipstation/real-2020/list_warehouses.json")));
    let listing = client.warehouses(permit()).await.outcome.unwrap();
    assert!(listing.unreadable.is_empty(), "{:?}", listing.unreadable);
    let found = listing.records.iter().find(|warehouse| warehouse.id == 456_789).unwrap();
    // The origin's, not that of returns.
    assert_eq!((found.name.as_str(), found.origin.postal_code.as_str()), ("Test Company", "12345"));
}
