//! Faults: real servers behind proxies that break connections, real processes that are killed, and a checker that
//! reads off the platforms whether anything was lost or done twice.
#![expect(clippy::unwrap_used, reason = "a test may panic")]

#[path = "../support/acme.rs"]
mod acme;
#[path = "../support/fault_proxy.rs"]
mod fault_proxy;
#[expect(dead_code, reason = "these tests ask without headers")]
#[path = "../support/http.rs"]
mod http;
#[path = "../support/orders.rs"]
mod orders;
#[path = "../support/process.rs"]
mod process;
#[path = "../support/servers.rs"]
mod servers;

// The servers' module brings it along.
use servers::eventually;

mod chaos;
mod checker;
mod history;
mod people;
mod private_servers;
mod processes;
mod proxied;
mod senders;
mod suite;
mod world;
