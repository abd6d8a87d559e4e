//! Shipments back: from the set of an order's shipments to what Cin7 shall show. Pure: the same order, set
//! and policy always give the same plan, whichever notifications arrived and in which order. What shall be shown is
//! `desired`, whose a field is `ownership`, whether all of it has shipped `coverage`, whether a write has arrived
//! `arrival`, and what its parcels hold `cartons`.

mod arrival;
pub mod cartons;
mod coverage;
mod desired;
mod ownership;
pub mod release;

use std::collections::BTreeMap;

use jiff::Timestamp;

use crate::comments;
use crate::patch::OrderPatch;
use crate::record::Progress;
use crate::sales_order::SalesOrder;
use crate::settings::{DispatchWhen, Rules, Writeback};
use crate::shipment::{Shipment, ShipmentSet};
use crate::shipping_order::ShippingOrder;

pub use arrival::missing;
pub use coverage::is_complete;
pub use desired::Desired;
pub use ownership::{Kept, Memory};

/// The plan for one order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Plan {
    /// What Cin7 shall show.
    pub desired: Desired,
    /// The difference between that and what it shows.
    pub patch: OrderPatch,
    /// Fields that would differ, and that are a person's.
    pub kept: Vec<Kept>,
    /// What is remembered once the patch is written.
    pub memory: Memory,
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
    /// What we last wrote, as far as that was recorded.
    pub written: Option<&'a Memory>,
    /// Whether a later write may have arrived that nobody recorded.
    pub in_doubt: bool,
}

/// Plans the write-back of one order.
pub fn plan(case: Case<'_>, rules: &Rules, now: Timestamp) -> Plan {
    let policy = &rules.writeback;
    let live = case.set.live_newest_first();
    let due = is_due(case.document, &live, policy.dispatch);
    let desired = desired::desired(&live, due, rules, now);
    let (patch, kept) = if case.order.void {
        (OrderPatch::new(case.order.id), Vec::new())
    } else {
        Differences::of(case, &desired, policy)
    };
    let undone = kept.iter().any(|kept| kept.field == ownership::DISPATCHED);
    let (before, after) = if undone {
        (Progress::Review, Progress::Review)
    } else {
        progress(case.order.void, case.order.dispatched.is_some(), &live, due)
    };
    let memory = Memory::of(case, &desired, &kept, policy);
    Plan { desired, patch, kept, memory, before, after }
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

/// What differs between what Cin7 shows and what it shall show: what is ours to write, and what is not.
struct Differences<'a> {
    case: Case<'a>,
    policy: &'a Writeback,
    patch: OrderPatch,
    kept: Vec<Kept>,
}

impl<'a> Differences<'a> {
    fn of(case: Case<'a>, desired: &Desired, policy: &'a Writeback) -> (OrderPatch, Vec<Kept>) {
        let patch = OrderPatch::new(case.order.id);
        let mut differences = Self { case, policy, patch, kept: Vec::new() };
        differences.tracking(desired);
        differences.carrier(desired);
        differences.comments(desired);
        differences.custom_fields(&desired.custom_fields);
        differences.dispatch(desired);
        (differences.patch, differences.kept)
    }

    fn tracking(&mut self, desired: &Desired) {
        let (shown, wanted) = (&self.case.order.tracking_code, &desired.tracking_code);
        if shown == wanted {
            return;
        }
        if ownership::tracking_is_ours(self.case) {
            self.patch.tracking_code = Some(wanted.clone());
        } else {
            self.kept.push(Kept::new(ownership::TRACKING_CODE, shown, wanted));
        }
    }

    /// A shipment that names no carrier, and no shipment at all, say nothing of the carrier.
    fn carrier(&mut self, desired: &Desired) {
        let (shown, wanted) = (&self.case.order.carrier, &desired.carrier);
        if wanted.is_empty() || shown == wanted {
            return;
        }
        if ownership::carrier_is_ours(self.case, self.policy) {
            self.patch.carrier = Some(wanted.clone());
        } else {
            self.kept.push(Kept::new(ownership::CARRIER, shown, wanted));
        }
    }

    /// The block is ours whatever stands in it; the text around it never is.
    fn comments(&mut self, desired: &Desired) {
        let shown = &self.case.order.internal_comments;
        if comments::block(shown).unwrap_or_default() != desired.block {
            self.patch.internal_comments = Some(comments::with_block(shown, &desired.block));
        }
    }

    fn custom_fields(&mut self, wanted: &BTreeMap<String, String>) {
        for (name, wanted) in wanted {
            let shown = self.case.order.custom_fields.get(name).map_or("", String::as_str);
            if shown == wanted {
                continue;
            }
            if ownership::custom_field_is_ours(self.case, name) {
                self.patch.custom_fields.insert(name.clone(), wanted.clone());
            } else {
                self.kept.push(Kept::new(&ownership::custom_field(name), shown, wanted));
            }
        }
    }

    /// Cin7 dispatches a whole order once. Who takes that back by hand has a reason.
    fn dispatch(&mut self, desired: &Desired) {
        let (order, policy) = (self.case.order, self.policy);
        let (Some(at), None) = (desired.dispatched, order.dispatched) else { return };
        if ownership::was_undispatched(self.case) {
            self.kept.push(Kept::new(ownership::DISPATCHED, "", &at.to_string()));
            return;
        }
        self.patch.dispatched = Some(at);
        let moves = !policy.stage.is_empty() && policy.stage != order.stage;
        self.patch.stage = moves.then(|| policy.stage.clone());
        self.patch.invoiced = (policy.invoice && order.invoiced.is_none()).then_some(at);
    }
}
