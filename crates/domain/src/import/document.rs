//! The translation of a Cin7 order into ShipStation's document. Total: every order gives a document, and the
//! same order, products and rules always the same; whether it may be sent is for the rules to say.
//!
//! What may change without changing the document: the modified date, tracking, carrier and dates of dispatch
//! and invoice, our own block in the comments, and every field that the mapping does not name. The lines are
//! [`super::lines`]' business, what they cost [`super::amounts`]', and what they look like `items`'.

mod items;
mod limits;

use std::collections::BTreeSet;

use jiff::Timestamp;

use crate::address;
use crate::comments;
use crate::ids::order_key;
use crate::import::Catalogue;
use crate::import::Parts;
use crate::sales_order::SalesOrder;
use crate::settings::{Mapping, Outlet, Rules, TagRule};
use crate::shipping_order::{ServiceChoice, ShippingOrder, ShippingStatus};
use crate::text::{clean, clean_multiline, cut};

/// The document for an order.
pub fn translate(order: &SalesOrder, catalogue: &Catalogue, rules: &Rules) -> ShippingOrder {
    of(&Parts::of(order, rules), catalogue, rules)
}

/// The same for an order of which is known what its lines and amounts are.
pub(super) fn of(parts: &Parts<'_>, catalogue: &Catalogue, rules: &Rules) -> ShippingOrder {
    let Parts { order, picked, amounts } = parts;
    let (items, weight) = items::items(&picked.things, amounts, catalogue, rules);
    let country = address::country::code(&order.delivery.country).unwrap_or_default();
    let bill_to = address::bill_to(order);
    let email = email(order);
    ShippingOrder {
        order_key: order_key(&rules.connection, order.id),
        order_number: order_number(order),
        order_date: order.created.or(order.estimated_delivery).unwrap_or(Timestamp::UNIX_EPOCH),
        status: status(order, &rules.mapping),
        customer_username: username(order, &email, &bill_to.name),
        customer_email: email,
        bill_to,
        ship_to: address::ship_to(order, country),
        items,
        amount_paid: amounts.total,
        tax_amount: amounts.tax,
        shipping_amount: amounts.shipping,
        customer_notes: cut(&clean_multiline(&order.delivery_instructions), limits::NOTES),
        internal_notes: internal_notes(order),
        payment_method: short(&order.payment_terms, limits::PAYMENT_METHOD),
        requested_service: short(&order.freight_description, limits::REQUESTED_SERVICE),
        weight,
        store_id: store(order, rules),
        custom_fields: custom_fields(order, rules),
        gift: order.field(&rules.mapping.gift).is_some_and(|value| is_truthy(&value)),
        source: short(&order.source, limits::SOURCE),
        replaces: None,
        service: service(order, &rules.mapping),
        tags: tags(order, rules),
        currency: currency(order, rules),
    }
}

fn short(text: &str, max: usize) -> String {
    cut(&clean(text), max)
}

fn order_number(order: &SalesOrder) -> String {
    let number = short(&order.reference, limits::ORDER_NUMBER);
    if number.is_empty() { order.id.to_string() } else { number }
}

/// The order's e-mail, else its customer's. One that is blanked out, or too long to be sent whole, is none: a
/// part of an address is another address.
fn email(order: &SalesOrder) -> String {
    let candidates = [&order.contact.email, &order.contact.member_email].map(|email| clean(email));
    let sendable = |email: &String| {
        !email.is_empty() && !address::is_redacted(email) && email.chars().count() <= limits::EMAIL
    };
    candidates.into_iter().find(sendable).unwrap_or_default()
}

/// What ShipStation tells customers apart by: the e-mail, else the customer's id, else the name.
fn username(order: &SalesOrder, email: &str, name: &str) -> String {
    let fits = |text: &str| !text.is_empty() && text.chars().count() <= limits::USERNAME;
    let member = order.field("member_id").filter(|id| id != "0");
    let by_id = if fits(email) { Some(email.to_owned()) } else { member.filter(|id| fits(id)) };
    by_id.unwrap_or_else(|| cut(name, limits::USERNAME))
}

fn internal_notes(order: &SalesOrder) -> String {
    cut(&clean_multiline(&comments::without_block(&order.internal_comments)), limits::NOTES)
}

fn status(order: &SalesOrder, mapping: &Mapping) -> ShippingStatus {
    let stage = order.stage.trim().to_lowercase();
    mapping.order_status.get(&stage).copied().unwrap_or(ShippingStatus::AwaitingShipment)
}

fn store(order: &SalesOrder, rules: &Rules) -> Option<i64> {
    let by_branch = order.branch_id.and_then(|branch| rules.stores_by_branch.get(&branch));
    by_branch.copied().or(rules.store_id)
}

/// The mapped fields; the Cin7 id goes to the first field that is not mapped, where people find it.
fn custom_fields(order: &SalesOrder, rules: &Rules) -> [String; 3] {
    let mut id = Some(order.id.to_string());
    rules.mapping.custom_fields.each_ref().map(|name| {
        let value = if name.is_empty() { id.take() } else { field(order, name, rules) };
        short(&value.unwrap_or_default(), limits::CUSTOM_FIELD)
    })
}

/// A field by its name in the mapping. An order that names no currency is in the account's.
fn field(order: &SalesOrder, name: &str, rules: &Rules) -> Option<String> {
    order.field(name).or_else(|| (name == "currency_code").then(|| rules.currency.clone()))
}

/// The order's currency, else the account's, for the outlet that has a field for it.
fn currency(order: &SalesOrder, rules: &Rules) -> String {
    let named = if order.money.currency.trim().is_empty() { &rules.currency } else { &order.money.currency };
    match rules.outlet {
        Outlet::Api => String::new(),
        Outlet::CustomStore => clean(named).to_uppercase(),
    }
}

/// Carrier and service of the requested method, where it is mapped; an unmapped one stays text.
fn service(order: &SalesOrder, mapping: &Mapping) -> Option<ServiceChoice> {
    mapping.services.get(&order.freight_description.trim().to_lowercase()).cloned()
}

fn tags(order: &SalesOrder, rules: &Rules) -> Vec<i64> {
    let applies = |rule: &&TagRule| {
        field(order, &rule.field, rules).is_some_and(|value| match &rule.equals {
            Some(wanted) => value.trim().to_lowercase() == *wanted,
            None => is_truthy(&value),
        })
    };
    let tags: BTreeSet<i64> = rules.mapping.tags.iter().filter(applies).map(|rule| rule.tag).collect();
    tags.into_iter().collect()
}

fn is_truthy(value: &str) -> bool {
    ["true", "yes", "y", "1", "on"].contains(&value.trim().to_lowercase().as_str())
}
