//! What both backends do with sets of shipments between loading and storing. How one report changes a set is
//! `ShipmentSet::take_in`.

use std::collections::BTreeSet;

use domain::ids::OrderId;
use domain::shipment::{Shipment, ShipmentId, ShipmentSet};

use crate::document;
use crate::error::LedgerError;

/// The orders of the reports, each once.
pub(crate) fn in_order_of_appearance(reports: &[(OrderId, Shipment)]) -> Vec<OrderId> {
    let mut seen = BTreeSet::new();
    reports.iter().map(|(order, _)| *order).filter(|order| seen.insert(*order)).collect()
}

/// Takes an order's reports into its set and says which shipments they changed. The set stays sorted as
/// [`loaded`] sorts it.
pub(crate) fn take_all(
    set: &mut ShipmentSet,
    order: OrderId,
    reports: &[(OrderId, Shipment)],
) -> BTreeSet<ShipmentId> {
    let mut changed = BTreeSet::new();
    for (_, report) in reports.iter().filter(|(of, _)| *of == order) {
        if set.take_in(report.clone()) {
            changed.insert(report.id);
        }
    }
    set.shipments.sort_by_key(|shipment| shipment.id);
    changed
}

/// A shipment from its stored form.
pub(crate) fn shipment(body: &str) -> Result<Shipment, LedgerError> {
    document::decode("shipment", body)
}

/// The set of a revision with its shipments, sorted.
pub(crate) fn loaded(revision: i64, mut shipments: Vec<Shipment>) -> ShipmentSet {
    shipments.sort_by_key(|shipment| shipment.id);
    ShipmentSet { revision, shipments }
}
