//! The platforms' webhooks on their way to the bridge: from the outboxes, through doubling, delay, overtaking
//! and loss, to events. Who accepts them is the scenario's business.

use domain::event::EventKind;
use domain::webhook::{self, AllowedHosts, Notice};
use jiff::{SignedDuration, Timestamp};
use sandbox::faults::{FaultPlan, FaultProfile};

use domain::clock::Clock;

use crate::transport::SHIPSTATION_URL;
use crate::world::World;

/// A webhook's body.
#[derive(Debug, Clone)]
enum Body {
    Cin7(String),
    ShipStation(String),
}

/// Webhooks that were sent and have not arrived.
pub(crate) struct Webhooks {
    faults: Option<FaultPlan>,
    on_their_way: Vec<(Timestamp, Body)>,
}

impl Webhooks {
    pub(crate) fn new(profile: FaultProfile, seed: u64) -> Self {
        Self { faults: Some(FaultPlan::new(profile, seed)), on_their_way: Vec::new() }
    }

    /// From now on every webhook arrives once and at once.
    pub(crate) fn calm(&mut self) {
        self.faults = None;
    }

    /// Takes what the platforms have to tell.
    pub(crate) fn collect(&mut self, world: &World) {
        let changed = world.cin7().take_changed();
        for id in changed {
            let reference = world.cin7().order(id).map(|order| order.reference.clone()).unwrap_or_default();
            self.send(world.clock.now(), &Body::Cin7(told_by_cin7(id, &reference)));
        }
        let notifications = world.shipstation().take_outbox();
        for notification in notifications {
            self.send(world.clock.now(), &Body::ShipStation(notification.body));
        }
    }

    fn send(&mut self, now: Timestamp, body: &Body) {
        let copies =
            self.faults.as_mut().map_or_else(|| vec![std::time::Duration::ZERO], FaultPlan::next_webhook);
        for delay in copies {
            let delay = SignedDuration::try_from(delay).unwrap();
            self.on_their_way.push((now + delay, body.clone()));
        }
    }

    /// What has arrived by now, read as the server reads it.
    pub(crate) fn arrived(&mut self, now: Timestamp) -> Vec<EventKind> {
        let (arrived, later) =
            std::mem::take(&mut self.on_their_way).into_iter().partition(|(at, _)| *at <= now);
        self.on_their_way = later;
        let arrived: Vec<(Timestamp, Body)> = arrived;
        arrived.into_iter().flat_map(|(at, body)| events(&body, at)).collect()
    }

    /// Whether nothing is on its way.
    pub(crate) fn is_empty(&self) -> bool {
        self.on_their_way.is_empty()
    }
}

/// Cin7 documents no webhooks: whatever tells of changes has a shape of its own.
fn told_by_cin7(id: i64, reference: &str) -> String {
    let body = match id % 4 {
        0 => serde_json::json!({ "orders": [{ "Reference": reference }] }),
        1 => serde_json::json!([{ "orderId": id.to_string() }]),
        _ => serde_json::json!({ "id": id }),
    };
    body.to_string()
}

fn events(body: &Body, at: Timestamp) -> Vec<EventKind> {
    match body {
        Body::Cin7(body) => {
            let orders = webhook::cin7_orders(body.as_bytes()).unwrap();
            orders.into_iter().map(|order| EventKind::OrderChanged { order }).collect()
        }
        Body::ShipStation(body) => notice(body, at).into_iter().collect(),
    }
}

/// The event of a ShipStation webhook that comes at an instant, if it is one that concerns us.
pub(crate) fn notice(body: &str, at: Timestamp) -> Option<EventKind> {
    let hosts: AllowedHosts = SHIPSTATION_URL.parse().unwrap();
    match webhook::shipstation(body.as_bytes(), &hosts, at).unwrap() {
        Notice::Shipments(query) => Some(EventKind::ShipmentsChanged { query }),
        Notice::Ignored(_) => None,
    }
}
