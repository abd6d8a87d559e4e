//! Where a reported shipment belongs.

use std::collections::{BTreeMap, BTreeSet};

use domain::ids::OrderId;
use domain::routing::{Known, candidates, lost, route};
use domain::shipment::{Shipment, ShipmentId, ShippedItem};
use rust_decimal::Decimal;

fn report(order_key: &str, number: &str, shipstation_order: Option<i64>, keys: Option<&[&str]>) -> Shipment {
    let item = |key: &&str| ShippedItem { line_key: (*key).into(), sku: String::new(), quantity: 1 };
    Shipment {
        id: ShipmentId::Label(1),
        shipstation_order,
        order_key: order_key.into(),
        order_number: number.into(),
        store_id: None,
        created: None,
        ship_date: None,
        tracking: "9400".into(),
        carrier: String::new(),
        service: String::new(),
        cost: Decimal::ZERO,
        voided: false,
        is_return: false,
        notes_to_buyer: String::new(),
        items: keys.map(|keys| keys.iter().map(item).collect()),
    }
}

#[test]
fn a_shipment_finds_its_orders_by_every_trace_that_is_left_of_them() {
    let acme = "acme".parse().unwrap();
    let known = Known {
        at_shipstation: BTreeMap::from([(70, OrderId(7)), (80, OrderId(8))]),
        numbers: BTreeMap::from([(OrderId(7), "SO-7".to_owned()), (OrderId(8), "SO-8".to_owned())]),
    };
    for (name, report, orders) in [
        ("by its key", report("sb-acme-7", "SO-7", None, None), vec![7]),
        ("by its id", report("", "SO-7", Some(70), None), vec![7]),
        ("by its lines", report("sb-acme-7", "SO-7", Some(70), Some(&["7:1", "7:2"])), vec![7]),
        (
            "a split child keeps number and line keys only",
            report("manual-1", "SO-7", Some(71), Some(&["7:2"])),
            vec![7],
        ),
        (
            "a merged order carries lines of both",
            report("sb-acme-7", "SO-7", Some(70), Some(&["7:1", "8:1"])),
            vec![7, 8],
        ),
        (
            "a piece of a merged order keeps the survivor's number",
            report("manual-1", "SO-7", Some(71), Some(&["7:2", "8:1"])),
            vec![7, 8],
        ),
        (
            "another account's order with the same ids",
            report("sb-other-7", "ELSE-7", Some(99), Some(&["7:1"])),
            vec![],
        ),
        ("an order that we never sent", report("sb-acme-9", "SO-9", Some(90), Some(&["9:1"])), vec![]),
        ("a label without an order", report("SHIP-123", "SHIP-123", None, None), vec![]),
        ("foreign items in our order", report("sb-acme-7", "SO-7", Some(70), Some(&["vd08"])), vec![7]),
    ] {
        let found: Vec<i64> = route(&acme, report, &known).into_iter().map(|(order, _)| order.0).collect();
        assert_eq!(found, orders, "{name}");
    }
}

#[test]
fn each_order_of_a_merged_shipment_remembers_only_its_own_items() {
    let acme = "acme".parse().unwrap();
    let known = Known {
        at_shipstation: BTreeMap::new(),
        numbers: BTreeMap::from([(OrderId(7), "SO-7".to_owned()), (OrderId(8), "SO-8".to_owned())]),
    };
    let merged = report("sb-acme-7", "SO-7", None, Some(&["7:1", "8:1", "8:2"]));
    assert_eq!(candidates(&acme, &merged).len(), 2);
    let counts: Vec<_> = route(&acme, merged, &known)
        .into_iter()
        .map(|(order, part)| (order.0, part.items.unwrap().len()))
        .collect();
    assert_eq!(counts, [(7, 1), (8, 2)]);
}

#[test]
fn a_shipment_that_should_be_ours_and_leads_nowhere_is_told_and_others_are_not() {
    let acme = "acme".parse().unwrap();
    let known = Known {
        at_shipstation: BTreeMap::from([(70, OrderId(7))]),
        numbers: BTreeMap::from([(OrderId(7), "SO-7".to_owned())]),
    };
    let under_way = BTreeSet::from([OrderId(6)]);
    let voided = |report: Shipment| Shipment { voided: true, ..report };
    for (name, report, words) in [
        ("our key, order unknown", report("sb-acme-9", "SO-9", Some(90), None), Some("key of Cin7 order 9")),
        ("our key, order on its way", report("sb-acme-6", "SO-6", Some(60), None), None),
        (
            "a copy under another number",
            report("manual-1", "SO-7-2", Some(71), Some(&["7:1"])),
            Some("order SO-7"),
        ),
        ("the copy, voided", voided(report("manual-1", "SO-7-2", Some(71), Some(&["7:1"]))), None),
        ("lines of nobody", report("manual-1", "X", Some(71), Some(&["8:1"])), None),
        ("another connection's", report("sb-other-7", "ELSE-7", Some(99), Some(&["7:1"])), None),
        ("a label without an order", report("SHIP-1", "SHIP-1", None, None), None),
    ] {
        assert_eq!(route(&acme, report.clone(), &known), [], "{name}");
        let told = lost(&acme, &report, &known, &under_way);
        assert_eq!(told.is_some(), words.is_some(), "{name}: {told:?}");
        assert!(words.is_none_or(|words| told.is_some_and(|told| told.contains(words))), "{name}");
    }
}
