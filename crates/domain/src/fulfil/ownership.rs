//! Whose a field of the Cin7 order is. What we wrote last is remembered, so that what a person has changed since is
//! theirs and stays. While it is in doubt whether a later write of ours has arrived, values that can only come from
//! this order's own shipments count as ours, too.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::{Case, Desired};
use crate::carrier;
use crate::settings::Writeback;
use crate::shipment::Shipment;

pub(super) const TRACKING_CODE: &str = "tracking code";
pub(super) const CARRIER: &str = "carrier";
pub(super) const DISPATCHED: &str = "dispatched date";

/// The name of a custom field among those that are [`Kept`].
pub(super) fn custom_field(name: &str) -> String {
    format!("custom_fields.{name}")
}

/// A field that a person has set: it is left as it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Kept {
    /// The field, in words that stand in a timeline.
    pub field: String,
    /// What a person made of it.
    pub theirs: String,
    /// What it would be otherwise.
    pub ours: String,
}

impl Kept {
    pub(super) fn new(field: &str, theirs: &str, ours: &str) -> Self {
        Self { field: field.to_owned(), theirs: theirs.to_owned(), ours: ours.to_owned() }
    }
}

/// What we last wrote to an order, as the note of that write.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Memory {
    /// What Cin7 showed of our fields from then on.
    #[serde(flatten)]
    pub shown: Desired,
    /// The fields that were a person's, by [`Kept::field`], with what they had made of each: of these `shown` says
    /// nothing.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub kept: BTreeMap<String, String>,
}

impl Memory {
    /// What will be remembered of a plan. Nothing is written to a void order.
    pub(super) fn of(case: Case<'_>, desired: &Desired, kept: &[Kept], policy: &Writeback) -> Self {
        if case.order.void {
            return case.written.cloned().unwrap_or_default();
        }
        let kept = kept.iter().map(|kept| (kept.field.clone(), kept.theirs.clone()));
        let mut memory = Self { shown: desired.clone(), kept: kept.collect() };
        // Nothing was said of the carrier, so that what stands there stays, and whose it is.
        if desired.carrier.is_empty() {
            let carrier = case.order.carrier.clone();
            if carrier_is_ours(case, policy) {
                memory.shown.carrier = carrier;
            } else {
                memory.kept.insert(CARRIER.to_owned(), carrier);
            }
        }
        memory
    }

    /// What of a plan's fields a person has set since the last write, or had set before the first one.
    pub fn news<'a>(before: Option<&Self>, kept: &'a [Kept]) -> Vec<&'a Kept> {
        let known = |kept: &&Kept| before.is_some_and(|before| before.kept.contains_key(&kept.field));
        kept.iter().filter(|kept| !known(kept)).collect()
    }
}

/// Whether a field may be replaced: it shows what we wrote, or nobody has written anything and it is empty; or it was
/// a person's, who has emptied it since. `from_shipments` says whether a value that is not empty comes from this
/// order's own shipments.
fn is_ours<'a>(
    case: Case<'a>,
    field: &str,
    shown: &str,
    written: impl Fn(&'a Desired) -> Option<&'a String>,
    from_shipments: bool,
) -> bool {
    let theirs = case.written.and_then(|memory| memory.kept.get(field));
    let written = case.written.and_then(|memory| written(&memory.shown));
    let as_it_was = match (theirs, written) {
        (Some(theirs), _) => shown.is_empty() && !theirs.is_empty(),
        (None, Some(written)) => written == shown,
        (None, None) => shown.is_empty(),
    };
    as_it_was || (case.in_doubt && (shown.is_empty() || from_shipments))
}

pub(super) fn tracking_is_ours(case: Case<'_>) -> bool {
    let code = &case.order.tracking_code;
    let known = |number: &str| case.set.shipments.iter().any(|shipment| shipment.tracking == number);
    let from_shipments = code.split(',').all(|number| known(number.trim()));
    is_ours(case, TRACKING_CODE, code, |shown| Some(&shown.tracking_code), from_shipments)
}

pub(super) fn carrier_is_ours(case: Case<'_>, policy: &Writeback) -> bool {
    let shown = &case.order.carrier;
    let own = |shipment: &Shipment| carrier::name(&shipment.carrier, &policy.carrier_names) == *shown;
    let from_shipments = case.set.shipments.iter().any(own);
    is_ours(case, CARRIER, shown, |written| Some(&written.carrier), from_shipments)
}

/// Of a custom field nobody can tell where its value comes from but by what we remember.
pub(super) fn custom_field_is_ours(case: Case<'_>, name: &str) -> bool {
    let shown = case.order.custom_fields.get(name).map_or("", String::as_str);
    is_ours(case, &custom_field(name), shown, |written| written.custom_fields.get(name), false)
}

/// Whether Cin7 showed the order as dispatched once we had written that, and no longer does.
pub(super) fn was_undispatched(case: Case<'_>) -> bool {
    !case.in_doubt && case.written.is_some_and(|written| written.shown.dispatched.is_some())
}
