//! What the server needs to know. Reading it from a file is the binary's business.

use std::net::SocketAddr;
use std::time::Duration;

use domain::ids::ConnectionName;
use domain::webhook::AllowedHosts;
use secrecy::SecretString;

use crate::api::Api;
use crate::proof::Proof;

/// How the server listens, what it bears, and whom it listens to.
#[derive(Debug, Clone)]
pub struct ServerConfig {
    /// The address; port 0 lets the system choose one.
    pub listen: SocketAddr,
    /// Threads that answer.
    pub workers: usize,
    /// How long a webhook may wait for its event to be durable, and for public keys that have to be fetched before,
    /// until the answer is 503.
    pub publish_deadline: Duration,
    /// How long a caller may take to send a body.
    pub body_timeout: Duration,
    /// The longest body, in bytes.
    pub body_limit: usize,
    /// Whose webhooks are taken.
    pub connections: Vec<Inbound>,
    /// The JSON API; `None` closes it: its routes answer 404.
    pub api: Option<Api>,
}

impl ServerConfig {
    /// The contract's limits: 1 MiB, sent within 10 s, made durable within 4 s, by 2 threads.
    pub fn new(listen: SocketAddr, connections: Vec<Inbound>) -> Self {
        Self {
            listen,
            workers: 2,
            publish_deadline: Duration::from_secs(4),
            body_timeout: Duration::from_secs(10),
            body_limit: 1024 * 1024,
            connections,
            api: None,
        }
    }
}

/// One connection's endpoints. `None` closes an endpoint: it answers 404.
#[derive(Debug, Clone)]
pub struct Inbound {
    /// The connection.
    pub name: ConnectionName,
    /// How calls to `/webhooks/cin7/{name}` prove themselves.
    pub cin7: Option<Proof>,
    /// How calls to `/webhooks/shipstation/{name}` prove themselves.
    pub shipstation: Option<Proof>,
    /// The hosts that a ShipStation notification may name.
    pub shipstation_hosts: AllowedHosts,
    /// The custom store at `/store/{name}`.
    pub store: Option<StoreEndpoint>,
}

/// How calls to a custom store prove themselves: by Basic credentials, as ShipStation sends them.
#[derive(Debug, Clone)]
pub struct StoreEndpoint {
    /// The credentials, each as `user:password`. Several are good at once, for rotating them.
    pub credentials: Vec<SecretString>,
    /// Whether they may come as `SS-UserName` and `SS-Password` in the query, too. Proxies write queries into their
    /// logs, so that this is for what drops the header.
    pub query_credentials: bool,
}
