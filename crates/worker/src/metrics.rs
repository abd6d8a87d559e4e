//! The worker's counters, by the names of the contract. One method per thing that happens.

use std::sync::Arc;
use std::time::Duration;

use jiff::SignedDuration;
use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::histogram::{Histogram, exponential_buckets};
use prometheus_client::registry::Registry;

use alerts::Channel;
use broker::Depth;
use domain::event::Lane;
use domain::ids::ConnectionName;
use domain::quota::{Priority, Window};
use platforms::Heard;

use crate::gate::Platform;

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct OfLane {
    lane: &'static str,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct OfConnection {
    connection: String,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Settled {
    connection: String,
    lane: &'static str,
    outcome: &'static str,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Request {
    connection: String,
    platform: &'static str,
    operation: &'static str,
    status: String,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct AtPlatform {
    connection: String,
    platform: &'static str,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct OfWindow {
    connection: String,
    platform: &'static str,
    window: String,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Queue {
    connection: String,
    lane: &'static str,
    state: &'static str,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Purpose {
    platform: &'static str,
    purpose: &'static str,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Repair {
    kind: &'static str,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Alert {
    channel: &'static str,
    outcome: &'static str,
}

/// The worker's counters. Clones count together.
#[derive(Debug, Clone)]
pub struct WorkerMetrics(Arc<Families>);

#[derive(Debug)]
struct Families {
    settled: Family<Settled, Counter>,
    effect_seconds: Family<OfLane, Histogram, fn() -> Histogram>,
    batch_size: Family<OfLane, Histogram, fn() -> Histogram>,
    requests: Family<Request, Counter>,
    request_seconds: Family<AtPlatform, Histogram, fn() -> Histogram>,
    quota: Family<OfWindow, Gauge>,
    imported: Family<OfConnection, Counter>,
    written: Family<OfConnection, Counter>,
    repairs: Family<Repair, Counter>,
    parked: Family<OfConnection, Gauge>,
    depth: Family<Queue, Gauge>,
    circuit: Family<AtPlatform, Gauge>,
    spent: Family<Purpose, Counter>,
    alerts: Family<Alert, Counter>,
}

fn purpose(priority: Priority) -> &'static str {
    match priority {
        Priority::WriteBack => "write_back",
        Priority::Import => "import",
        Priority::Rates => "rates",
        Priority::Watch => "watch",
        Priority::Backfill => "backfill",
    }
}

fn seconds() -> Histogram {
    Histogram::new(exponential_buckets(0.05, 2.0, 16))
}

fn sizes() -> Histogram {
    Histogram::new([1.0, 2.0, 5.0, 10.0, 25.0, 50.0, 100.0, 250.0])
}

impl WorkerMetrics {
    /// Registers the counters. The registry's prefix is `shipbridge`.
    pub fn register(registry: &mut Registry) -> Self {
        let families = Families {
            settled: Family::default(),
            effect_seconds: Family::new_with_constructor(seconds),
            batch_size: Family::new_with_constructor(sizes),
            requests: Family::default(),
            request_seconds: Family::new_with_constructor(seconds),
            quota: Family::default(),
            imported: Family::default(),
            written: Family::default(),
            repairs: Family::default(),
            parked: Family::default(),
            depth: Family::default(),
            circuit: Family::default(),
            spent: Family::default(),
            alerts: Family::default(),
        };
        let f = &families;
        registry.register("events_settled", "Events settled, by how they ended", f.settled.clone());
        registry.register(
            "event_to_effect_seconds",
            "From the event's arrival to its end",
            f.effect_seconds.clone(),
        );
        registry.register("batch_size", "Events taken at once", f.batch_size.clone());
        registry.register("platform_requests", "Calls to the platforms", f.requests.clone());
        registry.register(
            "platform_request_seconds",
            "Duration of calls to the platforms",
            f.request_seconds.clone(),
        );
        registry.register("quota_remaining", "Calls left in each window of the budget", f.quota.clone());
        registry.register("orders_imported", "Orders that arrived in ShipStation", f.imported.clone());
        registry.register("shipments_written", "Orders written back to Cin7", f.written.clone());
        registry.register("sweep_repairs", "What no event had announced", f.repairs.clone());
        registry.register("parked", "Events that wait for a person", f.parked.clone());
        registry.register("queue_depth", "Events in the queues", f.depth.clone());
        registry.register("circuit_open", "1 while a platform is set aside", f.circuit.clone());
        registry.register(
            "platform_calls_by_purpose",
            "Calls to the platforms, by what they were for",
            f.spent.clone(),
        );
        registry.register("alerts", "Messages to people, by how they ended", f.alerts.clone());
        Self(Arc::new(families))
    }

    pub(crate) fn settled(&self, connection: &ConnectionName, lane: Lane, outcome: &'static str) {
        let label = Settled { connection: connection.to_string(), lane: lane.as_str(), outcome };
        self.0.settled.get_or_create(&label).inc();
    }

    pub(crate) fn effect_after(&self, lane: Lane, wait: SignedDuration) {
        self.0
            .effect_seconds
            .get_or_create(&OfLane { lane: lane.as_str() })
            .observe(wait.as_secs_f64().max(0.0));
    }

    pub(crate) fn batch(&self, lane: Lane, size: usize) {
        let size = f64::from(u32::try_from(size).unwrap_or(u32::MAX));
        self.0.batch_size.get_or_create(&OfLane { lane: lane.as_str() }).observe(size);
    }

    pub(crate) fn called(
        &self,
        connection: &ConnectionName,
        platform: Platform,
        heard: &Heard,
        took: Duration,
    ) {
        let status = heard.status.map_or_else(|| "none".to_owned(), |status| status.to_string());
        let (connection, platform) = (connection.to_string(), platform.as_str());
        let label = Request { connection: connection.clone(), platform, operation: heard.operation, status };
        self.0.requests.get_or_create(&label).inc();
        let label = AtPlatform { connection, platform };
        self.0.request_seconds.get_or_create(&label).observe(took.as_secs_f64());
    }

    pub(crate) fn spent(&self, platform: Platform, priority: Priority) {
        let label = Purpose { platform: platform.as_str(), purpose: purpose(priority) };
        self.0.spent.get_or_create(&label).inc();
    }

    /// Calls spent so far on a purpose, on all platforms together.
    pub fn calls_for(&self, priority: Priority) -> u64 {
        Platform::ALL.into_iter().map(|platform| self.calls_to(platform, priority)).sum()
    }

    /// Calls spent so far on a purpose, on one platform.
    pub fn calls_to(&self, platform: Platform, priority: Priority) -> u64 {
        let label = Purpose { platform: platform.as_str(), purpose: purpose(priority) };
        self.0.spent.get_or_create(&label).get()
    }

    pub(crate) fn quota_left(
        &self,
        connection: &ConnectionName,
        platform: Platform,
        window: &Window,
        left: u32,
    ) {
        let window = format!("{}s", window.length.as_secs());
        let label = OfWindow { connection: connection.to_string(), platform: platform.as_str(), window };
        self.0.quota.get_or_create(&label).set(i64::from(left));
    }

    pub(crate) fn imported(&self, connection: &ConnectionName, orders: usize) {
        let label = OfConnection { connection: connection.to_string() };
        self.0.imported.get_or_create(&label).inc_by(orders as u64);
    }

    pub(crate) fn written(&self, connection: &ConnectionName, orders: usize) {
        let label = OfConnection { connection: connection.to_string() };
        self.0.written.get_or_create(&label).inc_by(orders as u64);
    }

    pub(crate) fn repaired(&self, kind: &'static str, orders: usize) {
        self.0.repairs.get_or_create(&Repair { kind }).inc_by(orders as u64);
    }

    pub(crate) fn circuit(&self, connection: &ConnectionName, platform: Platform, open: bool) {
        let label = AtPlatform { connection: connection.to_string(), platform: platform.as_str() };
        self.0.circuit.get_or_create(&label).set(i64::from(open));
    }

    /// A message went out, or could not.
    pub(crate) fn alerted(&self, channel: Channel, delivered: bool) {
        let outcome = if delivered { "sent" } else { "failed" };
        self.0.alerts.get_or_create(&Alert { channel: channel.as_str(), outcome }).inc();
    }

    pub(crate) fn parked(&self, connection: &ConnectionName, events: usize) {
        let label = OfConnection { connection: connection.to_string() };
        self.0.parked.get_or_create(&label).set(i64::try_from(events).unwrap_or(i64::MAX));
    }

    pub(crate) fn depth(&self, connection: &ConnectionName, lane: Lane, depth: Depth) {
        let states = [("ready", Some(depth.ready)), ("delayed", depth.delayed), ("in_hand", depth.in_hand)];
        for (state, events) in states.into_iter().filter_map(|(state, events)| Some((state, events?))) {
            let label = Queue { connection: connection.to_string(), lane: lane.as_str(), state };
            self.0.depth.get_or_create(&label).set(i64::try_from(events).unwrap_or(i64::MAX));
        }
    }
}
