//! Which lines of an order are things, how many pieces of each, and what of them is money.

use domain::import::{Catalogue, document, lines};
use domain::sales_order::{OrderLine, SalesOrder, SizeQuantity};
use domain::settings::{Fractional, Kits, Rules};
use domain::shipping_order::ShippingOrder;
use rust_decimal::Decimal;

use crate::fixture::{decimal, line, order, rules};

fn document(order: &SalesOrder, rules: &Rules) -> ShippingOrder {
    document::translate(order, &Catalogue::new(), rules)
}

/// An order of one line.
fn of(line: OrderLine) -> SalesOrder {
    SalesOrder { lines: vec![line], ..order() }
}

#[test]
fn a_kit_is_sent_by_parent_or_by_components_and_never_both() {
    let mut order = order();
    let mut component = line(3, "PART", "4", "0");
    component.parent_id = Some(2);
    order.lines.push(component);
    let codes = |kits| {
        let mut rules = rules();
        rules.import.kits = kits;
        let items = document(&order, &rules).items;
        items.into_iter().filter(|item| !item.adjustment).map(|item| item.sku).collect::<Vec<_>>()
    };
    assert_eq!(codes(Kits::Parents), ["RED", "BLUE"]);
    assert_eq!(codes(Kits::Components), ["RED", "PART"]);
}

#[test]
fn a_size_run_is_sent_as_its_skus_unless_part_of_it_is_missing() {
    let size = |code: &str, quantity: &str| SizeQuantity {
        name: code.into(),
        code: format!("BLUE-{code}"),
        barcode: String::new(),
        quantity: decimal(quantity),
    };
    let mut order = order();
    order.lines[1].quantity = decimal("5");
    order.lines[1].quantity_dispatched = decimal("5");
    order.lines[1].sizes = vec![size("S", "2"), size("M", "0"), size("L", "3")];
    let things: Vec<_> =
        document(&order, &rules()).dispatchable().map(|(key, quantity)| (key.to_owned(), quantity)).collect();
    assert_eq!(things, [("123:1".into(), 2), ("123:2:BLUE-S".into(), 2), ("123:2:BLUE-L".into(), 3)]);
    order.lines[1].quantity_dispatched = decimal("4");
    assert_eq!(
        lines::pick(&order, &rules()).problems.len(),
        1,
        "Cin7 does not say which sizes were dispatched"
    );
}

/// A line, and what is sent of it: SKU with pieces, and adjustments.
type Row = (
    &'static str,
    fn(&mut OrderLine),
    &'static [(&'static str, u32)],
    &'static [(&'static str, &'static str)],
);

const ROWS: &[Row] = &[
    ("as it is", |_| {}, &[("RED", 2)], &[]),
    ("nothing dispatched", |l| l.quantity_dispatched = Decimal::ZERO, &[], &[("Not in this dispatch", "20")]),
    (
        "one of two",
        |l| l.quantity_dispatched = Decimal::ONE,
        &[("RED", 1)],
        &[("Not in this dispatch", "10")],
    ),
    (
        "one too many",
        |l| l.quantity_dispatched = decimal("3"),
        &[("RED", 3)],
        &[("Not in this dispatch", "-10")],
    ),
    (
        "dispatched below zero",
        |l| l.quantity_dispatched = decimal("-1"),
        &[],
        &[("Not in this dispatch", "20")],
    ),
    (
        "ordered below zero",
        |l| (l.quantity, l.quantity_dispatched) = (decimal("-2"), decimal("-2")),
        &[],
        &[("Article RED", "-20")],
    ),
    ("no SKU", |l| (l.code, l.name) = (String::new(), "Handling".into()), &[], &[("Handling", "20")]),
    ("a text", |l| (l.code, l.unit_price) = (String::new(), Decimal::ZERO), &[], &[]),
    ("a discount with a SKU", |l| l.unit_price = decimal("-2.5"), &[], &[("Article RED", "-5")]),
    ("labour", |l| l.is_labour = true, &[], &[("Article RED", "20")]),
    ("free of charge", |l| l.unit_price = Decimal::ZERO, &[("RED", 2)], &[]),
    ("a component of what is not there", |l| l.parent_id = Some(77), &[("RED", 2)], &[]),
    ("its own component", |l| l.parent_id = Some(1), &[("RED", 2)], &[]),
];

#[test]
fn a_line_is_a_thing_or_money_or_neither_by_the_table() {
    for kits in [Kits::Parents, Kits::Components] {
        for (name, change, things, adjustments) in ROWS {
            let mut order = of(line(1, "RED", "2", "10"));
            change(&mut order.lines[0]);
            order.money.total = order.money.freight + order.lines[0].quantity * order.lines[0].unit_price;
            let mut rules = rules();
            rules.import.kits = kits;
            let document = document(&order, &rules);
            let (money, sent): (Vec<_>, Vec<_>) = document.items.iter().partition(|item| item.adjustment);
            let sent: Vec<_> = sent.iter().map(|item| (item.sku.as_str(), item.quantity)).collect();
            let money: Vec<_> =
                money.iter().map(|item| (item.name.as_str(), item.unit_price.to_string())).collect();
            let money: Vec<_> = money.iter().map(|(name, amount)| (*name, amount.as_str())).collect();
            assert_eq!((sent.as_slice(), money.as_slice()), (*things, *adjustments), "{name}");
        }
    }
}

#[test]
fn without_the_dispatch_rule_the_ordered_quantity_is_sent() {
    let mut rules = rules();
    rules.import.require_qty_dispatch = false;
    let mut order = of(line(1, "RED", "5", "10"));
    order.lines[0].quantity_dispatched = Decimal::ONE;
    let document = document(&order, &rules);
    assert_eq!(document.dispatchable().collect::<Vec<_>>(), [("123:1", 5)]);
}

#[test]
fn kits_within_kits_are_sent_from_the_top_or_from_the_bottom() {
    let part = |id, code: &str, parent| OrderLine { parent_id: Some(parent), ..line(id, code, "1", "0") };
    let mut order = order();
    order.lines = vec![
        line(1, "KIT", "1", "50"),
        part(2, "BOX", 1),
        part(3, "NUT", 2),
        part(4, "BOLT", 2),
        part(5, "BAG", 1),
    ];
    let codes = |kits| {
        let mut rules = rules();
        rules.import.kits = kits;
        let document = document(&order, &rules);
        let things = document.items.into_iter().filter(|item| !item.adjustment);
        things.map(|item| item.sku).collect::<Vec<_>>()
    };
    assert_eq!(codes(Kits::Parents), ["KIT"]);
    assert_eq!(codes(Kits::Components), ["NUT", "BOLT", "BAG"]);
}

#[test]
fn lines_that_claim_to_be_each_others_parts_are_all_sent() {
    let part = |id, code: &str, parent| OrderLine { parent_id: Some(parent), ..line(id, code, "1", "1") };
    let mut order = order();
    order.lines = vec![part(1, "A", 2), part(2, "B", 1), part(3, "C", 2)];
    for kits in [Kits::Parents, Kits::Components] {
        let mut rules = rules();
        rules.import.kits = kits;
        assert_eq!(document(&order, &rules).dispatchable().count(), 3);
    }
}

#[test]
fn a_part_of_a_piece_is_refused_or_sent_as_one_piece_with_its_true_quantity() {
    let mut rules = rules();
    let order = of(line(1, "ROPE", "2.50", "3.33"));
    let picked = lines::pick(&order, &rules);
    assert_eq!(picked.problems, ["ROPE: 2.5 is no quantity that ShipStation takes"]);
    rules.import.fractional = Fractional::OnePiece;
    let item = document(&order, &rules).items.remove(0);
    assert_eq!((item.name.as_str(), item.quantity), ("2.5 x Article ROPE", 1));
    assert_eq!(item.unit_price, decimal("8.33"), "8.325 to the cent");
}

#[test]
fn quantities_that_nobody_can_mean_are_refused() {
    for absurd in ["1000001", "1e20", "79228162514264337593543950335"] {
        let mut line = line(1, "RED", "1", "0");
        let quantity = Decimal::from_scientific(absurd).or_else(|_| absurd.parse()).unwrap();
        (line.quantity, line.quantity_dispatched) = (quantity, quantity);
        for fractional in [Fractional::Refuse, Fractional::OnePiece] {
            let mut rules = rules();
            rules.import.fractional = fractional;
            assert_eq!(lines::pick(&of(line.clone()), &rules).problems.len(), 1, "{absurd}");
        }
    }
}

#[test]
fn sizes_need_neither_a_sku_on_their_line_nor_one_of_their_own() {
    let size = |name: &str, code: &str| SizeQuantity {
        name: name.into(),
        code: code.into(),
        barcode: String::new(),
        quantity: Decimal::ONE,
    };
    let mut run = line(1, "", "2", "5");
    run.sizes = vec![size("S", "TEE-S"), size("M", "TEE-M")];
    let keys = |run: &OrderLine| {
        let document = document(&of(run.clone()), &rules());
        document.dispatchable().map(|(key, _)| key.to_owned()).collect::<Vec<_>>()
    };
    assert_eq!(keys(&run), ["123:1:TEE-S", "123:1:TEE-M"]);
    run.code = "TEE".into();
    run.sizes = vec![size("S", ""), size("M", "")];
    assert_eq!(keys(&run), ["123:1:S", "123:1:M"]);
    run.sizes.pop();
    let order = of(run);
    assert_eq!(lines::pick(&order, &rules()).problems, ["TEE: its sizes add up to 1, not to 2"]);
}
