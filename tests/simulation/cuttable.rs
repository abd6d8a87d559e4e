//! A ledger that can be cut off for a while, as a database that restarts: every question fails as one to a
//! closed database does, and later they are answered again.

mod store;

use std::collections::BTreeSet;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use async_trait::async_trait;
use domain::alert::{Changes, Known};
use domain::clock::Clock;
use domain::effect::EffectKey;
use domain::ids::{ConnectionName, EventId, OrderId, OrderRef};
use domain::placed_order::PlacedOrder;
use domain::product::Product;
use domain::quota::{Priority, Window};
use domain::record::{OrderRecord, OrderState, Placed, Progress, Reading};
use domain::shipment::{Shipment, ShipmentId, ShipmentSet};
use jiff::{SignedDuration, Timestamp};
use ledger::{
    Alerts, Budget, Claim, ClaimRequest, Cursors, EffectRecord, EffectResult, Effects, Journal, JournalEntry,
    Lease, Leases, LedgerError, LeftOver, OrderSearch, Orders, Parked, ParkedEvent, PlatformBudget, Products,
    Quota, Recorded, ShipStationIndex, Shipments, SqliteLedger, StageCount, TakenIn,
};
use tempfile::TempDir;
use tokio::sync::OnceCell;

/// A ledger with a switch.
#[derive(Debug)]
pub(crate) struct Cuttable {
    whole: SqliteLedger,
    closed: OnceCell<SqliteLedger>,
    is_cut: AtomicBool,
    keeps_no_places: AtomicBool,
    refused_news: Mutex<Option<&'static str>>,
    news_refused: AtomicU64,
    budgets_asked: AtomicU64,
    leases_asked: AtomicU64,
}

impl Cuttable {
    pub(crate) fn new(whole: SqliteLedger) -> Self {
        Self {
            whole,
            closed: OnceCell::new(),
            is_cut: AtomicBool::new(false),
            keeps_no_places: AtomicBool::new(false),
            refused_news: Mutex::new(None),
            news_refused: AtomicU64::new(0),
            budgets_asked: AtomicU64::new(0),
            leases_asked: AtomicU64::new(0),
        }
    }

    /// From now on it cannot be used.
    pub(crate) async fn cut(&self) {
        self.prepare().await;
        self.is_cut.store(true, Ordering::SeqCst);
    }

    /// From now on it fails just before an order's place in ShipStation is kept.
    pub(crate) async fn cut_before_places(&self) {
        self.prepare().await;
        self.keeps_no_places.store(true, Ordering::SeqCst);
    }

    /// From now on it fails just before a timeline is told something of this kind.
    pub(crate) async fn cut_before_news(&self, kind: &'static str) {
        self.prepare().await;
        *self.refused_news.lock().unwrap() = Some(kind);
    }

    /// How often that has failed.
    pub(crate) fn news_refused(&self) -> u64 {
        self.news_refused.load(Ordering::SeqCst)
    }

    async fn prepare(&self) {
        self.closed
            .get_or_init(async || {
                let folder = TempDir::new().unwrap();
                let ledger = SqliteLedger::open(&folder.path().join("closed.db")).await.unwrap();
                ledger.close().await;
                ledger
            })
            .await;
    }

    /// It can be used again.
    pub(crate) fn give_back_all(&self) {
        self.keeps_no_places.store(false, Ordering::SeqCst);
        *self.refused_news.lock().unwrap() = None;
        self.is_cut.store(false, Ordering::SeqCst);
    }

    pub(crate) async fn close(&self) {
        self.whole.close().await;
    }

    /// How often a call was asked for, granted or not.
    pub(crate) fn budgets_asked(&self) -> u64 {
        self.budgets_asked.load(Ordering::SeqCst)
    }

    /// How often a lease was asked for, granted or not.
    pub(crate) fn leases_asked(&self) -> u64 {
        self.leases_asked.load(Ordering::SeqCst)
    }

    fn now(&self) -> &SqliteLedger {
        match self.closed.get() {
            Some(closed) if self.is_cut.load(Ordering::SeqCst) => closed,
            _ => &self.whole,
        }
    }
}

#[async_trait]
impl Effects for Cuttable {
    async fn claim(
        &self,
        requests: &[ClaimRequest],
        lease: SignedDuration,
        now: Timestamp,
    ) -> Result<Vec<Claim>, LedgerError> {
        self.now().claim(requests, lease, now).await
    }

    async fn record(&self, results: &[EffectResult], now: Timestamp) -> Result<Vec<Recorded>, LedgerError> {
        self.now().record(results, now).await
    }

    async fn recorded(&self, keys: &[EffectKey]) -> Result<Vec<Option<EffectRecord>>, LedgerError> {
        self.now().recorded(keys).await
    }
}

#[async_trait]
impl Orders for Cuttable {
    async fn orders(
        &self,
        connection: &ConnectionName,
        orders: &[OrderRef],
    ) -> Result<Vec<Option<OrderRecord>>, LedgerError> {
        self.now().orders(connection, orders).await
    }

    async fn keep_readings(
        &self,
        connection: &ConnectionName,
        readings: &[Reading],
    ) -> Result<(), LedgerError> {
        self.now().keep_readings(connection, readings).await
    }

    async fn keep_placed(
        &self,
        connection: &ConnectionName,
        placed: &[(OrderId, Placed)],
    ) -> Result<(), LedgerError> {
        match self.closed.get() {
            Some(closed) if self.keeps_no_places.load(Ordering::SeqCst) && !placed.is_empty() => {
                closed.keep_placed(connection, placed).await
            }
            _ => self.now().keep_placed(connection, placed).await,
        }
    }

    async fn learn_places(
        &self,
        connection: &ConnectionName,
        places: &[(OrderId, i64)],
    ) -> Result<(), LedgerError> {
        self.now().learn_places(connection, places).await
    }

    async fn keep_progress(
        &self,
        connection: &ConnectionName,
        progress: &[(OrderId, Progress)],
    ) -> Result<(), LedgerError> {
        self.now().keep_progress(connection, progress).await
    }

    async fn keep_answered(
        &self,
        connection: &ConnectionName,
        orders: &[OrderId],
        began: Timestamp,
    ) -> Result<(), LedgerError> {
        self.now().keep_answered(connection, orders, began).await
    }

    async fn open_orders(
        &self,
        connection: &ConnectionName,
        after: Option<OrderId>,
        since: Timestamp,
        limit: u32,
    ) -> Result<Vec<OrderId>, LedgerError> {
        self.now().open_orders(connection, after, since, limit).await
    }

    async fn unsent_orders(
        &self,
        connection: &ConnectionName,
        read_until: Timestamp,
        limit: u32,
    ) -> Result<Vec<OrderId>, LedgerError> {
        self.now().unsent_orders(connection, read_until, limit).await
    }

    async fn orders_in_state(
        &self,
        connection: &ConnectionName,
        states: &[OrderState],
        after: Option<OrderId>,
        limit: u32,
    ) -> Result<Vec<OrderRecord>, LedgerError> {
        self.now().orders_in_state(connection, states, after, limit).await
    }

    async fn orders_at_shipstation(
        &self,
        connection: &ConnectionName,
        ids: &[i64],
    ) -> Result<Vec<Option<OrderId>>, LedgerError> {
        self.now().orders_at_shipstation(connection, ids).await
    }

    async fn search_orders(
        &self,
        connection: &ConnectionName,
        search: &OrderSearch,
    ) -> Result<Vec<OrderRecord>, LedgerError> {
        self.now().search_orders(connection, search).await
    }

    async fn stage_counts(&self, connection: &ConnectionName) -> Result<Vec<StageCount>, LedgerError> {
        self.now().stage_counts(connection).await
    }

    async fn order_counts(&self, connection: &ConnectionName) -> Result<Vec<(String, u64)>, LedgerError> {
        self.now().order_counts(connection).await
    }
}

#[async_trait]
impl Shipments for Cuttable {
    async fn shipment_sets(
        &self,
        connection: &ConnectionName,
        orders: &[OrderId],
    ) -> Result<Vec<ShipmentSet>, LedgerError> {
        self.now().shipment_sets(connection, orders).await
    }

    async fn orders_of_shipments(
        &self,
        connection: &ConnectionName,
        shipments: &[ShipmentId],
    ) -> Result<BTreeSet<OrderId>, LedgerError> {
        self.now().orders_of_shipments(connection, shipments).await
    }

    async fn unwritten_sets(
        &self,
        connection: &ConnectionName,
        changed: (Timestamp, Timestamp),
        limit: u32,
    ) -> Result<Vec<OrderId>, LedgerError> {
        self.now().unwritten_sets(connection, changed, limit).await
    }

    async fn take_in(
        &self,
        connection: &ConnectionName,
        reports: &[(OrderId, Shipment)],
        now: Timestamp,
    ) -> Result<Vec<TakenIn>, LedgerError> {
        self.now().take_in(connection, reports, now).await
    }
}

#[async_trait]
impl ShipStationIndex for Cuttable {
    async fn keep_indexed(
        &self,
        connection: &ConnectionName,
        orders: &[PlacedOrder],
    ) -> Result<(), LedgerError> {
        self.now().keep_indexed(connection, orders).await
    }

    async fn indexed(
        &self,
        connection: &ConnectionName,
        ids: &[i64],
    ) -> Result<Vec<Option<PlacedOrder>>, LedgerError> {
        self.now().indexed(connection, ids).await
    }

    async fn indexed_by_number(
        &self,
        connection: &ConnectionName,
        numbers: &[String],
    ) -> Result<Vec<Vec<PlacedOrder>>, LedgerError> {
        self.now().indexed_by_number(connection, numbers).await
    }
}

#[async_trait]
impl Products for Cuttable {
    async fn products(
        &self,
        connection: &ConnectionName,
        ids: &[i64],
    ) -> Result<Vec<Option<(Product, Timestamp)>>, LedgerError> {
        self.now().products(connection, ids).await
    }

    async fn keep_products(
        &self,
        connection: &ConnectionName,
        products: &[Product],
        now: Timestamp,
    ) -> Result<(), LedgerError> {
        self.now().keep_products(connection, products, now).await
    }
}

#[async_trait]
impl Journal for Cuttable {
    async fn write(&self, connection: &ConnectionName, entries: &[JournalEntry]) -> Result<(), LedgerError> {
        let refused = *self.refused_news.lock().unwrap();
        let tells = refused.is_some_and(|kind| entries.iter().any(|entry| entry.kind == kind));
        match self.closed.get() {
            Some(closed) if tells => {
                self.news_refused.fetch_add(1, Ordering::SeqCst);
                closed.write(connection, entries).await
            }
            _ => self.now().write(connection, entries).await,
        }
    }

    async fn count(
        &self,
        connection: &ConnectionName,
        kind: &str,
        since: Timestamp,
    ) -> Result<u64, LedgerError> {
        self.now().count(connection, kind, since).await
    }

    async fn timeline(
        &self,
        connection: &ConnectionName,
        order: OrderId,
    ) -> Result<Vec<JournalEntry>, LedgerError> {
        self.now().timeline(connection, order).await
    }
}

#[async_trait]
impl Quota for Cuttable {
    async fn take(
        &self,
        credential: &str,
        windows: &[Window],
        priority: Priority,
        clock: &dyn Clock,
    ) -> Result<Budget, LedgerError> {
        let answer = self.now().take(credential, windows, priority, clock).await;
        self.budgets_asked.fetch_add(1, Ordering::SeqCst);
        answer
    }

    async fn heed(
        &self,
        credential: &str,
        report: PlatformBudget,
        now: Timestamp,
    ) -> Result<(), LedgerError> {
        self.now().heed(credential, report, now).await
    }

    async fn left(
        &self,
        credential: &str,
        windows: &[Window],
        now: Timestamp,
    ) -> Result<Vec<LeftOver>, LedgerError> {
        self.now().left(credential, windows, now).await
    }
}

#[async_trait]
impl Leases for Cuttable {
    async fn lease(
        &self,
        name: &str,
        holder: &str,
        length: SignedDuration,
        now: Timestamp,
    ) -> Result<Option<Lease>, LedgerError> {
        let answer = self.now().lease(name, holder, length, now).await;
        self.leases_asked.fetch_add(1, Ordering::SeqCst);
        answer
    }

    async fn give_back(&self, name: &str, holder: &str) -> Result<(), LedgerError> {
        self.now().give_back(name, holder).await
    }
}

#[async_trait]
impl Cursors for Cuttable {
    async fn cursor(&self, name: &str) -> Result<Option<Timestamp>, LedgerError> {
        self.now().cursor(name).await
    }

    async fn move_cursor(&self, name: &str, to: Timestamp) -> Result<(), LedgerError> {
        self.now().move_cursor(name, to).await
    }

    async fn mark(&self, name: &str) -> Result<Option<String>, LedgerError> {
        self.now().mark(name).await
    }

    async fn keep_mark(&self, name: &str, value: &str) -> Result<(), LedgerError> {
        self.now().keep_mark(name, value).await
    }
}

#[async_trait]
impl Parked for Cuttable {
    async fn park(&self, parked: &ParkedEvent) -> Result<(), LedgerError> {
        self.now().park(parked).await
    }

    async fn parked(&self, connection: Option<&ConnectionName>) -> Result<Vec<ParkedEvent>, LedgerError> {
        self.now().parked(connection).await
    }

    async fn unpark(&self, id: EventId) -> Result<Option<ParkedEvent>, LedgerError> {
        self.now().unpark(id).await
    }
}

#[async_trait]
impl Alerts for Cuttable {
    async fn alerts(&self, connection: &ConnectionName, channel: &str) -> Result<Vec<Known>, LedgerError> {
        self.now().alerts(connection, channel).await
    }

    async fn keep_alerts(
        &self,
        connection: &ConnectionName,
        channel: &str,
        changes: &Changes,
    ) -> Result<(), LedgerError> {
        self.now().keep_alerts(connection, channel, changes).await
    }
}
