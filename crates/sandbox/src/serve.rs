//! Both machines as HTTP servers on real sockets, with faults and webhooks: the [`Sandbox`]. The only place of
//! this crate that reads the system's clock. What a platform answers is decided by the machines.

use std::net::{SocketAddr, TcpListener};
use std::ops::{Deref, DerefMut};
use std::sync::{Arc, MutexGuard};

use actix_web::dev::ServerHandle;
use jiff::Timestamp;
use thiserror::Error;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use crate::cin7::{Cin7, Cin7Settings};
use crate::exchange::Reply;
use crate::faults::{FaultPlan, FaultProfile};
use crate::shipstation::{REAL_BASE, ShipStation, ShipStationSettings, too_many_requests};
use crate::webhooks::{Deliveries, DeliveryCounts, Post};

mod broken;
mod clock;
mod site;

use clock::Clock;
use site::{Dialect, Flush, Site};

/// What to start.
#[derive(Debug, Clone)]
pub struct SandboxConfig {
    /// Where Cin7 listens; port 0 takes a free one.
    pub cin7_listen: SocketAddr,
    /// Where ShipStation listens; port 0 takes a free one.
    pub shipstation_listen: SocketAddr,
    /// Decides the faults.
    pub seed: u64,
    /// What goes wrong, at both platforms and with webhooks.
    pub faults: FaultProfile,
    /// The Cin7 account.
    pub cin7: Cin7Settings,
    /// The ShipStation account.
    pub shipstation: ShipStationSettings,
    /// Where to tell of changed Cin7 orders. Cin7 Omni documents no webhooks of its own; this stands for the
    /// automation that users put in their place.
    pub cin7_webhook: Option<Cin7Webhook>,
}

impl Default for SandboxConfig {
    fn default() -> Self {
        let local = SocketAddr::from(([127, 0, 0, 1], 0));
        Self {
            cin7_listen: local,
            shipstation_listen: local,
            seed: 1,
            faults: FaultProfile::default(),
            cin7: Cin7Settings::default(),
            shipstation: ShipStationSettings::default(),
            cin7_webhook: None,
        }
    }
}

/// Where each changed Cin7 order is told, as `{"id": N}`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cin7Webhook {
    /// An `http` address.
    pub url: String,
    /// Further headers, such as a token.
    pub headers: Vec<(String, String)>,
}

/// Why the sandbox did not start.
#[derive(Debug, Error)]
pub enum SandboxError {
    /// An address cannot be listened on.
    #[error("the simulated {platform} cannot listen on {address}: {source}")]
    Listen {
        /// `Cin7` or `ShipStation`.
        platform: &'static str,
        /// The address.
        address: SocketAddr,
        /// Why.
        source: std::io::Error,
    },
}

/// Both platforms, running. Dropping it without [`Sandbox::stop`] leaves the servers to the runtime.
#[derive(Debug)]
pub struct Sandbox {
    cin7: Arc<Site<Cin7>>,
    shipstation: Arc<Site<ShipStation>>,
    cin7_addr: SocketAddr,
    shipstation_addr: SocketAddr,
    servers: [ServerHandle; 2],
    deliveries: Deliveries,
    clock: Arc<Clock>,
    tracker: TaskTracker,
    stop: CancellationToken,
}

impl Sandbox {
    /// Starts both servers on the current Tokio runtime.
    #[expect(
        clippy::unused_async,
        reason = "it must be called inside a runtime, which awaiting it makes sure of"
    )]
    pub async fn start(config: SandboxConfig) -> Result<Self, SandboxError> {
        let (cin7_socket, cin7_addr) = listen("Cin7", config.cin7_listen)?;
        let (shipstation_socket, shipstation_addr) = listen("ShipStation", config.shipstation_listen)?;
        let (tracker, stop) = (TaskTracker::new(), CancellationToken::new());
        let plan =
            |stream: u64| FaultPlan::new(config.faults, config.seed.wrapping_mul(3).wrapping_add(stream));
        let deliveries = Deliveries::start(plan(0), tracker.clone(), stop.clone());
        let clock = Arc::new(Clock::default());
        let mut shipstation = ShipStation::new(config.shipstation);
        if shipstation.settings().resource_base == REAL_BASE {
            shipstation.set_resource_base(format!("http://{shipstation_addr}"));
        }
        let cin7 = Arc::new(Site::new(
            Cin7::new(config.cin7),
            CIN7,
            flush_cin7(deliveries.clone(), config.cin7_webhook),
            plan(1),
            clock.clone(),
        ));
        let flush = flush_shipstation(deliveries.clone());
        let shipstation = Arc::new(Site::new(shipstation, SHIPSTATION, flush, plan(2), clock.clone()));
        let servers = [
            site::serve(cin7.clone(), cin7_socket, &tracker).map_err(failed("Cin7", cin7_addr))?,
            site::serve(shipstation.clone(), shipstation_socket, &tracker)
                .map_err(failed("ShipStation", shipstation_addr))?,
        ];
        tracing::info!(%cin7_addr, %shipstation_addr, "sandbox started");
        Ok(Self { cin7, shipstation, cin7_addr, shipstation_addr, servers, deliveries, clock, tracker, stop })
    }

    /// Where Cin7 listens.
    pub fn cin7_addr(&self) -> SocketAddr {
        self.cin7_addr
    }

    /// Where ShipStation listens.
    pub fn shipstation_addr(&self) -> SocketAddr {
        self.shipstation_addr
    }

    /// The Cin7 machine, to look into or to work in as a person does. Requests wait until it is given back;
    /// what changed is told then.
    pub fn cin7(&self) -> Held<'_, Cin7> {
        Held { machine: self.cin7.lock(), flush: self.cin7.flush() }
    }

    /// The ShipStation machine, likewise.
    pub fn shipstation(&self) -> Held<'_, ShipStation> {
        Held { machine: self.shipstation.lock(), flush: self.shipstation.flush() }
    }

    /// The time by which the sandbox works: the system's, never going back.
    pub fn now(&self) -> Timestamp {
        self.clock.now()
    }

    /// Lets other things go wrong from now on, at both platforms and with webhooks; the default profile ends
    /// an outage. What is on its way keeps its fate.
    pub fn set_faults(&self, faults: FaultProfile) {
        self.set_cin7_faults(faults);
        self.set_shipstation_faults(faults);
        self.deliveries.set_faults(faults);
    }

    /// The same for requests to Cin7 alone.
    pub fn set_cin7_faults(&self, faults: FaultProfile) {
        self.cin7.set_faults(faults);
    }

    /// The same for requests to ShipStation alone.
    pub fn set_shipstation_faults(&self, faults: FaultProfile) {
        self.shipstation.set_faults(faults);
    }

    /// Webhooks that wait, are on their way or will be tried again. 0: everything has been told.
    pub fn pending_webhooks(&self) -> usize {
        self.deliveries.pending()
    }

    /// How webhooks ended so far.
    pub fn webhooks(&self) -> DeliveryCounts {
        self.deliveries.counts()
    }

    /// Stops both servers and drops webhooks that are still waiting.
    pub async fn stop(self) {
        self.stop.cancel();
        for server in &self.servers {
            server.stop(true).await;
        }
        self.tracker.close();
        self.tracker.wait().await;
    }
}

/// A machine, held. Giving it back sends the webhooks that arose.
pub struct Held<'a, M> {
    machine: MutexGuard<'a, M>,
    flush: &'a Flush<M>,
}

impl<M> Deref for Held<'_, M> {
    type Target = M;

    fn deref(&self) -> &M {
        &self.machine
    }
}

impl<M> DerefMut for Held<'_, M> {
    fn deref_mut(&mut self) -> &mut M {
        &mut self.machine
    }
}

impl<M> Drop for Held<'_, M> {
    fn drop(&mut self) {
        (self.flush)(&mut self.machine);
    }
}

const CIN7: Dialect<Cin7> = Dialect {
    handle: Cin7::handle,
    too_many_requests: || Reply::json(429, &"Rate limit exceeded. Retry after some time."),
    server_error: || Reply::json(500, &"An unexpected error occurred. Please try again later."),
};

const SHIPSTATION: Dialect<ShipStation> = Dialect {
    handle: ShipStation::handle,
    too_many_requests: || too_many_requests().with_header("X-Rate-Limit-Reset", 1),
    server_error: || Reply::json(500, &serde_json::json!({ "Message": "An error has occurred." })),
};

fn flush_cin7(deliveries: Deliveries, webhook: Option<Cin7Webhook>) -> Box<Flush<Cin7>> {
    Box::new(move |cin7| {
        let changed = cin7.take_changed();
        let Some(webhook) = &webhook else { return };
        for id in changed {
            let body = serde_json::json!({ "id": id }).to_string();
            deliveries.send(&Post { url: webhook.url.clone(), headers: webhook.headers.clone(), body });
        }
    })
}

fn flush_shipstation(deliveries: Deliveries) -> Box<Flush<ShipStation>> {
    Box::new(move |shipstation| {
        for message in shipstation.take_outbox() {
            deliveries.send(&Post { url: message.target_url, headers: Vec::new(), body: message.body });
        }
    })
}

fn listen(platform: &'static str, address: SocketAddr) -> Result<(TcpListener, SocketAddr), SandboxError> {
    let bound = TcpListener::bind(address).and_then(|socket| socket.local_addr().map(|at| (socket, at)));
    bound.map_err(failed(platform, address))
}

fn failed(platform: &'static str, address: SocketAddr) -> impl FnOnce(std::io::Error) -> SandboxError {
    move |source| SandboxError::Listen { platform, address, source }
}
