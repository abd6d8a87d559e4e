//! The server over real sockets, with a broker that records, fails, hangs or panics on demand.
#![expect(clippy::unwrap_used, reason = "a test may panic")]

#[path = "http/answers.rs"]
mod answers;
#[path = "http/bridge.rs"]
mod bridge;
#[path = "http/client.rs"]
mod client;
#[path = "http/life.rs"]
mod life;
#[path = "http/log.rs"]
mod log;
#[path = "http/proofs.rs"]
mod proofs;
#[path = "http/recorded.rs"]
mod recorded;
