//! The custom store's feed: orders as ShipStation fetches them itself (guide: *Custom Store Development Guide*,
//! export). What an order looks like there is a pure function of what is remembered of it; when it changed is the
//! ledger's to say, and how it is written down as XML the server's.

mod defect;
mod order;

use std::fmt;

use jiff::Timestamp;
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

use crate::ids::OrderId;
use crate::weight::Weight;

pub use defect::Defect;
pub use order::{Standing, order};

/// An order as the feed has it. Every text is within the schema's limit, counted in UTF-16 units, and holds no
/// character that XML forbids; empty means absent. Amounts have at most two decimals.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FeedOrder {
    /// The Cin7 order: `OrderID`, which comes back in the notice.
    pub id: OrderId,
    /// `OrderNumber`: the Cin7 reference.
    pub number: String,
    /// `OrderDate`.
    pub ordered: Timestamp,
    /// `OrderStatus`.
    pub status: FeedStatus,
    /// `ShippingMethod`: what the customer chose, in words.
    pub shipping_method: String,
    /// `PaymentMethod`.
    pub payment_method: String,
    /// `CurrencyCode`: three letters, or empty.
    pub currency: String,
    /// `OrderTotal`.
    pub total: Decimal,
    /// `TaxAmount`.
    pub tax: Decimal,
    /// `ShippingAmount`.
    pub shipping: Decimal,
    /// `CustomerNotes`.
    pub customer_notes: String,
    /// `InternalNotes`.
    pub internal_notes: String,
    /// `Gift`.
    pub gift: bool,
    /// `CustomField1` to `3`.
    pub custom_fields: [String; 3],
    /// `Source`.
    pub source: String,
    /// `CustomerCode`.
    pub customer_code: String,
    /// `BillTo`.
    pub bill_to: FeedBuyer,
    /// `ShipTo`.
    pub ship_to: FeedRecipient,
    /// `Items`: at least one.
    pub items: Vec<FeedItem>,
}

/// `BillTo`: who pays.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FeedBuyer {
    /// `Name`, never empty.
    pub name: String,
    /// `Company`.
    pub company: String,
    /// `Phone`.
    pub phone: String,
    /// `Email`.
    pub email: String,
}

/// `ShipTo`: where it goes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FeedRecipient {
    /// `Name`, never empty.
    pub name: String,
    /// `Company`.
    pub company: String,
    /// `Address1`, never empty.
    pub address1: String,
    /// `Address2`.
    pub address2: String,
    /// `City`, never empty.
    pub city: String,
    /// `State`; absent where there is none, since the schema takes no empty one.
    pub state: String,
    /// `PostalCode`; always there, and may be empty.
    pub postal_code: String,
    /// `Country`: ISO 3166 alpha-2, upper case.
    pub country: String,
    /// `Phone`.
    pub phone: String,
}

/// `Item`: one line.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FeedItem {
    /// `LineItemID`: our line key; absent on adjustments.
    pub line_key: String,
    /// `SKU`; always there, and may be empty.
    pub sku: String,
    /// `Name`, never empty.
    pub name: String,
    /// `ImageUrl`: absolute.
    pub image_url: String,
    /// `Weight` of one piece, with `WeightUnits`.
    pub weight: Option<Weight>,
    /// `Quantity`: 1 to 99,999.
    pub quantity: u32,
    /// `UnitPrice`; negative only on adjustments.
    pub unit_price: Decimal,
    /// `UPC`: at most 12 characters, so that longer GTINs are left out.
    pub upc: String,
    /// `Location`.
    pub location: String,
    /// `Adjustment`.
    pub adjustment: bool,
    /// `Options`: at most ten, names and values never empty.
    pub options: Vec<(String, String)>,
}

/// The five statuses of the connection form, by its default words.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FeedStatus {
    /// Awaiting payment.
    Unpaid,
    /// Awaiting shipment.
    Paid,
    /// Shipped.
    Shipped,
    /// Cancelled.
    Cancelled,
    /// On hold.
    OnHold,
}

impl FeedStatus {
    /// The word in the connection form.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Unpaid => "unpaid",
            Self::Paid => "paid",
            Self::Shipped => "shipped",
            Self::Cancelled => "cancelled",
            Self::OnHold => "on_hold",
        }
    }
}

impl fmt::Display for FeedStatus {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// A window of the export: what changed from its first instant to its last, both of them included.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct FeedWindow {
    /// The first instant.
    pub from: Timestamp,
    /// The last instant: the last millisecond of its minute, and more exactly its last microsecond.
    pub until: Timestamp,
}
