//! What ShipStation has of one Cin7 order, found without asking the bridge: the order under its key, the
//! pieces it was split into, their labels and fulfilments, and whatever else claims to be this order.

use std::collections::{BTreeMap, BTreeSet};

use jiff::civil::DateTime;
use sandbox::shipstation::model::{Fulfillment, Order, Shipment};
use sandbox::shipstation::{ShipStation, carriers};

use crate::story;

/// Everything in ShipStation that belongs to one Cin7 order.
pub(crate) struct Family<'a> {
    /// Orders under the Cin7 order's key, deleted ones included. There must be one.
    pub(crate) roots: Vec<&'a Order>,
    /// The roots and the pieces split from them.
    members: Vec<&'a Order>,
    /// Orders that carry the Cin7 order's lines without being members.
    pub(crate) impostors: Vec<&'a Order>,
    /// Outbound labels, void ones included.
    pub(crate) labels: Vec<&'a Shipment>,
    /// Marked as shipped.
    pub(crate) fulfilments: Vec<&'a Fulfillment>,
}

/// A live label or fulfilment.
pub(crate) struct Parcel<'a> {
    created: DateTime,
    /// Labels before fulfilments, then by number.
    rank: (u8, i64),
    pub(crate) tracking: &'a str,
    pub(crate) carrier: &'a str,
    /// What the block must say of it beside the tracking number.
    pub(crate) details: Vec<String>,
}

/// As people know it: ShipStation's own name without the marks of ownership, else the code.
fn service_name(carrier: &str, code: &str) -> String {
    carriers::service(carrier, code).map_or_else(|| code.to_owned(), |known| known.name.replace('®', ""))
}

impl<'a> Family<'a> {
    /// Looks everything up.
    pub(crate) fn of(shipstation: &'a ShipStation, cin7_order: i64) -> Self {
        let (key, line) = (story::key(cin7_order), format!("{cin7_order}:"));
        let mut ids = BTreeSet::new();
        let mut family = Self {
            roots: Vec::new(),
            members: Vec::new(),
            impostors: Vec::new(),
            labels: Vec::new(),
            fulfilments: Vec::new(),
        };
        // By id, so that a piece comes after what it was split from.
        for order in shipstation.orders() {
            let options = &order.advanced_options;
            let has_lines = || {
                let keys = order.items.iter().filter_map(|item| item.line_item_key.as_deref());
                keys.into_iter().any(|key| key.starts_with(&line))
            };
            if order.order_key == key {
                family.roots.push(order);
            } else if !options.parent_id.is_some_and(|parent| ids.contains(&parent)) {
                // Other connections may number their orders and lines as we do.
                if has_lines() && !order.order_key.starts_with("sb-elsewhere-") {
                    family.impostors.push(order);
                }
                continue;
            }
            ids.insert(order.order_id);
            family.members.push(order);
        }
        let ours = |order: Option<i64>| order.is_some_and(|order| ids.contains(&order));
        family.labels =
            shipstation.shipments().filter(|row| ours(row.order_id) && !row.is_return_label).collect();
        family.fulfilments = shipstation.fulfillments().filter(|row| ours(Some(row.order_id))).collect();
        family
    }

    /// Whether every piece left at some time, on labels that may be void by now, or somebody said so of it.
    pub(crate) fn is_covered(&self) -> bool {
        let marked: BTreeSet<i64> = self.fulfilments.iter().map(|row| row.order_id).collect();
        let unmarked = || self.members.iter().filter(|order| !marked.contains(&order.order_id));
        if !self.members.is_empty() && unmarked().next().is_none() {
            return true;
        }
        let mut labelled: BTreeMap<&str, i64> = BTreeMap::new();
        for item in self.labels.iter().flat_map(|label| label.items()) {
            *labelled.entry(item.line_item_key.as_deref().unwrap_or_default()).or_default() += item.quantity;
        }
        let mut wanted: BTreeMap<&str, i64> = BTreeMap::new();
        for item in unmarked().flat_map(|order| &order.items).filter(|item| !item.adjustment) {
            *wanted.entry(item.line_item_key.as_deref().unwrap_or_default()).or_default() += item.quantity;
        }
        let covered =
            |(line, quantity): (&&str, &i64)| labelled.get(*line).is_some_and(|sum| sum >= quantity);
        !wanted.is_empty() && wanted.iter().all(covered)
    }

    /// The live labels and fulfilments, newest first.
    pub(crate) fn live(&self) -> Vec<Parcel<'a>> {
        let labels = self.labels.iter().filter(|label| label.is_live()).map(|label| Parcel {
            created: label.create_date,
            rank: (0, label.shipment_id),
            tracking: &label.tracking_number,
            carrier: &label.carrier_code,
            details: vec![
                service_name(&label.carrier_code, &label.service_code),
                (label.shipment_cost + label.insurance_cost).normalize().to_string(),
                label.ship_date.to_string(),
            ],
        });
        let fulfilments = self.fulfilments.iter().filter(|row| !row.voided).map(|row| Parcel {
            created: row.create_date,
            rank: (1, row.fulfillment_id),
            tracking: &row.tracking_number,
            carrier: row.carrier_code.as_deref().unwrap_or_default(),
            details: vec![row.ship_date.date().to_string()],
        });
        let mut live: Vec<_> = labels.chain(fulfilments).collect();
        live.sort_by_key(|parcel| std::cmp::Reverse((parcel.created, parcel.rank)));
        live
    }

    /// Tracking numbers that no longer count.
    pub(crate) fn void_numbers(&self) -> impl Iterator<Item = &str> {
        self.labels.iter().filter(|label| label.voided).map(|label| label.tracking_number.as_str())
    }

    /// How often something about the order's shipments changed: labels, voids, fulfilments.
    pub(crate) fn changes(&self) -> u64 {
        let voids = self.labels.iter().filter(|label| label.voided).count();
        (self.labels.len() + voids + self.fulfilments.len()) as u64
    }
}
