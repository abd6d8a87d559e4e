//! Every reason not to serve a call to the store, as what it leads to: a status, headers, and one plain sentence, which
//! ShipStation shows to the merchant. Nothing of the call is given back in it.

use std::time::Duration;

use actix_web::HttpResponse;
use actix_web::http::StatusCode;
use actix_web::http::header::{ALLOW, CACHE_CONTROL, CONTENT_TYPE, RETRY_AFTER, WWW_AUTHENTICATE};

use super::notice::NotANotice;
use super::window::NotAsked;
use crate::metrics::Outcome;
use crate::refusal::{RETRY_SECONDS, Refusal as BodyRefusal};

#[derive(Debug, thiserror::Error)]
pub(super) enum Refusal {
    #[error(
        "There is no custom store at this address: compare the end of the URL in ShipStation's store settings with the \
         connection's name, and see that its section inbound.store is there."
    )]
    UnknownConnection,
    #[error("This address takes GET for action=export and POST for action=shipnotify.")]
    MethodNotAllowed { allow: &'static str },
    #[error("The call could not be read: {0}.")]
    Body(BodyRefusal),
    #[error(
        "User name or password is missing or wrong: enter those of the connection's section inbound.store in \
         ShipStation's store settings. If they are right, something in front of Shipbridge drops the header \
         Authorization."
    )]
    NotProven,
    #[error("The parameter action is missing or unknown: it must be export or shipnotify.")]
    NoAction,
    #[error("The export was not understood: {0}.")]
    NotAsked(NotAsked),
    #[error("Too many orders changed between the two dates: ask for a shorter time.")]
    TooManyPages,
    #[error("The shipment was not understood: {0}.")]
    NotANotice(NotANotice),
    #[error("The shipment names no order: OrderID and OrderNumber are both missing.")]
    NoOrder,
    #[error(
        "This order is not known here. The shipment was written down; in Shipbridge, see what waits for a person."
    )]
    UnknownOrder,
    #[error(
        "This order was cancelled. The shipment was written down; a person must decide whether the parcel is called \
         back."
    )]
    OrderCancelled,
    #[error("Shipbridge cannot reach its own records now; nothing is lost, send it again in a minute.")]
    Unavailable(String),
    #[error("A fault in Shipbridge, which has written down more; send it again.")]
    Panicked,
}

impl Refusal {
    pub(super) fn not_in_time(deadline: Duration) -> Self {
        Self::Unavailable(format!("no answer within {} s", deadline.as_secs_f32()))
    }

    fn status(&self) -> StatusCode {
        match self {
            Self::UnknownConnection | Self::UnknownOrder => StatusCode::NOT_FOUND,
            Self::MethodNotAllowed { .. } => StatusCode::METHOD_NOT_ALLOWED,
            Self::Body(refusal) => refusal.status(),
            Self::NotProven => StatusCode::UNAUTHORIZED,
            Self::NoAction | Self::NotAsked(_) | Self::TooManyPages | Self::NotANotice(_) | Self::NoOrder => {
                StatusCode::BAD_REQUEST
            }
            Self::OrderCancelled => StatusCode::CONFLICT,
            Self::Unavailable(_) => StatusCode::SERVICE_UNAVAILABLE,
            Self::Panicked => StatusCode::INTERNAL_SERVER_ERROR,
        }
    }

    /// Under what it is counted.
    pub(super) fn outcome(&self) -> Outcome {
        match self {
            Self::UnknownConnection => Outcome::UnknownConnection,
            Self::MethodNotAllowed { .. } => Outcome::MethodNotAllowed,
            Self::Body(refusal) => refusal.outcome(),
            Self::NotProven => Outcome::NotProven,
            Self::NoAction | Self::NotAsked(_) | Self::TooManyPages | Self::NotANotice(_) | Self::NoOrder => {
                Outcome::NotUnderstood
            }
            Self::UnknownOrder => Outcome::UnknownOrder,
            Self::OrderCancelled => Outcome::OrderCancelled,
            Self::Unavailable(_) => Outcome::NotStored,
            Self::Panicked => Outcome::Panicked,
        }
    }

    /// What the log says of it.
    pub(super) fn detail(&self) -> String {
        match self {
            Self::Unavailable(why) => why.clone(),
            refusal => refusal.to_string(),
        }
    }

    /// The answer, with a reference under which the log has more.
    pub(super) fn answer(&self, reference: &str) -> HttpResponse {
        let mut answer = HttpResponse::build(self.status());
        answer.insert_header((CONTENT_TYPE, "text/plain; charset=utf-8"));
        answer.insert_header((CACHE_CONTROL, "no-store"));
        match self {
            Self::MethodNotAllowed { allow } => {
                answer.insert_header((ALLOW, *allow));
            }
            Self::NotProven => {
                answer.insert_header((WWW_AUTHENTICATE, "Basic realm=\"shipbridge\", charset=\"UTF-8\""));
            }
            Self::Unavailable(_) => {
                answer.insert_header((RETRY_AFTER, RETRY_SECONDS));
            }
            _ => {}
        }
        answer.body(format!("{self} (reference {reference})\n"))
    }
}
