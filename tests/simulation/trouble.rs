//! What goes wrong between the bridge and a platform, as one value per kind, and the seeded plan of it.
//! Doing it is `crate::transport`.

use std::sync::Arc;

use jiff::SignedDuration;
use platforms::ResponseHeaders;
use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};
use sandbox::faults::{Cut, FaultPlan, FaultProfile, RequestFault};
use tokio::sync::Notify;

use crate::world::{Call, Site};

/// Decides what goes wrong with a request.
pub(crate) type Troublemaker = Box<dyn FnMut(&Call) -> Option<Trouble> + Send>;

/// What goes wrong with one request. "After" means: the platform had done the work by then.
pub(crate) enum Trouble {
    /// Nobody listens.
    Refused,
    /// The connection breaks, before or after.
    ResetBefore,
    /// See there.
    ResetAfter,
    /// An answer that the platform never gave.
    Answer(u16, ResponseHeaders, String),
    /// The work is done, and the answer is a 500.
    ErrorAfter,
    /// The work is done, and half of the answer arrives as if it were all of it.
    CutDocument,
    /// The work is done, and the connection breaks within the answer.
    CutBody,
    /// It takes a while, by the clock.
    Slow(SignedDuration),
    /// The work is done, and the answer is held back until somebody lets it go.
    Held(Arc<Notify>),
    /// The work is only done when somebody lets it go.
    HeldBefore(Arc<Notify>),
    /// The answer's body is something else.
    Rewritten(Box<dyn FnOnce(String) -> String + Send>),
    /// The bridge dies before or after the work is done; there is never an answer.
    CrashBefore,
    /// See there.
    CrashAfter,
    /// Sabotage: every order of an import arrives a second time, under another key.
    Doubled,
    /// Sabotage: Cin7 says that it wrote, and did not.
    Swallowed,
}

impl Trouble {
    /// A plain answer with a status and a text, and nothing done.
    pub(crate) fn status(status: u16, body: &str) -> Self {
        Self::Answer(status, ResponseHeaders::default(), body.to_owned())
    }

    /// A 429 that says after how many seconds to come again, each platform in its own header.
    pub(crate) fn too_many_requests(site: Site, seconds: u32) -> Self {
        let seconds = Some(seconds.to_string());
        let headers = match site {
            Site::Cin7 => ResponseHeaders { retry_after: seconds, ..Default::default() },
            Site::ShipStation => ResponseHeaders { rate_reset: seconds, ..Default::default() },
        };
        Self::Answer(429, headers, "Too many requests".to_owned())
    }
}

/// Faults of both platforms from a seed.
pub(crate) struct Faults {
    plans: [FaultPlan; 2],
    dice: StdRng,
}

impl Faults {
    pub(crate) fn new(profile: FaultProfile, seed: u64) -> Self {
        let plan = |stream: u64| FaultPlan::new(profile, seed.wrapping_mul(5).wrapping_add(stream));
        Self { plans: [plan(1), plan(2)], dice: StdRng::seed_from_u64(seed ^ 0xd1ce) }
    }

    /// What happens to the next request.
    pub(crate) fn next(&mut self, site: Site) -> Option<Trouble> {
        let fault = self.plans[site as usize].next_request();
        // Drawn each time, so that one outcome does not move the others.
        let (refused, seconds) = (self.dice.random_bool(0.5), u32::from(self.dice.random_bool(0.15)));
        match fault {
            RequestFault::None => None,
            RequestFault::RateLimit => Some(Trouble::too_many_requests(site, seconds)),
            RequestFault::ServerErrorBefore => {
                Some(Trouble::status(500, r#"{"Message":"An error has occurred."}"#))
            }
            RequestFault::ServerErrorAfter => Some(Trouble::ErrorAfter),
            RequestFault::Slow(delay) => Some(Trouble::Slow(SignedDuration::try_from(delay).unwrap())),
            RequestFault::ResetBefore if refused => Some(Trouble::Refused),
            RequestFault::ResetBefore => Some(Trouble::ResetBefore),
            RequestFault::ResetAfter => Some(Trouble::ResetAfter),
            RequestFault::Html => {
                Some(Trouble::status(502, "<html><body><h1>502 Bad Gateway</h1></body></html>"))
            }
            RequestFault::Truncated(Cut::Document) => Some(Trouble::CutDocument),
            RequestFault::Truncated(Cut::Length | Cut::Chunked) => Some(Trouble::CutBody),
        }
    }
}
