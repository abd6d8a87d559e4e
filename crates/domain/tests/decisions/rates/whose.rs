//! Whose freight it is, and what is written of ours.

use domain::rates::choice;
use domain::rates::freight::{Case, Memory, Standing, Wanted, basis, goods, other_currency, standing};
use domain::sales_order::SalesOrder;
use rust_decimal::Decimal;

use super::{Change, ChangeBoth, case, ground, order, quote, rules};
use crate::fixture::decimal;

#[test]
fn products_after_discounts_decide_whether_shipping_is_free() {
    let mut order = order();
    order.money.discount = decimal("5");
    assert_eq!(goods(&order), decimal("45.00"));
    order.money.products = Decimal::ZERO;
    order.lines[0].discount = decimal("1");
    assert_eq!(goods(&order), decimal("44.00"), "without a product total its lines' counts");
}

#[test]
fn an_order_in_another_currency_is_not_charged_what_carriers_ask() {
    let (mut order, rules) = (order(), rules());
    assert_eq!(other_currency(&order, &rules), None);
    order.money.currency = String::new();
    assert_eq!(other_currency(&order, &rules), None, "it is in the account's");
    order.money.currency = "USD".into();
    let told = other_currency(&order, &rules).unwrap();
    assert_eq!(told, "the order is in USD and carriers' prices are in AUD: nothing is converted");
}

/// What is remembered of a write of this charge to an order.
fn written(order: &SalesOrder, charge: &str) -> Memory {
    Memory {
        total: decimal(charge),
        description: "UPS Ground".into(),
        theirs: false,
        basis: basis(order, &rules().rates),
    }
}

fn shows(order: &mut SalesOrder, total: &str, description: &str) {
    (order.money.freight, order.freight_description) = (decimal(total), description.into());
}

#[test]
fn only_open_orders_at_a_rating_stage_get_freight() {
    let mut rules = rules();
    rules.import.branches = vec![3];
    for (change, reason) in [
        ((|_, rules| rules.rates.enabled = false) as ChangeBoth, "rates are not enabled"),
        (|order, _| order.stage = "Fully Picked".into(), "not at a rating stage"),
        (|order, _| order.void = true, "void"),
        (|order, _| order.approved = false, "a draft"),
        (|order, _| order.dispatched = Some(order.modified), "dispatched"),
        (|order, _| order.invoiced = Some(order.modified), "invoiced"),
        (|order, _| order.branch_id = Some(4), "of another branch"),
        (|order, _| order.branch_id = None, "of another branch"),
    ] {
        let (mut order, mut rules) = (order(), rules.clone());
        change(&mut order, &mut rules);
        let case = Case { order: &order, written: None, attempt: None, asked: true };
        assert_eq!(standing(case, &rules), Standing::NotNow(reason));
    }
    let mut order = order();
    order.stage = " processing ".into();
    let case = Case { order: &order, written: None, attempt: None, asked: false };
    assert_eq!(standing(case, &rules), Standing::Wanted(Wanted::First));
}

#[test]
fn what_a_person_has_typed_is_theirs_and_what_we_wrote_is_ours_while_nobody_touches_it() {
    let (first, changed) = (Standing::Wanted(Wanted::First), Standing::Wanted(Wanted::Changed));
    let theirs = |text: &str| Standing::Theirs(text.to_owned());
    for (shown, known, asked, edited, expected) in [
        (("0", ""), false, false, false, first.clone()),
        (("12", ""), false, false, false, theirs("12.00")),
        (("12", "Express"), false, true, true, theirs("12.00 `Express`")),
        // Described by a channel: shipping is free there for a reason.
        (("0", "Free Shipping"), false, false, false, theirs("`Free Shipping`")),
        (("9.50", "UPS Ground"), true, false, false, Standing::Unchanged),
        (("9.5", " UPS Ground "), true, true, false, Standing::Unchanged),
        (("9.50", "UPS Ground"), true, false, true, changed),
        (("9.51", "UPS Ground"), true, true, true, theirs("9.51 `UPS Ground`")),
        (("9.50", "Courier"), true, false, true, theirs("9.50 `Courier`")),
        (("0", ""), true, false, true, theirs("emptied")),
        // Unless a person asks for this order.
        (("0", ""), true, true, true, first.clone()),
    ] {
        let mut order = order();
        let memory = known.then(|| written(&order, "9.50"));
        shows(&mut order, shown.0, shown.1);
        if edited {
            order.lines[0].quantity = decimal("5");
        }
        let case = Case { order: &order, written: memory.as_ref(), attempt: None, asked };
        assert_eq!(
            standing(case, &rules()),
            expected,
            "{shown:?} known {known} asked {asked} edited {edited}"
        );
    }
}

#[test]
fn a_write_that_nobody_recorded_is_known_by_what_was_attempted() {
    let mut order = order();
    let (recorded, attempt) = (written(&order, "9.50"), written(&order, "11.00"));
    shows(&mut order, "11", "UPS Ground");
    let case = Case { order: &order, written: Some(&recorded), attempt: Some(&attempt), asked: false };
    assert_eq!(standing(case, &rules()), Standing::Unchanged);
    assert_eq!(
        standing(Case { attempt: None, ..case }, &rules()),
        Standing::Theirs("11.00 `UPS Ground`".into())
    );
}

#[test]
fn a_quote_goes_by_lines_address_branch_and_threshold_alone() {
    let mut rates = rules().rates;
    rates.pricing.free_over = decimal("60");
    let before = basis(&order(), &rates);
    let matters: [Change; 8] = [
        |order| order.lines[0].quantity = decimal("3"),
        |order| order.lines[0].code = "GREEN".into(),
        |order| _ = order.lines.pop(),
        |order| order.delivery.postal_code = "7001".into(),
        |order| order.delivery.country = "New Zealand".into(),
        |order| order.delivery.company = "Acme".into(),
        |order| order.branch_id = Some(9),
        |order| order.money.products = decimal("60"),
    ];
    for (index, change) in matters.into_iter().enumerate() {
        let mut order = order();
        change(&mut order);
        assert_ne!(basis(&order, &rates), before, "change {index}");
    }
    let does_not: [Change; 5] = [
        |order| order.internal_comments = "call first".into(),
        |order| order.money.freight = decimal("12"),
        |order| order.freight_description = "UPS Ground".into(),
        |order| order.lines[0].quantity = decimal("2.00"),
        |order| order.money.products = decimal("59.99"),
    ];
    for (index, change) in does_not.into_iter().enumerate() {
        let mut order = order();
        change(&mut order);
        assert_eq!(basis(&order, &rates), before, "change {index}");
    }
}

#[test]
fn a_patch_has_both_fields_where_both_differ_and_somebody_elses_description_stays() {
    let (rules, mut order) = (rules(), order());
    let sheet = choice::sheet(&[ground("8.25", "0.33")], None, Vec::new(), &rules.rates);
    let chosen = sheet.chosen.unwrap();
    let memory = Memory::of(case(&order), &chosen, &rules.rates);
    let patch = memory.patch(&order);
    assert_eq!(
        (patch.freight_total, patch.freight_description.as_deref()),
        (Some(decimal("8.58")), Some("UPS Ground"))
    );
    shows(&mut order, "8.58", "UPS Ground");
    assert!(memory.is_shown(&order) && memory.patch(&order).is_empty());
    // Ours, and quoted again: the description follows.
    let again = Case { written: Some(&memory), ..case(&order) };
    let dearer =
        choice::sheet(&[quote("ups", "ups_saver", "UPS Saver", "9", "0")], None, Vec::new(), &rules.rates);
    let next = Memory::of(again, &dearer.chosen.unwrap(), &rules.rates);
    assert_eq!((next.total, next.description.as_str(), next.theirs), (decimal("9"), "UPS Saver", false));
    // Described by a channel, and rated beside that.
    shows(&mut order, "0", "Road Freight");
    let beside = Memory::of(case(&order), &chosen, &rules.rates);
    assert_eq!((beside.description.as_str(), beside.theirs), ("Road Freight", true));
    assert_eq!(beside.patch(&order).freight_description, None);
    shows(&mut order, "8.58", "Road Freight");
    let again = Memory::of(Case { written: Some(&beside), ..case(&order) }, &chosen, &rules.rates);
    assert!(again.theirs, "it stays somebody else's the next time, too");
}

#[test]
fn an_order_whose_freight_is_described_gets_an_amount_where_the_settings_say_so() {
    let mut rules = rules();
    rules.rates.described = true;
    let mut order = order();
    shows(&mut order, "0", "Road Freight");
    let case = Case { order: &order, written: None, attempt: None, asked: false };
    assert_eq!(standing(case, &rules), Standing::Wanted(Wanted::First));
}

#[test]
fn what_was_written_keeps_its_stored_form() {
    let memory = Memory { basis: domain::effect::Fingerprint::of(&1), ..written(&order(), "9.50") };
    let stored = format!(
        r#"{{"total":"9.50","description":"UPS Ground","basis":"{}"}}"#,
        domain::effect::Fingerprint::of(&1).as_str()
    );
    assert_eq!(serde_json::to_string(&memory).unwrap(), stored);
    assert_eq!(serde_json::from_str::<Memory>(&stored).unwrap(), memory);
    let theirs = Memory { theirs: true, ..memory };
    let stored = serde_json::to_string(&theirs).unwrap();
    assert!(stored.contains(r#""theirs":true"#), "{stored}");
    assert_eq!(serde_json::from_str::<Memory>(&stored).unwrap(), theirs);
}
