//! The decisions as tables and properties: what happens to an order, what its document says, what is written
//! back, and where a shipment belongs.
#![expect(clippy::unwrap_used, reason = "a test may panic")]

#[path = "decisions/addresses.rs"]
mod addresses;
#[path = "decisions/amounts.rs"]
mod amounts;
#[path = "decisions/cartons.rs"]
mod cartons;
#[path = "decisions/feed.rs"]
mod feed;
#[path = "decisions/feed_properties.rs"]
mod feed_properties;
#[path = "decisions/fixture.rs"]
mod fixture;
#[path = "decisions/fulfil.rs"]
mod fulfil;
#[path = "decisions/import.rs"]
mod import;
#[path = "decisions/life.rs"]
mod life;
#[path = "decisions/lines.rs"]
mod lines;
#[path = "decisions/notices.rs"]
mod notices;
#[path = "decisions/parcels.rs"]
mod parcels;
#[path = "decisions/persisted.rs"]
mod persisted;
#[path = "decisions/properties.rs"]
mod properties;
#[path = "decisions/rates.rs"]
mod rates;
#[path = "decisions/release.rs"]
mod release;
#[path = "decisions/routing.rs"]
mod routing;
