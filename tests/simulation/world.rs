//! The world around the bridge: both simulated platforms without sockets, and the clocks that everybody lives
//! by. Every request is written down here. What goes wrong on the way to the platforms is `crate::trouble`.

use std::collections::BTreeSet;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use domain::clock::{Clock, FixedClock};
use jiff::{SignedDuration, Timestamp};
use sandbox::cin7::{Cin7, Cin7Settings};
use sandbox::exchange::{Method, Reply, Request};
use sandbox::shipstation::{ShipStation, ShipStationSettings, WebhookEvent};
use tokio::sync::Notify;

use crate::checker::family::Family;
use crate::trouble::{Trouble, Troublemaker};

/// The bridge's only connection.
pub(crate) const CONNECTION: &str = "acme";

/// One of the two platforms.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Site {
    Cin7,
    ShipStation,
}

/// A request as it was sent.
#[derive(Debug, Clone)]
pub(crate) struct Call {
    pub(crate) site: Site,
    /// Method and path below the base: `GET /SalesOrders`.
    pub(crate) operation: String,
    pub(crate) query: Vec<(String, String)>,
    pub(crate) body: String,
}

impl Call {
    fn of(site: Site, request: &Request) -> Self {
        let method = match request.method {
            Method::Get => "GET",
            Method::Post => "POST",
            Method::Put => "PUT",
            Method::Delete | Method::Other => "DELETE",
        };
        let path = request.path.trim_start_matches("/api/v1");
        Self {
            site,
            operation: format!("{method} {path}"),
            query: request.query.clone(),
            body: String::from_utf8_lossy(&request.body).into_owned(),
        }
    }

    /// Whether it is that operation.
    pub(crate) fn is(&self, operation: &str) -> bool {
        self.operation == operation
    }

    /// Whether it may change something.
    pub(crate) fn is_write(&self) -> bool {
        !self.operation.starts_with("GET ")
    }

    /// Whether the query has this parameter with a value that contains `text`.
    pub(crate) fn asks(&self, parameter: &str, text: &str) -> bool {
        self.query.iter().any(|(name, value)| name == parameter && value.contains(text))
    }

    /// Whether it is the watch's poll rather than a reading of whole orders.
    pub(crate) fn is_poll(&self) -> bool {
        self.is("GET /SalesOrders") && self.asks("fields", "modifiedDate")
    }

    /// Whether it is a reading of whole orders.
    pub(crate) fn is_reading(&self) -> bool {
        self.is("GET /SalesOrders") && !self.is_poll()
    }
}

/// Both platforms with what happened to them.
pub(crate) struct World {
    /// The bridge's clock. It stands still unless somebody moves it.
    pub(crate) clock: Arc<FixedClock>,
    moved: Notify,
    /// By how much the clocks of Cin7 and of ShipStation are ahead of the bridge's.
    skews: [SignedDuration; 2],
    cin7: Mutex<Cin7>,
    shipstation: Mutex<ShipStation>,
    calls: Mutex<Vec<Call>>,
    breaches: Mutex<Vec<String>>,
    troubles: AtomicUsize,
    troublemaker: Mutex<Option<Troublemaker>>,
    crash: Mutex<Sender<()>>,
}

impl World {
    /// Two empty accounts without quotas. The receiver hears of crashes that the troublemaker asks for.
    pub(crate) fn new(start: Timestamp, seed: u64, skews: [SignedDuration; 2]) -> (Arc<Self>, Receiver<()>) {
        let mut shipstation =
            ShipStation::new(ShipStationSettings { windows: Vec::new(), seed, ..Default::default() });
        for event in
            [WebhookEvent::ShipNotify, WebhookEvent::ItemShipNotify, WebhookEvent::FulfillmentShipped]
        {
            shipstation.subscribe("http://bridge.invalid/webhooks/shipstation/acme", event, None);
        }
        let cin7 = Cin7::new(Cin7Settings { windows: Vec::new(), ..Default::default() });
        let (crash, wanted) = channel();
        let world = Self {
            clock: Arc::new(FixedClock::at(start)),
            moved: Notify::new(),
            skews,
            cin7: Mutex::new(cin7),
            shipstation: Mutex::new(shipstation),
            calls: Mutex::default(),
            breaches: Mutex::default(),
            troubles: AtomicUsize::new(0),
            troublemaker: Mutex::default(),
            crash: Mutex::new(crash),
        };
        (Arc::new(world), wanted)
    }

    /// Moves the bridge's clock, and with it everybody's.
    pub(crate) fn advance(&self, by: SignedDuration) {
        self.clock.advance(by);
        self.moved.notify_waiters();
    }

    /// Waits until the clock has moved by so much.
    pub(crate) async fn pass(&self, length: SignedDuration) {
        let until = self.clock.now() + length;
        loop {
            let moved = self.moved.notified();
            if self.clock.now() >= until {
                return;
            }
            moved.await;
        }
    }

    /// The time by a platform's own clock.
    pub(crate) fn now(&self, site: Site) -> Timestamp {
        self.clock.now() + self.skews[site as usize]
    }

    /// The Cin7 account, as a person sees it.
    pub(crate) fn cin7(&self) -> MutexGuard<'_, Cin7> {
        hold(&self.cin7)
    }

    /// The ShipStation account, as a person sees it.
    pub(crate) fn shipstation(&self) -> MutexGuard<'_, ShipStation> {
        hold(&self.shipstation)
    }

    /// From now on this decides what goes wrong; `None`: nothing.
    pub(crate) fn trouble(&self, troublemaker: Option<Troublemaker>) {
        *hold(&self.troublemaker) = troublemaker;
    }

    /// Writes a request down and says what goes wrong with it.
    pub(crate) fn meet(&self, site: Site, request: &Request) -> Option<Trouble> {
        let call = Call::of(site, request);
        let trouble = hold(&self.troublemaker).as_mut().and_then(|troublemaker| troublemaker(&call));
        hold(&self.calls).push(call);
        self.troubles.fetch_add(usize::from(trouble.is_some()), Ordering::Relaxed);
        trouble
    }

    /// Lets a platform handle a request, and looks whether the platform was told the truth.
    pub(crate) fn handle(&self, site: Site, request: &Request) -> Reply {
        let now = self.now(site);
        if site == Site::ShipStation {
            return self.shipstation().handle(request, now);
        }
        let mut cin7 = self.cin7();
        if request.method == Method::Get {
            return cin7.handle(request, now);
        }
        let before = dispatched(&cin7);
        let reply = cin7.handle(request, now);
        let after = dispatched(&cin7);
        drop(cin7);
        for order in after.difference(&before) {
            if !Family::of(&self.shipstation(), *order).is_covered() {
                hold(&self.breaches)
                    .push(format!("order {order} was dispatched in Cin7 before all of it shipped"));
            }
        }
        reply
    }

    /// What was done too early, although it may look right by now.
    pub(crate) fn breaches(&self) -> Vec<String> {
        hold(&self.breaches).clone()
    }

    /// How many requests were like this.
    pub(crate) fn count(&self, like: impl Fn(&Call) -> bool) -> usize {
        hold(&self.calls).iter().filter(|call| like(call)).count()
    }

    /// The last request that may have changed something: what it was and what it said.
    pub(crate) fn last_write(&self) -> Option<String> {
        let calls = hold(&self.calls);
        let last = calls.iter().rev().find(|call| call.is_write())?;
        Some(format!("{} {}", last.operation, last.body))
    }

    /// How many requests met with trouble.
    pub(crate) fn troubles(&self) -> usize {
        self.troubles.load(Ordering::Relaxed)
    }

    /// How many requests were this operation.
    pub(crate) fn calls(&self, operation: &str) -> usize {
        self.count(|call| call.is(operation))
    }

    /// Asks whoever drives the scenario to kill the bridge now.
    pub(crate) fn ask_for_crash(&self) {
        // Without a driver nobody crashes; the request that asked hangs all the same.
        let _nobody_listens = hold(&self.crash).send(());
    }
}

/// A panic of an earlier holder is reported elsewhere.
fn hold<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

fn dispatched(cin7: &Cin7) -> BTreeSet<i64> {
    cin7.orders().filter(|order| order.dispatched_date.is_some()).map(|order| order.id).collect()
}
