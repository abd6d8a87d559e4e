//! What a notice of the custom store tells of its order: which parcel, which lines, and what does not fit.

use std::collections::BTreeMap;

use domain::carrier;
use domain::fulfil::is_complete;
use domain::ids::OrderId;
use domain::ship_notice::{NoticeId, NoticeItem, Remark, Reported, ShipNotice};
use domain::shipment::{ShipmentId, ShipmentSet, ShippedItem};
use domain::shipping_order::ShippingOrder;

use crate::feed::document;
use crate::fixture::{at, decimal};

fn notice() -> ShipNotice {
    ShipNotice {
        order_id: "123".into(),
        order_number: "SO-123".into(),
        label_created: Some(at("2026-03-11T02:56:00Z")),
        ship_date: Some("2026-03-11".parse().unwrap()),
        carrier: "UPS".into(),
        service: "UPS® Ground".into(),
        tracking: "1Z909084330298430820".into(),
        cost: Some(decimal("4.95")),
        notes_to_customer: "Leave it with the neighbour".into(),
        items: vec![item("123:1", "RED", 2), item("123:2", "BLUE", 1)],
    }
}

fn item(line_key: &str, sku: &str, quantity: u32) -> NoticeItem {
    NoticeItem { line_key: line_key.into(), sku: sku.into(), name: format!("Article {sku}"), quantity }
}

fn shipped(line_key: &str, sku: &str, quantity: u32) -> ShippedItem {
    ShippedItem { line_key: line_key.into(), sku: sku.into(), quantity }
}

fn reported(notice: &ShipNotice) -> Reported {
    reported_of(notice, &document())
}

fn reported_of(notice: &ShipNotice, document: &ShippingOrder) -> Reported {
    notice.shipment(OrderId(123), document, at("2026-03-11T03:00:00Z"))
}

fn with_items(items: Vec<NoticeItem>) -> ShipNotice {
    ShipNotice { items, ..notice() }
}

#[test]
fn a_notice_is_a_shipment_with_everything_that_it_says() {
    let Reported { shipment, remarks } = reported(&notice());
    assert!(remarks.is_empty() && shipment.is_live());
    assert_eq!(shipment.created, Some(at("2026-03-11T02:56:00Z")));
    assert_eq!((shipment.carrier.as_str(), shipment.service.as_str()), ("UPS", "UPS® Ground"));
    assert_eq!(
        (shipment.cost, shipment.notes_to_buyer.as_str()),
        (decimal("4.95"), "Leave it with the neighbour")
    );
    assert_eq!(shipment.items, Some(vec![shipped("123:1", "RED", 2), shipped("123:2", "BLUE", 1)]));
    assert_eq!(
        shipment.ship_date,
        Some("2026-03-11".parse().unwrap()),
        "T57: a calendar day in every time zone"
    );
    let bare = ShipNotice { label_created: None, cost: None, ..notice() };
    let shipment = reported(&bare).shipment;
    assert_eq!((shipment.created, shipment.cost), (Some(at("2026-03-11T03:00:00Z")), decimal("0")));
}

#[test]
fn display_names_of_carriers_and_services_pass_through() {
    // T49.
    for name in ["UPS", "USPS", "FedEx", "DHLGlobalMail", ""] {
        assert_eq!(carrier::name(name, &BTreeMap::new()), name);
    }
    assert_eq!(carrier::service_name("UPS® Ground"), "UPS® Ground");
}

#[test]
fn the_same_notice_has_the_same_id_whatever_the_order_of_its_items_and_another_has_another() {
    let acme = "acme".parse().unwrap();
    let id = NoticeId::of(&acme, &notice());
    assert_eq!(id.to_string(), "2c434675-0e9a-843b-aae2-8856569f637b");
    let mut turned = notice();
    turned.items.reverse();
    turned.carrier = " UPS\n".into();
    turned.cost = Some(decimal("4.950"));
    assert_eq!(NoticeId::of(&acme, &turned), id);
    assert_eq!(id.0.get_version_num(), 8);
    let dearer = ShipNotice { cost: Some(decimal("5")), ..notice() };
    assert_ne!(NoticeId::of(&acme, &dearer), id);
    assert_ne!(NoticeId::of(&"other".parse().unwrap(), &notice()), id);
}

#[test]
fn a_parcel_is_its_number_and_a_change_of_cost_updates_it() {
    // T41, T51.
    let id = |notice: &ShipNotice| reported(notice).shipment.id;
    let dearer = ShipNotice { cost: Some(decimal("5")), carrier: "ups".into(), ..notice() };
    assert_eq!(id(&dearer), id(&notice()));
    let second = ShipNotice { tracking: "1Z2".into(), ..notice() };
    assert_ne!(id(&second), id(&notice()));
    let mut set = ShipmentSet::default();
    for notice in [notice(), dearer, second, notice()] {
        set.take_in(reported(&notice).shipment);
    }
    assert_eq!(set.shipments.len(), 2);
    let ShipmentId::Notice(number) = id(&notice()) else { panic!("it has another kind of id") };
    assert_eq!(id(&notice()).to_string(), format!("notice-{number:016x}"));
}

#[test]
fn without_a_number_a_parcel_is_its_day_its_service_and_its_content() {
    // T49.
    let untracked = |change: fn(&mut ShipNotice)| {
        let mut notice = ShipNotice { tracking: String::new(), ..notice() };
        change(&mut notice);
        reported(&notice).shipment.id
    };
    let same = untracked(|_| {});
    assert_eq!(untracked(|notice| notice.items.reverse()), same);
    assert_eq!(untracked(|notice| notice.cost = None), same);
    assert_ne!(untracked(|notice| notice.ship_date = None), same);
    assert_ne!(untracked(|notice| notice.service = String::new()), same);
    assert_ne!(untracked(|notice| notice.items[0].quantity = 1), same);
    assert_ne!(untracked(|notice| notice.items.clear()), same);
}

#[test]
fn items_lead_to_lines_by_key_and_else_by_sku_in_any_case() {
    // T46: lines of one SKU need the key; without it they are filled in their order.
    let mut document = document();
    document.items[1].sku = "RED".into();
    document.items[1].quantity = 3;
    let matched = |items: Vec<NoticeItem>| reported_of(&with_items(items), &document);
    let by_key = matched(vec![item("123:2", "red", 1)]);
    assert_eq!((by_key.shipment.items.unwrap(), by_key.remarks), (vec![shipped("123:2", "RED", 1)], vec![]));
    let by_sku = matched(vec![item("", "red", 3)]);
    let filled = vec![shipped("123:1", "RED", 2), shipped("123:2", "RED", 1)];
    assert_eq!((by_sku.shipment.items.unwrap(), by_sku.remarks), (filled, vec![]));
    let mixed = matched(vec![item("", "Red ", 2), item("123:1", "RED", 2)]);
    let filled = vec![shipped("123:1", "RED", 2), shipped("123:2", "RED", 2)];
    assert_eq!((mixed.shipment.items.unwrap(), mixed.remarks), (filled, vec![]), "keys come first");
}

#[test]
fn an_item_that_is_no_line_keeps_the_tracking_and_is_said() {
    // T45.
    let strange = item("999:1", "SWAPPED", 1);
    let Reported { shipment, remarks } =
        reported(&with_items(vec![strange.clone(), item("123:1", "RED", 2)]));
    assert_eq!(shipment.items, Some(vec![shipped("123:1", "RED", 2), shipped("", "SWAPPED", 1)]));
    assert_eq!(shipment.tracking, notice().tracking);
    assert_eq!(remarks, [Remark::UnknownItem { item: strange }]);
    assert_eq!(remarks[0].to_string(), "1 of SWAPPED, which is no line of the order");
    assert!(!is_complete(&document(), &[&shipment]));
}

#[test]
fn more_than_was_ordered_does_not_count_and_is_said() {
    // T50.
    let Reported { shipment, remarks } =
        reported(&with_items(vec![item("123:1", "RED", 5), item("", "RED", 1)]));
    assert_eq!(shipment.items, Some(vec![shipped("123:1", "RED", 2)]));
    let said: Vec<_> = remarks.iter().map(ToString::to_string).collect();
    assert_eq!(said, ["5 of RED, of which the order has 2", "1 of RED, of which the order has 0"]);
    let Reported { shipment, remarks } = reported(&with_items(vec![item("123:1", "RED", 0)]));
    assert_eq!(shipment.items, Some(vec![]), "nothing that could be read is nothing, not everything");
    assert_eq!(remarks[0].to_string(), "RED without a quantity");
}

#[test]
fn no_items_are_what_is_left_and_money_is_no_item() {
    // T43.
    let rest = reported(&with_items(vec![])).shipment;
    assert_eq!(rest.items, None);
    assert!(is_complete(&document(), &[&rest]));
    let mut document = document();
    let mut discount = document.items[0].clone();
    (discount.adjustment, discount.name) = (true, "Discount".into());
    document.items.push(discount);
    let mut money = item("", "", 1);
    money.name = "Discount".into();
    let told = reported_of(&with_items(vec![item("123:1", "RED", 2), money]), &document);
    assert_eq!((told.shipment.items.unwrap().len(), told.remarks), (1, vec![]));
}

#[test]
fn splits_complete_the_order_once_all_of_them_have_come_in_any_order_and_number() {
    // T42.
    let first = ShipNotice { tracking: "1".into(), items: vec![item("123:1", "RED", 2)], ..notice() };
    let second = ShipNotice { tracking: "2".into(), items: vec![item("123:2", "BLUE", 1)], ..notice() };
    for order in [[&first, &second, &first, &second], [&second, &second, &first, &first]] {
        let mut set = ShipmentSet::default();
        set.take_in(reported(order[0]).shipment);
        assert!(!is_complete(&document(), &set.live_newest_first()));
        for notice in order {
            set.take_in(reported(notice).shipment);
        }
        assert!(is_complete(&document(), &set.live_newest_first()));
        assert_eq!((set.shipments.len(), set.revision), (2, 2));
    }
}

#[test]
fn no_items_after_a_part_are_what_is_left_and_no_more() {
    // T43.
    let part = ShipNotice { tracking: "1".into(), items: vec![item("123:1", "RED", 1)], ..notice() };
    let rest = ShipNotice { tracking: "2".into(), items: Vec::new(), ..notice() };
    for order in [[&part, &rest], [&rest, &part]] {
        let mut set = ShipmentSet::default();
        for notice in order {
            set.take_in(reported(notice).shipment);
        }
        assert!(is_complete(&document(), &set.live_newest_first()));
        let cartons = domain::fulfil::cartons::cartons(OrderId(123), &document(), &set);
        let pieces: u64 = cartons.iter().flat_map(|carton| &carton.items).map(|item| item.quantity).sum();
        let ordered = document().dispatchable().map(|(_, quantity)| u64::from(quantity)).sum::<u64>();
        assert_eq!(pieces, ordered, "each piece is in one parcel");
    }
}
