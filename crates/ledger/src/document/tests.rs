//! Golden texts of the stored documents: they may change only together with a reader for the old form.

use std::collections::BTreeMap;

use jiff::Timestamp;
use rust_decimal::Decimal;

use domain::alert::{AffectedOrder, Problem, ProblemKind};
use domain::event::{Event, EventKind, Origin, ShipmentQuery, ShipmentSource};
use domain::ids::{EventId, OrderId, OrderRef};
use domain::placed_order::{PlacedOrder, Theirs, Untouched};
use domain::product::{Product, ProductOption};
use domain::rule::{RuleId, Verdict};
use domain::shipment::{Shipment, ShipmentId, ShippedItem};
use domain::shipping_order::{
    Customs, ServiceChoice, ShippingAddress, ShippingItem, ShippingOrder, ShippingStatus,
};
use domain::weight::{ShippingUnit, Weight};

use super::*;

/// What is stored for `value` is exactly `golden`, and `golden` reads back as `value`.
#[track_caller]
fn check<T: Serialize + DeserializeOwned + PartialEq + std::fmt::Debug>(value: &T, golden: &str) {
    assert_eq!(encode(value), golden);
    assert_eq!(&decode::<T>("golden text", golden).unwrap(), value);
}

fn decimal(text: &str) -> Decimal {
    text.parse().unwrap()
}

fn instant(text: &str) -> Timestamp {
    text.parse().unwrap()
}

#[test]
fn verdicts_keep_their_form() {
    let failed = Verdict {
        rule: RuleId::Stage,
        passed: false,
        value: "New".into(),
        expected: "Fully Picked".into(),
        advice: Some("Pick it.".into()),
    };
    let passed = Verdict { rule: RuleId::NotVoid, passed: true, advice: None, ..failed.clone() };
    check(
        &vec![failed, passed],
        r#"{"v":1,"body":[{"rule":"stage","passed":false,"value":"New","expected":"Fully Picked","advice":"Pick it."},{"rule":"not_void","passed":true,"value":"New","expected":"Fully Picked"}]}"#,
    );
}

#[test]
fn shipments_keep_their_form() {
    let shipment = Shipment {
        id: ShipmentId::Label(17),
        shipstation_order: Some(5),
        order_key: "sb-acme-1".into(),
        order_number: "SO-1".into(),
        store_id: None,
        created: Some(instant("2026-03-01T10:00:00.5Z")),
        ship_date: Some("2026-03-01".parse().unwrap()),
        tracking: "1Z".into(),
        carrier: "ups".into(),
        service: "ups_ground".into(),
        cost: decimal("8.50"),
        voided: false,
        is_return: false,
        notes_to_buyer: String::new(),
        items: Some(vec![ShippedItem { line_key: "1:2".into(), sku: "A".into(), quantity: 3 }]),
    };
    check(
        &shipment,
        r#"{"v":1,"body":{"id":{"label":17},"shipstation_order":5,"order_key":"sb-acme-1","order_number":"SO-1","store_id":null,"created":"2026-03-01T10:00:00.5Z","ship_date":"2026-03-01","tracking":"1Z","carrier":"ups","service":"ups_ground","cost":"8.50","voided":false,"is_return":false,"items":[{"line_key":"1:2","sku":"A","quantity":3}]}}"#,
    );
}

#[test]
fn products_keep_their_form() {
    let product = Product {
        id: 9,
        name: String::new(),
        weight: None,
        image: String::new(),
        option_labels: ["Size".into(), String::new(), String::new()],
        options: vec![ProductOption {
            id: 10,
            code: "A-L".into(),
            barcode: String::new(),
            weight: Some(decimal("0.25")),
            image: "https://img.example/a".into(),
        }],
        other: BTreeMap::new(),
        custom_fields: BTreeMap::new(),
    };
    check(
        &product,
        r#"{"v":1,"body":{"id":9,"weight":null,"image":"","option_labels":["Size","",""],"options":[{"id":10,"code":"A-L","weight":"0.25","image":"https://img.example/a"}]}}"#,
    );
}

#[test]
fn events_keep_their_form() {
    let event = Event {
        id: EventId(uuid::Uuid::from_u128(0x0190_0000_0000_7000_8000_0000_0000_0001)),
        connection: "acme".parse().unwrap(),
        kind: EventKind::OrderChanged { order: OrderRef::Id(OrderId(123)) },
        origin: Origin::Webhook,
        received_at: instant("2026-03-01T10:00:00Z"),
    };
    check(
        &event,
        r#"{"v":1,"body":{"id":"01900000-0000-7000-8000-000000000001","connection":"acme","kind":{"type":"order_changed","order":{"id":123}},"origin":"webhook","received_at":"2026-03-01T10:00:00Z"}}"#,
    );
    let filters = BTreeMap::from([("batchId".to_owned(), "7".to_owned())]);
    let query = ShipmentQuery { source: ShipmentSource::Labels, filters };
    check(
        &Event { kind: EventKind::ShipmentsChanged { query }, origin: Origin::Sweep, ..event.clone() },
        r#"{"v":1,"body":{"id":"01900000-0000-7000-8000-000000000001","connection":"acme","kind":{"type":"shipments_changed","query":{"source":"labels","filters":{"batchId":"7"}}},"origin":"sweep","received_at":"2026-03-01T10:00:00Z"}}"#,
    );
    check(
        &Event { kind: EventKind::RateRequested { order: OrderRef::Id(OrderId(123)) }, ..event },
        r#"{"v":1,"body":{"id":"01900000-0000-7000-8000-000000000001","connection":"acme","kind":{"type":"rate_requested","order":{"id":123}},"origin":"webhook","received_at":"2026-03-01T10:00:00Z"}}"#,
    );
}

fn shipping_order() -> ShippingOrder {
    let weight = Some(Weight { value: decimal("120.5"), unit: ShippingUnit::Grams });
    let item = ShippingItem {
        line_key: "1:2".into(),
        sku: "A".into(),
        name: "Axe".into(),
        image_url: String::new(),
        upc: String::new(),
        weight,
        quantity: 2,
        unit_price: decimal("10.00"),
        options: vec![("Size".into(), "L".into())],
        adjustment: false,
        location: String::new(),
        customs: None,
    };
    ShippingOrder {
        order_key: "sb-acme-1".into(),
        order_number: "SO-1".into(),
        order_date: instant("2026-03-01T10:00:00Z"),
        status: ShippingStatus::AwaitingShipment,
        customer_username: "ann".into(),
        customer_email: "ann@example.com".into(),
        bill_to: ShippingAddress::default(),
        ship_to: ShippingAddress { name: "Ann".into(), country: "AU".into(), ..ShippingAddress::default() },
        items: vec![item],
        amount_paid: decimal("20.00"),
        tax_amount: Decimal::ZERO,
        shipping_amount: Decimal::ZERO,
        customer_notes: String::new(),
        internal_notes: String::new(),
        payment_method: String::new(),
        requested_service: "Express".into(),
        weight,
        store_id: Some(12_345),
        custom_fields: ["1".into(), String::new(), String::new()],
        gift: false,
        source: "Shop".into(),
        service: None,
        tags: Vec::new(),
        replaces: None,
        currency: String::new(),
    }
}

#[test]
fn documents_of_orders_keep_their_form() {
    check(
        &shipping_order(),
        r#"{"v":1,"body":{"order_key":"sb-acme-1","order_number":"SO-1","order_date":"2026-03-01T10:00:00Z","status":"awaiting_shipment","customer_username":"ann","customer_email":"ann@example.com","bill_to":{"name":"","company":"","street1":"","street2":"","city":"","state":"","postal_code":"","country":"","phone":""},"ship_to":{"name":"Ann","company":"","street1":"","street2":"","city":"","state":"","postal_code":"","country":"AU","phone":""},"items":[{"line_key":"1:2","sku":"A","name":"Axe","image_url":"","upc":"","weight":{"value":"120.5","unit":"grams"},"quantity":2,"unit_price":"10.00","options":[["Size","L"]],"adjustment":false}],"amount_paid":"20.00","tax_amount":"0","shipping_amount":"0","customer_notes":"","internal_notes":"","payment_method":"","requested_service":"Express","weight":{"value":"120.5","unit":"grams"},"store_id":12345,"custom_fields":["1","",""],"gift":false,"source":"Shop"}}"#,
    );
}

#[test]
fn orders_of_shipstations_keep_their_form() {
    let untouched = Untouched {
        order: [("packageCode".to_owned(), "package".into())].into(),
        advanced: [("warehouseId".to_owned(), 5.into())].into(),
    };
    let weight = Some(Weight { value: decimal("2.5"), unit: ShippingUnit::Pounds });
    let order = PlacedOrder {
        order_id: 7,
        order_key: "shopify-1".into(),
        order_number: "SO-1".into(),
        status: "on_hold".into(),
        store_id: Some(4),
        modified: Some(instant("2026-03-01T10:00:00Z")),
        theirs: Theirs { weight, tags: vec![3], untouched, ..Theirs::default() },
        ..PlacedOrder::default()
    };
    check(
        &order,
        r#"{"v":1,"body":{"order_id":7,"order_key":"shopify-1","order_number":"SO-1","status":"on_hold","store_id":4,"modified":"2026-03-01T10:00:00Z","merged_or_split":false,"merged":[],"externally_fulfilled":false,"parent":null,"theirs":{"weight":{"value":"2.5","unit":"pounds"},"carrier":"","service":"","tags":[3],"customer_notes":"","internal_notes":"","custom_fields":["","",""],"gift":false,"untouched":{"order":{"packageCode":"package"},"advanced":{"warehouseId":5}}}}}"#,
    );
}

#[test]
fn documents_and_products_say_what_later_versions_added_and_read_without_it() {
    let mut order = shipping_order();
    let before = encode(&order);
    order.service = Some(ServiceChoice { carrier: "ups".into(), service: "ups_ground".into() });
    order.tags = vec![3, 9];
    order.items[0].location = "A-12".into();
    order.items[0].customs = Some(Customs {
        description: "Axe".into(),
        hs_code: "8201.40".into(),
        origin: "SE".into(),
        value: decimal("10"),
    });
    let item = r#""adjustment":false,"location":"A-12","customs":{"description":"Axe","hs_code":"8201.40","origin":"SE","value":"10"}"#;
    let whole = r#""source":"Shop","service":{"carrier":"ups","service":"ups_ground"},"tags":[3,9]"#;
    check(&order, &before.replace(r#""adjustment":false"#, item).replace(r#""source":"Shop""#, whole));
    let product = Product {
        id: 9,
        name: "Axe".into(),
        weight: None,
        image: String::new(),
        option_labels: Default::default(),
        options: vec![ProductOption {
            id: 10,
            code: "A".into(),
            barcode: "0123".into(),
            weight: None,
            image: String::new(),
        }],
        other: BTreeMap::from([("brand".into(), "Ö".into())]),
        custom_fields: BTreeMap::from([("products_1001".into(), "A-12".into())]),
    };
    check(
        &product,
        r#"{"v":1,"body":{"id":9,"name":"Axe","weight":null,"image":"","option_labels":["","",""],"options":[{"id":10,"code":"A","barcode":"0123","weight":null,"image":""}],"other":{"brand":"Ö"},"custom_fields":{"products_1001":"A-12"}}}"#,
    );
}

#[test]
fn an_unknown_form_is_refused_with_its_number() {
    let error = decode::<Vec<Verdict>>("list of verdicts", r#"{"v":2,"body":{"new":"form"}}"#).unwrap_err();
    let expected = "the ledger holds a list of verdicts that this version cannot read: \
                    it has form 2 and this program knows 1";
    assert_eq!(error.to_string(), expected);
    assert!(decode::<Vec<Verdict>>("list of verdicts", "[]").is_err());
}

#[test]
fn problems_that_were_told_keep_their_form() {
    let problem = Problem {
        connection: "acme".parse().unwrap(),
        kind: ProblemKind::OrderRefused,
        subject: "order:5".into(),
        order: Some(AffectedOrder { id: OrderId(5), reference: Some("SO-5".into()) }),
        cause: "country".into(),
        reason: "country: Atlantis".into(),
        advice: "Correct it.".into(),
    };
    check(
        &problem,
        r#"{"v":1,"body":{"connection":"acme","kind":"order_refused","subject":"order:5","order":{"id":5,"reference":"SO-5"},"cause":"country","reason":"country: Atlantis","advice":"Correct it."}}"#,
    );
}
