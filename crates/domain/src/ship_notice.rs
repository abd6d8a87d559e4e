//! What ShipStation tells a custom store of a shipment (guide: *Custom Store Development Guide*, shipnotify). It is
//! the only copy of what it says: there is nothing behind it that could be asked. What shipment of its order a notice
//! tells of is a pure function of both.

mod reported;

use std::fmt;

use jiff::Timestamp;
use jiff::civil::Date;
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use uuid::{Builder, Uuid};

use crate::ids::{ConnectionName, OrderId, OrderRef};
use crate::record::OrderRecord;
use crate::text::{clean, clean_multiline, cut};

pub use reported::{Remark, Reported};

/// The longest reference, name or number that is taken, in characters: twice what the guide allows.
const TEXT_MAX: usize = 100;
/// The longest name of an item, and the longest notes (guide).
const NAME_MAX: usize = 200;
const NOTES_MAX: usize = 1000;

/// Identity of a notice: the same for the same order and content, however often it is sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct NoticeId(pub Uuid);

impl NoticeId {
    /// The id of what was told to a connection: a UUID of version 8 from the SHA-256 of both. The order of the items
    /// and blanks around texts make no difference.
    pub fn of(connection: &ConnectionName, notice: &ShipNotice) -> Self {
        let mut notice = notice.clone().cleaned();
        let key =
            |item: &NoticeItem| (item.line_key.clone(), item.sku.clone(), item.name.clone(), item.quantity);
        notice.items.sort_by_key(key);
        let json = serde_json::to_vec(&(connection, notice)).expect("domain values serialise");
        Self(Builder::from_custom_bytes(first_bytes(&json)).into_uuid())
    }
}

/// The first bytes of the SHA-256.
fn first_bytes<const N: usize>(content: &[u8]) -> [u8; N] {
    let hash = Sha256::digest(content);
    hash[..N].try_into().expect("a hash has 32 bytes")
}

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

impl ShipNotice {
    /// The orders that it may be about, the likeliest first: by the id that we exported, by the number, and by the number
    /// as an id.
    pub fn orders(&self) -> Vec<OrderRef> {
        let number = Some(&self.order_number).filter(|number| !number.is_empty());
        let number = number.map(|number| OrderRef::Reference(number.clone()));
        [id_in(&self.order_id), number, id_in(&self.order_number)].into_iter().flatten().collect()
    }

    /// The order that it is about, among those that were offered to ShipStation: by its id, else by its number. A number
    /// is an id only where the order has no reference, and so was exported under its id.
    pub fn order<'a>(&self, known: impl Fn(&OrderRef) -> Option<&'a OrderRecord>) -> Option<&'a OrderRecord> {
        let offered = |order: &OrderRef| known(order).filter(|record| record.placed.is_some());
        let number = OrderRef::Reference(self.order_number.clone());
        let by_id = id_in(&self.order_id).and_then(|order| offered(&order));
        by_id.or_else(|| offered(&number)).or_else(|| {
            let record = offered(&id_in(&self.order_number)?)?;
            record.reading.reference.trim().is_empty().then_some(record)
        })
    }

    /// The notice as it is kept: texts trimmed, without characters that XML forbids, and not endless.
    #[must_use]
    pub fn cleaned(self) -> Self {
        let text = |text: &str| cut(&clean(text), TEXT_MAX);
        let item = |item: NoticeItem| NoticeItem {
            line_key: text(&item.line_key),
            sku: text(&item.sku),
            name: cut(&clean(&item.name), NAME_MAX),
            ..item
        };
        Self {
            order_id: text(&self.order_id),
            order_number: text(&self.order_number),
            carrier: text(&self.carrier),
            service: text(&self.service),
            tracking: text(&self.tracking),
            cost: self.cost.map(|cost| cost.normalize()),
            notes_to_customer: cut(&clean_multiline(&self.notes_to_customer), NOTES_MAX),
            items: self.items.into_iter().map(item).collect(),
            ..self
        }
    }
}

fn id_in(text: &str) -> Option<OrderRef> {
    text.parse().ok().map(|id| OrderRef::Id(OrderId(id)))
}

/// `Item`: a quantity of one line.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct NoticeItem {
    /// `LineItemID`, as we exported it.
    pub line_key: String,
    /// `SKU`.
    pub sku: String,
    /// `Name`.
    pub name: String,
    /// `Quantity`; zero when it could not be read.
    pub quantity: u32,
}
