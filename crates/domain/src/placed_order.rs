//! An order as it stands in ShipStation: what the bridge reads back before it replaces one, and what its index
//! remembers of every order there, whoever made it.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::shipment::ShippedItem;
use crate::weight::Weight;

/// An order as it stands in ShipStation.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct PlacedOrder {
    /// ShipStation's id.
    pub order_id: i64,
    /// Its key: ours, another integration's, or one that ShipStation made up.
    pub order_key: String,
    /// Its number; not unique.
    pub order_number: String,
    /// `awaiting_shipment`, `shipped`, …: ShipStation's own word, in lower case. New ones appear.
    pub status: String,
    /// Its store.
    pub store_id: Option<i64>,
    /// When it was last modified.
    pub modified: Option<Timestamp>,
    /// Merged with others or split: such an order must not be written any more.
    pub merged_or_split: bool,
    /// The orders that were merged into it, by ShipStation's ids. The platform no longer shows those.
    pub merged: Vec<i64>,
    /// Fulfilled by somebody else than ShipStation.
    pub externally_fulfilled: bool,
    /// The order that it was split from, by ShipStation's id.
    pub parent: Option<i64>,
    /// What is in it; `None` when that cannot be read or there is nothing. The index does not keep it.
    #[serde(skip)]
    pub items: Option<Vec<ShippedItem>>,
    /// What people may have set.
    pub theirs: Theirs,
}

/// The fields of an order that ShipStation's people work on. Empty and `None` mean that nothing is set.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Theirs {
    /// The parcel's weight.
    pub weight: Option<Weight>,
    /// The carrier's code.
    pub carrier: String,
    /// The service's code.
    pub service: String,
    /// Ids of tags.
    pub tags: Vec<i64>,
    /// What the customer said.
    pub customer_notes: String,
    /// What the staff says.
    pub internal_notes: String,
    /// The three custom fields.
    pub custom_fields: [String; 3],
    /// A gift.
    pub gift: bool,
    /// What the bridge never sets, to be sent back untouched.
    pub untouched: Untouched,
}

/// Fields that the bridge never sets, under ShipStation's names, as they were read. Sending an order replaces all
/// of it, so whatever is not sent back is lost: dimensions, package, insurance, the warehouse it ships from.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Untouched {
    /// Fields of the order itself.
    pub order: BTreeMap<String, Value>,
    /// Fields of its advanced options.
    pub advanced: BTreeMap<String, Value>,
}

/// The statuses of an order that may still be written (V1: *Create/Update Order*).
const OPEN: [&str; 3] = ["awaiting_payment", "awaiting_shipment", "on_hold"];
/// The statuses of an order that nothing has left of yet (V1: *List Orders*, `orderStatus`).
const NOTHING_LEFT: [&str; 4] = ["awaiting_payment", "awaiting_shipment", "on_hold", "pending_fulfillment"];

impl PlacedOrder {
    /// Whether something of it may have left already: a split's pieces leave one by one, whatever its own status.
    pub fn may_have_left(&self) -> bool {
        self.merged_or_split || !NOTHING_LEFT.contains(&self.status.as_str())
    }

    /// Why it must not be written any more, in words; `None` while it may.
    pub fn locked(&self) -> Option<String> {
        if self.merged_or_split {
            return Some("it was merged or split in ShipStation".to_owned());
        }
        if self.externally_fulfilled {
            return Some("it was fulfilled outside of ShipStation".to_owned());
        }
        (!OPEN.contains(&self.status.as_str()))
            .then(|| format!("it is {} in ShipStation", self.status.replace('_', " ")))
    }

    /// Whether it is cancelled.
    pub fn is_cancelled(&self) -> bool {
        self.status == "cancelled"
    }

    /// Whether another integration brought this order to ShipStation, seen from a Cin7 order whose reference is
    /// its number. What is cancelled cannot ship twice; a piece of a split keeps the number and is no order of
    /// its own; orders of our other connections come from other Cin7 accounts, whose numbers may be the same.
    pub fn is_anothers(&self) -> bool {
        !self.order_key.starts_with("sb-")
            && !self.is_cancelled()
            && !self.merged_or_split
            && self.parent.is_none()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn placed(status: &str) -> PlacedOrder {
        PlacedOrder { order_key: "shopify-1".into(), status: status.into(), ..PlacedOrder::default() }
    }

    #[test]
    fn only_open_orders_that_are_whole_may_be_written() {
        for (status, open) in [
            ("awaiting_payment", true),
            ("awaiting_shipment", true),
            ("on_hold", true),
            ("pending_fulfillment", false),
            ("shipped", false),
            ("cancelled", false),
            ("rejected_fulfillment", false),
            ("", false),
        ] {
            assert_eq!(placed(status).locked().is_none(), open, "{status}");
        }
        assert!(PlacedOrder { merged_or_split: true, ..placed("on_hold") }.locked().is_some());
        assert!(PlacedOrder { externally_fulfilled: true, ..placed("on_hold") }.locked().is_some());
    }

    #[test]
    fn another_integrations_order_is_whole_live_and_not_under_one_of_our_keys() {
        let anothers = |order: &PlacedOrder| order.is_anothers();
        assert!(anothers(&placed("awaiting_shipment")));
        assert!(anothers(&placed("shipped")));
        assert!(!anothers(&placed("cancelled")));
        assert!(!anothers(&PlacedOrder { merged_or_split: true, ..placed("on_hold") }));
        assert!(!anothers(&PlacedOrder { parent: Some(4), ..placed("on_hold") }));
        for key in ["sb-acme-1", "sb-other-1"] {
            assert!(!anothers(&PlacedOrder { order_key: key.into(), ..placed("on_hold") }), "{key}");
        }
    }

    #[test]
    fn the_index_keeps_an_order_without_its_items() {
        let order = PlacedOrder { items: Some(Vec::new()), ..placed("shipped") };
        let kept: PlacedOrder = serde_json::from_str(&serde_json::to_string(&order).unwrap()).unwrap();
        assert_eq!(kept, PlacedOrder { items: None, ..order });
    }
}
