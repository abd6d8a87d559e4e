//! The decisions as tables and properties: what happens to an order, what its document says, what is written
//! back, and where a shipment belongs.
#![expect(clippy::unwrap_used, reason = "a test may panic")]

#[path = "decisions/fixture.rs"]
mod fixture;
#[path = "decisions/fulfil.rs"]
mod fulfil;
#[path = "decisions/import.rs"]
mod import;
#[path = "decisions/life.rs"]
mod life;
#[path = "decisions/persisted.rs"]
mod persisted;
#[path = "decisions/release.rs"]
mod release;
#[path = "decisions/routing.rs"]
mod routing;
