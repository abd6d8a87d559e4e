//! Writes patches: one PUT for many orders, one result for each. HTTP 200 is no success yet.

use std::collections::BTreeMap;

use domain::failure::Failure;
use domain::patch::OrderPatch;
use rust_decimal::Decimal;
use serde::Serialize;

use super::RecordOutcome;
use crate::classify::shortened;
use crate::dates;
use crate::exact;
use crate::json::{FieldError, Fields, NotUnderstood, record, rows, scalar};

/// The longest `trackingCode` that Cin7 takes, in characters.
const TRACKING_CODE_MAX: usize = 50;

/// The patches of one call: which of them go, and what the others came to before anything was sent.
pub(super) struct Batch<'a> {
    /// What goes, in this order.
    pub(super) sent: Vec<&'a OrderPatch>,
    /// For every patch its result, or `None` where one is to come.
    settled: Vec<(&'a OrderPatch, Option<Result<(), Failure>>)>,
}

impl<'a> Batch<'a> {
    pub(super) fn of(patches: &'a [OrderPatch]) -> Self {
        let settled: Vec<_> = patches.iter().map(|patch| (patch, beforehand(patch))).collect();
        let sent = settled.iter().filter(|(_, result)| result.is_none()).map(|(patch, _)| *patch).collect();
        Self { sent, settled }
    }

    /// Every patch's outcome, given the results of those sent.
    pub(super) fn outcomes(&self, results: Vec<Result<(), Failure>>) -> Vec<RecordOutcome> {
        let mut results = results.into_iter();
        let outcome = |(patch, settled): &(&OrderPatch, Option<Result<(), Failure>>)| {
            let result = settled.clone().or_else(|| results.next()).unwrap_or_else(unmentioned);
            RecordOutcome { order: patch.order, result }
        };
        self.settled.iter().map(outcome).collect()
    }
}

/// What can be said of a patch without sending it.
fn beforehand(patch: &OrderPatch) -> Option<Result<(), Failure>> {
    if patch.is_empty() {
        return Some(Ok(()));
    }
    let length = patch.tracking_code.as_ref().map_or(0, |code| code.chars().count());
    (length > TRACKING_CODE_MAX).then(|| {
        let reason =
            format!("the tracking code has {length} characters, Cin7 Omni takes {TRACKING_CODE_MAX}");
        Err(Failure::Permanent { reason })
    })
}

/// The body of the PUT.
pub(super) fn document(patches: &[&OrderPatch]) -> Vec<u8> {
    let documents: Vec<_> = patches.iter().map(|patch| PatchDocument::of(patch)).collect();
    serde_json::to_vec(&documents).expect("texts and whole numbers always serialize")
}

/// What is absent stays as it is in Cin7; so nothing is ever sent as null.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct PatchDocument<'a> {
    id: i64,
    #[serde(skip_serializing_if = "Option::is_none")]
    tracking_code: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    logistics_carrier: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    stage: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    dispatched_date: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    invoice_date: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    internal_comments: Option<&'a str>,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    custom_fields: &'a BTreeMap<String, String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    freight_total: Option<Amount>,
    #[serde(skip_serializing_if = "Option::is_none")]
    freight_description: Option<&'a str>,
}

/// An amount, which Cin7 takes as a number only.
#[derive(Serialize)]
struct Amount(#[serde(serialize_with = "exact::number")] Decimal);

impl<'a> PatchDocument<'a> {
    fn of(patch: &'a OrderPatch) -> Self {
        Self {
            id: patch.order.0,
            tracking_code: patch.tracking_code.as_deref(),
            logistics_carrier: patch.carrier.as_deref(),
            stage: patch.stage.as_deref(),
            dispatched_date: patch.dispatched.map(dates::utc_seconds),
            invoice_date: patch.invoiced.map(dates::utc_seconds),
            internal_comments: patch.internal_comments.as_deref(),
            custom_fields: &patch.custom_fields,
            freight_total: patch.freight_total.map(Amount),
            freight_description: patch.freight_description.as_deref(),
        }
    }
}

/// The results of the sent patches, in their order. A patch that no row mentions is in doubt.
pub(super) fn results(sent: &[&OrderPatch], text: &str) -> Result<Vec<Result<(), Failure>>, NotUnderstood> {
    let mut results: Vec<_> = sent.iter().map(|_| unmentioned()).collect();
    for row in rows(text, "results")? {
        // A row that cannot be read settles nothing: its order stays in doubt.
        let Ok(row) = record(row, ResultRow::read) else { continue };
        if let Some(position) = row.position(sent) {
            results[position] = row.result;
        }
    }
    Ok(results)
}

fn unmentioned() -> Result<(), Failure> {
    Err(Failure::Ambiguous { reason: "Cin7 Omni's answer does not mention this order".to_owned() })
}

/// `{index, success, id, code, errors[]}`.
struct ResultRow {
    index: Option<i64>,
    id: Option<i64>,
    result: Result<(), Failure>,
}

impl ResultRow {
    fn read(fields: &Fields<'_>) -> Result<Self, FieldError> {
        let result = match fields.boolean("success")? {
            Some(true) => Ok(()),
            Some(false) => Err(Failure::Permanent { reason: refusal(fields) }),
            None => {
                Err(Failure::Ambiguous { reason: "Cin7 Omni does not say whether it succeeded".to_owned() })
            }
        };
        Ok(Self { index: fields.integer("index")?, id: fields.reference("id")?, result })
    }

    /// Which patch the row is about: the one at its index, unless its id is another's; else by id. A failed
    /// row has no id.
    fn position(&self, sent: &[&OrderPatch]) -> Option<usize> {
        let index = self.index.and_then(|index| usize::try_from(index).ok());
        let agrees =
            |at: &usize| sent.get(*at).is_some_and(|patch| self.id.is_none_or(|id| id == patch.order.0));
        let by_id = || sent.iter().position(|patch| Some(patch.order.0) == self.id);
        index.filter(agrees).or_else(by_id)
    }
}

pub(super) fn refusal(fields: &Fields<'_>) -> String {
    let errors = fields.list("errors").unwrap_or_default();
    let errors: Vec<_> = errors.into_iter().filter_map(scalar).filter(|error| !error.is_empty()).collect();
    if errors.is_empty() {
        return "Cin7 Omni refused the update without saying why".to_owned();
    }
    format!("Cin7 Omni refused the update: {}", shortened(&errors.join("; ")))
}
