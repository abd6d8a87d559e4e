//! The shipment that a notice tells of. Items lead to lines of the order by line key, else by SKU; what leads nowhere,
//! or is more than was ordered, does not stop the rest and is said.

use std::collections::BTreeMap;
use std::fmt;

use jiff::Timestamp;
use rust_decimal::Decimal;

use super::{NoticeItem, ShipNotice, first_bytes};
use crate::ids::OrderId;
use crate::shipment::{Shipment, ShipmentId, ShippedItem};
use crate::shipping_order::{ShippingItem, ShippingOrder};

/// A notice as a shipment of its order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reported {
    /// The shipment.
    pub shipment: Shipment,
    /// What of the notice does not fit the order, for a person.
    pub remarks: Vec<Remark>,
}

/// Something in a notice that does not fit its order. Shows as a sentence.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Remark {
    /// An item that is no line of the order.
    UnknownItem {
        /// The item.
        item: NoticeItem,
    },
    /// More pieces than the order has: the rest does not count.
    TooMany {
        /// The item.
        item: NoticeItem,
        /// How many of them count.
        counted: u64,
    },
    /// An item without a quantity that could be read: nothing of it counts.
    NoQuantity {
        /// The item.
        item: NoticeItem,
    },
}

impl fmt::Display for Remark {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::UnknownItem { item } => {
                write!(f, "{} of {}, which is no line of the order", item.quantity, called(item))
            }
            Self::TooMany { item, counted } => {
                write!(f, "{} of {}, of which the order has {counted}", item.quantity, called(item))
            }
            Self::NoQuantity { item } => write!(f, "{} without a quantity", called(item)),
        }
    }
}

/// What people know the item as.
fn called(item: &NoticeItem) -> &str {
    let names = [&item.sku, &item.name, &item.line_key].into_iter();
    names.map(String::as_str).find(|name| !name.is_empty()).unwrap_or("an item without a name")
}

impl ShipNotice {
    /// The shipment that this notice tells of, of an order as it is in ShipStation. Its identity is the parcel: order,
    /// carrier and tracking number, or, without a number, order, ship date, service and what is in it. So a repeat is
    /// the same shipment, one with another cost an update of it, and a second number a second shipment.
    ///
    /// No items at all mean what is left of the order (`items: None`). A notice that does not say when the label was
    /// created counts from when it came.
    pub fn shipment(&self, order: OrderId, document: &ShippingOrder, received_at: Timestamp) -> Reported {
        let (items, remarks) = if self.items.is_empty() {
            (None, Vec::new())
        } else {
            let (items, remarks) = Lines::of(document).matched(&self.items);
            (Some(items), remarks)
        };
        let shipment = Shipment {
            id: ShipmentId::Notice(self.parcel(order, items.as_deref())),
            shipstation_order: None,
            order_key: String::new(),
            order_number: self.order_number.clone(),
            store_id: None,
            created: Some(self.label_created.unwrap_or(received_at)),
            ship_date: self.ship_date,
            tracking: self.tracking.clone(),
            carrier: self.carrier.clone(),
            service: self.service.clone(),
            cost: self.cost.unwrap_or(Decimal::ZERO),
            voided: false,
            is_return: false,
            notes_to_buyer: self.notes_to_customer.clone(),
            items,
        };
        Reported { shipment, remarks }
    }

    fn parcel(&self, order: OrderId, items: Option<&[ShippedItem]>) -> u64 {
        let identity = if self.tracking.is_empty() {
            let quantities = items.map(|items| {
                let line =
                    |item: &ShippedItem| (item.line_key.clone(), item.sku.to_lowercase(), item.quantity);
                let mut quantities: Vec<_> = items.iter().map(line).collect();
                quantities.sort();
                quantities
            });
            serde_json::to_vec(&(order, self.ship_date, &self.service, quantities))
        } else {
            serde_json::to_vec(&(order, self.carrier.to_lowercase(), &self.tracking))
        };
        u64::from_be_bytes(first_bytes(&identity.expect("domain values serialise")))
    }
}

/// A line of the order with what the notice may still take of it.
struct Line<'a> {
    item: &'a ShippingItem,
    left: u64,
}

struct Lines<'a> {
    things: Vec<Line<'a>>,
    adjustments: Vec<&'a str>,
}

/// Pieces by the index of their line.
type Pieces = BTreeMap<usize, u64>;

impl<'a> Lines<'a> {
    fn of(document: &'a ShippingOrder) -> Self {
        let (adjustments, things): (Vec<_>, Vec<_>) = document.items.iter().partition(|item| item.adjustment);
        let line = |item: &'a ShippingItem| Line { item, left: u64::from(item.quantity) };
        Self {
            things: things.into_iter().map(line).collect(),
            adjustments: adjustments.into_iter().map(|item| item.name.as_str()).collect(),
        }
    }

    /// What the items are of the order: first all that name a line, then those known by their SKU, which fill lines in
    /// the order's order. Then what is unknown, without a key, in the notice's order.
    fn matched(mut self, items: &[NoticeItem]) -> (Vec<ShippedItem>, Vec<Remark>) {
        let (mut pieces, mut unknown, mut remarks) = (Pieces::new(), Vec::new(), Vec::new());
        let (keyed, others): (Vec<_>, Vec<_>) = items.iter().partition(|item| self.by_key(item).is_some());
        for item in keyed.into_iter().chain(others) {
            let lines = self.lines_of(item);
            if lines.is_empty() && self.is_money(item) {
                continue;
            }
            if item.quantity == 0 {
                remarks.push(Remark::NoQuantity { item: item.clone() });
            } else if lines.is_empty() {
                unknown.push(unkeyed(item));
                remarks.push(Remark::UnknownItem { item: item.clone() });
            } else {
                let counted = self.take(&lines, u64::from(item.quantity), &mut pieces);
                if counted < u64::from(item.quantity) {
                    remarks.push(Remark::TooMany { item: item.clone(), counted });
                }
            }
        }
        let known = pieces.into_iter().map(|(index, quantity)| ShippedItem {
            line_key: self.things[index].item.line_key.clone(),
            sku: self.things[index].item.sku.clone(),
            quantity: u32::try_from(quantity).expect("no more than the line has"),
        });
        (known.chain(unknown).collect(), remarks)
    }

    fn by_key(&self, item: &NoticeItem) -> Option<usize> {
        let found = |line: &Line<'_>| !item.line_key.is_empty() && line.item.line_key == item.line_key;
        self.things.iter().position(found)
    }

    fn lines_of(&self, item: &NoticeItem) -> Vec<usize> {
        if let Some(index) = self.by_key(item) {
            return vec![index];
        }
        let sku = item.sku.trim().to_lowercase();
        let same = |line: &Line<'_>| !sku.is_empty() && line.item.sku.trim().to_lowercase() == sku;
        (0..self.things.len()).filter(|index| same(&self.things[*index])).collect()
    }

    /// Whether it is one of the order's adjustments, which are nothing that ships.
    fn is_money(&self, item: &NoticeItem) -> bool {
        item.sku.is_empty() && self.adjustments.contains(&item.name.as_str())
    }

    /// Takes so many pieces of these lines, as far as there are any. How many.
    fn take(&mut self, lines: &[usize], quantity: u64, pieces: &mut Pieces) -> u64 {
        let mut wanted = quantity;
        for index in lines {
            let taken = wanted.min(self.things[*index].left);
            self.things[*index].left -= taken;
            wanted -= taken;
            if taken > 0 {
                *pieces.entry(*index).or_default() += taken;
            }
        }
        quantity - wanted
    }
}

fn unkeyed(item: &NoticeItem) -> ShippedItem {
    ShippedItem { line_key: String::new(), sku: item.sku.clone(), quantity: item.quantity }
}
