//! Shipments as ShipStation reports them, and the set of them that belongs to one order. The set only ever
//! learns: a void is never forgotten, whichever order the reports come in.

mod parcels;

use std::fmt;

use jiff::Timestamp;
use jiff::civil::Date;
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

/// Identity of a shipment: labels and fulfilments are numbered apart, and what a custom store is told has no number.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ShipmentId {
    /// A label: V1's `shipmentId`.
    Label(i64),
    /// A fulfilment by others: V1's `fulfillmentId`.
    Fulfilment(i64),
    /// What ShipStation told the custom store: made from the order and the parcel, so that a repeat is the same one
    /// (`ship_notice::ShipNotice::shipment`).
    Notice(u64),
}

impl fmt::Display for ShipmentId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Label(id) => write!(f, "label-{id}"),
            Self::Fulfilment(id) => write!(f, "fulfilment-{id}"),
            Self::Notice(id) => write!(f, "notice-{id:016x}"),
        }
    }
}

/// One shipment as the platform reports it: a label, or a fulfilment by others.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Shipment {
    /// Its identity.
    pub id: ShipmentId,
    /// ShipStation's order id; `None` for a label without an order.
    pub shipstation_order: Option<i64>,
    /// The order's key, where the report carries it (fulfilments do not).
    pub order_key: String,
    /// The order's number.
    pub order_number: String,
    /// The store, where the report tells it.
    pub store_id: Option<i64>,
    /// When it was created.
    pub created: Option<Timestamp>,
    /// The day of shipment.
    pub ship_date: Option<Date>,
    /// Tracking number; empty when there is none.
    pub tracking: String,
    /// The carrier's code (labels) or name (fulfilments, notices); empty when not said.
    pub carrier: String,
    /// The service's code, or its name (notices); empty when not said.
    pub service: String,
    /// What the label cost, with insurance.
    pub cost: Decimal,
    /// Taken back.
    pub voided: bool,
    /// A label for the way back; never counts as fulfilment.
    pub is_return: bool,
    /// What the warehouse tells the buyer. ShipStation's V1 lists do not carry it; notices do.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub notes_to_buyer: String,
    /// What is in it. `None` when the report does not say: a fulfilment covers what is left.
    pub items: Option<Vec<ShippedItem>>,
}

/// A quantity of one line in a shipment.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ShippedItem {
    /// The line key that we gave the item; empty when the item is not ours.
    pub line_key: String,
    /// SKU.
    pub sku: String,
    /// How many.
    pub quantity: u32,
}

impl Shipment {
    /// Whether it counts towards the order: neither voided nor a return.
    pub fn is_live(&self) -> bool {
        !self.voided && !self.is_return
    }

    /// This report merged with a later or earlier one of the same shipment, given by the time at which we
    /// read each: the newer reading wins, but a void stays.
    #[must_use]
    pub fn merged_with(self, newer: Self) -> Self {
        let voided = self.voided || newer.voided;
        let items = newer.items.or(self.items);
        Self { voided, items, ..newer }
    }
}

/// All shipments of one order that we know of.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ShipmentSet {
    /// Grows by one with every change of the set: the version of what is computed from it.
    pub revision: i64,
    /// The shipments, in no particular order.
    pub shipments: Vec<Shipment>,
}

impl ShipmentSet {
    /// The live shipments, newest first; equal times by id, so that the order is always the same. A parcel that both
    /// a notice and one of ShipStation's lists tell of is one of them (`parcels`).
    pub fn live_newest_first(&self) -> Vec<&Shipment> {
        parcels::live_newest_first(&self.shipments)
    }

    /// Takes in one report. Returns whether the set changed; the revision moves then.
    pub fn take_in(&mut self, report: Shipment) -> bool {
        let changed = match self.shipments.iter_mut().find(|known| known.id == report.id) {
            None => {
                self.shipments.push(report);
                true
            }
            Some(known) => {
                let merged = known.clone().merged_with(report);
                let changed = *known != merged;
                *known = merged;
                changed
            }
        };
        self.revision += i64::from(changed);
        changed
    }
}
