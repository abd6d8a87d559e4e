//! What every generated order must be, over thousands of them.

use std::collections::{BTreeMap, BTreeSet};

use super::*;
use crate::cin7::{Cin7, Cin7Settings, LineItem};

fn now() -> Timestamp {
    "2026-06-15T03:00:00Z".parse().unwrap()
}

fn orders(seed: u64, count: usize) -> Vec<Generated> {
    let mut generator = Generator::new(seed, now());
    let products = generator.catalogue();
    (0..count).map(|_| generator.order(&products)).collect()
}

fn days_old(order: &SalesOrder) -> i64 {
    let latest = order.created_date.into_iter().chain(order.estimated_delivery_date).max().unwrap();
    now().duration_since(latest).as_hours() / 24
}

fn named(order: &SalesOrder) -> bool {
    let names = [&order.delivery_first_name, &order.delivery_last_name, &order.delivery_company];
    names.into_iter().flatten().any(|name| name != "[Redacted]")
}

/// The rules that hold the order back once those in stage `New` have been picked.
fn held_by(order: &SalesOrder) -> Vec<&'static str> {
    let country = order.delivery_country.as_deref().unwrap_or_default().trim();
    let stock = order.line_items.iter().any(LineItem::is_stock);
    let rules = [
        ("approved", order.is_approved),
        ("not_void", !order.is_void),
        ("stage", order.stage.as_deref() == Some("New")),
        ("window", days_old(order) <= 60),
        ("country", !["", "-", "Atlantis", "TBC"].contains(&country)),
        ("address", named(order)),
        ("not_dispatched", order.dispatched_date.is_none()),
        ("qty_dispatch", stock),
    ];
    rules.into_iter().filter(|(_, passed)| !passed).map(|(rule, _)| rule).collect()
}

#[test]
fn the_same_seed_gives_the_same_orders_and_another_seed_does_not() {
    assert_eq!(orders(7, 120), orders(7, 120));
    assert_ne!(orders(7, 5), orders(8, 5));
}

#[test]
fn an_order_that_must_stay_is_held_by_its_rule_alone_and_the_others_by_none() {
    for generated in orders(1, 2_000) {
        let expected = match generated.expected {
            Expected::Ships => vec![],
            Expected::Stays(rule) => vec![rule],
        };
        assert_eq!(held_by(&generated.order), expected, "{:?}", generated.order);
    }
}

#[test]
fn every_fifty_orders_have_each_rule_once() {
    for seed in 0..20 {
        for block in orders(seed, 100).chunks(50) {
            let mut counts = BTreeMap::new();
            for generated in block {
                if let Expected::Stays(rule) = generated.expected {
                    *counts.entry(rule).or_insert(0) += 1;
                }
            }
            assert_eq!(counts, HELD.into_iter().map(|rule| (rule, 1)).collect(), "seed {seed}");
        }
    }
}

#[test]
fn totals_add_up_to_four_decimals_for_two_thousand_orders() {
    for Generated { order, .. } in orders(2, 2_000) {
        let lines: Decimal =
            order.line_items.iter().map(|line| line.qty * line.unit_price - line.discount).sum();
        let net = lines + order.freight_total + order.surcharge - order.discount_total;
        let tax = if order.tax_status == TaxStatus::Excl { net * order.tax_rate } else { Decimal::ZERO };
        assert_eq!(order.product_total, lines, "{}", order.reference);
        assert!((net + tax - order.total).abs() <= Decimal::new(5, 5), "{}", order.reference);
        assert!(order.total >= Decimal::ZERO && order.total.scale() <= 4, "{}", order.total);
    }
}

#[test]
fn references_and_line_ids_are_unique_and_components_follow_their_kit() {
    let orders = orders(3, 2_000);
    let references: BTreeSet<_> = orders.iter().map(|generated| &generated.order.reference).collect();
    assert_eq!(references.len(), orders.len());
    let mut lines = BTreeSet::new();
    for Generated { order, .. } in &orders {
        let own: BTreeSet<_> = order.line_items.iter().map(|line| line.id).collect();
        assert!(order.line_items.iter().all(|line| line.parent_id == 0 || own.contains(&line.parent_id)));
        assert!(order.line_items.iter().all(|line| lines.insert(line.id)));
        assert!((1..=6).contains(&order.line_items.iter().filter(|line| line.parent_id == 0).count()));
    }
}

#[test]
fn a_thousand_orders_hold_every_kind_of_oddity() {
    let all: Vec<SalesOrder> = orders(4, 1_000).into_iter().map(|generated| generated.order).collect();
    let lines: Vec<LineItem> = all.iter().flat_map(|order| order.line_items.clone()).collect();
    let old = |order: &SalesOrder| order.created_date.unwrap() < now() - SignedDuration::from_hours(24 * 64);
    let count = |what: &dyn Fn(&SalesOrder) -> bool| all.iter().filter(|order| what(order)).count();
    let count_lines = |what: &dyn Fn(&LineItem) -> bool| lines.iter().filter(|line| what(line)).count();
    for (what, found) in [
        ("no phone but a mobile", count(&|order| order.phone.is_none() && order.mobile.is_some())),
        ("no telephone at all", count(&|order| order.phone.is_none() && order.mobile.is_none())),
        ("no e-mail", count(&|order| order.email.is_none())),
        ("company without person", count(&|order| order.delivery_first_name.is_none())),
        ("surcharge", count(&|order| order.surcharge > Decimal::ZERO)),
        ("coupon", count(&|order| order.voucher_code.is_some())),
        ("exempt", count(&|order| order.tax_status == TaxStatus::Exempt)),
        ("tax inside", count(&|order| order.tax_status == TaxStatus::Incl)),
        ("tax on top", count(&|order| order.tax_status == TaxStatus::Excl)),
        ("old, but with an ETD", count(&|order| old(order) && order.estimated_delivery_date.is_some())),
        (
            "countries",
            all.iter().filter_map(|order| order.delivery_country.clone()).collect::<BTreeSet<_>>().len() / 25,
        ),
        ("component", count_lines(&|line| line.parent_id > 0)),
        ("fee", count_lines(&|line| line.code.is_none())),
        ("zeroed", count_lines(&|line| line.qty == Decimal::ZERO)),
        ("dozens", count_lines(&|line| line.uom_size > Decimal::ONE)),
        ("size run", count_lines(&|line| !line.sizes.is_empty())),
        ("line discount", count_lines(&|line| line.discount > Decimal::ZERO)),
        ("four decimals", count_lines(&|line| line.unit_price.scale() == 4)),
        (
            "code with spaces inside",
            count_lines(&|line| line.code.as_deref().is_some_and(|code| code.contains("  "))),
        ),
    ] {
        assert!(found > 0, "{what}");
    }
}

#[test]
fn the_catalogue_has_weights_in_every_place_and_codes_once() {
    let products = Generator::new(5, now()).catalogue();
    assert!((36..=44).contains(&products.len()));
    let options = || products.iter().flat_map(|product| &product.product_options);
    assert!(options().any(|option| option.option_weight.is_some()));
    assert!(products.iter().any(|product| product.weight > Decimal::ZERO));
    assert!(products.iter().any(|product| {
        product.weight.is_zero()
            && product.product_options.iter().all(|option| option.option_weight.is_none())
    }));
    assert!(products.iter().any(|product| product.images.is_empty()));
    assert_eq!(options().map(|option| &option.code).collect::<BTreeSet<_>>().len(), options().count());
}

#[test]
fn picking_fills_stock_lines_and_leaves_fees_and_zeroed_lines_at_zero() {
    let mut cin7 = Cin7::new(Cin7Settings::default());
    for Generated { order, expected } in orders(6, 50) {
        let id = cin7.add_order(order, now());
        assert!(cin7.set_stage(id, "Fully Picked", now()));
        let picked = cin7.order(id).unwrap();
        if expected != Expected::Stays("not_dispatched") {
            for line in &picked.line_items {
                assert_eq!(line.qty_shipped, if line.is_stock() { line.qty } else { Decimal::ZERO });
            }
        }
        let shipped: Decimal = picked.line_items.iter().map(|line| line.qty_shipped).sum();
        assert_eq!(shipped.is_zero(), expected == Expected::Stays("qty_dispatch"));
    }
}
