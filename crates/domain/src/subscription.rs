//! Webhook subscriptions at ShipStation: which ones a connection needs, and what is to be done to the ones that
//! the account has. Listing, making and removing them is the worker's business.
//!
//! The V1 API lets a subscription be made and removed, never changed, and takes the same one twice. So desired
//! state is compared with what is listed: what is missing is added first, what is ours and differs is removed
//! after that, so that there is never a gap. Being told twice meanwhile does no harm.

mod address;
mod plan;

use secrecy::SecretString;

pub use address::{HookAddress, redacted};
pub use plan::{Difference, Plan, Standing, plan};

/// The events of the V1 API that are needed: labels, and fulfilments without one.
///
/// A label raises both `SHIP_NOTIFY` and `ITEM_SHIP_NOTIFY`. They name the same list, and differ in
/// `includeShipmentItems`, which is ours to set: both become the same query, and a batch asks each query once. So
/// the second one costs a call at most, when the two come in different batches; and where ShipStation loses one of
/// the two, the other still tells.
pub const EVENTS: [&str; 4] =
    ["SHIP_NOTIFY", "ITEM_SHIP_NOTIFY", "FULFILLMENT_SHIPPED", "FULFILLMENT_REJECTED"];

/// What a connection needs: each of [`EVENTS`], of all stores, at one address.
#[derive(Debug, Clone)]
pub struct Wanted {
    /// Where ShipStation shall call.
    pub address: HookAddress,
    /// What proves a call; `None` where the endpoint asks for no proof. A subscription carries nothing but an
    /// address, so it stands in the query.
    pub token: Option<SecretString>,
}

impl Wanted {
    /// The address with its token, as ShipStation shall call it.
    pub fn target(&self) -> SecretString {
        self.address.with_token(self.token.as_ref())
    }
}

/// A subscription as ShipStation lists it.
#[derive(Debug, Clone)]
pub struct Listed {
    /// Its id.
    pub id: i64,
    /// `SHIP_NOTIFY` and the like.
    pub event: String,
    /// The address that is called. It may hold a token, ours or somebody else's: [`redacted`] shows it.
    pub url: SecretString,
    /// Of one store; `None`: of all.
    pub store_id: Option<i64>,
    /// What people see in ShipStation.
    pub name: String,
    /// Whether ShipStation still calls it.
    pub active: bool,
}

#[cfg(test)]
mod tests;
