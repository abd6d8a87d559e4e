//! One carton for each parcel: the list that an order's cartons in Cin7 shall be (`PUT /v1/Cartons/{salesOrderId}`
//! replaces all of it). A function of the order, its document and its set alone.
//!
//! No SSCC is made up: it begins with the merchant's GS1 prefix, which nobody told us. One source says that Cin7
//! requires it, together with the items; that is unverified. Weights are absent because shipments do not tell them.

use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

use super::coverage::{Pieces, pieces};
use crate::ids::{OrderId, parts_of_line_key};
use crate::shipment::ShipmentSet;
use crate::shipping_order::{ShippingItem, ShippingOrder};
use crate::text::{clean, cut};

/// Longest `trackingNumber` and `productCode` of a carton, in characters (Cin7 spec).
const TEXT_MAX: usize = 50;

/// A parcel as Cin7 shall show it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Carton {
    /// `1` for the oldest parcel, and so on.
    pub number: String,
    /// The tracking number, at most 50 characters; empty when there is none.
    pub tracking: String,
    /// What is in it, in the order of the order's lines.
    pub items: Vec<CartonItem>,
}

/// A quantity of one thing in a carton.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CartonItem {
    /// What it is.
    pub packed: Packed,
    /// How many pieces, at least one. What was sent as one piece, such as 2.5 m, is one piece here.
    pub quantity: u64,
}

/// What a carton's item names.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Packed {
    /// A line of the order, by `lineItemId`.
    Line(i64),
    /// One size of a size run, whose line stands for all sizes: its SKU as `productCode`, at most 50 characters.
    Product(String),
}

/// A carton as Cin7 shows it. What is not ours (SSCC, measures, batches) is not in it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ShownCarton {
    /// Its number.
    pub number: String,
    /// Its tracking number; empty when there is none.
    pub tracking: String,
    /// What is in it.
    pub items: Vec<ShownItem>,
}

/// An item of a carton as Cin7 shows it: it may name both what we sent and what Cin7 found behind it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ShownItem {
    /// The order's line.
    pub line: Option<i64>,
    /// The product's code; empty when it is not said.
    pub product: String,
    /// How many.
    pub quantity: Decimal,
}

/// The cartons of an order: one for each live parcel, the oldest first; none while nothing has shipped.
///
/// A parcel holds what it says of the order's lines, by key or else by SKU, and one that says nothing what no other
/// covers, as it counts for the dispatch. Several parcels never hold more of a line than the order has: of labels
/// that name the same pieces the older one holds them.
pub fn cartons(order: OrderId, document: &ShippingOrder, set: &ShipmentSet) -> Vec<Carton> {
    let mut live = set.live_newest_first();
    live.reverse();
    let contents = pieces(document, &live);
    let numbered = (1_usize..).zip(live).zip(contents);
    let carton = |((number, shipment), pieces): ((usize, &crate::shipment::Shipment), Pieces)| Carton {
        number: number.to_string(),
        tracking: cut(&clean(&shipment.tracking), TEXT_MAX),
        items: items(order, document, &pieces),
    };
    numbered.map(carton).collect()
}

fn items(order: OrderId, document: &ShippingOrder, pieces: &Pieces) -> Vec<CartonItem> {
    let mut items: Vec<CartonItem> = Vec::new();
    for (index, quantity) in pieces {
        let Some(packed) = packed(order, &document.items[*index]) else { continue };
        match items.iter_mut().find(|item| item.packed == packed) {
            Some(item) => item.quantity += quantity,
            None => items.push(CartonItem { packed, quantity: *quantity }),
        }
    }
    items
}

/// What Cin7 knows an item as; `None` for one of another order.
fn packed(order: OrderId, item: &ShippingItem) -> Option<Packed> {
    let (owner, line, is_size) = parts_of_line_key(&item.line_key)?;
    let sku = cut(&clean(&item.sku), TEXT_MAX);
    let named = if is_size && !sku.is_empty() { Packed::Product(sku) } else { Packed::Line(line) };
    (owner == order).then_some(named)
}

/// Whether Cin7 shows exactly these cartons, in whatever order.
pub fn are_shown(wanted: &[Carton], shown: &[ShownCarton]) -> bool {
    let is_shown = |carton: &Carton| shown.iter().any(|shown| is_carton(carton, shown));
    wanted.len() == shown.len() && wanted.iter().all(is_shown)
}

fn is_carton(wanted: &Carton, shown: &ShownCarton) -> bool {
    let is_shown = |item: &CartonItem| shown.items.iter().any(|shown| is_item(item, shown));
    wanted.number == shown.number
        && wanted.tracking == shown.tracking
        && wanted.items.len() == shown.items.len()
        && wanted.items.iter().all(is_shown)
}

fn is_item(wanted: &CartonItem, shown: &ShownItem) -> bool {
    let is_it = match &wanted.packed {
        Packed::Line(line) => shown.line == Some(*line),
        Packed::Product(code) => shown.product.to_lowercase() == code.to_lowercase(),
    };
    is_it && shown.quantity == Decimal::from(wanted.quantity)
}
