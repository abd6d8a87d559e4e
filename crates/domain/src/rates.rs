//! The rate calculator: what an order's parcel is ([`parcel`]), what carriers ask for it, which of their quotes wins
//! ([`choice`]), what the customer is charged ([`charge`]), and whether that may stand on the order ([`freight`]).
//! Pure, and in decimals throughout; asking carriers is the worker's business.

mod ask;
pub mod charge;
pub mod choice;
pub mod freight;
pub mod parcel;
mod speed;

use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

pub use ask::{Ask, NoQuote, destination};
pub use charge::Charge;
pub use parcel::{Address, Dimensions, Origins, Parcel};

/// A carrier's price for one service, and of several packages for one of these.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RateQuote {
    /// The carrier, by ShipStation's code.
    pub carrier: String,
    /// The service, by ShipStation's code.
    pub service: String,
    /// The service's name for people, with the package behind ` - ` where the carrier has several.
    pub name: String,
    /// What the carrier asks.
    pub shipment_cost: Decimal,
    /// What it asks beside that, such as for fuel.
    pub other_cost: Decimal,
    /// How many days it takes, where that is told: V1 does not.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub days: Option<u16>,
}

impl RateQuote {
    /// All that the carrier asks.
    pub fn cost(&self) -> Decimal {
        self.shipment_cost.saturating_add(self.other_cost)
    }

    /// The package, as the name tells it (`USPS Priority Mail - Medium Flat Rate Box`).
    pub fn package(&self) -> Option<&str> {
        self.name.rsplit_once(" - ").map(|(_, package)| package.trim())
    }
}

/// A quote with what is charged for it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Priced {
    /// The quote.
    pub quote: RateQuote,
    /// From its cost to the charge.
    pub charge: Charge,
}

/// Everything that carriers answered for a parcel.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Sheet {
    /// The quotes that the settings take, cheapest first.
    pub quotes: Vec<Priced>,
    /// The one that wins; `None` where none may be taken.
    pub chosen: Option<Priced>,
    /// What could not be asked or answered, a sentence each.
    pub errors: Vec<String>,
    /// The currency of costs and charges.
    pub currency: String,
}
