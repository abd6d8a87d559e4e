//! The cartons of an order: one for each live parcel, the same for the same set.

use domain::effect::{EffectKey, EffectKind, Fingerprint};
use domain::fulfil::cartons::{Carton, CartonItem, Packed, ShownCarton, ShownItem, are_shown, cartons};
use domain::ids::OrderId;
use domain::import::{Catalogue, document};
use domain::sales_order::{OrderLine, SalesOrder, SizeQuantity};
use domain::shipment::{Shipment, ShipmentId, ShipmentSet, ShippedItem};
use proptest::prelude::*;

use crate::fixture::{at, decimal, line, order, rules};

/// A label of the order 123; each item by key, SKU and quantity.
fn label(id: i64, items: &[(&str, &str, u32)]) -> Shipment {
    let items = items.iter().map(|(key, sku, quantity)| ShippedItem {
        line_key: (*key).into(),
        sku: (*sku).into(),
        quantity: *quantity,
    });
    Shipment {
        id: ShipmentId::Label(id),
        shipstation_order: Some(9),
        order_key: "sb-acme-123".into(),
        order_number: "SO-123".into(),
        store_id: None,
        created: Some(at("2026-03-10T00:00:00Z") + jiff::SignedDuration::from_secs(id)),
        ship_date: None,
        tracking: format!("T{id}"),
        carrier: "stamps_com".into(),
        service: String::new(),
        cost: decimal("8.51"),
        voided: false,
        is_return: false,
        notes_to_buyer: String::new(),
        items: Some(items.collect()),
    }
}

fn fulfilment(id: i64) -> Shipment {
    Shipment { id: ShipmentId::Fulfilment(id), items: None, ..label(id, &[]) }
}

fn of(order: &SalesOrder, shipments: Vec<Shipment>) -> Vec<Carton> {
    let document = document::translate(order, &Catalogue::new(), &rules());
    cartons(order.id, &document, &ShipmentSet { revision: 1, shipments })
}

/// Cartons in short: `1 T1: 2 x 1, RED-S x 1`.
fn shown(cartons: &[Carton]) -> Vec<String> {
    let packed = |item: &CartonItem| match &item.packed {
        Packed::Line(line) => format!("{line} x {}", item.quantity),
        Packed::Product(code) => format!("{code} x {}", item.quantity),
    };
    let one = |carton: &Carton| {
        let items: Vec<_> = carton.items.iter().map(packed).collect();
        format!("{} {}: {}", carton.number, carton.tracking, items.join(", "))
    };
    cartons.iter().map(one).collect()
}

/// Both lines of the order: 2 of line 1 (RED), 1 of line 2 (BLUE).
const ALL: &[(&str, &str, u32)] = &[("123:1", "RED", 2), ("123:2", "BLUE", 1)];

fn voided(shipment: Shipment) -> Shipment {
    Shipment { voided: true, ..shipment }
}

#[test]
fn each_live_parcel_is_a_carton_with_what_it_holds_of_the_order() {
    let returned = Shipment { is_return: true, ..label(5, ALL) };
    let table: &[(&str, Vec<Shipment>, &[&str])] = &[
        ("nothing has shipped", vec![], &[]),
        ("everything in one", vec![label(1, ALL)], &["1 T1: 1 x 2, 2 x 1"]),
        (
            "two parcels, the newer one told first",
            vec![label(2, &[("123:1", "RED", 2)]), label(1, &[("123:2", "BLUE", 1)])],
            &["1 T1: 2 x 1", "2 T2: 1 x 2"],
        ),
        (
            "a line in two parcels",
            vec![label(1, &[("123:1", "RED", 1)]), label(2, &[("123:1", "RED", 1)])],
            &["1 T1: 1 x 1", "2 T2: 1 x 1"],
        ),
        ("a void and a return label", vec![voided(label(1, ALL)), returned], &[]),
        (
            "a void, and a label bought again",
            vec![voided(label(1, ALL)), label(2, ALL)],
            &["1 T2: 1 x 2, 2 x 1"],
        ),
        (
            "two labels for the same pieces",
            vec![label(1, ALL), label(2, ALL)],
            &["1 T1: 1 x 2, 2 x 1", "2 T2: "],
        ),
        (
            "pieces of another order",
            vec![label(1, &[("999:1", "ELSE", 3), ("123:2", "BLUE", 1)])],
            &["1 T1: 2 x 1"],
        ),
        (
            "keys lost in a split",
            vec![label(1, &[("", "red", 2), ("x", "BLUE", 1)])],
            &["1 T1: 1 x 2, 2 x 1"],
        ),
        ("pieces without any name", vec![label(1, &[("", "", 3)])], &["1 T1: "]),
        ("a fulfilment without items", vec![fulfilment(1)], &["1 T1: 1 x 2, 2 x 1"]),
        (
            "a fulfilment before a label that says more",
            vec![fulfilment(1), label(2, &[("123:1", "RED", 2)])],
            &["1 T1: 2 x 1", "2 T2: 1 x 2"],
        ),
        ("a second fulfilment", vec![fulfilment(1), fulfilment(2)], &["1 T1: 1 x 2, 2 x 1", "2 T2: "]),
    ];
    for (what, shipments, expected) in table {
        assert_eq!(shown(&of(&order(), shipments.clone())), *expected, "{what}");
    }
}

fn size(name: &str, code: &str, quantity: i64) -> SizeQuantity {
    SizeQuantity { name: name.into(), code: code.into(), barcode: String::new(), quantity: quantity.into() }
}

#[test]
fn a_size_run_is_told_by_the_skus_of_its_sizes_and_other_lines_by_their_ids() {
    let long = format!("RED-{}", "X".repeat(60));
    let sizes = vec![size("S", "RED-S", 2), size("XXL", &long, 1)];
    let run = OrderLine { sizes, ..line(1, "RED", "3", "10.00") };
    let order = SalesOrder { lines: vec![run, line(2, "BLUE", "1", "30.00")], ..order() };
    let cartons = of(&order, vec![fulfilment(1)]);
    let items: Vec<_> = cartons[0].items.iter().map(|item| item.packed.clone()).collect();
    let cut = Packed::Product(long.chars().take(50).collect());
    assert_eq!(items, [Packed::Product("RED-S".into()), cut, Packed::Line(2)]);
}

#[test]
fn a_tracking_number_is_cut_to_what_cin7_takes() {
    let long = Shipment { tracking: format!(" {}\n", "9".repeat(60)), ..label(1, ALL) };
    assert_eq!(of(&order(), vec![long])[0].tracking, "9".repeat(50));
}

#[test]
fn what_cin7_shows_is_compared_by_number_tracking_and_pieces_alone() {
    let item = |line, product: &str, quantity: &str| ShownItem {
        line,
        product: product.into(),
        quantity: decimal(quantity),
    };
    let carton = |number: &str, tracking: &str, items| ShownCarton {
        number: number.into(),
        tracking: tracking.into(),
        items,
    };
    let wanted = [
        Carton {
            number: "1".into(),
            tracking: "T1".into(),
            items: vec![CartonItem { packed: Packed::Line(7), quantity: 2 }],
        },
        Carton {
            number: "2".into(),
            tracking: String::new(),
            items: vec![CartonItem { packed: Packed::Product("RED-S".into()), quantity: 1 }],
        },
    ];
    let first = carton("1", "T1", vec![item(Some(7), "RED", "2.0000")]);
    let second = carton("2", "", vec![item(Some(8), "red-s", "1")]);
    for (what, shown, equal) in [
        ("as sent, in another order", vec![second.clone(), first.clone()], true),
        ("one is absent", vec![first.clone()], false),
        ("one too many", vec![first.clone(), second.clone(), carton("3", "", vec![])], false),
        ("another number", vec![carton("1", "T9", first.items.clone()), second.clone()], false),
        ("another quantity", vec![carton("1", "T1", vec![item(Some(7), "", "1")]), second.clone()], false),
        ("another line", vec![carton("1", "T1", vec![item(Some(9), "", "2")]), second.clone()], false),
        ("no items", vec![carton("1", "T1", vec![]), second], false),
    ] {
        assert_eq!(are_shown(&wanted, &shown), equal, "{what}");
    }
    assert!(are_shown(&[], &[]));
}

#[test]
fn cartons_keep_their_stored_form_and_their_key() {
    let cartons = of(&order(), vec![label(1, ALL)]);
    let stored = r#"[{"number":"1","tracking":"T1","items":[{"packed":{"line":1},"quantity":2},{"packed":{"line":2},"quantity":1}]}]"#;
    assert_eq!(serde_json::to_string(&cartons).unwrap(), stored);
    assert_eq!(serde_json::from_str::<Vec<Carton>>(stored).unwrap(), cartons);
    assert_eq!(serde_json::to_string(&Packed::Product("RED-S".into())).unwrap(), r#"{"product":"RED-S"}"#);
    let connection = "acme".parse().unwrap();
    let key = EffectKey { kind: EffectKind::Cartons, connection, order: OrderId(123) };
    assert_eq!(key.to_string(), "cartons/acme/123");
}

proptest! {
    #[test]
    fn parcels_never_hold_more_than_the_order_and_the_same_set_gives_the_same_cartons(
        quantities in proptest::collection::vec((0_u32..4, 0_u32..4, any::<bool>()), 0..5),
    ) {
        let shipments: Vec<Shipment> = (1..).zip(&quantities).map(|(id, (red, blue, says))| {
            if *says { label(id, &[("123:1", "RED", *red), ("", "BLUE", *blue)]) } else { fulfilment(id) }
        }).collect();
        let cartons = of(&order(), shipments.clone());
        prop_assert_eq!(cartons.len(), shipments.len());
        for (line, most) in [(1, 2), (2, 1)] {
            let held = cartons.iter().flat_map(|carton| &carton.items);
            let held: u64 =
                held.filter(|item| item.packed == Packed::Line(line)).map(|item| item.quantity).sum();
            prop_assert!(held <= most);
        }
        let backwards = of(&order(), shipments.into_iter().rev().collect());
        prop_assert_eq!(Fingerprint::of(&cartons), Fingerprint::of(&backwards));
    }
}
