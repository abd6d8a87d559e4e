//! Orders out: rules, states and the document.

use domain::event::Origin;
use domain::import::{Case, Catalogue, Decision, Judgement, decide, document};
use domain::product::{Product, ProductOption};
use domain::record::{Intake, OrderRecord, Placed};
use domain::rule::RuleId;
use domain::sales_order::{SalesOrder, SizeQuantity, TaxStatus};
use domain::settings::{Kits, Rules};
use domain::shipping_order::{ShippingOrder, ShippingStatus};
use proptest::prelude::*;
use rust_decimal::Decimal;

use crate::fixture::{at, decimal, line, now, order, rules};

fn judge(order: &SalesOrder, rules: &Rules) -> Judgement {
    decide(Case::new(order, None, Origin::Watch), &Catalogue::new(), rules, now())
}

fn document(order: &SalesOrder, rules: &Rules) -> ShippingOrder {
    document::translate(order, &Catalogue::new(), rules)
}

fn known(reading: domain::record::Reading, placed: Option<ShippingOrder>) -> OrderRecord {
    let placed = placed.map(|document| Placed { shipstation_order: 9, document, attempt: None });
    OrderRecord { placed, ..OrderRecord::of(reading) }
}

/// Changes an order, and says which rule shall fail and what becomes of the order.
type Row = (&'static str, fn(&mut SalesOrder, &mut Rules), Option<RuleId>, Intake);

const ROWS: &[Row] = &[
    ("as it is", |_, _| {}, None, Intake::Eligible),
    ("stage in other letters", |o, _| o.stage = " fully picked ".into(), None, Intake::Eligible),
    ("draft", |o, _| o.approved = false, Some(RuleId::Approved), Intake::Waiting),
    ("another stage", |o, _| o.stage = "New".into(), Some(RuleId::Stage), Intake::Waiting),
    ("void", |o, _| o.void = true, Some(RuleId::NotVoid), Intake::Excluded),
    ("dispatched", |o, _| o.dispatched = Some(now()), Some(RuleId::NotDispatched), Intake::Excluded),
    ("other branch", |_, r| r.import.branches = vec![4], Some(RuleId::Branch), Intake::Excluded),
    ("no country", |o, _| o.delivery.country.clear(), Some(RuleId::Country), Intake::Refused),
    (
        "unknown country",
        |o, _| o.delivery.country = "Atlantis".into(),
        Some(RuleId::Country),
        Intake::Refused,
    ),
    ("no recipient", |o, _| o.delivery.first_name.clear(), None, Intake::Eligible),
    ("no street", |o, _| o.delivery.address1.clear(), Some(RuleId::Address), Intake::Refused),
    ("nothing dispatched", |o, _| zero(o), Some(RuleId::QtyDispatch), Intake::Refused),
    (
        "fractional",
        |o, _| o.lines[0].quantity_dispatched = decimal("1.5"),
        Some(RuleId::Lines),
        Intake::Refused,
    ),
    ("absurd", |o, _| o.lines[0].quantity_dispatched = decimal("1e20"), Some(RuleId::Lines), Intake::Refused),
    ("old", |o, _| o.created = Some(at("2025-11-01T00:00:00Z")), Some(RuleId::Window), Intake::Excluded),
    (
        "draft beats refused",
        |o, _| (o.approved, o.delivery.country) = (false, String::new()),
        Some(RuleId::Country),
        Intake::Waiting,
    ),
];

fn zero(order: &mut SalesOrder) {
    order.lines.iter_mut().for_each(|line| line.quantity_dispatched = Decimal::ZERO);
}

#[test]
fn every_rule_holds_or_fails_by_its_own_value_and_the_state_follows() {
    for (name, change, failing, intake) in ROWS {
        let (mut order, mut rules) = (order(), rules());
        change(&mut order, &mut rules);
        let judgement = judge(&order, &rules);
        assert_eq!(judgement.reading.intake, *intake, "{name}");
        let failed: Vec<_> = judgement.reading.verdicts.iter().filter(|verdict| !verdict.passed).collect();
        match failing {
            None => assert!(failed.is_empty(), "{name}: {failed:?}"),
            Some(rule) => assert!(failed.iter().any(|verdict| verdict.rule == *rule), "{name}: {failed:?}"),
        }
        assert_eq!(matches!(judgement.decision, Decision::Import(_)), *intake == Intake::Eligible, "{name}");
    }
}

#[test]
fn what_a_person_must_mend_comes_with_advice_and_the_deciding_value() {
    let mut order = order();
    order.delivery.country = "Atlantis".into();
    let judgement = judge(&order, &rules());
    let verdict = judgement.reading.verdicts.iter().find(|verdict| verdict.rule == RuleId::Country).unwrap();
    assert_eq!(verdict.value, "Atlantis");
    assert!(verdict.advice.as_ref().unwrap().contains("Cin7"));
    assert!(
        judgement
            .reading
            .verdicts
            .iter()
            .filter(|verdict| verdict.passed)
            .all(|verdict| verdict.advice.is_none())
    );
}

#[test]
fn the_window_counts_calendar_days_of_the_account_and_its_edge_is_inside() {
    // Noon of 10 March in Sydney: 60 days before is 9 January, whose first second is still 8 January in UTC.
    for (created, etd, inside) in [
        ("2026-01-08T13:00:00Z", None, true),
        ("2026-01-08T12:59:59Z", None, false),
        ("2024-01-01T00:00:00Z", Some("2026-01-08T13:00:06Z"), true),
        ("2024-01-01T00:00:00Z", Some("2026-09-01T00:00:00Z"), true),
        ("2026-03-01T00:00:00Z", Some("2024-01-01T00:00:00Z"), true),
    ] {
        let mut order = order();
        (order.created, order.estimated_delivery) = (Some(at(created)), etd.map(at));
        let eligible = judge(&order, &rules()).reading.intake == Intake::Eligible;
        assert_eq!(eligible, inside, "{created} {etd:?}");
    }
}

#[test]
fn an_old_order_is_refused_when_we_saw_it_reach_the_stage_and_excluded_when_it_was_there_already() {
    let mut old = order();
    old.created = Some(at("2025-01-01T00:00:00Z"));
    let judge = |known: Option<&OrderRecord>, origin| {
        let case = Case::new(&old, known, origin);
        decide(case, &Catalogue::new(), &rules(), now()).reading
    };
    assert_eq!(judge(None, Origin::Watch).intake, Intake::Excluded);
    assert_eq!(judge(None, Origin::Webhook).intake, Intake::Refused);
    let mut before = judge(None, Origin::Watch);
    before.stage = "New".into();
    let seen = judge(Some(&known(before, None)), Origin::Watch);
    assert_eq!(seen.intake, Intake::Refused);
    assert_eq!(judge(Some(&known(seen, None)), Origin::Watch).intake, Intake::Refused, "it is not forgotten");
}

#[test]
fn our_own_write_back_does_not_change_the_document() {
    let before = document(&order(), &rules());
    let mut after = order();
    after.tracking_code = "9400".into();
    after.carrier = "USPS".into();
    after.internal_comments = "[Shipbridge]\n2026-03-10 | USPS\n[/Shipbridge]".into();
    after.modified = now();
    assert_eq!(document(&after, &rules()), before);
}

#[test]
fn the_document_carries_what_the_packer_needs() {
    let mut order = order();
    order.voucher_code = "AUTUMN".into();
    order.lines[0].options = ["Red".into(), String::new(), "Large".into()];
    order.lines[0].product_option_id = Some(5);
    let option = ProductOption {
        id: 5,
        code: "RED".into(),
        barcode: String::new(),
        weight: Some(decimal("0.25")),
        image: String::new(),
    };
    let product = Product {
        id: 1,
        name: String::new(),
        weight: Some(decimal("1.5")),
        image: "https://img.example/1.png".into(),
        option_labels: ["Colour".into(), String::new(), String::new()],
        options: vec![option],
        other: std::collections::BTreeMap::new(),
        custom_fields: std::collections::BTreeMap::new(),
    };
    let document = document::translate(&order, &Catalogue::from([(1, product)]), &rules());
    assert_eq!(document.order_key, "sb-acme-123");
    assert_eq!(document.ship_to.state, "TAS");
    assert_eq!(document.ship_to.country, "AU");
    assert_eq!(document.ship_to.phone, "0400 000 000");
    assert_eq!(document.bill_to.name, "Mira Okafor");
    assert_eq!(document.store_id, Some(10));
    assert_eq!(document.status, ShippingStatus::AwaitingShipment);
    assert_eq!(document.custom_fields, ["123".to_owned(), String::new(), String::new()]);
    let red = &document.items[0];
    assert_eq!(red.line_key, "123:1");
    assert_eq!(
        red.options,
        [("Colour".to_owned(), "Red".to_owned()), ("Option 3".to_owned(), "Large".to_owned())]
    );
    assert_eq!(red.weight.unwrap().value, decimal("250"));
    assert_eq!(document.weight.unwrap().value, decimal("2000"), "2 x 250 g and 1 x 1,500 g");
    assert_eq!(red.image_url, "https://img.example/1.png");
}

#[test]
fn an_unknown_weight_is_left_out_rather_than_guessed() {
    assert_eq!(document(&order(), &rules()).weight, None);
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
    assert_eq!(judge(&order, &rules()).reading.intake, Intake::Refused);
}

#[test]
fn money_that_is_no_thing_becomes_adjustment_lines_with_their_names() {
    let mut order = order();
    let mut fee = line(3, "", "1", "2.50");
    fee.name = "Gift wrap".into();
    order.lines.push(fee);
    order.lines[0].discount = decimal("1.00");
    order.voucher_code = "AUTUMN".into();
    order.money.discount = decimal("5");
    order.money.surcharge = decimal("0.75");
    order.money.products = decimal("51.50");
    order.money.total = decimal("56.75");
    let document = document(&order, &rules());
    let adjustments: Vec<_> = document
        .items
        .iter()
        .filter(|item| item.adjustment)
        .map(|item| (item.name.as_str(), item.unit_price.to_string()))
        .collect();
    assert_eq!(
        adjustments,
        [
            ("Gift wrap", "2.5".to_owned()),
            ("Line discounts", "-1".to_owned()),
            ("Discount (AUTUMN)", "-5".to_owned()),
            ("Surcharge", "0.75".to_owned())
        ]
    );
}

#[test]
fn redacted_recipients_are_refused() {
    let mut order = order();
    order.delivery.first_name = "[Redacted]".into();
    order.delivery.last_name.clear();
    order.contact.email.clear();
    assert_eq!(judge(&order, &rules()).reading.intake, Intake::Refused);
}

fn sum(document: &ShippingOrder) -> Decimal {
    let items: Decimal =
        document.items.iter().map(|item| item.unit_price * Decimal::from(item.quantity)).sum();
    items + document.tax_amount + document.shipping_amount
}

fn cents() -> impl Strategy<Value = Decimal> {
    (0_i64..1_000_000).prop_map(|units| Decimal::new(units, 4))
}

fn arbitrary_order() -> impl Strategy<Value = SalesOrder> {
    let lines = prop::collection::vec((0_u32..6, cents(), cents(), any::<bool>(), "[A-Z]{0,3}"), 0..7);
    let taxes = prop::sample::select(vec![TaxStatus::Included, TaxStatus::Excluded, TaxStatus::Exempt]);
    (lines, cents(), cents(), cents(), cents(), taxes, ".{0,300}").prop_map(
        |(lines, freight, surcharge, discount, total, tax_status, name)| {
            let mut order = order();
            order.lines = lines
                .into_iter()
                .enumerate()
                .map(|(index, (quantity, price, discount, dispatched, code))| {
                    let mut line = line(i64::try_from(index).unwrap(), &code, "0", "0");
                    line.quantity = Decimal::from(quantity);
                    line.quantity_dispatched = if dispatched { line.quantity } else { Decimal::ZERO };
                    (line.unit_price, line.discount) = (price, discount);
                    line
                })
                .collect();
            (order.money.freight, order.money.surcharge) = (freight, surcharge);
            (order.money.discount, order.money.total) = (discount, total);
            order.money.tax_status = tax_status;
            order.delivery.first_name = name;
            order
        },
    )
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_000))]

    #[test]
    fn items_tax_and_shipping_add_up_to_the_cin7_total(order in arbitrary_order()) {
        let document = document(&order, &rules());
        let off = (sum(&document) - order.money.total).abs();
        prop_assert!(off < Decimal::new(5, 3) * Decimal::from(6), "{} is off by {off}", order.money.total);
        let rounded = |amount: Decimal| amount.round_dp(2);
        let balanced = document.items.iter().any(|item| item.name == "Other amounts of the order");
        if balanced {
            prop_assert_eq!(rounded(sum(&document)), rounded(order.money.total));
        }
    }

    #[test]
    fn every_dispatched_quantity_is_sent_once_and_no_text_is_over_its_limit(order in arbitrary_order()) {
        let document = document(&order, &rules());
        let dispatched: Decimal =
            order.lines.iter().filter(|line| !line.code.is_empty()).map(|line| line.quantity_dispatched).sum();
        let sent: u32 = document.dispatchable().map(|(_, quantity)| quantity).sum();
        prop_assert_eq!(dispatched, Decimal::from(sent));
        prop_assert!(document.ship_to.name.chars().count() <= 100);
        prop_assert!(document.items.iter().all(|item| item.name.chars().count() <= 200 && item.quantity > 0));
        prop_assert!(!document.ship_to.name.chars().any(char::is_control));
    }
}
