//! What goes wrong on purpose: fault profiles by name or by kind, and the seeded decision what happens to a
//! request or a webhook. Doing it to a socket lives in `serve` and `webhooks`.

use std::str::FromStr;
use std::time::Duration;

use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};
use thiserror::Error;

/// A probability, from 0 to 1, for each kind of fault.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct FaultProfile {
    /// `rate-limit`: 429 although the quota has room; the request is not handled.
    pub rate_limit: f64,
    /// `server-error-before`: 500, not handled.
    pub server_error_before: f64,
    /// `server-error-after`: handled, then 500.
    pub server_error_after: f64,
    /// `slow`: handled after a while.
    pub slow: f64,
    /// `reset-before`: the connection ends without an answer, not handled.
    pub reset_before: f64,
    /// `reset-after`: handled, then the connection ends without an answer.
    pub reset_after: f64,
    /// `html`: a gateway's 502 page, not handled.
    pub html: f64,
    /// `truncated`: handled, and half of the answer arrives.
    pub truncated: f64,
    /// `webhook-duplicate`: a webhook comes twice.
    pub webhook_duplicate: f64,
    /// `webhook-delay`: it comes late.
    pub webhook_delay: f64,
    /// `webhook-reorder`: later ones may overtake it.
    pub webhook_reorder: f64,
    /// `webhook-drop`: it never comes.
    pub webhook_drop: f64,
    /// The longest delay of slow answers and late webhooks. Default 3 s.
    pub longest_delay: Duration,
}

/// Why a profile was not understood.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum FaultError {
    /// No profile of that name.
    #[error("unknown fault profile `{0}`; there are: {names}; or give kinds as `slow=0.1`", names = profile_names())]
    UnknownProfile(String),
    /// No kind of that name.
    #[error("unknown kind of fault `{0}`; there are: {names}", names = kind_names())]
    UnknownKind(String),
    /// Not a number from 0 to 1.
    #[error("the probability of `{kind}` must be a number from 0 to 1, not `{text}`")]
    BadProbability {
        /// The kind.
        kind: String,
        /// What was given.
        text: String,
    },
}

/// What happens to one request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RequestFault {
    /// Nothing unusual.
    None,
    /// 429, not handled.
    RateLimit,
    /// 500, not handled.
    ServerErrorBefore,
    /// Handled, then 500.
    ServerErrorAfter,
    /// Handled after this time.
    Slow(Duration),
    /// The connection ends, not handled.
    ResetBefore,
    /// Handled, then the connection ends.
    ResetAfter,
    /// A 502 page, not handled.
    Html,
    /// Handled, and the answer is cut in this way.
    Truncated(Cut),
}

/// How an answer is cut short.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Cut {
    /// A well-formed HTTP answer whose JSON ends in the middle.
    Document,
    /// `Content-Length` tells the whole length, half of it arrives.
    Length,
    /// A chunked answer without its last chunk.
    Chunked,
}

type Kind = (&'static str, fn(&mut FaultProfile) -> &mut f64);

const KINDS: [Kind; 12] = [
    ("rate-limit", |profile| &mut profile.rate_limit),
    ("server-error-before", |profile| &mut profile.server_error_before),
    ("server-error-after", |profile| &mut profile.server_error_after),
    ("slow", |profile| &mut profile.slow),
    ("reset-before", |profile| &mut profile.reset_before),
    ("reset-after", |profile| &mut profile.reset_after),
    ("html", |profile| &mut profile.html),
    ("truncated", |profile| &mut profile.truncated),
    ("webhook-duplicate", |profile| &mut profile.webhook_duplicate),
    ("webhook-delay", |profile| &mut profile.webhook_delay),
    ("webhook-reorder", |profile| &mut profile.webhook_reorder),
    ("webhook-drop", |profile| &mut profile.webhook_drop),
];

const PROFILES: [(&str, &[(&str, f64)]); 11] = [
    ("none", &[]),
    ("rate-limits", &[("rate-limit", 0.1)]),
    ("server-errors", &[("server-error-before", 0.05), ("server-error-after", 0.05)]),
    ("slow", &[("slow", 0.2)]),
    ("resets", &[("reset-before", 0.05), ("reset-after", 0.05)]),
    ("html", &[("html", 0.1)]),
    ("truncated", &[("truncated", 0.1)]),
    (
        "webhooks",
        &[
            ("webhook-duplicate", 0.15),
            ("webhook-delay", 0.15),
            ("webhook-reorder", 0.3),
            ("webhook-drop", 0.1),
        ],
    ),
    ("webhooks-noisy", &[("webhook-duplicate", 0.25), ("webhook-delay", 0.15), ("webhook-reorder", 0.4)]),
    ("webhooks-lossy", &[("webhook-drop", 0.3)]),
    (
        "all",
        &[
            ("rate-limit", 0.02),
            ("server-error-before", 0.02),
            ("server-error-after", 0.02),
            ("slow", 0.05),
            ("reset-before", 0.02),
            ("reset-after", 0.02),
            ("html", 0.02),
            ("truncated", 0.02),
            ("webhook-duplicate", 0.15),
            ("webhook-delay", 0.1),
            ("webhook-reorder", 0.2),
            ("webhook-drop", 0.05),
        ],
    ),
];

impl Default for FaultProfile {
    fn default() -> Self {
        Self {
            rate_limit: 0.0,
            server_error_before: 0.0,
            server_error_after: 0.0,
            slow: 0.0,
            reset_before: 0.0,
            reset_after: 0.0,
            html: 0.0,
            truncated: 0.0,
            webhook_duplicate: 0.0,
            webhook_delay: 0.0,
            webhook_reorder: 0.0,
            webhook_drop: 0.0,
            longest_delay: Duration::from_secs(3),
        }
    }
}

impl FaultProfile {
    /// The names that [`FaultProfile::from_str`] knows.
    pub fn names() -> impl Iterator<Item = &'static str> {
        PROFILES.iter().map(|(name, _)| *name)
    }

    fn set(&mut self, kind: &str, probability: f64) -> Result<(), FaultError> {
        let (_, field) = KINDS
            .iter()
            .find(|(name, _)| *name == kind)
            .ok_or_else(|| FaultError::UnknownKind(kind.to_owned()))?;
        *field(self) = probability;
        Ok(())
    }

    fn apply(&mut self, part: &str) -> Result<(), FaultError> {
        if let Some((kind, text)) = part.split_once('=') {
            let (kind, text) = (kind.trim(), text.trim());
            let bad = || FaultError::BadProbability { kind: kind.to_owned(), text: text.to_owned() };
            let probability: f64 = text.parse().map_err(|_| bad())?;
            if !(0.0..=1.0).contains(&probability) {
                return Err(bad());
            }
            return self.set(kind, probability);
        }
        let profile = PROFILES.iter().find(|(name, _)| *name == part);
        let (_, kinds) = profile.ok_or_else(|| FaultError::UnknownProfile(part.to_owned()))?;
        kinds.iter().try_for_each(|(kind, probability)| self.set(kind, *probability))
    }
}

/// Reads a profile's name, kinds with probabilities, or both, separated by commas; later parts win:
/// `all`, `slow=0.05,html=0.1`, `webhooks-noisy,reset-after=0.1`.
impl FromStr for FaultProfile {
    type Err = FaultError;

    fn from_str(text: &str) -> Result<Self, FaultError> {
        let mut profile = Self::default();
        text.split(',').map(str::trim).try_for_each(|part| profile.apply(part))?;
        Ok(profile)
    }
}

fn profile_names() -> String {
    FaultProfile::names().collect::<Vec<_>>().join(", ")
}

fn kind_names() -> String {
    KINDS.map(|(name, _)| name).join(", ")
}

/// Decides, from a seed, what happens next. Requests and webhooks have streams of their own, so that the
/// number of one does not move the other.
#[derive(Debug)]
pub struct FaultPlan {
    profile: FaultProfile,
    requests: StdRng,
    webhooks: StdRng,
}

impl FaultPlan {
    /// A plan for that profile and seed.
    pub fn new(profile: FaultProfile, seed: u64) -> Self {
        let webhooks = StdRng::seed_from_u64(seed ^ 0x5eed_0000_0000_0001);
        Self { profile, requests: StdRng::seed_from_u64(seed), webhooks }
    }

    /// Another profile from now on; the seed's stream goes on.
    pub fn set_profile(&mut self, profile: FaultProfile) {
        self.profile = profile;
    }

    /// What happens to the next request. Each decision draws the same number of random values, whatever
    /// comes out.
    pub fn next_request(&mut self) -> RequestFault {
        let profile = self.profile;
        let chances = [
            profile.rate_limit,
            profile.server_error_before,
            profile.server_error_after,
            profile.slow,
            profile.reset_before,
            profile.reset_after,
            profile.html,
            profile.truncated,
        ];
        let hits = chances.map(|chance| hit(&mut self.requests, chance));
        let delay = within(&mut self.requests, profile.longest_delay);
        let cut = [Cut::Document, Cut::Length, Cut::Chunked][self.requests.random_range(0..3_usize)];
        let faults = [
            RequestFault::RateLimit,
            RequestFault::ServerErrorBefore,
            RequestFault::ServerErrorAfter,
            RequestFault::Slow(delay),
            RequestFault::ResetBefore,
            RequestFault::ResetAfter,
            RequestFault::Html,
            RequestFault::Truncated(cut),
        ];
        hits.iter().position(|hit| *hit).map_or(RequestFault::None, |at| faults[at])
    }

    /// When the copies of the next webhook are delivered, counted from now: nothing when it is dropped, one
    /// zero when all is well.
    pub fn next_webhook(&mut self) -> Vec<Duration> {
        let profile = self.profile;
        let rng = &mut self.webhooks;
        let [dropped, doubled, delayed, overtaken] =
            [profile.webhook_drop, profile.webhook_duplicate, profile.webhook_delay, profile.webhook_reorder]
                .map(|chance| hit(rng, chance));
        let late = within(rng, profile.longest_delay);
        let again = within(rng, profile.longest_delay);
        let overtaken_by = within(rng, profile.longest_delay / 10);
        if dropped {
            return Vec::new();
        }
        let first = match (delayed, overtaken) {
            (true, _) => late,
            (false, true) => overtaken_by,
            (false, false) => Duration::ZERO,
        };
        if doubled { vec![first, again] } else { vec![first] }
    }
}

fn hit(rng: &mut StdRng, probability: f64) -> bool {
    rng.random::<f64>() < probability
}

fn within(rng: &mut StdRng, longest: Duration) -> Duration {
    longest.mul_f64(rng.random_range(0.1..=1.0))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn profiles_are_read_by_name_by_kind_and_mixed() {
        for name in FaultProfile::names() {
            assert!(name.parse::<FaultProfile>().is_ok(), "{name}");
        }
        let mixed: FaultProfile = "webhooks-noisy, slow=0.25".parse().unwrap();
        assert!(mixed.webhook_duplicate > 0.0 && mixed.slow > 0.24 && mixed.webhook_drop < f64::EPSILON);
        for name in ["webhooks", "all"] {
            assert!(name.parse::<FaultProfile>().unwrap().webhook_drop > 0.0, "{name}");
        }
    }

    #[test]
    fn what_is_not_understood_is_answered_with_the_names_there_are() {
        for (text, told) in [
            ("chaos", "webhooks-lossy"),
            ("chaos=1", "reset-before"),
            ("slow=2", "from 0 to 1"),
            ("slow=x", "from 0 to 1"),
        ] {
            let error = text.parse::<FaultProfile>().unwrap_err().to_string();
            assert!(error.contains(told), "{error}");
        }
    }

    #[test]
    fn the_same_seed_makes_the_same_faults_and_another_seed_makes_others() {
        let decide = |seed| {
            let mut plan = FaultPlan::new("all,reset-after=0.3".parse().unwrap(), seed);
            let mut requests = Vec::new();
            let mut webhooks = Vec::new();
            for _ in 0..200 {
                requests.push(plan.next_request());
                webhooks.push(plan.next_webhook());
            }
            (requests, webhooks)
        };
        assert_eq!(decide(7), decide(7));
        assert_ne!(decide(7), decide(8));
    }

    #[test]
    fn a_profile_can_change_while_the_plan_runs() {
        let mut plan = FaultPlan::new(FaultProfile::default(), 1);
        assert_eq!(plan.next_request(), RequestFault::None);
        plan.set_profile("html=1".parse().unwrap());
        assert_eq!(plan.next_request(), RequestFault::Html);
        plan.set_profile(FaultProfile::default());
        assert_eq!(plan.next_request(), RequestFault::None);
    }

    #[test]
    fn every_kind_happens_when_it_is_certain_and_none_happens_without() {
        let mut calm = FaultPlan::new(FaultProfile::default(), 1);
        for (kind, field) in &KINDS[..8] {
            let mut profile = FaultProfile::default();
            *field(&mut profile) = 1.0;
            assert_ne!(FaultPlan::new(profile, 1).next_request(), RequestFault::None, "{kind}");
            assert_eq!(calm.next_request(), RequestFault::None);
        }
        let webhook = |text: &str| FaultPlan::new(text.parse().unwrap(), 1).next_webhook();
        assert_eq!(webhook("none"), [Duration::ZERO]);
        assert!(webhook("webhook-drop=1").is_empty());
        assert_eq!(webhook("webhook-duplicate=1").len(), 2);
        assert!(webhook("webhook-delay=1")[0] > Duration::ZERO);
    }
}
