//! How the custom store's feed has an order: its status, what is cut and left out, and what keeps it out.

use std::collections::BTreeMap;

use domain::event::Origin;
use domain::feed::{FeedOrder, FeedStatus, Standing, order as feed_order};
use domain::ids::OrderId;
use domain::import::document::translate;
use domain::import::{self, Case};
use domain::record::{OrderRecord, Placed, Progress, Reading};
use domain::sales_order::SalesOrder;
use domain::settings::{Fractional, Mapping, Outlet};
use domain::ship_notice::ShipNotice;
use domain::shipment::{Shipment, ShipmentSet, ShippedItem};
use domain::shipping_order::{ShippingOrder, ShippingStatus};
use domain::text::utf16_len;
use domain::weight::{ShippingUnit, Weight};
use rust_decimal::Decimal;

use crate::fixture::{decimal, line, order, rules};

pub(crate) fn document() -> ShippingOrder {
    let mut rules = rules();
    rules.outlet = Outlet::CustomStore;
    translate(&order(), &BTreeMap::new(), &rules)
}

pub(crate) fn standing(document: &ShippingOrder) -> Standing<'_> {
    let (order, stage) = (OrderId(123), "Fully Picked");
    Standing { order, document, stage, has_shipped: false }
}

fn in_feed(document: &ShippingOrder) -> FeedOrder {
    feed_order(standing(document), &Mapping::default()).unwrap()
}

fn changed(change: impl FnOnce(&mut ShippingOrder)) -> FeedOrder {
    let mut document = document();
    change(&mut document);
    in_feed(&document)
}

/// The elements that keep an order out.
fn defects(change: impl FnOnce(&mut ShippingOrder)) -> Vec<String> {
    let mut document = document();
    change(&mut document);
    let refused = feed_order(standing(&document), &Mapping::default()).unwrap_err();
    refused.into_iter().map(|defect| defect.element).collect()
}

#[test]
fn an_order_stands_in_the_feed_under_its_cin7_id_with_its_lines_and_its_currency() {
    let order = in_feed(&document());
    assert_eq!((order.id, order.number.as_str(), order.currency.as_str()), (OrderId(123), "SO-123", "AUD"));
    assert_eq!((order.total, order.shipping), (decimal("59.5"), decimal("9.5")));
    assert_eq!(order.bill_to.name, "Mira Okafor", "T23: without a billing address the recipient is named");
    assert_eq!((order.ship_to.country.as_str(), order.ship_to.state.as_str()), ("AU", "TAS"));
    let keys: Vec<_> = order.items.iter().map(|item| item.line_key.as_str()).collect();
    assert_eq!(keys, ["123:1", "123:2"]);
}

#[test]
fn only_documents_for_the_custom_store_name_a_currency() {
    // T27: the order's own currency, else the account's.
    let mut rules = rules();
    assert_eq!(translate(&order(), &BTreeMap::new(), &rules).currency, "");
    rules.outlet = Outlet::CustomStore;
    let mut order = order();
    order.money.currency = "nzd ".into();
    assert_eq!(translate(&order, &BTreeMap::new(), &rules).currency, "NZD");
    order.money.currency = " ".into();
    assert_eq!(translate(&order, &BTreeMap::new(), &rules).currency, "AUD");
    assert_eq!(changed(|document| document.currency = "Dollar".into()).currency, "");
}

#[test]
fn a_status_is_one_of_five_and_what_has_shipped_is_shipped() {
    // T11, T30, T55.
    for (status, has_shipped, expected) in [
        (ShippingStatus::AwaitingPayment, false, FeedStatus::Unpaid),
        (ShippingStatus::AwaitingShipment, false, FeedStatus::Paid),
        (ShippingStatus::OnHold, false, FeedStatus::OnHold),
        (ShippingStatus::Cancelled, false, FeedStatus::Cancelled),
        (ShippingStatus::AwaitingShipment, true, FeedStatus::Shipped),
        (ShippingStatus::OnHold, true, FeedStatus::Shipped),
    ] {
        let document = ShippingOrder { status, ..document() };
        let standing = Standing { has_shipped, ..standing(&document) };
        assert_eq!(feed_order(standing, &Mapping::default()).unwrap().status, expected);
    }
    let words = ["unpaid", "paid", "shipped", "cancelled", "on_hold"];
    let statuses = [
        FeedStatus::Unpaid,
        FeedStatus::Paid,
        FeedStatus::Shipped,
        FeedStatus::Cancelled,
        FeedStatus::OnHold,
    ];
    assert_eq!(statuses.map(FeedStatus::as_str), words);
}

#[test]
fn the_stage_stands_in_the_first_custom_field_that_is_not_mapped() {
    let mapped = |names: [&str; 3]| {
        let mut rules = rules();
        rules.mapping.custom_fields = names.map(str::to_owned);
        let document = translate(&order(), &BTreeMap::new(), &rules);
        feed_order(standing(&document), &rules.mapping).unwrap().custom_fields
    };
    assert_eq!(mapped(["", "", ""]), ["Fully Picked", "", ""]);
    assert_eq!(mapped(["reference", "", ""]), ["SO-123", "Fully Picked", ""]);
    assert_eq!(mapped(["reference", "stage", "source"]), ["SO-123", "Fully Picked", ""]);
    assert_eq!(mapped(["reference", "reference", "reference"]), ["SO-123"; 3]);
}

#[test]
fn texts_are_cut_by_utf16_units_and_freed_of_what_xml_forbids() {
    // T20, T21.
    let order = changed(|document| {
        document.order_number = "9".repeat(51);
        document.payment_method = "é".repeat(60);
        document.customer_notes = format!("a\r\nb\rc\u{8}\u{85}\u{ffff}]]>&amp;<é {}", "😀".repeat(600));
        document.ship_to.name = "😀".repeat(51);
        document.ship_to.street1 = "x".repeat(201);
        document.ship_to.city = "x".repeat(101);
        document.ship_to.phone = "1".repeat(51);
        document.ship_to.postal_code = "1".repeat(51);
        document.items[0].name = "x".repeat(201);
        document.items[0].location = "x".repeat(101);
    });
    assert_eq!((order.number.len(), order.payment_method.chars().count()), (50, 50));
    assert!(order.customer_notes.starts_with("a\nb\nc]]>&amp;<é 😀"), "{}", order.customer_notes);
    assert!(utf16_len(&order.customer_notes) >= 999 && utf16_len(&order.customer_notes) <= 1000);
    assert_eq!(order.ship_to.name, "😀".repeat(50));
    let to = &order.ship_to;
    assert_eq!((to.address1.len(), to.city.len(), to.phone.len(), to.postal_code.len()), (200, 100, 50, 50));
    assert_eq!((order.items[0].name.len(), order.items[0].location.len()), (200, 100));
}

#[test]
fn what_means_something_only_as_a_whole_is_whole_or_absent() {
    // T20, T23, T25.
    let long = format!("{}@example.com", "x".repeat(60));
    let order = changed(|document| {
        document.customer_username = long.clone();
        document.customer_email = "y".repeat(101);
        document.ship_to.state = "T".into();
        document.items[0].upc = "4006381333931".into();
        document.items[0].line_key = "1".repeat(51);
        document.items[1].upc = "036000291452".into();
    });
    assert_eq!((order.customer_code.as_str(), order.bill_to.email.as_str()), ("123", ""));
    assert_eq!((order.ship_to.state.as_str(), order.items[0].line_key.as_str()), ("", ""));
    assert_eq!((order.items[0].upc.as_str(), order.items[1].upc.as_str()), ("", "036000291452"));
    let email = "mira@example.com";
    assert_eq!(changed(|document| document.customer_username = email.into()).customer_code, email);
}

#[test]
fn a_picture_is_an_absolute_link_that_a_uri_can_be() {
    let image =
        |link: &str| changed(|document| document.items[0].image_url = link.into()).items[0].image_url.clone();
    for (link, expected) in [
        ("https://img.example/a b.jpg#top", "https://img.example/a%20b.jpg"),
        ("https://img.example/ä?x=1&y=2", "https://img.example/%C3%A4?x=1&y=2"),
        ("http://[::1]/a.jpg", ""),
        ("https://img.example/a|b.jpg", ""),
        ("https://img.example/100%.jpg", ""),
        ("/products/1.jpg", ""),
        ("ftp://img.example/a.jpg", ""),
        ("", ""),
    ] {
        assert_eq!(image(link), expected, "{link}");
    }
    assert_eq!(image(&format!("https://img.example/{}", "x".repeat(500))), "");
}

#[test]
fn weights_have_two_decimals_and_what_the_schema_cannot_tell_is_left_out() {
    // T17.
    let weight = |value: &str, unit| {
        let weight = Some(Weight { value: decimal(value), unit });
        changed(|document| document.items[0].weight = weight).items[0].weight
    };
    let exact = |value: &str, unit| Some(Weight { value: decimal(value), unit });
    assert_eq!(weight("123.4567", ShippingUnit::Grams), exact("123.46", ShippingUnit::Grams));
    assert_eq!(weight("7.505", ShippingUnit::Ounces), exact("7.51", ShippingUnit::Ounces));
    assert_eq!(weight("2", ShippingUnit::Pounds), exact("2", ShippingUnit::Pounds));
    for absent in ["0", "0.004", "-1", "10000000"] {
        assert_eq!(weight(absent, ShippingUnit::Grams), None, "{absent}");
    }
}

#[test]
fn amounts_have_two_decimals_and_no_sign_before_zero() {
    // T15.
    let order = changed(|document| {
        document.amount_paid = decimal("9999999.994");
        document.tax_amount = decimal("-0.001");
        document.items[0].unit_price = decimal("1234.565");
        document.items[1].unit_price = Decimal::ZERO;
    });
    assert_eq!((order.total, order.items[0].unit_price), (decimal("9999999.99"), decimal("1234.57")));
    assert_eq!((order.tax.to_string(), order.items[1].unit_price.to_string()), ("0".into(), "0".into()));
}

#[test]
fn at_most_ten_options_and_none_without_a_value() {
    // T19.
    let options = (0..12).map(|number| (format!("Option {number}"), "x".repeat(101)));
    let mut options: Vec<_> = options.collect();
    options[0].1 = "\u{8} ".into();
    let order = changed(|document| document.items[0].options = options);
    let options = &order.items[0].options;
    assert_eq!((options.len(), options[0].0.as_str(), options[0].1.len()), (10, "Option 1", 100));
}

#[test]
fn a_line_without_a_name_is_called_by_its_sku_and_two_lines_of_a_product_stay_two() {
    // T24, T26.
    let order = changed(|document| {
        document.items[0].name = String::new();
        document.items[1].name = "\u{1}".into();
        document.items[1].sku = String::new();
    });
    assert_eq!((order.items[0].name.as_str(), order.items[1].name.as_str()), ("RED", "Item"));
    let order = changed(|document| document.items[1].sku = document.items[0].sku.clone());
    assert_eq!((order.items.len(), order.items[0].sku == order.items[1].sku), (2, true));
    assert_ne!(order.items[0].line_key, order.items[1].line_key);
}

#[test]
fn what_is_to_leave_of_a_line_stands_in_the_feed_and_a_part_of_a_piece_is_one_that_names_it() {
    // T18, T28: rounded up to one piece with the true quantity, and without what was cancelled before the pick.
    let mut rules = rules();
    rules.outlet = Outlet::CustomStore;
    rules.import.fractional = Fractional::OnePiece;
    let mut order = order();
    order.lines = vec![line(1, "ROPE", "0.375", "10"), line(2, "RED", "5", "2")];
    order.lines[1].quantity_dispatched = decimal("3");
    let things = |order: &SalesOrder| {
        let items = in_feed(&translate(order, &BTreeMap::new(), &rules)).items;
        let things = items.into_iter().filter(|item| !item.adjustment);
        things.map(|item| (item.name, item.quantity)).collect::<Vec<_>>()
    };
    let rope = || ("0.375 x Article ROPE".to_owned(), 1);
    assert_eq!(things(&order), [rope(), ("Article RED".to_owned(), 3)]);
    // Nothing of a line that was cancelled whole.
    order.lines[1].quantity_dispatched = Decimal::ZERO;
    assert_eq!(things(&order), [rope()]);
}

#[test]
fn what_cannot_be_shortened_without_telling_something_else_keeps_the_order_out() {
    // T13, T14, T24.
    assert_eq!(defects(|document| document.amount_paid = decimal("10000000")), ["OrderTotal"]);
    assert_eq!(defects(|document| document.shipping_amount = decimal("-10000000")), ["ShippingAmount"]);
    assert_eq!(defects(|document| document.items[1].quantity = 100_000), ["Items/Item 2/Quantity"]);
    assert_eq!(defects(|document| document.items[0].quantity = 0), ["Items/Item 1/Quantity"]);
    assert_eq!(defects(|document| document.items.clear()), ["Items"]);
    assert_eq!(
        defects(|document| document.items.iter_mut().for_each(|item| item.adjustment = true)),
        ["Items"]
    );
    for country in ["", "USA", "United States", "U1", "ÄÖ"] {
        assert_eq!(defects(|document| document.ship_to.country = country.into()), ["ShipTo/Country"]);
    }
    let empty = |document: &mut ShippingOrder| {
        document.ship_to.name = "\u{8}".into();
        document.ship_to.street1 = String::new();
        document.ship_to.city = " ".into();
    };
    assert_eq!(defects(empty), ["ShipTo/Name", "ShipTo/Address1", "ShipTo/City"]);
    assert_eq!(changed(|document| document.ship_to.country = " us ".into()).ship_to.country, "US");
}

#[test]
fn a_defect_says_what_is_wrong_and_what_would_be_right() {
    let mut document = document();
    document.ship_to.country = "USA".into();
    document.ship_to.city = String::new();
    let defects = feed_order(standing(&document), &Mapping::default()).unwrap_err();
    let said: Vec<_> = defects.iter().map(ToString::to_string).collect();
    assert_eq!(
        said,
        [
            "ShipTo/Country is `USA`; ShipStation takes a country by its two letters",
            "ShipTo/City is empty; ShipStation takes a text that is not empty",
        ]
    );
}

#[test]
fn an_order_has_shipped_once_its_shipments_hold_all_of_it_or_others_have_dispatched_it() {
    let document = document();
    let line = |item: &domain::shipping_order::ShippingItem, quantity| ShippedItem {
        line_key: item.line_key.clone(),
        sku: item.sku.clone(),
        quantity,
    };
    let things: Vec<_> = document.items.iter().filter(|item| !item.adjustment).collect();
    let all = things.iter().map(|item| line(item, item.quantity)).collect();
    let whole = shipment(Some(all));
    let part = shipment(Some(vec![line(things[0], 1)]));
    let voided = Shipment { voided: true, ..whole.clone() };
    // T42, T55, T56. The fourth: our own write-back, which may be due to the first of several parcels.
    for (shipments, dispatched, progress, expected) in [
        (vec![], false, Progress::Nothing, Some(false)),
        (vec![part.clone()], false, Progress::Partly, Some(false)),
        (vec![whole], false, Progress::Nothing, Some(true)),
        (vec![part], true, Progress::Dispatched, Some(false)),
        (vec![shipment(None)], false, Progress::Nothing, Some(true)),
        (vec![voided.clone()], false, Progress::Nothing, Some(false)),
        (vec![], true, Progress::Nothing, Some(true)),
        (vec![voided], true, Progress::Review, Some(false)),
    ] {
        let (mut record, set) =
            (record(document.clone(), dispatched), ShipmentSet { revision: 1, shipments });
        record.progress = progress;
        let standing = Standing::of(&record, &set);
        assert_eq!(standing.map(|standing| standing.has_shipped), expected, "{set:?}");
    }
    let never_sent = OrderRecord { placed: None, ..record(document.clone(), false) };
    assert!(Standing::of(&never_sent, &ShipmentSet::default()).is_none());
}

fn record(document: ShippingOrder, dispatched: bool) -> OrderRecord {
    let order = order();
    let case = Case::new(&order, None, Origin::Webhook);
    let reading = import::decide(case, &BTreeMap::new(), &rules(), order.modified).reading;
    let placed = Some(Placed { shipstation_order: None, document, attempt: None });
    OrderRecord { placed, ..OrderRecord::of(Reading { dispatched, ..reading }) }
}

fn shipment(items: Option<Vec<ShippedItem>>) -> Shipment {
    let notice = ShipNotice { tracking: "1Z".into(), ..ShipNotice::default() };
    let shipment = notice.shipment(OrderId(123), &document(), order().modified).shipment;
    Shipment { items, ..shipment }
}
