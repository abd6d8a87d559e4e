//! Every reason not to accept a webhook, and the one table of what it leads to: the problem document, the
//! headers beside it, and the outcome under which it is counted.

use std::time::Duration;

use actix_web::HttpResponse;
use actix_web::http::StatusCode;
use actix_web::http::header::{ALLOW, RETRY_AFTER, WWW_AUTHENTICATE};

use broker::PublishError;
use domain::webhook::NotUnderstood;

use crate::metrics::Outcome;
use crate::problem::{Problem, ProblemType};
use crate::proof::{NotVerified, Unproven};

/// After how many seconds a caller should send its event again.
pub(crate) const RETRY_SECONDS: &str = "5";

/// The same where public keys are missing: they are not fetched again earlier.
const KEYS_RETRY_SECONDS: &str = "60";

/// Why a webhook was not accepted.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Refusal {
    #[error(
        "no connection of this name takes these webhooks; compare the path with the `name` of the connection, \
         and see that its `inbound` section for this platform is there"
    )]
    UnknownConnection,
    #[error("this path takes POST only")]
    MethodNotAllowed,
    #[error("the body may have at most {limit} bytes; send fewer orders at once, or only their ids")]
    BodyTooLarge { limit: usize },
    #[error("send the body without a Content-Encoding: its bytes are proven and read as they come")]
    UnsupportedEncoding,
    #[error("the body did not arrive within {} s; send it again", timeout.as_secs_f32())]
    BodyTimeout { timeout: Duration },
    #[error("the body ended early; send it again, whole")]
    BodyIncomplete,
    #[error("{0}")]
    NotProven(Unproven),
    #[error("the key set that the signature is to be checked against cannot be fetched now; send it again")]
    NotProvable,
    #[error("{0}")]
    NotUnderstood(#[from] NotUnderstood),
    #[error("the event could not be made durable: {0}; send it again")]
    NotStored(#[from] PublishError),
    #[error("the event could not be made durable within {} s; send it again", deadline.as_secs_f32())]
    NotStoredInTime { deadline: Duration },
    #[error("a fault in this program, which has written down more; send it again")]
    Panicked,
}

impl Refusal {
    fn problem_type(&self) -> ProblemType {
        match self {
            Self::UnknownConnection => ProblemType::UnknownConnection,
            Self::MethodNotAllowed => ProblemType::MethodNotAllowed,
            Self::BodyTooLarge { .. } => ProblemType::BodyTooLarge,
            Self::UnsupportedEncoding => ProblemType::UnsupportedEncoding,
            Self::BodyTimeout { .. } => ProblemType::BodyTimeout,
            Self::NotProven(_) => ProblemType::NotProven,
            Self::NotProvable => ProblemType::NotProvable,
            Self::BodyIncomplete | Self::NotUnderstood(_) => ProblemType::NotUnderstood,
            Self::NotStored(_) | Self::NotStoredInTime { .. } => ProblemType::NotStored,
            Self::Panicked => ProblemType::Internal,
        }
    }

    /// The answer's status.
    pub(crate) fn status(&self) -> StatusCode {
        self.problem_type().code()
    }

    /// Under what it is counted.
    pub(crate) fn outcome(&self) -> Outcome {
        match self {
            Self::UnknownConnection => Outcome::UnknownConnection,
            Self::MethodNotAllowed => Outcome::MethodNotAllowed,
            Self::BodyTooLarge { .. } => Outcome::TooLarge,
            Self::UnsupportedEncoding => Outcome::UnsupportedEncoding,
            Self::BodyTimeout { .. } => Outcome::BodyTimeout,
            Self::NotProven(_) => Outcome::NotProven,
            Self::NotProvable => Outcome::NotProvable,
            Self::BodyIncomplete | Self::NotUnderstood(_) => Outcome::NotUnderstood,
            Self::NotStored(_) | Self::NotStoredInTime { .. } => Outcome::NotStored,
            Self::Panicked => Outcome::Panicked,
        }
    }

    /// The answer; `detail` is this refusal as text.
    pub(crate) fn answer(&self, detail: String) -> HttpResponse {
        Problem::new(self.problem_type(), detail).answer(|answer| match self {
            Self::MethodNotAllowed => {
                answer.insert_header((ALLOW, "POST"));
            }
            Self::NotProven(unproven) => {
                answer.insert_header((WWW_AUTHENTICATE, unproven.challenge()));
            }
            Self::NotStored(_) | Self::NotStoredInTime { .. } => {
                answer.insert_header((RETRY_AFTER, RETRY_SECONDS));
            }
            Self::NotProvable => {
                answer.insert_header((RETRY_AFTER, KEYS_RETRY_SECONDS));
            }
            _ => {}
        })
    }
}

impl From<NotVerified> for Refusal {
    fn from(not_verified: NotVerified) -> Self {
        match not_verified {
            NotVerified::Unproven(unproven) => Self::NotProven(unproven),
            NotVerified::NoKeys => Self::NotProvable,
        }
    }
}
