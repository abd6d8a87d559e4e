//! The server over real sockets, with a broker that records, fails, hangs or panics on demand.
#![expect(clippy::unwrap_used, reason = "a test may panic")]

#[path = "http/answers.rs"]
mod answers;
#[path = "http/bridge.rs"]
mod bridge;
#[path = "http/client.rs"]
mod client;
#[path = "../../../tests/support/eventually.rs"]
mod eventually;
#[path = "../../../tests/support/key_server.rs"]
mod key_server;
#[path = "http/life.rs"]
mod life;
#[path = "http/log.rs"]
mod log;
#[path = "http/proofs.rs"]
mod proofs;
#[path = "http/rates.rs"]
mod rates;
#[path = "http/recorded.rs"]
mod recorded;
#[path = "http/shipstation_v2.rs"]
mod shipstation_v2;
#[path = "../../../tests/support/signing_keys.rs"]
mod signing_keys;
#[path = "http/store_export.rs"]
mod store_export;
#[path = "http/store_fixture.rs"]
mod store_fixture;
#[path = "http/store_hostile.rs"]
mod store_hostile;
#[path = "http/store_notify.rs"]
mod store_notify;
#[path = "http/store_proof.rs"]
mod store_proof;
#[path = "../../../tests/support/store_reader.rs"]
mod store_reader;
#[path = "http/store_schema.rs"]
mod store_schema;
#[path = "../../../tests/support/xmllint.rs"]
mod xmllint;
