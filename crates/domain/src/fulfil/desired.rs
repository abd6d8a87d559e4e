//! What Cin7 shall show of an order's shipments: a function of the set and the policy alone.

use std::collections::BTreeMap;

use jiff::Timestamp;
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

use crate::carrier;
use crate::settings::{Rules, Target};
use crate::shipment::Shipment;

/// Longest `trackingCode` (Cin7 spec).
const TRACKING_MAX: usize = 50;

/// What Cin7 shall show of an order's shipments. Its fingerprint tells whether that was written before.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
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

pub(super) fn desired(live: &[&Shipment], due: bool, rules: &Rules, now: Timestamp) -> Desired {
    let policy = &rules.writeback;
    let carrier = live.first().map(|newest| carrier::name(&newest.carrier, &policy.carrier_names));
    Desired {
        tracking_code: tracking_code(live),
        carrier: carrier.unwrap_or_default(),
        block: block(live, rules),
        custom_fields: custom_fields(live, rules),
        dispatched: due.then(|| shipped_at(live).unwrap_or_else(|| whole_second(now))),
    }
}

/// The custom fields that the policy names, each with its value; empty while nothing has shipped.
fn custom_fields(live: &[&Shipment], rules: &Rules) -> BTreeMap<String, String> {
    let policy = &rules.writeback;
    let fee = live.iter().fold(Decimal::ZERO, |sum, shipment| sum.saturating_add(shipment.cost));
    let fee = if live.is_empty() { String::new() } else { fee.normalize().to_string() };
    let service = live.first().map(|newest| carrier::service_name(&newest.service)).unwrap_or_default();
    let notes: Vec<&str> = distinct(live, |shipment| &shipment.notes_to_buyer);
    let values = [
        (&policy.carrier_fee, fee),
        (&policy.service, service.to_owned()),
        (&policy.notes_to_buyer, notes.join("; ")),
    ];
    let named = values.into_iter().filter_map(|(target, value)| match target {
        Target::CustomField(name) => Some((name.clone(), value)),
        Target::InternalComments | Target::Off => None,
    });
    named.collect()
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
    for number in distinct(live, |shipment| &shipment.tracking) {
        let separator = if code.is_empty() { "" } else { ", " };
        if code.chars().count() + separator.len() + number.chars().count() > TRACKING_MAX {
            break;
        }
        code.push_str(separator);
        code.push_str(number);
    }
    code
}

/// Texts that are not empty, newest first, each once.
fn distinct<'a>(live: &[&'a Shipment], text: impl Fn(&'a Shipment) -> &'a String) -> Vec<&'a str> {
    let mut texts: Vec<&str> = Vec::new();
    for text in live.iter().map(|shipment| text(shipment).as_str()).filter(|text| !text.is_empty()) {
        if !texts.contains(&text) {
            texts.push(text);
        }
    }
    texts
}

/// A line for each live shipment: ship date, carrier, service, tracking number, fee with its currency, notes to the
/// buyer.
fn block(live: &[&Shipment], rules: &Rules) -> String {
    let policy = &rules.writeback;
    let told = |target: &Target, text: String| (*target == Target::InternalComments).then_some(text);
    let line = |shipment: &&Shipment| {
        let fee = format!("{} {}", shipment.cost.normalize(), rules.currency);
        let parts = [
            shipment.ship_date.map(|date| date.to_string()),
            Some(carrier::name(&shipment.carrier, &policy.carrier_names)),
            told(&policy.service, carrier::service_name(&shipment.service).to_owned()),
            Some(shipment.tracking.clone()),
            told(&policy.carrier_fee, fee).filter(|_| !shipment.cost.is_zero()),
            told(&policy.notes_to_buyer, shipment.notes_to_buyer.clone()),
        ];
        let parts: Vec<_> = parts.into_iter().flatten().filter(|part| !part.is_empty()).collect();
        // Our block ends where its last line says so: nothing of a shipment may look like that, or break a line.
        crate::text::clean(&parts.join(" | ")).replace("[/Shipbridge]", "[ /Shipbridge]")
    };
    live.iter().map(line).collect::<Vec<_>>().join("\n")
}
