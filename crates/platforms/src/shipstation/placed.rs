//! What we read back of orders in ShipStation, and of its stores.

use domain::shipment::ShippedItem;
use jiff::Timestamp;

use super::shipment;
use crate::json::{FieldError, Fields};
use crate::pacific;

/// An order as it stands in ShipStation: enough to recognise it and to know whether it may still be written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PlacedOrder {
    /// ShipStation's id.
    pub order_id: i64,
    /// Its key: ours, or one that ShipStation made up.
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
    /// The order that it was split from, by ShipStation's id.
    pub parent: Option<i64>,
    /// What is in it; `None` when that cannot be read or there is nothing.
    pub items: Option<Vec<ShippedItem>>,
}

/// The statuses of an order that nothing has left of yet (V1: *List Orders*, `orderStatus`).
const NOTHING_LEFT: [&str; 4] = ["awaiting_payment", "awaiting_shipment", "on_hold", "pending_fulfillment"];

impl PlacedOrder {
    /// Whether something of it may have left already: a split's pieces leave one by one, whatever its own status.
    pub fn may_have_left(&self) -> bool {
        self.merged_or_split || !NOTHING_LEFT.contains(&self.status.as_str())
    }
}

/// An order of `GET /orders` and `GET /orders/{id}`.
pub(super) fn placed_order(fields: &Fields<'_>) -> Result<PlacedOrder, FieldError> {
    let options = fields.object("advancedOptions")?;
    let options = options.as_ref();
    Ok(PlacedOrder {
        order_id: fields.required_id("orderId")?,
        order_key: fields.text("orderKey")?,
        order_number: fields.text("orderNumber")?,
        status: fields.text("orderStatus")?.to_ascii_lowercase(),
        store_id: options.map(|options| options.reference("storeId")).transpose()?.flatten(),
        modified: fields.instant("modifyDate", pacific::time_zone())?,
        merged_or_split: options.map(|options| options.boolean("mergedOrSplit")).transpose()?.flatten()
            == Some(true),
        parent: options.map(|options| options.reference("parentId")).transpose()?.flatten(),
        // Only pieces are asked for their items: others need not become unreadable because of one.
        items: shipment::items(fields, "items").unwrap_or_default(),
    })
}
