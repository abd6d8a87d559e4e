//! An order that every rule lets through, and rules to go with it. Tests change what they are about.

use std::collections::BTreeMap;

use domain::ids::OrderId;
use domain::import::{Parts, rules as table};
use domain::rule::{RuleId, Verdict};
use domain::sales_order::{Contact, Money, OrderLine, PostalAddress, SalesOrder, TaxStatus};
use domain::settings::{
    DispatchWhen, ImportRules, Kits, Mapping, Outlet, RateRules, Rules, Target, Writeback,
};
use domain::weight::WeightUnit;
use jiff::Timestamp;
use jiff::tz::TimeZone;
use rust_decimal::Decimal;

pub(crate) fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}

pub(crate) fn decimal(text: &str) -> Decimal {
    text.parse().unwrap()
}

/// The instant at which the tests decide: a Tuesday noon in Sydney.
pub(crate) fn now() -> Timestamp {
    at("2026-03-10T01:00:00Z")
}

pub(crate) fn rules() -> Rules {
    Rules {
        connection: "acme".parse().unwrap(),
        outlet: Outlet::Api,
        time_zone: TimeZone::get("Australia/Sydney").unwrap(),
        weight_unit: WeightUnit::Kilograms,
        currency: "AUD".into(),
        store_id: Some(10),
        stores_by_branch: BTreeMap::from([(7, 70)]),
        import: ImportRules {
            stages: vec!["Fully Picked".into()],
            window_days: 60,
            branches: vec![],
            require_qty_dispatch: true,
            kits: Kits::Parents,
            ..ImportRules::default()
        },
        mapping: Mapping::default(),
        writeback: Writeback {
            stage: "Dispatched".into(),
            dispatch: DispatchWhen::Complete,
            invoice: false,
            carrier_names: BTreeMap::new(),
            carrier_fee: Target::InternalComments,
            service: Target::InternalComments,
            notes_to_buyer: Target::InternalComments,
            cartons: false,
        },
        rates: RateRules::default(),
    }
}

pub(crate) fn line(id: i64, code: &str, quantity: &str, unit_price: &str) -> OrderLine {
    OrderLine {
        id,
        parent_id: None,
        product_id: Some(1),
        product_option_id: None,
        code: code.into(),
        name: format!("Article {code}"),
        options: Default::default(),
        barcode: String::new(),
        quantity: decimal(quantity),
        quantity_dispatched: decimal(quantity),
        unit_price: decimal(unit_price),
        discount: Decimal::ZERO,
        is_labour: false,
        sizes: vec![],
    }
}

pub(crate) fn order() -> SalesOrder {
    SalesOrder {
        id: OrderId(123),
        reference: "SO-123".into(),
        created: Some(at("2026-03-01T02:00:00Z")),
        modified: at("2026-03-10T00:59:00Z"),
        approved: true,
        void: false,
        stage: "Fully Picked".into(),
        branch_id: Some(3),
        source: String::new(),
        estimated_delivery: None,
        dispatched: None,
        invoiced: None,
        contact: Contact {
            email: "mira@example.com".into(),
            mobile: "0400 000 000".into(),
            ..Contact::default()
        },
        delivery: PostalAddress {
            first_name: "Mira".into(),
            last_name: "Okafor".into(),
            address1: "1 Test Lane".into(),
            city: "Hobart".into(),
            state: "Tasmania".into(),
            postal_code: "7000".into(),
            country: "Australia".into(),
            ..PostalAddress::default()
        },
        billing: PostalAddress::default(),
        money: Money {
            currency: "AUD".into(),
            products: decimal("50.00"),
            freight: decimal("9.50"),
            surcharge: Decimal::ZERO,
            surcharge_description: String::new(),
            discount: Decimal::ZERO,
            discount_description: String::new(),
            total: decimal("59.50"),
            tax_status: TaxStatus::Included,
        },
        freight_description: "Express".into(),
        payment_terms: String::new(),
        voucher_code: String::new(),
        delivery_instructions: String::new(),
        internal_comments: String::new(),
        tracking_code: String::new(),
        carrier: String::new(),
        other: BTreeMap::new(),
        custom_fields: BTreeMap::new(),
        lines: vec![line(1, "RED", "2", "10.00"), line(2, "BLUE", "1", "30.00")],
    }
}

/// What a rule that looks at the order alone says of it.
pub(crate) fn verdict(order: &SalesOrder, rules: &Rules, rule: RuleId) -> Verdict {
    let verdicts = table::verdicts(&Parts::of(order, rules), rules, now());
    verdicts.into_iter().find(|verdict| verdict.rule == rule).unwrap()
}
