//! The ledger's roles, one trait each, so that a caller says what it needs. Two backends implement all of
//! them; `tests/conformance.rs` runs one suite over each. Every batch method is one short transaction; none
//! is open while anybody waits for a network.

use std::collections::BTreeSet;
use std::fmt;

use async_trait::async_trait;
use jiff::{SignedDuration, Timestamp};

use domain::alert::{Changes, Known};
use domain::clock::Clock;
use domain::effect::EffectKey;
use domain::feed::{FeedOrder, FeedWindow};
use domain::ids::{ConnectionName, EventId, OrderId, OrderRef};
use domain::placed_order::PlacedOrder;
use domain::product::Product;
use domain::quota::{Priority, Window};
use domain::record::{OrderRecord, OrderState, Placed, Progress, Reading};
use domain::ship_notice::NoticeId;
use domain::shipment::{Shipment, ShipmentId, ShipmentSet};

use crate::error::LedgerError;
use crate::types::{
    Budget, Claim, ClaimRequest, EffectRecord, EffectResult, FeedPage, FeedPageOf, JournalEntry, KeptNotice,
    Lease, LeftOver, OrderSearch, ParkedEvent, PlatformBudget, Recorded, StageCount, TakenIn,
};

/// Effects happen once: whoever wants to write to a platform claims first and records afterwards.
#[async_trait]
pub trait Effects {
    /// Claims effects for `lease`. Answers are in the order of the requests. A key may stand once per call.
    async fn claim(
        &self,
        requests: &[ClaimRequest],
        lease: SignedDuration,
        now: Timestamp,
    ) -> Result<Vec<Claim>, LedgerError>;

    /// Records what became of claimed effects. Answers are in the order of the results; a result whose token
    /// is no longer the newest is refused and changes nothing.
    async fn record(&self, results: &[EffectResult], now: Timestamp) -> Result<Vec<Recorded>, LedgerError>;

    /// What was last recorded as applied, in the order of the keys.
    async fn recorded(&self, keys: &[EffectKey]) -> Result<Vec<Option<EffectRecord>>, LedgerError>;
}

/// What we remember of orders.
#[async_trait]
pub trait Orders {
    /// The records of these orders, in the order of the references.
    async fn orders(
        &self,
        connection: &ConnectionName,
        orders: &[OrderRef],
    ) -> Result<Vec<Option<OrderRecord>>, LedgerError>;

    /// Keeps readings. A reading older than the kept one (by version) changes nothing. `placed` and
    /// `progress` of a known order stay as they are.
    async fn keep_readings(
        &self,
        connection: &ConnectionName,
        readings: &[Reading],
    ) -> Result<(), LedgerError>;

    /// Keeps where orders stand in ShipStation. The orders must have been read before. An id that was learned stays
    /// where none is told.
    async fn keep_placed(
        &self,
        connection: &ConnectionName,
        placed: &[(OrderId, Placed)],
    ) -> Result<(), LedgerError>;

    /// Learns under which ids orders that ShipStation has fetched itself are there. Orders that were not offered to it
    /// are passed over.
    async fn learn_places(
        &self,
        connection: &ConnectionName,
        places: &[(OrderId, i64)],
    ) -> Result<(), LedgerError>;

    /// Keeps how far the shipping of orders is. The orders must have been read before.
    async fn keep_progress(
        &self,
        connection: &ConnectionName,
        progress: &[(OrderId, Progress)],
    ) -> Result<(), LedgerError>;

    /// Keeps that a reading which began then has answered every event that came before, of these orders. Orders
    /// that are not known are passed over; the instant never goes back.
    async fn keep_answered(
        &self,
        connection: &ConnectionName,
        orders: &[OrderId],
        began: Timestamp,
    ) -> Result<(), LedgerError>;

    /// A page of the orders of which nothing has shipped, by id: all that are in ShipStation, and of the others
    /// those that changed since then. It begins after an order of the page before.
    async fn open_orders(
        &self,
        connection: &ConnectionName,
        after: Option<OrderId>,
        since: Timestamp,
        limit: u32,
    ) -> Result<Vec<OrderId>, LedgerError>;

    /// Orders that were to be sent when they were last read, no later than then by the platform's own time, and of
    /// which nobody recorded that they arrived in ShipStation; those that were read first come first.
    async fn unsent_orders(
        &self,
        connection: &ConnectionName,
        read_until: Timestamp,
        limit: u32,
    ) -> Result<Vec<OrderId>, LedgerError>;

    /// A page of the orders that are in one of these states, by id. It begins after an order of the page before.
    async fn orders_in_state(
        &self,
        connection: &ConnectionName,
        states: &[OrderState],
        after: Option<OrderId>,
        limit: u32,
    ) -> Result<Vec<OrderRecord>, LedgerError>;

    /// Which Cin7 orders stand behind ShipStation's order ids, in the order of the ids.
    async fn orders_at_shipstation(
        &self,
        connection: &ConnectionName,
        ids: &[i64],
    ) -> Result<Vec<Option<OrderId>>, LedgerError>;

    /// The orders that a search means, those that changed last first.
    async fn search_orders(
        &self,
        connection: &ConnectionName,
        search: &OrderSearch,
    ) -> Result<Vec<OrderRecord>, LedgerError>;

    /// At which stages the waiting orders are, by stage.
    async fn stage_counts(&self, connection: &ConnectionName) -> Result<Vec<StageCount>, LedgerError>;

    /// How many orders are in which state, as the contract names states.
    async fn order_counts(&self, connection: &ConnectionName) -> Result<Vec<(String, u64)>, LedgerError>;
}

/// The index of what is in ShipStation, whoever brought it there: as it was last read.
#[async_trait]
pub trait ShipStationIndex {
    /// Keeps orders as they were read, without their items. An older reading (by its modified date) changes
    /// nothing.
    async fn keep_indexed(
        &self,
        connection: &ConnectionName,
        orders: &[PlacedOrder],
    ) -> Result<(), LedgerError>;

    /// The orders of these ids, in the order of the ids.
    async fn indexed(
        &self,
        connection: &ConnectionName,
        ids: &[i64],
    ) -> Result<Vec<Option<PlacedOrder>>, LedgerError>;

    /// Every order that bears one of these numbers to the letter, in the order of the numbers; of one number by
    /// id.
    async fn indexed_by_number(
        &self,
        connection: &ConnectionName,
        numbers: &[String],
    ) -> Result<Vec<Vec<PlacedOrder>>, LedgerError>;
}

/// The set of shipments of each order.
#[async_trait]
pub trait Shipments {
    /// The sets of these orders, empty ones included, in the order of the ids.
    async fn shipment_sets(
        &self,
        connection: &ConnectionName,
        orders: &[OrderId],
    ) -> Result<Vec<ShipmentSet>, LedgerError>;

    /// The orders whose sets have one of these shipments. After a merge one shipment belongs to several.
    async fn orders_of_shipments(
        &self,
        connection: &ConnectionName,
        shipments: &[ShipmentId],
    ) -> Result<BTreeSet<OrderId>, LedgerError>;

    /// Takes reports into the sets of their orders ([`ShipmentSet::take_in`]), all in one transaction.
    /// Answers with one entry per order, each once.
    async fn take_in(
        &self,
        connection: &ConnectionName,
        reports: &[(OrderId, Shipment)],
        now: Timestamp,
    ) -> Result<Vec<TakenIn>, LedgerError>;

    /// Orders in ShipStation whose set changed between these instants, and whose present set nobody recorded as
    /// written to Cin7; those that changed first come first.
    async fn unwritten_sets(
        &self,
        connection: &ConnectionName,
        changed: (Timestamp, Timestamp),
        limit: u32,
    ) -> Result<Vec<OrderId>, LedgerError>;
}

/// The custom store's feed: orders as ShipStation fetches them, each with the instant of its last change.
#[async_trait]
pub trait Feed {
    /// Puts orders into the feed, or in place of what it has of them. What is as it was changes nothing. A change is
    /// stamped in the transaction that makes it visible: later than every window that was read to its end, and in
    /// the order of commits, so that no window misses it. It shows in the windows between its making and its stamp.
    /// Answers whether each changed, in the order of the orders.
    async fn put_in_feed(
        &self,
        connection: &ConnectionName,
        orders: &[FeedOrder],
        now: Timestamp,
    ) -> Result<Vec<bool>, LedgerError>;

    /// What the feed has of these orders, in the order of the ids.
    async fn in_feed(
        &self,
        connection: &ConnectionName,
        orders: &[OrderId],
    ) -> Result<Vec<Option<FeedOrder>>, LedgerError>;

    /// A page of a window, its orders by the time of their change and then by id. The window's first page freezes
    /// it: the pages after it show the same orders, each once, whatever changes meanwhile (with their newest
    /// content), for some minutes. A first page that is asked for again freezes it anew.
    async fn feed_page(
        &self,
        connection: &ConnectionName,
        window: FeedWindow,
        page: FeedPage,
        now: Timestamp,
    ) -> Result<FeedPageOf, LedgerError>;

    /// When the feed changed last; `None` while it is empty.
    async fn feed_changed(&self, connection: &ConnectionName) -> Result<Option<Timestamp>, LedgerError>;
}

/// What ShipStation told the custom store.
#[async_trait]
pub trait Notices {
    /// Keeps a notice. The same one again changes nothing. Returns whether it is new.
    async fn keep_notice(
        &self,
        connection: &ConnectionName,
        notice: &KeptNotice,
    ) -> Result<bool, LedgerError>;

    /// The notices of these ids, in the order of the ids.
    async fn notices(
        &self,
        connection: &ConnectionName,
        ids: &[NoticeId],
    ) -> Result<Vec<Option<KeptNotice>>, LedgerError>;

    /// Remembers that these notices have been taken into the sets of their orders.
    async fn notices_taken_in(
        &self,
        connection: &ConnectionName,
        ids: &[NoticeId],
        now: Timestamp,
    ) -> Result<(), LedgerError>;

    /// Notices of known orders that nobody has taken in, received no later than then; the oldest first.
    async fn open_notices(
        &self,
        connection: &ConnectionName,
        received_until: Timestamp,
        limit: u32,
    ) -> Result<Vec<NoticeId>, LedgerError>;
}

/// Product data, kept because orders carry neither weights nor pictures.
#[async_trait]
pub trait Products {
    /// The products with the time of their reading, in the order of the ids.
    async fn products(
        &self,
        connection: &ConnectionName,
        ids: &[i64],
    ) -> Result<Vec<Option<(Product, Timestamp)>>, LedgerError>;

    /// Keeps products.
    async fn keep_products(
        &self,
        connection: &ConnectionName,
        products: &[Product],
        now: Timestamp,
    ) -> Result<(), LedgerError>;
}

/// The timeline of each order.
#[async_trait]
pub trait Journal {
    /// Adds entries. An entry whose kind and text equal the order's latest is not repeated.
    async fn write(&self, connection: &ConnectionName, entries: &[JournalEntry]) -> Result<(), LedgerError>;

    /// An order's entries, oldest first.
    async fn timeline(
        &self,
        connection: &ConnectionName,
        order: OrderId,
    ) -> Result<Vec<JournalEntry>, LedgerError>;

    /// How many entries of a kind the connection's orders have had since then.
    async fn count(
        &self,
        connection: &ConnectionName,
        kind: &str,
        since: Timestamp,
    ) -> Result<u64, LedgerError>;
}

/// One budget per credential, shared by all workers.
#[async_trait]
pub trait Quota {
    /// Takes one call from every window of the credential, or says when there may be room for this priority.
    /// Windows slide; a refused call is not counted. The clock is read once the backend has its turn: a call
    /// counts from when it is granted, however long that took.
    async fn take(
        &self,
        credential: &str,
        windows: &[Window],
        priority: Priority,
        clock: &dyn Clock,
    ) -> Result<Budget, LedgerError>;

    /// Takes in what a platform's answer said of the budget: fewer calls left than we count means that
    /// somebody else spends them; a block means that nothing may be sent until then.
    async fn heed(&self, credential: &str, report: PlatformBudget, now: Timestamp)
    -> Result<(), LedgerError>;

    /// What is left in each window, in the order of the windows.
    async fn left(
        &self,
        credential: &str,
        windows: &[Window],
        now: Timestamp,
    ) -> Result<Vec<LeftOver>, LedgerError>;
}

/// Leases for work that one worker does at a time.
#[async_trait]
pub trait Leases {
    /// Takes or renews a lease. `None` while somebody else holds it. Tokens of a name only grow.
    async fn lease(
        &self,
        name: &str,
        holder: &str,
        length: SignedDuration,
        now: Timestamp,
    ) -> Result<Option<Lease>, LedgerError>;

    /// Gives a lease back, if the holder still has it.
    async fn give_back(&self, name: &str, holder: &str) -> Result<(), LedgerError>;
}

/// How far the watch and the sweeps are.
#[async_trait]
pub trait Cursors {
    /// The cursor of that name.
    async fn cursor(&self, name: &str) -> Result<Option<Timestamp>, LedgerError>;

    /// Moves a cursor on; it never goes back.
    async fn move_cursor(&self, name: &str, to: Timestamp) -> Result<(), LedgerError>;

    /// The value that was last kept under that name.
    async fn mark(&self, name: &str) -> Result<Option<String>, LedgerError>;

    /// Keeps a value under a name, in place of the one before.
    async fn keep_mark(&self, name: &str, value: &str) -> Result<(), LedgerError>;
}

/// Events that wait for a person.
#[async_trait]
pub trait Parked {
    /// Parks an event. Parking it again under the same id changes nothing.
    async fn park(&self, parked: &ParkedEvent) -> Result<(), LedgerError>;

    /// What is parked, oldest first.
    async fn parked(&self, connection: Option<&ConnectionName>) -> Result<Vec<ParkedEvent>, LedgerError>;

    /// Takes an event out of the parked ones, by its id. `None` when it is not there (any more).
    async fn unpark(&self, id: EventId) -> Result<Option<ParkedEvent>, LedgerError>;
}

/// What people have been told of, for each channel that they are told by.
#[async_trait]
pub trait Alerts {
    /// The problems of a connection that are known on a channel, by their keys.
    async fn alerts(&self, connection: &ConnectionName, channel: &str) -> Result<Vec<Known>, LedgerError>;

    /// Keeps and forgets problems, all in one transaction.
    async fn keep_alerts(
        &self,
        connection: &ConnectionName,
        channel: &str,
        changes: &Changes,
    ) -> Result<(), LedgerError>;
}

/// Everything together, as the binary hands it around.
pub trait Ledger:
    Effects
    + Orders
    + ShipStationIndex
    + Shipments
    + Feed
    + Notices
    + Products
    + Journal
    + Quota
    + Leases
    + Cursors
    + Parked
    + Alerts
    + Send
    + Sync
    + fmt::Debug
{
}

impl<T> Ledger for T where
    T: Effects
        + Orders
        + ShipStationIndex
        + Shipments
        + Feed
        + Notices
        + Products
        + Journal
        + Quota
        + Leases
        + Cursors
        + Parked
        + Alerts
        + Send
        + Sync
        + fmt::Debug
{
}
