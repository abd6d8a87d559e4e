//! Events: hints that something may have changed. They carry ids, never state, because the platform is the
//! truth. Reading what a webhook says is in `crate::webhook`; storing events is the broker's business.

use std::collections::BTreeMap;
use std::fmt;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::ids::{ConnectionName, EventId, OrderRef};
use crate::ship_notice::NoticeId;
use crate::shipment::ShipmentId;

/// A hint that something may have changed at a platform.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Event {
    /// The event's own id, for the log and the timeline.
    pub id: EventId,
    /// The connection that it concerns.
    pub connection: ConnectionName,
    /// What may have changed.
    pub kind: EventKind,
    /// Who noticed it.
    pub origin: Origin,
    /// When we were told.
    pub received_at: Timestamp,
}

/// What may have changed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum EventKind {
    /// A Cin7 order.
    OrderChanged {
        /// The order.
        order: OrderRef,
    },
    /// Shipments or fulfilments at ShipStation.
    ShipmentsChanged {
        /// Where to look.
        query: ShipmentQuery,
    },
    /// What ShipStation told the custom store of a shipment: it lies in the ledger.
    ShipNotice {
        /// Which notice.
        notice: NoticeId,
    },
    /// The freight of a Cin7 order: it is at a rating stage and has none, or has changed since we wrote it.
    RateRequested {
        /// The order.
        order: OrderRef,
    },
}

impl EventKind {
    /// The lane that works on events of this kind.
    pub fn lane(&self) -> Lane {
        match self {
            Self::OrderChanged { .. } => Lane::Orders,
            Self::ShipmentsChanged { .. } | Self::ShipNotice { .. } => Lane::Shipments,
            Self::RateRequested { .. } => Lane::Rates,
        }
    }
}

/// The name in the ledger under which it is remembered that a person discarded a parked event: it shall not be parked
/// again when the same is found, or told, another time.
pub fn discarded_mark(event: EventId) -> String {
    format!("discarded/{event}")
}

/// Who noticed that something may have changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Origin {
    /// A platform called us.
    Webhook,
    /// Our poll of Cin7's modified date.
    Watch,
    /// Our search for what no event announced.
    Sweep,
    /// A person asked for it again.
    Replay,
    /// A person asked for a range.
    Backfill,
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Webhook => "webhook",
            Self::Watch => "watch",
            Self::Sweep => "sweep",
            Self::Replay => "replay",
            Self::Backfill => "backfill",
        })
    }
}

/// A line of work with its own queue per connection, so that one kind of trouble stays its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Lane {
    /// Orders on their way out.
    Orders,
    /// Shipments on their way back.
    Shipments,
    /// Freight that is to be quoted.
    Rates,
}

impl Lane {
    /// Every lane.
    pub const ALL: [Self; 3] = [Self::Orders, Self::Shipments, Self::Rates];

    /// The lane's name, as it stands in queue names and metrics.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Orders => "orders",
            Self::Shipments => "shipments",
            Self::Rates => "rates",
        }
    }
}

impl fmt::Display for Lane {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// Where ShipStation keeps what a notification is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ShipmentSource {
    /// Labels bought in ShipStation: `GET /shipments`.
    Labels,
    /// Orders shipped outside of it: `GET /fulfillments`.
    Fulfilments,
}

impl ShipmentSource {
    /// The identity of the list's row of that number.
    pub fn shipment(self, number: i64) -> ShipmentId {
        match self {
            Self::Labels => ShipmentId::Label(number),
            Self::Fulfilments => ShipmentId::Fulfilment(number),
        }
    }
}

/// A list call at ShipStation, taken apart to what we know of it, so that it can be rebuilt on the configured
/// host. Names are ShipStation's own query names; values are as they came, dates in US Pacific time.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct ShipmentQuery {
    /// Which list.
    pub source: ShipmentSource,
    /// The filters, by name. Paging and `includeShipmentItems` are not among them: the reader sets those.
    pub filters: BTreeMap<String, String>,
}

impl ShipmentQuery {
    /// The question for one row, by its own number; `None` for what was only told, which stands in no list.
    pub fn of_shipment(id: ShipmentId) -> Option<Self> {
        let (source, filter, number) = match id {
            ShipmentId::Label(number) => (ShipmentSource::Labels, "shipmentId", number),
            ShipmentId::Fulfilment(number) => (ShipmentSource::Fulfilments, "fulfillmentId", number),
            ShipmentId::Notice(_) => return None,
        };
        Some(Self { source, filters: BTreeMap::from([(filter.to_owned(), number.to_string())]) })
    }

    /// Whether every row that answers the other question answers this one, too: both ask for nothing but rows from an
    /// instant on, of the same list by the same date, and this one begins no later.
    pub fn covers(&self, other: &Self) -> bool {
        let (Some((name, since)), Some((others, later))) = (self.open_end(), other.open_end()) else {
            return false;
        };
        self.source == other.source && name == others && since <= later
    }

    /// The one filter of a question for all rows from an instant on. Dates in their written form sort as they follow
    /// each other, but for the hour that daylight saving repeats.
    fn open_end(&self) -> Option<(&str, &str)> {
        let (name, since) = self.filters.iter().next().filter(|_| self.filters.len() == 1)?;
        name.ends_with("DateStart").then_some((name, since))
    }

    /// The question for the rows of one order, by ShipStation's id.
    pub fn of_order(source: ShipmentSource, shipstation_order: i64) -> Self {
        Self { source, filters: BTreeMap::from([("orderId".to_owned(), shipstation_order.to_string())]) }
    }
}

impl fmt::Display for ShipmentQuery {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self.source {
            ShipmentSource::Labels => "shipments",
            ShipmentSource::Fulfilments => "fulfillments",
        })?;
        for (index, (name, value)) in self.filters.iter().enumerate() {
            write!(f, "{}{name}={value}", if index == 0 { '?' } else { '&' })?;
        }
        Ok(())
    }
}
