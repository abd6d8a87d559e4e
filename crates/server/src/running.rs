//! Starting and stopping the server.

use std::collections::{HashMap, HashSet};
use std::io;
use std::net::SocketAddr;
use std::sync::Arc;

use actix_web::dev::ServerHandle;
use actix_web::web::Data;
use actix_web::{App, HttpServer};
use prometheus_client::registry::Registry;
use tokio::runtime::Handle;
use tokio_util::task::TaskTracker;

use broker::Broker;
use domain::clock::Clock;
use domain::ids::ConnectionName;

use crate::api::OpenApi;
use crate::app::{Endpoints, Shared, routes};
use crate::config::{Inbound, ServerConfig};
use crate::log::{Listening, ServerFailed};
use crate::metrics::{ServerMetrics, Source};
use crate::proof::{Background, InvalidProof, Proof, Verifier};
use crate::readiness::Readiness;
use crate::store::{self, StoreLedger};
use crate::webhook::{Endpoint, Reader};

/// How long requests in flight may take to finish when the server stops, in seconds: a body and a publish.
const SHUTDOWN_SECONDS: u64 = 20;

/// Why the server did not start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// The address cannot be listened on.
    #[error("cannot listen on {addr}: {source}; is another program, or another run, using it?")]
    Listen {
        /// The address.
        addr: SocketAddr,
        /// Why.
        source: io::Error,
    },
    /// Two connections have one name.
    #[error("two connections are named `{0}`")]
    DuplicateConnection(ConnectionName),
    /// The API's token cannot work.
    #[error("api.token: {0}")]
    Api(InvalidProof),
    /// A proof cannot work.
    #[error("connection `{connection}`, inbound.{platform}: {source}")]
    Proof {
        /// The connection.
        connection: ConnectionName,
        /// `cin7`, `shipstation` or `store`.
        platform: &'static str,
        /// What is wrong.
        source: InvalidProof,
    },
    /// Anybody in the network could send events.
    #[error(
        "connection `{connection}`, inbound.{platform}: `auth = \"none\"` is allowed only where the server \
         listens on loopback, and it listens on {addr}"
    )]
    Open {
        /// The connection.
        connection: ConnectionName,
        /// `cin7` or `shipstation`.
        platform: &'static str,
        /// The address.
        addr: SocketAddr,
    },
    /// A custom store has nothing to show.
    #[error("connection `{0}` has a custom store, and there is no ledger to serve it from")]
    NoLedger(ConnectionName),
}

/// The HTTP server; see [`Server::start`].
#[derive(Debug)]
pub struct Server;

impl Server {
    /// Binds the address and answers until the returned handle is told to stop. Answers on threads of its own;
    /// must be called within a Tokio runtime, which runs the task that supervises them. The ledger is for custom
    /// stores alone: webhooks need nothing but the broker.
    pub fn start(
        config: ServerConfig,
        broker: Arc<dyn Broker>,
        ledger: Option<StoreLedger>,
        clock: Arc<dyn Clock>,
        registry: Arc<Registry>,
        metrics: &ServerMetrics,
        readiness: Readiness,
    ) -> Result<RunningServer, StartError> {
        let ServerConfig { listen, workers, publish_deadline, body_timeout, body_limit, connections, api } =
            config;
        let (workers, tasks) = (workers.max(1), TaskTracker::new());
        let shared = Data::new(Shared {
            cin7: endpoints(listen, &connections, Source::Cin7, metrics)?,
            shipstation: endpoints(listen, &connections, Source::ShipStation, metrics)?,
            store: stores(&connections, ledger, metrics)?,
            api: api.map(OpenApi::new).transpose().map_err(StartError::Api)?,
            broker,
            clock,
            registry,
            readiness,
            background: Background { tasks: tasks.clone(), runtime: Handle::current() },
            publish_deadline,
            body_timeout,
            body_limit,
        });
        let server = HttpServer::new(move || App::new().configure(|app| routes(app, shared.clone())))
            .workers(workers)
            .tcp_nodelay(true)
            .disable_signals()
            .shutdown_timeout(SHUTDOWN_SECONDS)
            .bind(listen)
            .map_err(|source| StartError::Listen { addr: listen, source })?;
        let addr = server.addrs().first().copied().unwrap_or(listen);
        let server = server.run();
        let handle = server.handle();
        tasks.spawn(async move {
            if let Err(error) = server.await {
                ServerFailed { error: &error }.emit();
            }
        });
        Listening { addr, workers }.emit();
        Ok(RunningServer { addr, handle, tasks })
    }
}

/// A server that answers. Dropping it does not stop it.
pub struct RunningServer {
    addr: SocketAddr,
    handle: ServerHandle,
    tasks: TaskTracker,
}

impl RunningServer {
    /// The address that it listens on, with the port that the system chose.
    pub fn addr(&self) -> SocketAddr {
        self.addr
    }

    /// Stops accepting, finishes the requests in flight (those that take longer than 20 s are cut off), and
    /// closes.
    pub async fn stop(self) {
        self.handle.stop(true).await;
        self.tasks.close();
        self.tasks.wait().await;
    }
}

impl std::fmt::Debug for RunningServer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("RunningServer").field("addr", &self.addr).finish_non_exhaustive()
    }
}

fn endpoints(
    listen: SocketAddr,
    connections: &[Inbound],
    source: Source,
    metrics: &ServerMetrics,
) -> Result<Endpoints, StartError> {
    let mut names = HashSet::new();
    let mut by_connection = HashMap::new();
    for inbound in connections {
        if !names.insert(inbound.name.as_str()) {
            return Err(StartError::DuplicateConnection(inbound.name.clone()));
        }
        let (proof, reader) = match source {
            Source::Cin7 => (&inbound.cin7, Reader::Cin7),
            Source::ShipStation | Source::Store => {
                (&inbound.shipstation, Reader::ShipStation(inbound.shipstation_hosts.clone()))
            }
        };
        if let Some(proof) = proof {
            let verifier = verifier(listen, inbound, source, proof)?;
            let metrics = metrics.of_endpoint(&inbound.name, source);
            let endpoint = Endpoint { connection: inbound.name.clone(), verifier, reader, metrics };
            by_connection.insert(inbound.name.as_str().to_owned(), endpoint);
        }
    }
    Ok(Endpoints { source, by_connection, unknown: metrics.of_unknown(source) })
}

fn stores(
    connections: &[Inbound],
    ledger: Option<StoreLedger>,
    metrics: &ServerMetrics,
) -> Result<store::Endpoints, StartError> {
    let mut by_connection = HashMap::new();
    let unknown = metrics.of_unknown(Source::Store);
    let mut stores = connections.iter().filter_map(|inbound| Some((&inbound.name, inbound.store.as_ref()?)));
    let Some(ledger) = ledger else {
        let without = stores.next().map(|(name, _)| StartError::NoLedger(name.clone()));
        return without.map_or(Ok(store::Endpoints { by_connection, unknown }), Err);
    };
    for (name, store) in stores {
        let proof = Proof::Basic { secrets: store.credentials.clone() };
        let verifier = Verifier::new(&proof).map_err(|source| {
            let (connection, platform) = (name.clone(), Source::Store.as_str());
            StartError::Proof { connection, platform, source }
        })?;
        let endpoint = store::Endpoint {
            connection: name.clone(),
            verifier,
            query_credentials: store.query_credentials,
            ledger: ledger.clone(),
            notices: metrics.of_endpoint(name, Source::Store),
            exports: metrics.of_exports(name),
        };
        by_connection.insert(name.as_str().to_owned(), endpoint);
    }
    Ok(store::Endpoints { by_connection, unknown })
}

fn verifier(
    listen: SocketAddr,
    inbound: &Inbound,
    source: Source,
    proof: &Proof,
) -> Result<Verifier, StartError> {
    let (connection, platform) = (inbound.name.clone(), source.as_str());
    if matches!(proof, Proof::None) && !listen.ip().is_loopback() {
        return Err(StartError::Open { connection, platform, addr: listen });
    }
    Verifier::new(proof).map_err(|source| StartError::Proof { connection, platform, source })
}
