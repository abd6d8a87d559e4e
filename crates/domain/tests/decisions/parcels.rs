//! A parcel that both a notice of the custom store and one of ShipStation's lists tell of counts once.

use domain::shipment::{Shipment, ShipmentId, ShipmentSet, ShippedItem};
use rust_decimal::Decimal;

use crate::fixture::at;

fn parcel(id: ShipmentId, tracking: &str, items: Option<&[(&str, u32)]>) -> Shipment {
    let item = |(sku, quantity): &(&str, u32)| ShippedItem {
        line_key: String::new(),
        sku: (*sku).to_owned(),
        quantity: *quantity,
    };
    Shipment {
        id,
        shipstation_order: None,
        order_key: String::new(),
        order_number: "SO-123".into(),
        store_id: None,
        created: Some(at("2026-03-11T02:56:00Z")),
        ship_date: Some("2026-03-11".parse().unwrap()),
        tracking: tracking.into(),
        carrier: "UPS".into(),
        service: String::new(),
        cost: Decimal::ONE,
        voided: false,
        is_return: false,
        notes_to_buyer: String::new(),
        items: items.map(|items| items.iter().map(item).collect()),
    }
}

fn notice(tracking: &str, items: Option<&[(&str, u32)]>) -> Shipment {
    parcel(ShipmentId::Notice(7), tracking, items)
}

fn label(tracking: &str, items: Option<&[(&str, u32)]>) -> Shipment {
    parcel(ShipmentId::Label(1), tracking, items)
}

fn live(shipments: &[&Shipment]) -> Vec<ShipmentId> {
    let mut set = ShipmentSet::default();
    for shipment in shipments {
        set.take_in((*shipment).clone());
    }
    set.live_newest_first().iter().map(|shipment| shipment.id).collect()
}

const NOTICE: ShipmentId = ShipmentId::Notice(7);
const LABEL: ShipmentId = ShipmentId::Label(1);
const RED: Option<&[(&str, u32)]> = Some(&[("RED", 2)]);

#[test]
fn the_label_counts_in_place_of_the_notice_with_its_number() {
    assert_eq!(live(&[&notice("1z9", RED)]), [NOTICE]);
    assert_eq!(live(&[&notice("1z9", RED), &label(" 1Z9", RED)]), [LABEL]);
    assert_eq!(live(&[&label("1Z9", RED), &notice("1Z9", None)]), [LABEL], "whichever came first");
    assert_eq!(live(&[&notice("1Z9", RED), &label("1Z8", RED)]), [NOTICE, LABEL]);
}

#[test]
fn a_void_that_is_found_takes_the_parcel_of_the_notice_back() {
    // T56.
    let void = Shipment { voided: true, ..label("1Z9", RED) };
    assert_eq!(live(&[&notice("1Z9", RED), &void]), []);
    assert_eq!(live(&[&notice("1Z9", RED), &label("1Z9", None), &Shipment { items: None, ..void }]), []);
    let again = Shipment { id: ShipmentId::Label(2), ..label("1Z8", RED) };
    let void = Shipment { voided: true, ..label("1Z9", RED) };
    assert_eq!(live(&[&notice("1Z9", RED), &void, &again]), [ShipmentId::Label(2)]);
}

#[test]
fn a_row_that_does_not_say_what_is_in_it_leaves_that_to_the_notice() {
    let fulfilment = parcel(ShipmentId::Fulfilment(3), "1Z9", None);
    assert_eq!(live(&[&notice("1Z9", RED), &fulfilment]), [NOTICE]);
    assert_eq!(live(&[&notice("1Z9", None), &fulfilment]), [ShipmentId::Fulfilment(3)]);
    assert_eq!(live(&[&fulfilment]), [ShipmentId::Fulfilment(3)]);
}

#[test]
fn a_label_for_the_way_back_is_another_parcel() {
    let back = Shipment { is_return: true, ..label("1Z9", RED) };
    assert_eq!(live(&[&notice("1Z9", RED), &back]), [NOTICE]);
}

#[test]
fn without_numbers_the_day_and_the_content_tell() {
    assert_eq!(live(&[&notice("", RED), &label("", Some(&[("red", 1), ("RED", 1)]))]), [LABEL]);
    assert_eq!(live(&[&notice("", RED), &label("", Some(&[("RED", 1)]))]), [NOTICE, LABEL]);
    assert_eq!(live(&[&notice("", RED), &label("1Z9", RED)]), [NOTICE, LABEL]);
    let later = Shipment { ship_date: Some("2026-03-12".parse().unwrap()), ..label("", RED) };
    assert_eq!(live(&[&notice("", RED), &later]), [NOTICE, LABEL]);
    let undated = Shipment { ship_date: None, ..label("", RED) };
    let told = Shipment { ship_date: None, ..notice("", RED) };
    assert_eq!(live(&[&told, &undated]), [NOTICE, LABEL], "two days that nobody knows are not the same day");
}
