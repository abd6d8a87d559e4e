//! What the bridge writes to a Cin7 order: only fields that it changes, all in one PUT, so that no job of
//! Cin7 can see half of it.

use std::collections::BTreeMap;

use jiff::Timestamp;
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

use crate::ids::OrderId;

/// Fields to write to one Cin7 order. `None` leaves a field alone; an empty text clears it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct OrderPatch {
    /// The order.
    pub order: OrderId,
    /// `trackingCode`, at most 50 characters.
    pub tracking_code: Option<String>,
    /// `logisticsCarrier`.
    pub carrier: Option<String>,
    /// `stage`.
    pub stage: Option<String>,
    /// `dispatchedDate`: dispatches every line at once.
    pub dispatched: Option<Timestamp>,
    /// `invoiceDate`: creates the invoice.
    pub invoiced: Option<Timestamp>,
    /// `internalComments`, the whole text.
    pub internal_comments: Option<String>,
    /// Custom fields by Cin7's internal name.
    pub custom_fields: BTreeMap<String, String>,
    /// `freightTotal`, in the order's currency.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub freight_total: Option<Decimal>,
    /// `freightDescription`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub freight_description: Option<String>,
}

impl OrderPatch {
    /// A patch that changes nothing yet.
    pub fn new(order: OrderId) -> Self {
        Self {
            order,
            tracking_code: None,
            carrier: None,
            stage: None,
            dispatched: None,
            invoiced: None,
            internal_comments: None,
            custom_fields: BTreeMap::new(),
            freight_total: None,
            freight_description: None,
        }
    }

    /// Whether there is nothing to write.
    pub fn is_empty(&self) -> bool {
        *self == Self::new(self.order)
    }
}
