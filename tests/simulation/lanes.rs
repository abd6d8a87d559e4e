//! The worker's own tests: one behaviour each, over the simulated platforms in this process. The clock moves
//! only while a test waits for something.

mod alerting;
mod batches;
mod budget;
mod cartons;
mod circuit;
mod custom_store;
mod doubt;
mod dropped;
mod histories;
mod ignored;
mod late;
mod life;
mod lookouts;
mod outage;
mod parcels;
mod rates;
mod refused;
mod subscriptions;
mod truth;

use std::sync::Arc;
use std::time::Duration;

use alerts::Channels;
use domain::event::{EventKind, Lane, Origin};
use domain::ids::{OrderId, OrderRef};
use domain::settings::Outlet;
use jiff::SignedDuration;
use sandbox::cin7::SalesOrder;
use sandbox::shipstation::LabelRequest;
use tempfile::TempDir;
use worker::Alerting;

use crate::bridge::{Bridge, ONLY_EVENTS, Setup, plenty, rules};
use crate::scenario::folder;
use crate::story;
use crate::trouble::Trouble;
use crate::webhooks::notice;
use crate::world::{Call, Site, World};

/// How long a test waits in real time, how often it looks, and by how much the clock moves between two looks.
const PATIENCE: Duration = Duration::from_mins(1);
const LOOK_EVERY: Duration = Duration::from_millis(5);
const STEP: SignedDuration = SignedDuration::from_millis(250);

/// A bridge between two platforms, all of it in the test's own runtime.
struct Line {
    world: Arc<World>,
    bridge: Bridge,
    setup: Setup,
    step: SignedDuration,
    folder: TempDir,
}

impl Line {
    /// Nobody works yet, and nothing is there.
    async fn new() -> Self {
        let start = "2026-06-10T03:30:00Z".parse().unwrap();
        let (world, _nobody_crashes) = World::new(start, 1, [SignedDuration::ZERO; 2]);
        let folder = folder();
        let bridge = Bridge::open(&world, folder.path()).await;
        let setup = Setup {
            workers: 1,
            schedule: ONLY_EVENTS,
            ladder: vec![SignedDuration::from_secs(10)],
            lease: SignedDuration::from_secs(60),
            windows: plenty(),
            rules: rules(),
            alerting: Alerting::by(Channels::default()),
            subscriptions: None,
            api: true,
            v2_key: None,
        };
        Self { world, bridge, setup, step: STEP, folder }
    }

    /// With so many orders that are picked; their ids.
    async fn with_picked(count: usize) -> (Self, Vec<i64>) {
        let line = Self::new().await;
        let ids = story::picked_orders(&line.world, 11, count);
        (line, ids)
    }

    /// With so many orders that have reached ShipStation; their ids.
    async fn with_imported(count: usize) -> (Self, Vec<i64>) {
        Self::with_imported_by(11, count).await
    }

    /// The same, with orders that follow from a seed.
    async fn with_imported_by(seed: u64, count: usize) -> (Self, Vec<i64>) {
        let mut line = Self::new().await;
        let ids = story::picked_orders(&line.world, seed, count);
        line.tell(&ids).await;
        line.start();
        line.until_drained().await;
        line.stop().await;
        (line, ids)
    }

    /// The same, with orders that ShipStation fetches itself.
    async fn with_offered_by(seed: u64, count: usize) -> (Self, Vec<i64>) {
        let mut line = Self::new().await;
        line.setup.rules.outlet = Outlet::CustomStore;
        let ids = story::picked_orders(&line.world, seed, count);
        line.tell(&ids).await;
        line.start();
        line.until_drained().await;
        line.stop().await;
        (line, ids)
    }

    fn start(&mut self) {
        self.bridge.start(&self.setup);
    }

    async fn stop(&mut self) {
        self.bridge.stop().await;
    }

    /// Stops the workers and loses every event, as a broken disk would.
    async fn lose_the_queue(&mut self) {
        self.stop().await;
        self.bridge.close().await;
        for file in std::fs::read_dir(self.folder.path()).unwrap() {
            let path = file.unwrap().path();
            if path.file_name().unwrap().to_string_lossy().starts_with("queue.db") {
                std::fs::remove_file(path).unwrap();
            }
        }
        self.bridge = Bridge::open(&self.world, self.folder.path()).await;
    }

    /// Webhooks: these orders have changed.
    async fn tell(&self, orders: &[i64]) {
        let kinds = orders.iter().map(|id| changed(OrderRef::Id(OrderId(*id)))).collect();
        self.bridge.publish(kinds, Origin::Webhook).await;
    }

    /// Webhooks: whatever ShipStation has to tell.
    async fn notify(&self) {
        let (outbox, now) = (self.world.shipstation().take_outbox(), self.world.now(Site::ShipStation));
        let kinds: Vec<_> = outbox.iter().filter_map(|message| notice(&message.body, now)).collect();
        assert!(!kinds.is_empty(), "something has shipped");
        self.bridge.publish(kinds, Origin::Webhook).await;
    }

    /// Buys a label for each of these orders, all in one batch.
    fn ship(&self, orders: &[i64]) {
        let now = self.world.now(Site::ShipStation);
        let mut shipstation = self.world.shipstation();
        let label = |id: &i64| {
            let order = shipstation.order_by_key(&story::key(*id)).expect("it was imported");
            LabelRequest::whole(order.order_id)
        };
        let labels: Vec<_> = orders.iter().map(label).collect();
        for bought in shipstation.buy_batch(&labels, now) {
            bought.unwrap();
        }
    }

    /// Waits for something while time passes.
    async fn until(&self, what: &str, mut is_so: impl AsyncFnMut(&Self) -> bool) {
        let mut looks = tokio::time::interval(LOOK_EVERY);
        let until_so = async {
            while !is_so(self).await {
                self.world.advance(self.step);
                looks.tick().await;
            }
        };
        let waited = tokio::time::timeout(PATIENCE, until_so).await;
        assert!(waited.is_ok(), "still waiting until {what}");
    }

    async fn until_drained(&self) {
        self.until("every event is settled", async |line| line.bridge.is_drained().await).await;
    }

    /// From now on this goes wrong, as often as the function says so.
    fn trouble(&self, trouble: impl FnMut(&Call) -> Option<Trouble> + Send + 'static) {
        self.world.trouble(Some(Box::new(trouble)));
    }

    fn order(&self, id: i64) -> SalesOrder {
        self.world.cin7().order(id).expect("it was entered").clone()
    }

    /// How often an order was sent to ShipStation.
    fn sent(&self, id: i64) -> u64 {
        self.world.shipstation().calls().upserts().get(&story::key(id)).copied().unwrap_or_default()
    }

    fn is_dispatched(&self, id: i64) -> bool {
        self.order(id).dispatched_date.is_some()
    }

    /// The state that people see.
    async fn state(&self, id: i64) -> &'static str {
        let record = self.bridge.records(&[id]).await.pop().flatten();
        record.map_or("unknown", |record| record.state().as_str())
    }

    /// The orders that the parked events name, with the cause of each.
    async fn parked(&self) -> Vec<(Option<i64>, String)> {
        let parked = self.bridge.parked().await;
        parked.into_iter().map(|parked| (parked.order.map(|order| order.0), parked.cause)).collect()
    }

    async fn delayed(&self, lane: Lane) -> u64 {
        self.bridge.depth(lane).await.delayed.unwrap()
    }
}

fn changed(order: OrderRef) -> EventKind {
    EventKind::OrderChanged { order }
}

/// Trouble for the first such call only.
fn once(
    wanted: impl Fn(&Call) -> bool + Send + 'static,
    trouble: Trouble,
) -> impl FnMut(&Call) -> Option<Trouble> + Send + 'static {
    let mut trouble = Some(trouble);
    move |call| if wanted(call) { trouble.take() } else { None }
}
