//! Which Cin7 orders a reported shipment belongs to: by its line keys, else by its order key, else by
//! ShipStation's order id. A merged order's shipment belongs to several; a label without an order to none.
//!
//! Line keys do not name the connection, and two Cin7 accounts may number their orders alike. So line keys count only
//! with a second witness: the order's key or id is ours (a merge keeps the survivor's), or one of the orders that
//! they name went out under the report's own number (a split keeps the number, nothing else).

use std::collections::{BTreeMap, BTreeSet};

use crate::ids::{ConnectionName, OrderId, order_of_key, order_of_line_key};
use crate::shipment::Shipment;

/// What is known of the orders that reports may belong to.
#[derive(Debug, Clone, Default)]
pub struct Known {
    /// Our orders by ShipStation's order id.
    pub at_shipstation: BTreeMap<i64, OrderId>,
    /// The number under which each of our orders is in ShipStation. An order that is missing here is not there.
    pub numbers: BTreeMap<OrderId, String>,
}

/// The orders that a report may belong to: what [`Known::numbers`] must be filled for.
pub fn candidates(connection: &ConnectionName, report: &Shipment) -> BTreeSet<OrderId> {
    let keyed = order_of_key(connection, &report.order_key);
    named_by_items(report).into_iter().chain(keyed).collect()
}

/// The report as each of its orders shall remember it: with that order's items only.
pub fn route(connection: &ConnectionName, report: Shipment, known: &Known) -> Vec<(OrderId, Shipment)> {
    let by_id = report.shipstation_order.and_then(|id| known.at_shipstation.get(&id).copied());
    let owner = order_of_key(connection, &report.order_key).filter(|order| known.numbers.contains_key(order));
    let owner = owner.or(by_id);
    let named: Vec<OrderId> =
        named_by_items(&report).into_iter().filter(|order| known.numbers.contains_key(order)).collect();
    let witnessed = owner.is_some() || named.iter().any(|order| known.numbers[order] == report.order_number);
    if named.is_empty() || !witnessed {
        return owner.map(|order| (order, report)).into_iter().collect();
    }
    let only = |order: OrderId| {
        let items =
            report.items.iter().flatten().filter(|item| order_of_line_key(&item.line_key) == Some(order));
        Shipment { items: Some(items.cloned().collect()), ..report.clone() }
    };
    named.into_iter().map(|order| (order, only(order))).collect()
}

/// Why a live shipment that leads to none of our orders should lead to one, in words for a person; `None` for one that
/// is nobody's or somebody else's. `under_way` are orders whose arrival in ShipStation is not recorded yet.
pub fn lost(
    connection: &ConnectionName,
    report: &Shipment,
    known: &Known,
    under_way: &BTreeSet<OrderId>,
) -> Option<String> {
    if !report.is_live() {
        return None;
    }
    let (id, number, tracking) = (report.id, &report.order_number, &report.tracking);
    let told = format!("{id} of ShipStation's order {number}, tracking number {tracking},");
    if let Some(order) = order_of_key(connection, &report.order_key) {
        let is_known = known.numbers.contains_key(&order) || under_way.contains(&order);
        let why = format!("bears the key of Cin7 order {order}, which is not known to have been sent");
        return (!is_known).then(|| format!("{told} {why}"));
    }
    // Another connection of ours answers for its own.
    if report.order_key.starts_with("sb-") {
        return None;
    }
    let copied = named_by_items(report).into_iter().find(|order| known.numbers.contains_key(order))?;
    let ours = &known.numbers[&copied];
    Some(format!("{told} has lines of order {ours}, and is neither that order nor a piece split from it"))
}

fn named_by_items(report: &Shipment) -> BTreeSet<OrderId> {
    report.items.iter().flatten().filter_map(|item| order_of_line_key(&item.line_key)).collect()
}
