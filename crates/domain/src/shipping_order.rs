//! The order as ShipStation shall have it: the document that an import writes. It says everything that the
//! bridge wants to say and nothing of ShipStation's own. Its fingerprint tells whether anything changed.
//!
//! Documents are kept as JSON. Fields that came later have defaults and are left out while they are empty, so
//! that a document without them reads, and keeps its fingerprint, as before.

use std::fmt;

use jiff::Timestamp;
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

use crate::placed_order::Untouched;
use crate::weight::Weight;

/// An order for ShipStation. Texts are within ShipStation's limits; empty means absent.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ShippingOrder {
    /// Our key; makes the order exist once.
    pub order_key: String,
    /// The Cin7 reference, at most 50 characters.
    pub order_number: String,
    /// When it was ordered.
    pub order_date: Timestamp,
    /// The status that it shall have.
    pub status: ShippingStatus,
    /// What ShipStation builds its customer record from.
    pub customer_username: String,
    /// The customer's e-mail.
    pub customer_email: String,
    /// Who pays.
    pub bill_to: ShippingAddress,
    /// Where it goes.
    pub ship_to: ShippingAddress,
    /// What is in it; adjustment lines last.
    pub items: Vec<ShippingItem>,
    /// The order's total.
    pub amount_paid: Decimal,
    /// Tax on top of the prices.
    pub tax_amount: Decimal,
    /// Shipping charged.
    pub shipping_amount: Decimal,
    /// The customer's notes.
    pub customer_notes: String,
    /// The staff's notes.
    pub internal_notes: String,
    /// How it was paid, in words.
    pub payment_method: String,
    /// What the customer chose for shipping, in words.
    pub requested_service: String,
    /// The sum of the items' weights, when every one is known.
    pub weight: Option<Weight>,
    /// The store that it belongs to; `None` leaves it to ShipStation.
    pub store_id: Option<i64>,
    /// ShipStation's three custom fields.
    pub custom_fields: [String; 3],
    /// A gift.
    pub gift: bool,
    /// Where the order came from.
    pub source: String,
    /// Carrier and service, where the mapping knows the requested method; else the choice is ShipStation's.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub service: Option<ServiceChoice>,
    /// ShipStation's tags by their ids, ascending, each once.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub tags: Vec<i64>,
    /// The order's currency by its three letters. V1's orders have no field for one, so that only documents for the
    /// custom store name it.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub currency: String,
    /// The order that this document replaces: only in what is sent, never in what is wanted and remembered.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub replaces: Option<Replaces>,
}

/// The order in ShipStation that a document replaces.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Replaces {
    /// ShipStation's id: with it, an order that was deleted there is not made again.
    pub order_id: i64,
    /// What goes back as it was.
    pub untouched: Untouched,
}

/// A carrier with one of its services, by ShipStation's codes: one without the other is refused there.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ServiceChoice {
    /// The carrier's code, such as `ups_walleted`.
    pub carrier: String,
    /// The service's code, such as `ups_ground`.
    pub service: String,
}

/// The statuses that an import may ask for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ShippingStatus {
    /// `awaiting_payment`
    AwaitingPayment,
    /// `awaiting_shipment`
    AwaitingShipment,
    /// `on_hold`
    OnHold,
    /// `cancelled`
    Cancelled,
}

impl ShippingStatus {
    /// The status behind ShipStation's word; `None` for those that an import never asks for.
    pub fn of(word: &str) -> Option<Self> {
        let all = [Self::AwaitingPayment, Self::AwaitingShipment, Self::OnHold, Self::Cancelled];
        all.into_iter().find(|status| status.as_str() == word)
    }

    /// ShipStation's own word.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::AwaitingPayment => "awaiting_payment",
            Self::AwaitingShipment => "awaiting_shipment",
            Self::OnHold => "on_hold",
            Self::Cancelled => "cancelled",
        }
    }
}

impl fmt::Display for ShippingStatus {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// An address for ShipStation.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ShippingAddress {
    /// A person, else the company. Never empty: ShipStation refuses that.
    pub name: String,
    /// The company.
    pub company: String,
    /// First line.
    pub street1: String,
    /// Second line.
    pub street2: String,
    /// City.
    pub city: String,
    /// State: its code where the country has codes that we know, else as typed.
    pub state: String,
    /// Postal code.
    pub postal_code: String,
    /// ISO 3166 alpha-2, upper case; empty only on a billing address that has none.
    pub country: String,
    /// Phone, else mobile.
    pub phone: String,
}

/// One item of the order.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ShippingItem {
    /// Leads back to the Cin7 line; empty on adjustments.
    pub line_key: String,
    /// SKU.
    pub sku: String,
    /// Name.
    pub name: String,
    /// Picture.
    pub image_url: String,
    /// Bar code.
    pub upc: String,
    /// Weight of one piece.
    pub weight: Option<Weight>,
    /// How many, at least one.
    pub quantity: u32,
    /// Price of one; negative only on adjustments.
    pub unit_price: Decimal,
    /// Option names with their values, none of them empty.
    pub options: Vec<(String, String)>,
    /// Whether this is money rather than a thing: discounts, surcharges, fees.
    pub adjustment: bool,
    /// Where it lies in the warehouse, at most 100 characters.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub location: String,
    /// What customs are told of it. Either every thing of an order has this or none: a declaration that leaves
    /// some out would be false.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub customs: Option<Customs>,
}

/// What customs are told of one item.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Customs {
    /// What it is, at most 100 characters.
    pub description: String,
    /// The HS code; empty when it is not known.
    pub hs_code: String,
    /// The country of origin, alpha-2; empty when no table knows it.
    pub origin: String,
    /// What one piece is worth, in the order's currency.
    pub value: Decimal,
}

impl ShippingOrder {
    /// What must be shipped before the order counts as complete: line keys with their quantities.
    pub fn dispatchable(&self) -> impl Iterator<Item = (&str, u32)> {
        let things = self.items.iter().filter(|item| !item.adjustment);
        things.map(|item| (item.line_key.as_str(), item.quantity))
    }
}
