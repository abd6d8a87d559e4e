//! Shipments back: from the set of an order's shipments to what Cin7 shall show. Pure: the same order, set
//! and policy always give the same plan, whichever notifications arrived and in which order.

pub mod release;

use std::collections::BTreeMap;

use jiff::Timestamp;
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

use crate::carrier;
use crate::comments;
use crate::patch::OrderPatch;
use crate::record::Progress;
use crate::sales_order::SalesOrder;
use crate::settings::{DispatchWhen, Rules, Target, Writeback};
use crate::shipment::{Shipment, ShipmentSet};
use crate::shipping_order::ShippingOrder;

/// Longest `trackingCode` (Cin7 spec).
const TRACKING_MAX: usize = 50;

/// What Cin7 shall show of an order's shipments. Its fingerprint tells whether that was written before; it is
/// kept as the note of the write, so that later a person's changes can be told from ours.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Desired {
    /// The live tracking numbers, newest first, as many as fit.
    pub tracking_code: String,
    /// The carrier of the newest live shipment; empty when there is none.
    pub carrier: String,
    /// The lines of our block in the comments.
    pub block: String,
    /// Custom fields that are ours.
    pub custom_fields: BTreeMap<String, String>,
    /// When the order counts as dispatched; `None` while it does not.
    pub dispatched: Option<Timestamp>,
}

/// The plan for one order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Plan {
    /// What Cin7 shall show.
    pub desired: Desired,
    /// The difference between that and what it shows.
    pub patch: OrderPatch,
    /// How far the order is while the patch is not written.
    pub before: Progress,
    /// How far it is once the patch is written, or when there is nothing to write.
    pub after: Progress,
}

/// One order with everything that decides about its write-back.
#[derive(Debug, Clone, Copy)]
pub struct Case<'a> {
    /// The Cin7 order as just read.
    pub order: &'a SalesOrder,
    /// What we sent to ShipStation.
    pub document: &'a ShippingOrder,
    /// Its shipments.
    pub set: &'a ShipmentSet,
    /// What we last wrote.
    pub written: Option<&'a Desired>,
}

/// Plans the write-back of one order.
pub fn plan(case: Case<'_>, rules: &Rules, now: Timestamp) -> Plan {
    let policy = &rules.writeback;
    let live = case.set.live_newest_first();
    let due = is_due(case.document, &live, policy.dispatch);
    let desired = desired(&live, due, rules, now);
    let patch = patch(case, &desired, policy);
    let (before, after) = progress(case.order.void, case.order.dispatched.is_some(), &live, due);
    Plan { desired, patch, before, after }
}

/// Whether every dispatchable quantity is covered by live shipments. A shipment that does not say what is in
/// it covers what is left.
pub fn is_complete(document: &ShippingOrder, live: &[&Shipment]) -> bool {
    if live.iter().any(|shipment| shipment.items.is_none()) {
        return true;
    }
    let mut shipped: BTreeMap<&str, u64> = BTreeMap::new();
    for item in live.iter().filter_map(|shipment| shipment.items.as_ref()).flatten() {
        *shipped.entry(&item.line_key).or_default() += u64::from(item.quantity);
    }
    let covered =
        |(key, quantity): (&str, u32)| shipped.get(key).is_some_and(|sum| *sum >= u64::from(quantity));
    !live.is_empty() && document.dispatchable().all(covered)
}

fn is_due(document: &ShippingOrder, live: &[&Shipment], when: DispatchWhen) -> bool {
    match when {
        DispatchWhen::Complete => is_complete(document, live),
        DispatchWhen::FirstShipment => !live.is_empty(),
    }
}

fn progress(void: bool, dispatched: bool, live: &[&Shipment], due: bool) -> (Progress, Progress) {
    if void && !live.is_empty() {
        return (Progress::Review, Progress::Review);
    }
    match (dispatched, live.is_empty(), due) {
        (true, _, true) => (Progress::Dispatched, Progress::Dispatched),
        // Cin7 cannot take a dispatch back: a void after it is for a person.
        (true, _, false) => (Progress::Review, Progress::Review),
        (false, true, _) => (Progress::Nothing, Progress::Nothing),
        (false, false, true) => (Progress::Shipped, Progress::Dispatched),
        (false, false, false) => (Progress::Partly, Progress::Partly),
    }
}

fn desired(live: &[&Shipment], due: bool, rules: &Rules, now: Timestamp) -> Desired {
    let policy = &rules.writeback;
    let newest = live.first();
    let mut custom_fields = BTreeMap::new();
    if let Target::CustomField(name) = &policy.carrier_fee {
        let fee = live.iter().fold(Decimal::ZERO, |sum, shipment| sum.saturating_add(shipment.cost));
        let text = if live.is_empty() { String::new() } else { fee.normalize().to_string() };
        custom_fields.insert(name.clone(), text);
    }
    if let Target::CustomField(name) = &policy.service {
        custom_fields
            .insert(name.clone(), newest.map(|shipment| shipment.service.clone()).unwrap_or_default());
    }
    Desired {
        tracking_code: tracking_code(live),
        carrier: newest
            .map(|shipment| carrier::name(&shipment.carrier, &policy.carrier_names))
            .unwrap_or_default(),
        block: block(live, rules),
        custom_fields,
        dispatched: due.then(|| shipped_at(live).unwrap_or_else(|| whole_second(now))),
    }
}

/// The instant of the newest live shipment, in the whole seconds that Cin7 keeps: the same set, the same
/// instant, however often it is computed.
fn shipped_at(live: &[&Shipment]) -> Option<Timestamp> {
    live.iter().filter_map(|shipment| shipment.created).max().map(whole_second)
}

fn whole_second(at: Timestamp) -> Timestamp {
    Timestamp::from_second(at.as_second()).unwrap_or(at)
}

/// As many numbers as fit, newest first, none of them cut.
fn tracking_code(live: &[&Shipment]) -> String {
    let mut code = String::new();
    for number in distinct_numbers(live) {
        let separator = if code.is_empty() { "" } else { ", " };
        if code.chars().count() + separator.len() + number.chars().count() > TRACKING_MAX {
            break;
        }
        code.push_str(separator);
        code.push_str(number);
    }
    code
}

fn distinct_numbers<'a>(live: &[&'a Shipment]) -> Vec<&'a str> {
    let mut numbers: Vec<&str> = Vec::new();
    for shipment in live.iter().filter(|shipment| !shipment.tracking.is_empty()) {
        if !numbers.contains(&shipment.tracking.as_str()) {
            numbers.push(&shipment.tracking);
        }
    }
    numbers
}

/// A line per live shipment: ship date, carrier, service, tracking number, fee with its currency.
fn block(live: &[&Shipment], rules: &Rules) -> String {
    let policy = &rules.writeback;
    let line = |shipment: &&Shipment| {
        let service = (policy.service == Target::InternalComments).then(|| shipment.service.clone());
        let fee = (policy.carrier_fee == Target::InternalComments && !shipment.cost.is_zero())
            .then(|| format!("{} {}", shipment.cost.normalize(), rules.currency));
        let parts = [
            shipment.ship_date.map(|date| date.to_string()),
            Some(carrier::name(&shipment.carrier, &policy.carrier_names)),
            service,
            Some(shipment.tracking.clone()),
            fee,
        ];
        let parts: Vec<_> = parts.into_iter().flatten().filter(|part| !part.is_empty()).collect();
        parts.join(" | ")
    };
    live.iter().map(line).collect::<Vec<_>>().join("\n")
}

fn patch(case: Case<'_>, desired: &Desired, policy: &Writeback) -> OrderPatch {
    let order = case.order;
    let mut patch = OrderPatch::new(order.id);
    if order.void {
        return patch;
    }
    if order.tracking_code != desired.tracking_code && tracking_is_ours(case) {
        patch.tracking_code = Some(desired.tracking_code.clone());
    }
    if !desired.carrier.is_empty() && order.carrier != desired.carrier && carrier_is_ours(case, policy) {
        patch.carrier = Some(desired.carrier.clone());
    }
    let comments = comments::with_block(&order.internal_comments, &desired.block);
    if comments::block(&order.internal_comments).unwrap_or_default() != desired.block {
        patch.internal_comments = Some(comments);
    }
    for (name, value) in &desired.custom_fields {
        if order.custom_fields.get(name).map_or("", String::as_str) != value
            && custom_field_is_ours(case, name)
        {
            patch.custom_fields.insert(name.clone(), value.clone());
        }
    }
    if let (Some(at), None) = (desired.dispatched, order.dispatched) {
        patch.dispatched = Some(at);
        patch.stage = (!policy.stage.is_empty() && policy.stage != order.stage).then(|| policy.stage.clone());
        patch.invoiced = (policy.invoice && order.invoiced.is_none()).then_some(at);
    }
    patch
}

/// Whether the order's tracking code may be replaced: it is empty, or consists of numbers of this order's own
/// shipments, live or void. Anything else was typed by a person or another program.
fn tracking_is_ours(case: Case<'_>) -> bool {
    let ours = |number: &str| case.set.shipments.iter().any(|shipment| shipment.tracking == number);
    let code = &case.order.tracking_code;
    code.is_empty()
        || case.written.is_some_and(|written| written.tracking_code == *code)
        || code.split(',').all(|number| ours(number.trim()))
}

/// Whether the order's carrier may be replaced: it is empty, or this order's own shipments went by it, live or
/// void. What we wrote last does not decide: that write may have been one that nobody recorded, and a write
/// in between, while every label was void, has left the carrier standing.
fn carrier_is_ours(case: Case<'_>, policy: &Writeback) -> bool {
    let carrier = &case.order.carrier;
    let own = |shipment: &Shipment| carrier::name(&shipment.carrier, &policy.carrier_names) == *carrier;
    carrier.is_empty() || case.set.shipments.iter().any(own)
}

fn custom_field_is_ours(case: Case<'_>, name: &str) -> bool {
    let current = case.order.custom_fields.get(name).map_or("", String::as_str);
    current.is_empty()
        || case
            .written
            .is_some_and(|written| written.custom_fields.get(name).is_some_and(|ours| ours == current))
}
