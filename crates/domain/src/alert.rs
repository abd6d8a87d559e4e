//! Telling somebody: what a person must see to, what of it is told when, and in which words. Whom to tell and how
//! a message travels is the `alerts` crate's business, when to look the worker's.

mod digest;
mod found;
mod words;

use std::fmt;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::effect::Fingerprint;
use crate::ids::{ConnectionName, OrderId};

pub use digest::{Changes, Digest, GRACE, digest};
pub use found::{FOR_PEOPLE, MISSED_MAX, of_orders};
pub use words::{Message, for_chat};

/// Something that a person must see to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Problem {
    /// The connection that it concerns.
    pub connection: ConnectionName,
    /// What kind of thing it is.
    pub kind: ProblemKind,
    /// What has the problem: `order:5`, `event:` and an id, `platform:cin7`. Of problems with one subject, a new
    /// one takes the place of an old one.
    pub subject: String,
    /// The order, where there is one.
    pub order: Option<AffectedOrder>,
    /// What many may share: the id of a rule, why an event was parked. Problems of one kind and one cause are told
    /// together.
    pub cause: String,
    /// Why, for a person: one line.
    pub reason: String,
    /// What to do, for a person: one line.
    pub advice: String,
}

/// What kind of thing a person must see to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ProblemKind {
    /// A platform refuses our credentials: nothing moves.
    CredentialRefused,
    /// An order needs a decision.
    OrderReview,
    /// An order is at its stage and cannot be sent as it is.
    OrderRefused,
    /// An event waits for a person.
    EventParked,
    /// Sweeps find what notifications should have told of.
    NotificationsMissed,
}

impl ProblemKind {
    /// The kind's name, as it stands in keys.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::CredentialRefused => "credential_refused",
            Self::OrderReview => "order_review",
            Self::OrderRefused => "order_refused",
            Self::EventParked => "event_parked",
            Self::NotificationsMissed => "notifications_missed",
        }
    }
}

/// The order that a problem concerns.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AffectedOrder {
    /// Its id in Cin7.
    pub id: OrderId,
    /// Its reference; `None` when it has never been read.
    pub reference: Option<String>,
}

/// What tells a problem from every other one of its connection, for as long as it lasts.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct ProblemKey(pub String);

impl fmt::Display for ProblemKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl Problem {
    /// The problem's key. A question that a person must decide is another one when it is put differently; a
    /// refusal stays the same for as long as the same rule fails.
    pub fn key(&self) -> ProblemKey {
        let told_apart = match self.kind {
            ProblemKind::OrderReview => Fingerprint::of(&(&self.cause, &self.reason)),
            _ => Fingerprint::of(&self.cause),
        };
        ProblemKey(format!("{}/{}/{}", self.kind.as_str(), self.subject, &told_apart.as_str()[..16]))
    }
}

/// A problem that has been seen.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Known {
    /// The problem, as it was seen first.
    pub problem: Problem,
    /// When it was seen first.
    pub first_seen: Timestamp,
    /// When somebody was told.
    pub told: Option<Timestamp>,
}
