//! The ShipStation machine: one account's orders, labels, fulfilments and webhook subscriptions, and the answer to
//! any HTTP request: of V1, and of V2 to the questions about rates. It reads no clock and opens no socket. Faults, delivery of webhooks and the
//! behaviour of a warehouse live elsewhere.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use jiff::{SignedDuration, Timestamp};
use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};
use serde_json::json;
use uuid::Uuid;

use crate::exchange::{Reply, Request};
use crate::quota::{Quota, Verdict, Window};

mod account;
mod bind;
mod calls;
pub mod carriers;
pub mod dates;
mod document;
mod fault;
mod ids;
mod labels;
pub mod model;
mod operations;
mod order_calls;
mod query;
mod rates;
mod reads;
mod routes;
mod shipment_calls;
mod splits;
mod subscriptions;
mod upsert;
mod v2;

pub use account::Store;
pub use calls::CallLog;
pub use labels::{LabelRequest, Marking};
pub use operations::OperationError;
pub use subscriptions::{Notification, Subscription, WebhookEvent};

use ids::Ids;
use model::{Fulfillment, Order, OrderStatus, Shipment};

/// The host that the real platform names in webhooks.
pub const REAL_BASE: &str = "https://ssapi.shipstation.com";

/// How the simulated account is set up.
#[derive(Debug, Clone)]
pub struct ShipStationSettings {
    /// The Basic user name. Default `demo-ss-key`.
    pub api_key: String,
    /// The Basic password. Default `demo-ss-secret`.
    pub api_secret: String,
    /// The quota. Default 40 per minute; empty switches it off.
    pub windows: Vec<Window>,
    /// The key of V2. Default `demo-ss-v2-key`.
    pub v2_api_key: String,
    /// The quota of V2. Default 200 per minute; empty switches it off.
    pub v2_windows: Vec<Window>,
    /// The scheme and host that webhooks name in `resource_url`. Default [`REAL_BASE`]; the HTTP sandbox puts
    /// its own address here when it finds the default.
    pub resource_base: String,
    /// The stores. Default: 12345 and 12346 without a marketplace ("manual"), 23456 of a marketplace.
    pub stores: Vec<Store>,
    /// Decides keys, batch ids and tracking numbers. Default 1.
    pub seed: u64,
}

impl Default for ShipStationSettings {
    fn default() -> Self {
        Self {
            api_key: "demo-ss-key".to_owned(),
            api_secret: "demo-ss-secret".to_owned(),
            windows: vec![Window { limit: 40, length: SignedDuration::from_secs(60) }],
            v2_api_key: "demo-ss-v2-key".to_owned(),
            v2_windows: vec![Window { limit: 200, length: SignedDuration::from_secs(60) }],
            resource_base: REAL_BASE.to_owned(),
            stores: Store::defaults(),
            seed: 1,
        }
    }
}

/// One simulated ShipStation account.
#[derive(Debug)]
pub struct ShipStation {
    settings: ShipStationSettings,
    quota: Quota,
    v2_quota: Quota,
    rng: StdRng,
    ids: Ids,
    orders: BTreeMap<i64, Order>,
    keys: HashMap<String, i64>,
    customers: HashMap<String, i64>,
    shipments: BTreeMap<i64, Shipment>,
    /// The labels of each order, so that nothing has to look through all of them.
    labels: HashMap<i64, Vec<i64>>,
    fulfillments: BTreeMap<i64, Fulfillment>,
    subscriptions: BTreeMap<i64, Subscription>,
    refreshes: Vec<(i64, Timestamp)>,
    outbox: Vec<Notification>,
    /// Carriers that answer no question for rates.
    failing_carriers: BTreeSet<String>,
    calls: CallLog,
}

impl ShipStation {
    /// An account without orders.
    pub fn new(settings: ShipStationSettings) -> Self {
        Self {
            quota: Quota::new(settings.windows.clone()),
            v2_quota: Quota::new(settings.v2_windows.clone()),
            rng: StdRng::seed_from_u64(settings.seed),
            settings,
            ids: Ids::default(),
            orders: BTreeMap::new(),
            keys: HashMap::new(),
            customers: HashMap::new(),
            shipments: BTreeMap::new(),
            labels: HashMap::new(),
            fulfillments: BTreeMap::new(),
            subscriptions: BTreeMap::new(),
            refreshes: Vec::new(),
            outbox: Vec::new(),
            failing_carriers: BTreeSet::new(),
            calls: CallLog::default(),
        }
    }

    /// Answers one HTTP request: credentials first (a refused one spends no quota), then the quota, then the
    /// route. `now` must not go back.
    pub fn handle(&mut self, request: &Request, now: Timestamp) -> Reply {
        self.release_holds(now);
        if v2::is_meant(request) {
            return self.handle_v2(request, now);
        }
        if !self.is_authorised(request) {
            self.calls.record("unauthorised", 401);
            let verdict = self.quota.peek(now);
            return with_rate_headers(Reply::json(401, &json!({ "message": "Unauthorized" })), verdict);
        }
        let verdict = self.quota.ask(now);
        let (operation, reply) = if verdict.allowed {
            self.route(request, now)
        } else {
            (routes::operation(request), too_many_requests())
        };
        self.calls.record(operation, reply.status);
        with_rate_headers(reply, verdict)
    }

    /// The address that webhooks will name from now on, such as `http://127.0.0.1:4000`.
    pub fn set_resource_base(&mut self, base: impl Into<String>) {
        self.settings.resource_base = base.into();
    }

    /// How the account is set up.
    pub fn settings(&self) -> &ShipStationSettings {
        &self.settings
    }

    /// What was asked of the account so far.
    pub fn calls(&self) -> &CallLog {
        &self.calls
    }

    /// Every order that was ever there, also deleted and merged ones (see [`Order::absent`]), by id.
    pub fn orders(&self) -> impl Iterator<Item = &Order> {
        self.orders.values()
    }

    /// An order by id, also when it is no longer visible.
    pub fn order(&self, id: i64) -> Option<&Order> {
        self.orders.get(&id)
    }

    /// The visible order of that key.
    pub fn order_by_key(&self, key: &str) -> Option<&Order> {
        self.keys.get(key).and_then(|id| self.visible(*id))
    }

    /// Every label, voided and return labels too, by id.
    pub fn shipments(&self) -> impl Iterator<Item = &Shipment> {
        self.shipments.values()
    }

    /// A label by id.
    pub fn shipment(&self, id: i64) -> Option<&Shipment> {
        self.shipments.get(&id)
    }

    /// Every fulfilment, by id.
    pub fn fulfillments(&self) -> impl Iterator<Item = &Fulfillment> {
        self.fulfillments.values()
    }

    /// The outbound labels of an order that are not voided.
    pub fn live_shipments(&self, order_id: i64) -> impl Iterator<Item = &Shipment> {
        let rows = self.labels.get(&order_id).into_iter().flatten().filter_map(|id| self.shipments.get(id));
        rows.filter(|row| row.is_live())
    }

    /// Visible orders in that status.
    pub fn orders_in(&self, status: OrderStatus) -> impl Iterator<Item = &Order> {
        self.orders.values().filter(move |order| order.absent.is_none() && order.order_status == status)
    }

    fn visible(&self, id: i64) -> Option<&Order> {
        self.orders.get(&id).filter(|order| order.absent.is_none())
    }

    fn store_order(&mut self, order: Order) {
        self.keys.insert(order.order_key.clone(), order.order_id);
        self.orders.insert(order.order_id, order);
    }

    fn store_shipment(&mut self, row: Shipment) {
        if let Some(order_id) = row.order_id {
            self.labels.entry(order_id).or_default().push(row.shipment_id);
        }
        self.shipments.insert(row.shipment_id, row);
    }

    fn is_authorised(&self, request: &Request) -> bool {
        let expected = format!("{}:{}", self.settings.api_key, self.settings.api_secret);
        let credentials = request.authorization.as_deref().and_then(|header| header.split_once(' '));
        credentials.is_some_and(|(scheme, encoded)| {
            scheme.eq_ignore_ascii_case("basic")
                && STANDARD.decode(encoded.trim()).is_ok_and(|sent| sent == expected.as_bytes())
        })
    }

    fn uuid(&mut self) -> Uuid {
        uuid::Builder::from_random_bytes(self.rng.random()).into_uuid()
    }

    /// The key of an order that was made without one.
    fn generated_key(&mut self) -> String {
        format!("manual-{}", self.uuid().simple())
    }

    /// ShipStation keeps a customer record for whoever has a user name.
    fn customer_id(&mut self, username: Option<&str>) -> Option<i64> {
        let username = username.filter(|name| !name.is_empty())?;
        if let Some(id) = self.customers.get(username) {
            return Some(*id);
        }
        let id = self.ids.customer();
        self.customers.insert(username.to_owned(), id);
        Some(id)
    }
}

/// The answer to a request over the quota. Faults use it too.
pub(crate) fn too_many_requests() -> Reply {
    Reply::json(429, &json!({ "message": "Too Many Requests" }))
}

fn with_rate_headers(reply: Reply, verdict: Verdict) -> Reply {
    if verdict.limit == usize::MAX {
        return reply;
    }
    let reset = verdict.reset.as_millis().max(0).cast_unsigned().div_ceil(1_000);
    reply
        .with_header("X-Rate-Limit-Limit", verdict.limit)
        .with_header("X-Rate-Limit-Remaining", if verdict.allowed { verdict.remaining } else { 0 })
        .with_header("X-Rate-Limit-Reset", reset)
}

#[cfg(test)]
mod tests;
