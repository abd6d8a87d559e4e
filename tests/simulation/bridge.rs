//! The bridge under test: real broker, real ledger, real workers, wired as the binary wires them, but to the
//! world of this process. Its killing and restarting is `crate::process`.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use broker::{Broker, Depth, EmbeddedBroker, EmbeddedConfig, Publisher, event_id};
use domain::clock::Clock;
use domain::event::{Event, EventKind, Lane, Origin};
use domain::feed::FeedOrder;
use domain::ids::{ConnectionName, OrderId, OrderRef};
use domain::quota::{Priority, Window};
use domain::record::OrderRecord;
use domain::retry::RetryPolicy;
use domain::settings::{
    DispatchWhen, ImportRules, Kits, Mapping, Outlet, RateRules, Rules, Target, Writeback,
};
use domain::weight::WeightUnit;
use jiff::SignedDuration;
use jiff::tz::TimeZone;
use ledger::{Budget, Feed, Journal, Ledger, Orders, Parked, ParkedEvent, Quota, SqliteLedger};
use platforms::{
    Cin7Client, Cin7Settings, ShipStationClient, ShipStationSettings, ShipStationV2Client,
    ShipStationV2Settings, Transport,
};
use prometheus_client::registry::Registry;
use server::{
    Inbound, Readiness, RunningServer, Server, ServerConfig, ServerMetrics, StoreEndpoint, StoreLedger,
};
use worker::{
    Alerting, Connection, ConnectionParts, Gate, Platform, RunningWorker, Schedule, ShipStationApi,
    ShipStationV2Api, Subscriptions, WorkerConfig, WorkerMetrics,
};

use crate::cuttable::Cuttable;
use crate::store::{PASSWORD, USER};
use crate::transport::{CIN7_URL, InProcess, SHIPSTATION_URL};
use crate::world::{CONNECTION, World};

/// Nobody looks for anything by itself.
pub(crate) const ONLY_EVENTS: Schedule = Schedule { watch: None, sweep: None, products: None, store: None };

/// How the bridge is set up.
#[derive(Debug, Clone)]
pub(crate) struct Setup {
    /// How many workers share the stores.
    pub(crate) workers: usize,
    /// How often each looks by itself.
    pub(crate) schedule: Schedule,
    /// The waits between attempts.
    pub(crate) ladder: Vec<SignedDuration>,
    /// For how long an effect is claimed.
    pub(crate) lease: SignedDuration,
    /// The budget of each platform.
    pub(crate) windows: Vec<Window>,
    /// How orders are treated.
    pub(crate) rules: Rules,
    /// How people are told.
    pub(crate) alerting: Alerting,
    /// The webhook subscriptions that are kept right.
    pub(crate) subscriptions: Option<Subscriptions>,
    /// Whether ShipStation's API may be used.
    pub(crate) api: bool,
    /// With a key, V2 is asked for rates.
    pub(crate) v2_key: Option<&'static str>,
}

/// A budget that nobody reaches.
pub(crate) fn plenty() -> Vec<Window> {
    vec![Window { limit: 1_000_000, length: SignedDuration::from_mins(1) }]
}

/// Broker, ledger and the workers on them.
pub(crate) struct Bridge {
    world: Arc<World>,
    broker: Arc<EmbeddedBroker>,
    ledger: Arc<Cuttable>,
    workers: Vec<RunningWorker>,
}

/// The connection's name.
pub(crate) fn connection() -> ConnectionName {
    CONNECTION.parse().unwrap()
}

impl Bridge {
    /// Opens the stores in a folder. Nobody works yet.
    pub(crate) async fn open(world: &Arc<World>, folder: &Path) -> Self {
        let clock: Arc<dyn Clock> = world.clock.clone();
        let broker = EmbeddedBroker::open(EmbeddedConfig::new(folder), clock).await.unwrap();
        let ledger = SqliteLedger::open(&folder.join("ledger.db")).await.unwrap();
        let (broker, ledger) = (Arc::new(broker), Arc::new(Cuttable::new(ledger)));
        Self { world: world.clone(), broker, ledger, workers: Vec::new() }
    }

    /// Sets the workers to work. Their names are the same each time, as those of machines are.
    pub(crate) fn start(&mut self, setup: &Setup) {
        for number in 0..setup.workers {
            let config = WorkerConfig {
                alerting: setup.alerting.clone(),
                connections: vec![self.connection(setup)],
                holder: format!("worker-{number}"),
                broker: self.broker.clone(),
                ledger: self.ledger.clone(),
                clock: self.world.clock.clone(),
            };
            self.workers.push(worker::start(config));
        }
    }

    /// Stops the workers softly.
    pub(crate) async fn stop(&mut self) {
        for worker in self.workers.drain(..) {
            worker.stop().await;
        }
    }

    /// Closes the broker, which ends its claim on the folder.
    pub(crate) async fn close(&self) {
        self.broker.close().await;
        self.ledger.close().await;
    }

    fn connection(&self, setup: &Setup) -> Connection {
        let transport: Arc<dyn Transport> = Arc::new(InProcess(self.world.clone()));
        let (clock, ledger): (Arc<dyn Clock>, Arc<dyn Ledger>) =
            (self.world.clock.clone(), self.ledger.clone());
        let metrics = WorkerMetrics::register(&mut Registry::default());
        let gate = |platform: Platform| {
            let windows = setup.windows.clone();
            let (ledger, clock, credential) = (ledger.clone(), clock.clone(), platform.to_string());
            Arc::new(Gate::new(connection(), platform, credential, windows, ledger, clock, metrics.clone()))
        };
        Connection::new(ConnectionParts {
            rules: Arc::new(setup.rules.clone()),
            cin7: Arc::new(Cin7Client::new(transport.clone(), clock.clone(), cin7_settings())),
            cin7_gate: gate(Platform::Cin7),
            shipstation: setup.api.then(|| ShipStationApi {
                client: Arc::new(ShipStationClient::new(
                    transport.clone(),
                    clock.clone(),
                    shipstation_settings(),
                )),
                gate: gate(Platform::ShipStation),
            }),
            shipstation_v2: setup.v2_key.map(|key| {
                let base_url = SHIPSTATION_URL.parse().unwrap();
                let settings = ShipStationV2Settings { base_url, api_key: key.into() };
                ShipStationV2Api {
                    client: Arc::new(ShipStationV2Client::new(transport, clock.clone(), settings)),
                    gate: gate(Platform::ShipStationV2),
                }
            }),
            broker: self.broker.clone(),
            ledger: ledger.clone(),
            clock: clock.clone(),
            metrics: metrics.clone(),
            retry: RetryPolicy { ladder: setup.ladder.clone(), ..RetryPolicy::default() },
            lease: setup.lease,
            platform_timeout: setup.lease / 2,
            schedule: setup.schedule,
            notified: true,
            subscriptions: setup.subscriptions.clone(),
        })
    }

    /// Opens the custom store to ShipStation, over HTTP.
    pub(crate) fn open_store(&self) -> RunningServer {
        let store = StoreEndpoint {
            credentials: vec![format!("{USER}:{PASSWORD}").into()],
            query_credentials: false,
        };
        let inbound = Inbound {
            name: connection(),
            cin7: None,
            shipstation: None,
            shipstation_hosts: SHIPSTATION_URL.parse().unwrap(),
            store: Some(store),
        };
        let config = ServerConfig::new("127.0.0.1:0".parse().unwrap(), vec![inbound]);
        let (mut registry, ready) = (Registry::default(), Readiness::new(true));
        let metrics = ServerMetrics::register(&mut registry);
        let (broker, clock) = (self.broker.clone(), self.world.clock.clone());
        let ledger: Arc<dyn Ledger> = self.ledger.clone();
        let ledger = Some(StoreLedger::opened(ledger));
        Server::start(config, broker, ledger, clock, Arc::new(registry), &metrics, ready).unwrap()
    }

    /// What the feed has of an order.
    pub(crate) async fn in_feed(&self, order: i64) -> Option<FeedOrder> {
        self.ledger.in_feed(&connection(), &[OrderId(order)]).await.unwrap().pop().flatten()
    }

    /// Spends a platform's whole budget, as others on the same key do.
    pub(crate) async fn spend(&self, platform: Platform, windows: &[Window]) {
        let clock = &*self.world.clock;
        let take = || self.ledger.take(platform.as_str(), windows, Priority::WriteBack, clock);
        while take().await.unwrap() == Budget::Granted {}
    }

    /// What is left of the first window of a platform's budget.
    pub(crate) async fn left(&self, platform: Platform, windows: &[Window]) -> u32 {
        let left = self.ledger.left(platform.as_str(), windows, self.world.clock.now()).await.unwrap();
        left[0].remaining
    }

    /// The ledger, to be cut off and given back.
    pub(crate) fn ledger(&self) -> &Cuttable {
        &self.ledger
    }

    /// Accepts events that somebody told us of, as the server does.
    pub(crate) async fn publish(&self, kinds: Vec<EventKind>, origin: Origin) {
        let now = self.world.clock.now();
        let event =
            |kind| Event { id: event_id(now), connection: connection(), kind, origin, received_at: now };
        let events: Vec<Event> = kinds.into_iter().map(event).collect();
        self.broker.publish(&events).await.unwrap();
    }

    /// Accepts webhooks about orders that were received so long ago. How many.
    pub(crate) async fn publish_as_of(&self, orders: &[i64], ago: SignedDuration) -> usize {
        let received_at = self.world.clock.now() - ago;
        let event = |id: &i64| Event {
            id: event_id(received_at),
            connection: connection(),
            kind: EventKind::OrderChanged { order: OrderRef::Id(OrderId(*id)) },
            origin: Origin::Webhook,
            received_at,
        };
        let events: Vec<Event> = orders.iter().map(event).collect();
        self.broker.publish(&events).await.unwrap();
        events.len()
    }

    /// How many events of a lane are where.
    pub(crate) async fn depth(&self, lane: Lane) -> Depth {
        self.broker.depth(&connection(), lane).await.unwrap()
    }

    /// Whether every accepted event is settled.
    pub(crate) async fn is_drained(&self) -> bool {
        let nothing = Depth { ready: 0, delayed: Some(0), in_hand: Some(0) };
        for lane in Lane::ALL {
            if self.depth(lane).await != nothing {
                return false;
            }
        }
        true
    }

    /// How often each waiting event of a lane was tried. Takes them in hand and returns them, so nobody else
    /// may be at work; those that are not due yet are not seen.
    pub(crate) async fn attempts(&self, lane: Lane) -> Vec<u32> {
        let mut consumer = self.broker.consumer(&connection(), lane).await.unwrap();
        let batch = consumer.batch(1_000, std::time::Duration::ZERO).await.unwrap();
        batch.iter().map(broker::Delivery::attempt).collect()
    }

    /// What waits for a person.
    pub(crate) async fn parked(&self) -> Vec<ParkedEvent> {
        self.ledger.parked(Some(&connection())).await.unwrap()
    }

    /// What the ledger knows of these orders.
    pub(crate) async fn records(&self, orders: &[i64]) -> Vec<Option<OrderRecord>> {
        let refs: Vec<_> = orders.iter().map(|order| OrderRef::Id(OrderId(*order))).collect();
        self.ledger.orders(&connection(), &refs).await.unwrap()
    }

    /// An order's timeline, for whoever has to find out what happened.
    pub(crate) async fn timeline(&self, order: i64) -> Vec<String> {
        let entries = self.ledger.timeline(&connection(), OrderId(order)).await.unwrap();
        entries.into_iter().map(|entry| format!("{} {}: {}", entry.at, entry.kind, entry.text)).collect()
    }
}

/// The configuration's defaults.
pub(crate) fn rules() -> Rules {
    Rules {
        connection: connection(),
        outlet: Outlet::Api,
        time_zone: TimeZone::get("Australia/Sydney").unwrap(),
        weight_unit: WeightUnit::Kilograms,
        currency: "AUD".to_owned(),
        store_id: Some(12_345),
        stores_by_branch: BTreeMap::new(),
        import: ImportRules {
            stages: vec!["Fully Picked".to_owned()],
            window_days: 60,
            branches: Vec::new(),
            require_qty_dispatch: true,
            kits: Kits::Parents,
            ..ImportRules::default()
        },
        mapping: Mapping::default(),
        writeback: Writeback {
            stage: "Dispatched".to_owned(),
            dispatch: DispatchWhen::Complete,
            invoice: false,
            carrier_names: BTreeMap::new(),
            carrier_fee: Target::InternalComments,
            service: Target::InternalComments,
            notes_to_buyer: Target::InternalComments,
            cartons: false,
        },
        rates: RateRules::default(),
    }
}

fn cin7_settings() -> Cin7Settings {
    Cin7Settings {
        base_url: CIN7_URL.parse().unwrap(),
        username: "DemoAU".to_owned(),
        key: "demo-cin7-key".to_owned().into(),
    }
}

fn shipstation_settings() -> ShipStationSettings {
    ShipStationSettings {
        base_url: SHIPSTATION_URL.parse().unwrap(),
        api_key: "demo-ss-key".to_owned().into(),
        api_secret: "demo-ss-secret".to_owned().into(),
    }
}
