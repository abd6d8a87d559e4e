//! Every way in which a call to a platform can fail, as a class that decides what happens next. Which answer
//! belongs to which class is the table of the `platforms` crate; what a class leads to is [`crate::retry`].

use jiff::Timestamp;

/// The class of a failed call.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Failure {
    /// Nothing was changed, and a later try may succeed: connection refused, a read that timed out, 502.
    #[error("{reason}")]
    Transient {
        /// What happened, for a person.
        reason: String,
    },
    /// The budget is used up; nothing was changed. Costs no attempt.
    #[error("rate limited until {until}: {reason}")]
    RateLimited {
        /// When the platform says that it will listen again.
        until: Timestamp,
        /// What happened, for a person.
        reason: String,
    },
    /// A write may or may not have been applied: a 5xx, a broken or unreadable answer after it was sent.
    /// Read before writing again.
    #[error("{reason} (it is not known whether the write was applied)")]
    Ambiguous {
        /// What happened, for a person.
        reason: String,
    },
    /// This request will never succeed as it is: the record is refused.
    #[error("{reason}")]
    Permanent {
        /// What the platform said.
        reason: String,
    },
    /// Every request will fail until a person changes something: credentials, permissions, a wrong address.
    #[error("{reason}")]
    Misconfigured {
        /// What the platform said and what to do.
        reason: String,
    },
}

impl Failure {
    /// A short, stable name for logs and metrics.
    pub fn class(&self) -> &'static str {
        match self {
            Self::Transient { .. } => "transient",
            Self::RateLimited { .. } => "rate_limited",
            Self::Ambiguous { .. } => "ambiguous",
            Self::Permanent { .. } => "permanent",
            Self::Misconfigured { .. } => "misconfigured",
        }
    }

    /// Whether the cause concerns the whole platform rather than one record, so that a circuit should open.
    pub fn concerns_platform(&self) -> bool {
        matches!(self, Self::Transient { .. } | Self::Ambiguous { .. } | Self::Misconfigured { .. })
    }
}
