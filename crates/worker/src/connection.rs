//! One connection at work: its rules, its two platforms behind their gates, and the places where it remembers.

use std::sync::Arc;
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};

use broker::Broker;
use domain::clock::Clock;
use domain::failure::Failure;
use domain::ids::ConnectionName;
use domain::retry::RetryPolicy;
use domain::settings::Rules;
use ledger::Ledger;
use platforms::{Cin7Client, ShipStationClient, ShipStationV2Client};

use crate::gate::Gate;
use crate::metrics::WorkerMetrics;
use crate::outage::Outage;
use crate::rates::{Quoter, QuoterParts};
use crate::shipments_back::Strangers;
use crate::subscriptions::Subscriptions;

/// Longest sleep between two looks at the clock.
const LONGEST_NAP: Duration = Duration::from_millis(500);
/// How long a batch is worked on before what has not been begun of it returns to the queue. Brokers take whoever
/// holds events for half an hour for dead.
const BATCH_TIME: SignedDuration = SignedDuration::from_mins(5);

/// What a connection is made of. All of it is shared and cheap to clone.
#[derive(Debug, Clone)]
pub struct ConnectionParts {
    /// How its orders are treated.
    pub rules: Arc<Rules>,
    /// The Cin7 account.
    pub cin7: Arc<Cin7Client>,
    /// The gate before it.
    pub cin7_gate: Arc<Gate>,
    /// The ShipStation account, by its V1 API; `None` for a connection that has the custom store alone.
    pub shipstation: Option<ShipStationApi>,
    /// The same account by V2, which is asked for rates; `None` without a key for it.
    pub shipstation_v2: Option<ShipStationV2Api>,
    /// Where events wait.
    pub broker: Arc<dyn Broker>,
    /// What was done.
    pub ledger: Arc<dyn Ledger>,
    /// The time.
    pub clock: Arc<dyn Clock>,
    /// The counters.
    pub metrics: WorkerMetrics,
    /// What happens after failures.
    pub retry: RetryPolicy,
    /// For how long an effect is claimed.
    pub lease: SignedDuration,
    /// The longest time that a call to a platform may take; shorter than the lease, since a write only goes out
    /// while its lease has so much room left.
    pub platform_timeout: SignedDuration,
    /// How often the connection looks by itself.
    pub schedule: Schedule,
    /// Whether ShipStation notifies us of what ships: then a sweep that finds more than a few shipments tells that
    /// notifications do not arrive.
    pub notified: bool,
    /// The webhook subscriptions that are kept right; `None` where nobody can call us.
    pub subscriptions: Option<Subscriptions>,
}

/// ShipStation's V1 API with the gate before it.
#[derive(Debug, Clone)]
pub struct ShipStationApi {
    /// The account.
    pub client: Arc<ShipStationClient>,
    /// The gate before it.
    pub gate: Arc<Gate>,
}

/// ShipStation's V2 API with the gate before it.
#[derive(Debug, Clone)]
pub struct ShipStationV2Api {
    /// The account.
    pub client: Arc<ShipStationV2Client>,
    /// The gate before it.
    pub gate: Arc<Gate>,
}

impl ShipStationApi {
    /// The API, or why there is none.
    pub(crate) fn required(api: Option<&Self>) -> Result<&Self, Failure> {
        api.ok_or_else(|| Failure::Permanent {
            reason: "this connection has no credentials of ShipStation's API (`api_key` and `api_secret`), and this \
                     needs them"
                .to_owned(),
        })
    }
}

/// How often a connection looks for what no event announced.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Schedule {
    /// Poll Cin7 for changed orders; `None` where webhooks cover it.
    pub watch: Option<Duration>,
    /// Look at ShipStation for labels, voids, fulfilments, and what else is there; `None` for never.
    pub sweep: Option<Duration>,
    /// Ask Cin7 for changed products, for those that are kept; `None` for never.
    pub products: Option<Duration>,
    /// With a custom store: look for what is unfinished, and have ShipStation fetch what has changed.
    pub store: Option<Duration>,
}

impl Schedule {
    /// How often changed products are asked for: weights and pictures change rarely.
    pub const PRODUCTS_EVERY: Duration = Duration::from_mins(15);
    /// How often a custom store is looked after: all that changed in between is fetched together.
    pub const STORE_EVERY: Duration = Duration::from_mins(1);
}

/// A connection at work.
#[derive(Debug, Clone)]
pub struct Connection(Arc<Inner>);

#[derive(Debug, Clone)]
struct Inner {
    parts: ConnectionParts,
    outage: Outage,
    strangers: Strangers,
    quoter: Quoter,
}

impl Connection {
    /// A connection from its parts.
    pub fn new(parts: ConnectionParts) -> Self {
        let quoter = Quoter::new(QuoterParts {
            rules: Arc::clone(&parts.rules),
            cin7: Arc::clone(&parts.cin7),
            cin7_gate: Arc::clone(&parts.cin7_gate),
            shipstation: parts.shipstation.clone(),
            shipstation_v2: parts.shipstation_v2.clone(),
            ledger: Arc::clone(&parts.ledger),
            clock: Arc::clone(&parts.clock),
        });
        let (outage, strangers) = (Outage::default(), Strangers::default());
        Self(Arc::new(Inner { parts, outage, strangers, quoter }))
    }

    /// With an outage that others share, so that it is told once.
    pub(crate) fn with_outage(self, outage: &Outage) -> Self {
        Self(Arc::new(Inner { outage: outage.clone(), ..Arc::unwrap_or_clone(self.0) }))
    }

    /// Its name.
    pub fn name(&self) -> &ConnectionName {
        &self.0.parts.rules.connection
    }

    /// ShipStation's V1 API. Without it nothing can be asked or written there.
    pub(crate) fn api(&self) -> Result<&ShipStationApi, Failure> {
        ShipStationApi::required(self.shipstation.as_ref())
    }

    /// The gates before its platforms.
    pub(crate) fn gates(&self) -> impl Iterator<Item = &Gate> {
        let shipstation = self.shipstation.iter().map(|api| &api.gate);
        let shipstation_v2 = self.shipstation_v2.iter().map(|api| &api.gate);
        std::iter::once(&self.cin7_gate).chain(shipstation).chain(shipstation_v2).map(AsRef::as_ref)
    }

    /// Quotes of its carriers.
    pub fn quoter(&self) -> &Quoter {
        &self.0.quoter
    }

    /// Whether the ledger answers.
    pub(crate) fn outage(&self) -> &Outage {
        &self.0.outage
    }

    /// Orders in ShipStation that have been found to be somebody else's.
    pub(crate) fn strangers(&self) -> &Strangers {
        &self.0.strangers
    }

    /// Before then nothing happened that an order's import may still depend on: the window, and a day for time zones.
    pub(crate) fn horizon(&self) -> Timestamp {
        Self::horizon_of(self.clock.now(), self.rules.import.window_days)
    }

    /// The same for a window of so many days.
    pub(crate) fn horizon_of(now: Timestamp, window_days: u32) -> Timestamp {
        let days = i32::try_from(window_days).unwrap_or(3650).saturating_add(1);
        now.checked_sub(SignedDuration::from_hours(24) * days).unwrap_or(Timestamp::UNIX_EPOCH)
    }

    /// When a claim made now ends.
    pub(crate) fn lease_end(&self) -> Timestamp {
        self.clock.now() + self.lease
    }

    /// Whether a write that goes out now ends before its lease does, however long the platform takes. After
    /// that another worker may be writing something newer.
    pub(crate) fn has_room(&self, lease_end: Timestamp) -> bool {
        self.clock.now() + self.platform_timeout <= lease_end
    }

    /// Whether a batch that was taken then has been in hand for so long that nothing more of it is begun.
    pub(crate) fn is_overdue(&self, taken: Timestamp) -> bool {
        self.clock.now() - taken > BATCH_TIME
    }

    /// Waits for a time by the connection's clock, but not while the worker stops.
    pub(crate) async fn wait_until(&self, until: Timestamp) {
        loop {
            let wait = Duration::try_from(until.duration_since(self.clock.now())).unwrap_or_default();
            if wait.is_zero() || self.cin7_gate.is_closed() {
                return;
            }
            tokio::time::sleep(wait.min(LONGEST_NAP)).await;
        }
    }
}

impl std::ops::Deref for Connection {
    type Target = ConnectionParts;

    fn deref(&self) -> &ConnectionParts {
        &self.0.parts
    }
}
