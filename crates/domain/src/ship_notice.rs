//! What ShipStation tells a custom store of a shipment (guide: *Custom Store Development Guide*, shipnotify). It is
//! the only copy of what it says: there is nothing behind it that could be asked.

use std::fmt;

use jiff::Timestamp;
use jiff::civil::Date;
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// Identity of a notice: the same for the same order and content, however often it is sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct NoticeId(pub Uuid);

impl fmt::Display for NoticeId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// A notice as it was read. Texts are trimmed, without characters that XML forbids; empty means not said.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ShipNotice {
    /// `OrderID`, as we exported it.
    pub order_id: String,
    /// `OrderNumber`.
    pub order_number: String,
    /// `LabelCreateDate`, in UTC.
    pub label_created: Option<Timestamp>,
    /// `ShipDate`: a calendar day, in no time zone.
    pub ship_date: Option<Date>,
    /// `Carrier`: a display name such as `UPS`.
    pub carrier: String,
    /// `Service`: a display name such as `UPS® Ground`.
    pub service: String,
    /// `TrackingNumber`.
    pub tracking: String,
    /// `ShippingCost`.
    pub cost: Option<Decimal>,
    /// `NotesToCustomer`.
    pub notes_to_customer: String,
    /// `Items`; none at all means whatever is left of the order.
    pub items: Vec<NoticeItem>,
}

/// `Item`: a quantity of one line.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct NoticeItem {
    /// `LineItemID`, as we exported it.
    pub line_key: String,
    /// `SKU`.
    pub sku: String,
    /// `Name`.
    pub name: String,
    /// `Quantity`.
    pub quantity: u32,
}
