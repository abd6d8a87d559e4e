//! What a broker must do, run over the embedded backend and over RabbitMQ, and what only one of them must do.
#![expect(clippy::unwrap_used, reason = "a test may panic")]

#[path = "conformance/embedded.rs"]
mod embedded;
#[path = "conformance/events.rs"]
mod events;
#[path = "../../../tests/support/fault_proxy.rs"]
mod fault_proxy;
#[path = "conformance/processes.rs"]
mod processes;
#[path = "conformance/rabbit.rs"]
mod rabbit;
#[path = "../../../tests/support/servers.rs"]
mod servers;
#[path = "conformance/suite.rs"]
mod suite;
