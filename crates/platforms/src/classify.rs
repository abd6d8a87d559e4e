//! The one table that says what a failed call means: what happened × reading or writing → class. Beside it,
//! the words for a person. What a class leads to is `domain::retry`.

mod message;

use domain::failure::Failure;
use jiff::{SignedDuration, Timestamp};

use crate::dates;
use crate::transport::{HttpResponse, ResponseHeaders, TransportError};

pub(crate) use message::shortened;

/// The two platforms, and the second one's newer API.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Platform {
    Cin7,
    ShipStation,
    ShipStationV2,
}

/// Whether a call may change something at the platform.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Access {
    Read,
    Write,
}

/// Which call it is about.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Context {
    pub(crate) platform: Platform,
    pub(crate) operation: &'static str,
    pub(crate) access: Access,
}

/// What happened to a call.
#[derive(Debug, Clone, Copy)]
enum Signal {
    /// Nothing left this machine because nothing could.
    NotSent,
    /// Nothing left this machine because we refused.
    PlainHttp,
    /// It may have arrived; there is no whole answer.
    NoAnswer,
    /// An answer of success that cannot be read.
    Unreadable,
    /// An answer that is no success.
    Status(u16),
}

/// The classes of [`Failure`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Class {
    Transient,
    RateLimited,
    Ambiguous,
    Permanent,
    Misconfigured,
}

/// The table.
fn class_of(signal: Signal, access: Access) -> Class {
    let in_doubt = match access {
        Access::Read => Class::Transient,
        Access::Write => Class::Ambiguous,
    };
    match signal {
        Signal::NotSent => Class::Transient,
        Signal::PlainHttp => Class::Misconfigured,
        Signal::NoAnswer | Signal::Unreadable => in_doubt,
        Signal::Status(status) => match status {
            429 => Class::RateLimited,
            // Wrong credentials, no plan, no permission, a proxy's log-in.
            401 | 402 | 403 | 407 => Class::Misconfigured,
            // A redirect: the address is wrong, and we do not carry credentials after it.
            300..=399 => Class::Misconfigured,
            // The server gave up waiting for the rest of the request.
            408 => in_doubt,
            400..=499 => Class::Permanent,
            // 5xx, among them ShipStation's 500 with an ExceptionMessage and Cin7's that saved nevertheless.
            _ => in_doubt,
        },
    }
}

impl Context {
    /// There is no answer.
    pub(crate) fn without_answer(self, error: &TransportError) -> Failure {
        let signal = match error {
            TransportError::NotSent(_) => Signal::NotSent,
            TransportError::PlainHttp { .. } => Signal::PlainHttp,
            TransportError::TimedOut
            | TransportError::Broken(_)
            | TransportError::BodyBroken(_)
            | TransportError::BodyTooLong { .. } => Signal::NoAnswer,
        };
        let mut reason = format!("{}: {}: {}", self.platform.name(), self.operation, error.chain());
        if matches!(signal, Signal::PlainHttp) {
            reason.push_str("; use an https address as base_url");
        }
        failure(class_of(signal, self.access), reason, None)
    }

    /// The answer is no success.
    pub(crate) fn refused(self, response: &HttpResponse, now: Timestamp) -> Failure {
        let status = response.status;
        let said = message::of_body(&response.body);
        let advice = self.platform.advice(status);
        let colon = if said.is_empty() { "" } else { ": " };
        let reason =
            format!("{} answered {status} to {}{colon}{said}{advice}", self.platform.name(), self.operation);
        let until = until(&response.headers, now, self.platform);
        failure(class_of(Signal::Status(status), self.access), reason, Some(until))
    }

    /// The answer says success but cannot be read.
    pub(crate) fn unreadable(self, problem: &str, body: &[u8]) -> Failure {
        let body = message::shortened(&String::from_utf8_lossy(body));
        let reason = format!(
            "{} answered {} with something unreadable ({problem}): {body}",
            self.platform.name(),
            self.operation
        );
        failure(class_of(Signal::Unreadable, self.access), reason, None)
    }
}

impl Platform {
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Cin7 => "Cin7 Omni",
            Self::ShipStation => "ShipStation",
            Self::ShipStationV2 => "ShipStation V2",
        }
    }

    /// How long to keep away after a 429 that does not say: ShipStation counts by the minute, Cin7's
    /// narrowest window is a second.
    fn pause(self) -> SignedDuration {
        match self {
            Self::Cin7 => SignedDuration::from_secs(5),
            Self::ShipStation | Self::ShipStationV2 => SignedDuration::from_mins(1),
        }
    }

    /// What a person should look at.
    fn advice(self, status: u16) -> &'static str {
        match (self, status) {
            (Self::Cin7, 401) => {
                "; check username (the account's API Username) and key in the cin7 section of the connection"
            }
            (Self::Cin7, 403) => {
                "; tick the permission boxes of the API connection in Cin7 (Settings, Integrations & API, API \
                 v1): SalesOrders read and update, Products read; with writeback.cartons, Cartons read and update"
            }
            (Self::ShipStation, 401) => {
                "; check api_key and api_secret (a V1 key pair) in the shipstation section of the connection"
            }
            (Self::ShipStationV2, 401) => {
                "; check v2_api_key (a key of the V2 API) in the shipstation section of the connection"
            }
            (Self::ShipStation | Self::ShipStationV2, 402 | 403) => {
                "; check that the ShipStation plan includes access to its API"
            }
            (_, 300..=399) => "; it redirects elsewhere, check base_url",
            (_, 407) => "; a proxy in between asks for its own credentials",
            _ => "",
        }
    }
}

/// The longest time that a header can keep us away: Cin7's longest window is a day.
const LONGEST_PAUSE: SignedDuration = SignedDuration::from_hours(24);

fn until(headers: &ResponseHeaders, now: Timestamp, platform: Platform) -> Timestamp {
    let reset = headers.rate_reset.as_deref().and_then(seconds);
    let retry_after = headers.retry_after.as_deref().and_then(|text| {
        let date = || dates::http_date(text).map(|date| date.duration_since(now));
        seconds(text).or_else(date)
    });
    let pause = reset.or(retry_after).unwrap_or(platform.pause());
    let pause = pause.clamp(SignedDuration::ZERO, LONGEST_PAUSE);
    now.saturating_add(pause).unwrap_or(now)
}

/// Whole seconds of a header; a fraction is cut off.
pub(crate) fn seconds(text: &str) -> Option<SignedDuration> {
    let whole = text.trim().split('.').next()?;
    whole.parse::<u32>().ok().map(|seconds| SignedDuration::from_secs(i64::from(seconds)))
}

/// `until` counts for [`Class::RateLimited`] only.
fn failure(class: Class, reason: String, until: Option<Timestamp>) -> Failure {
    match (class, until) {
        (Class::RateLimited, Some(until)) => Failure::RateLimited { until, reason },
        (Class::Transient | Class::RateLimited, _) => Failure::Transient { reason },
        (Class::Ambiguous, _) => Failure::Ambiguous { reason },
        (Class::Permanent, _) => Failure::Permanent { reason },
        (Class::Misconfigured, _) => Failure::Misconfigured { reason },
    }
}

#[cfg(test)]
mod tests;
