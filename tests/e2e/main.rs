//! End to end: the real binary as a child process between both simulated platforms in this process; where it is
//! scaled out, over a real RabbitMQ and a real PostgreSQL. Whether a story ended well is read off the platforms, the command line and the exit codes.
#![expect(clippy::unwrap_used, reason = "a test may panic")]

#[path = "../support/acme.rs"]
mod acme;
#[path = "../support/bridge.rs"]
mod bridge;
#[path = "../support/http.rs"]
mod http;
#[path = "../support/key_server.rs"]
mod key_server;
#[path = "../support/metrics.rs"]
mod metrics;
#[path = "../support/orders.rs"]
mod orders;
#[path = "../support/process.rs"]
mod process;
#[path = "../support/servers.rs"]
mod servers;
#[path = "../support/signing_keys.rs"]
mod signing_keys;
#[path = "../support/stage.rs"]
mod stage;
#[path = "../support/trap.rs"]
mod trap;

// The servers' module brings it along.
use servers::eventually;

mod bad_input;
mod commands;
mod custom_store;
mod explaining;
mod forged;
mod kill;
mod rates;
mod scaled;
mod shutdown;
mod signed;
mod startup;
mod stories;
mod subscribing;
mod trouble;
mod truth;
