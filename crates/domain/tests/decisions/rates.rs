//! The rate calculator. Here is what its decisions are asked about: an order at a rating stage, its catalogue, quotes
//! and settings.

#[path = "rates/charged.rs"]
mod charged;
#[path = "rates/packed.rs"]
mod packed;
#[path = "rates/whose.rs"]
mod whose;

use std::collections::BTreeMap;

use domain::import::Catalogue;
use domain::product::{Product, ProductOption};
use domain::rates::RateQuote;
use domain::rates::freight::Case;
use domain::sales_order::SalesOrder;
use domain::settings::{Pricing, RateRules, Rules};
use rust_decimal::Decimal;

use crate::fixture::{decimal, order as picked_order, rules as base_rules};

type Change = fn(&mut SalesOrder);
type ChangeBoth = fn(&mut SalesOrder, &mut Rules);

fn case(order: &SalesOrder) -> Case<'_> {
    Case { order, written: None, attempt: None, asked: false }
}

fn quote(carrier: &str, service: &str, name: &str, cost: &str, other: &str) -> RateQuote {
    RateQuote {
        carrier: carrier.into(),
        service: service.into(),
        name: name.into(),
        shipment_cost: decimal(cost),
        other_cost: decimal(other),
        days: None,
    }
}

fn ground(cost: &str, other: &str) -> RateQuote {
    quote("ups", "ups_ground", "UPS Ground", cost, other)
}

fn pricing(percent: &str, fixed: &str) -> Pricing {
    Pricing { markup_percent: decimal(percent), markup_fixed: decimal(fixed), ..Pricing::default() }
}

/// An order at a rating stage, without freight.
fn order() -> SalesOrder {
    let mut order = picked_order();
    order.stage = "New".into();
    order.money.freight = Decimal::ZERO;
    order.freight_description = String::new();
    for line in &mut order.lines {
        line.quantity_dispatched = Decimal::ZERO;
    }
    order
}

fn rules() -> Rules {
    let mut rules = base_rules();
    rules.rates = RateRules {
        enabled: true,
        carriers: vec!["stamps_com".into(), "ups".into()],
        from_postal_code: "2000".into(),
        currency: "AUD".into(),
        ..RateRules::default()
    };
    rules
}

fn product(id: i64, weight: Option<&str>, options: Vec<(i64, &str, Option<&str>)>) -> Product {
    let option = |(id, code, weight): (i64, &str, Option<&str>)| ProductOption {
        id,
        code: code.into(),
        barcode: String::new(),
        weight: weight.map(decimal),
        image: String::new(),
    };
    Product {
        id,
        name: "Article".into(),
        weight: weight.map(decimal),
        image: String::new(),
        option_labels: Default::default(),
        options: options.into_iter().map(option).collect(),
        other: BTreeMap::new(),
        custom_fields: BTreeMap::new(),
    }
}

fn catalogue() -> Catalogue {
    let options = vec![(11, "RED", Some("0.25")), (12, "BLUE", None)];
    BTreeMap::from([(1, product(1, Some("1.5"), options))])
}
