//! What a broker must do, run over the embedded backend, and what only the embedded one must do.
#![expect(clippy::unwrap_used, reason = "a test may panic")]

#[path = "conformance/embedded.rs"]
mod embedded;
#[path = "conformance/events.rs"]
mod events;
#[path = "conformance/processes.rs"]
mod processes;
#[path = "conformance/suite.rs"]
mod suite;
