//! PUT and POST of sales orders, record by record: each succeeds or fails on its own, in the order sent, and
//! a record that fails leaves its order as it was. Merging of values lives in `merge`.

use std::collections::BTreeSet;

use jiff::Timestamp;
use rust_decimal::Decimal;
use serde::Serialize;
use serde_json::{Map, Value};

use super::account::Account;
use super::columns::{LINE_ITEM, SALES_ORDER};
use super::dates;
use super::merge::{self, Occasion, sent};
use super::sales_order::{LineItem, SalesOrder};

/// The fields that move the order's sums.
const AMOUNTS: &[&str] = &["freightTotal", "surcharge", "discountTotal", "taxStatus", "taxRate"];

/// What the API says of one record of a write. The answer's HTTP status is 200 all the same.
#[derive(Debug, Serialize, PartialEq, Eq)]
pub(crate) struct Outcome {
    pub(crate) index: usize,
    pub(crate) success: bool,
    pub(crate) id: i64,
    pub(crate) code: String,
    pub(crate) errors: Vec<String>,
}

impl Outcome {
    /// The only record of a write, which was taken.
    pub(crate) fn success(id: i64, code: &str) -> Self {
        Self::new(0, Ok((id, code.to_owned())))
    }

    fn new(index: usize, result: Result<(i64, String), Vec<String>>) -> Self {
        match result {
            Ok((id, code)) => Self { index, success: true, id, code, errors: Vec::new() },
            Err(errors) => Self { index, success: false, id: 0, code: String::new(), errors },
        }
    }
}

/// Changes orders.
pub(crate) fn update(account: &mut Account, records: &[Map<String, Value>], now: Timestamp) -> Vec<Outcome> {
    let each = records.iter().enumerate();
    each.map(|(index, record)| Outcome::new(index, update_one(account, record, now))).collect()
}

/// Makes orders.
pub(crate) fn create(account: &mut Account, records: &[Map<String, Value>], now: Timestamp) -> Vec<Outcome> {
    let each = records.iter().enumerate();
    each.map(|(index, record)| Outcome::new(index, create_one(account, record, now))).collect()
}

fn update_one(
    account: &mut Account,
    record: &Map<String, Value>,
    now: Timestamp,
) -> Result<(i64, String), Vec<String>> {
    let id = sent(record, "id").and_then(Value::as_i64).ok_or_else(|| one("The field id is required."))?;
    let (Some(before), Some(wire)) = (account.orders.get(id).cloned(), account.orders.wire(id).cloned())
    else {
        return Err(one(format!("The sales order {id} was not found.")));
    };
    let (mut after, written) = merged(wire, record, Occasion::Update)?;
    check(account, &before, &after).map_err(one)?;
    take_effect(account, &before, &mut after, &written, now);
    let reference = after.reference.clone();
    account.save(after, now);
    Ok((id, reference))
}

fn create_one(
    account: &mut Account,
    record: &Map<String, Value>,
    now: Timestamp,
) -> Result<(i64, String), Vec<String>> {
    let blank = account.blank_order();
    let Ok(Value::Object(wire)) = serde_json::to_value(&blank) else {
        return Err(one("An unexpected error occurred."));
    };
    let (mut order, written) = merged(wire, record, Occasion::Create)?;
    if order.reference.trim().is_empty() {
        order.reference = format!("SO-{}", order.id);
    }
    check(account, &blank, &order).map_err(one)?;
    take_effect(account, &blank, &mut order, &written, now);
    order.settle_totals();
    link_products(account, &mut order);
    let reference = order.reference.clone();
    Ok((account.insert(order, now), reference))
}

/// The order after the merge, and the names of the header fields and `lineItems` that were written.
fn merged(
    mut wire: Map<String, Value>,
    record: &Map<String, Value>,
    occasion: Occasion,
) -> Result<(SalesOrder, BTreeSet<&'static str>), Vec<String>> {
    let mut written = merge::scalars(&mut wire, record, SALES_ORDER, occasion)?;
    merge::custom_fields(&mut wire, record).map_err(one)?;
    if merge_lines(&mut wire, record)? {
        written.insert("lineItems");
    }
    let mut order: SalesOrder =
        serde_json::from_value(Value::Object(wire)).map_err(|error| one(error.to_string()))?;
    // 8.75 and 0.0875 are both in use for writing; what is stored and shown is the fraction.
    if order.tax_rate >= Decimal::ONE {
        order.tax_rate /= Decimal::ONE_HUNDRED;
    }
    Ok((order, written))
}

/// Merges lines by their id; a line without one is new. Lines that are not named stay.
fn merge_lines(wire: &mut Map<String, Value>, record: &Map<String, Value>) -> Result<bool, Vec<String>> {
    let sent_lines = match sent(record, "lineItems") {
        None | Some(Value::Null) => return Ok(false),
        Some(Value::Array(lines)) => lines,
        Some(_) => return Err(one("The field lineItems must be an array.")),
    };
    let Some(Value::Array(lines)) = wire.get_mut("lineItems") else { return Ok(false) };
    for sent_line in sent_lines {
        let Value::Object(changes) = sent_line else { return Err(one("Every line item must be an object.")) };
        let id = sent(changes, "id").and_then(Value::as_i64).unwrap_or_default();
        if id == 0 {
            lines.push(Value::Object(new_line(changes, lines.len())?));
            continue;
        }
        let line =
            lines.iter_mut().filter_map(Value::as_object_mut).find(|line| line.get("id") == Some(&id.into()));
        let line =
            line.ok_or_else(|| one(format!("The line item {id} was not found on this sales order.")))?;
        let written = merge::scalars(line, changes, LINE_ITEM, Occasion::Update)?;
        settle_quantity(line, &written);
    }
    Ok(!sent_lines.is_empty())
}

fn new_line(changes: &Map<String, Value>, sort: usize) -> Result<Map<String, Value>, Vec<String>> {
    let blank = LineItem {
        sort: i64::try_from(sort + 1).unwrap_or(i64::MAX),
        uom_size: Decimal::ONE,
        stock_control: Some("FIFO".to_owned()),
        ..LineItem::default()
    };
    let Ok(Value::Object(mut line)) = serde_json::to_value(blank) else {
        return Err(one("An unexpected error occurred."));
    };
    let written = merge::scalars(&mut line, changes, LINE_ITEM, Occasion::Create)?;
    if !["code", "name", "productOptionId"].iter().any(|name| written.contains(name)) {
        return Err(one("A line item needs a code, a name or a productOptionId."));
    }
    settle_quantity(&mut line, &written);
    Ok(line)
}

/// Keeps base units and units of measure together, whichever of the two was sent.
fn settle_quantity(line: &mut Map<String, Value>, written: &BTreeSet<&'static str>) {
    let number = |name: &str| line.get(name).and_then(Value::as_f64).unwrap_or_default();
    let size = number("uomSize").max(1.0);
    match (written.contains("qty"), written.contains("uomQtyOrdered")) {
        (true, false) => line.insert("uomQtyOrdered".to_owned(), (number("qty") / size).into()),
        (false, true) => line.insert("qty".to_owned(), (number("uomQtyOrdered") * size).into()),
        _ => None,
    };
}

/// The rules that look at the whole order.
fn check(account: &Account, before: &SalesOrder, after: &SalesOrder) -> Result<(), String> {
    if before.is_void && !after.is_void {
        return Err("A void sales order cannot be restored through the API.".to_owned());
    }
    if before.dispatched_date.is_some() && before.branch_id != after.branch_id {
        return Err("The branch cannot be changed once the sales order has been dispatched.".to_owned());
    }
    if after.reference.trim().is_empty() {
        return Err("The field reference cannot be empty.".to_owned());
    }
    if before.reference != after.reference && account.reference_taken(&after.reference, after.id) {
        return Err(format!("The reference '{}' is already in use.", after.reference));
    }
    Ok(())
}

/// What follows from the fields that were written.
fn take_effect(
    account: &mut Account,
    before: &SalesOrder,
    after: &mut SalesOrder,
    written: &BTreeSet<&'static str>,
    now: Timestamp,
) {
    if after.is_void && !before.is_void {
        after.cancellation_date = Some(dates::whole_seconds(now));
    }
    if written.contains("dispatchedDate") && after.dispatched_date.is_some() {
        after.dispatch();
    }
    if after.invoice_date.is_some() && after.invoice_number.is_none() {
        after.invoice_number = Some(account.invoice_number());
    }
    if written.contains("lineItems") {
        link_products(account, after);
    }
    if written.contains("lineItems") || AMOUNTS.iter().any(|name| written.contains(name)) {
        after.settle_totals();
    }
}

/// Gives new lines the product that their code or option names.
fn link_products(account: &Account, order: &mut SalesOrder) {
    for line in order.line_items.iter_mut().filter(|line| line.product_id == 0) {
        let code = line.code.as_deref().unwrap_or_default();
        let named =
            |id: i64, other: &str| id == line.product_option_id || (!code.is_empty() && other == code);
        let Some(option) = account.options.iter().find(|option| named(option.id, &option.code)) else {
            continue;
        };
        let product = account.products.get(option.product_id);
        line.product_id = option.product_id;
        line.product_option_id = option.id;
        line.code = Some(option.code.clone());
        line.name = line.name.take().or_else(|| product.map(|product| product.name.clone()));
    }
}

fn one(error: impl Into<String>) -> Vec<String> {
    vec![error.into()]
}
