//! A person's question for a quote, and why there may be no answer.

use jiff::Timestamp;

use super::{Address, Dimensions};
use crate::weight::Weight;

/// What a quote is asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Ask {
    /// An order as it stands in Cin7, by its id or reference.
    Order(String),
    /// A parcel that belongs to no order.
    Parcel {
        /// Where it goes; country and state as people type them.
        to: Address,
        /// How heavy it is.
        weight: Weight,
        /// How large it is, where that is known.
        dimensions: Option<Dimensions>,
    },
}

/// Why there are no quotes at all.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NoQuote {
    /// Cin7 has no such order.
    #[error("Cin7 has no order {0}")]
    UnknownOrder(String),
    /// The budget of calls, or a platform, does not allow it now.
    #[error("{reason}")]
    Later {
        /// When it may.
        until: Timestamp,
        /// In words.
        reason: String,
    },
    /// It cannot be found out: in words.
    #[error("{0}")]
    Failed(String),
}

/// An address as people type it, made fit for carriers; else what is wrong with it, a sentence each.
pub fn destination(typed: &Address) -> Result<Address, Vec<String>> {
    let mut wrong = Vec::new();
    let address = typed.fitted();
    if address.country.is_empty() {
        wrong.push(format!("the country ({}) is none that is known", typed.country));
    }
    if address.postal_code.is_empty() {
        wrong.push("no postal code to ship to".to_owned());
    }
    if wrong.is_empty() { Ok(address) } else { Err(wrong) }
}
