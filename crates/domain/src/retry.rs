//! What happens to an event whose work failed: a pure function of the failure, the attempt and the age.

use jiff::{SignedDuration, Timestamp};

use crate::failure::Failure;

/// The retry ladder: the waits between attempts, the last one repeated until `give_up_after`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RetryPolicy {
    /// The waits, one per attempt, ascending. They equal the broker's retry tiers.
    pub ladder: Vec<SignedDuration>,
    /// The age at which an event that still fails is parked.
    pub give_up_after: SignedDuration,
}

impl Default for RetryPolicy {
    fn default() -> Self {
        let seconds = [5, 30, 2 * 60, 10 * 60, 3600];
        Self {
            ladder: seconds.into_iter().map(SignedDuration::from_secs).collect(),
            give_up_after: SignedDuration::from_hours(72),
        }
    }
}

/// What to do with an event after its work failed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// Try again after this wait; it used an attempt.
    RetryAfter(SignedDuration),
    /// Look again after this wait; it used no attempt.
    Snooze(SignedDuration),
    /// A person must act.
    Park,
}

/// The shortest snooze: a platform that says "now" still gets a moment.
const SHORTEST_SNOOZE: SignedDuration = SignedDuration::from_secs(1);

/// For so long something may be known before what it depends on is.
const EARLY_FOR: SignedDuration = SignedDuration::from_mins(10);
/// The shortest wait for that.
const EARLY_WAIT: SignedDuration = SignedDuration::from_secs(5);

/// When to look again at an event that came before what it depends on was recorded, such as a label before its
/// order's own arrival; `None` once it is too old to be merely early. That is no failure and costs no attempt. The
/// wait grows with the age, so that none adds more than half of it, and few looks are needed.
pub fn look_again_early(received_at: Timestamp, now: Timestamp) -> Option<Timestamp> {
    let age = now.duration_since(received_at);
    (age < EARLY_FOR).then(|| now + (age / 2).max(EARLY_WAIT))
}

impl RetryPolicy {
    /// Decides about an event that failed on its `attempt` (0 for the first) and was received at
    /// `received_at`.
    pub fn verdict(
        &self,
        failure: &Failure,
        attempt: u32,
        received_at: Timestamp,
        now: Timestamp,
    ) -> Verdict {
        match failure {
            Failure::RateLimited { until, .. } => {
                Verdict::Snooze(until.duration_since(now).max(SHORTEST_SNOOZE))
            }
            Failure::Misconfigured { .. } => Verdict::Snooze(self.wait(attempt)),
            Failure::Permanent { .. } => Verdict::Park,
            Failure::Transient { .. } | Failure::Ambiguous { .. } => {
                if now.duration_since(received_at) >= self.give_up_after {
                    Verdict::Park
                } else {
                    Verdict::RetryAfter(self.wait(attempt))
                }
            }
        }
    }

    fn wait(&self, attempt: u32) -> SignedDuration {
        let step = usize::try_from(attempt).unwrap_or(usize::MAX);
        self.ladder.get(step).or(self.ladder.last()).copied().unwrap_or(SHORTEST_SNOOZE)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn transient() -> Failure {
        Failure::Transient { reason: "connection refused".into() }
    }

    #[test]
    fn the_ladder_is_climbed_and_its_last_step_repeats() {
        let policy = RetryPolicy::default();
        let now = Timestamp::UNIX_EPOCH;
        let waits: Vec<_> = (0..7)
            .map(|attempt| match policy.verdict(&transient(), attempt, now, now) {
                Verdict::RetryAfter(wait) => wait.as_secs(),
                other => panic!("{other:?}"),
            })
            .collect();
        assert_eq!(waits, [5, 30, 120, 600, 3600, 3600, 3600]);
    }

    #[test]
    fn an_event_is_parked_when_it_is_older_than_the_policy_allows_and_not_before() {
        let policy = RetryPolicy::default();
        let received = Timestamp::UNIX_EPOCH;
        let almost = received + policy.give_up_after - SignedDuration::from_secs(1);
        assert!(matches!(policy.verdict(&transient(), 9, received, almost), Verdict::RetryAfter(_)));
        assert_eq!(policy.verdict(&transient(), 9, received, received + policy.give_up_after), Verdict::Park);
    }

    #[test]
    fn a_rate_limit_and_a_wrong_credential_cost_no_attempt_and_never_park() {
        let policy = RetryPolicy::default();
        let received = Timestamp::UNIX_EPOCH;
        let now = received + SignedDuration::from_hours(1000);
        let limited =
            Failure::RateLimited { until: now + SignedDuration::from_secs(20), reason: String::new() };
        assert_eq!(
            policy.verdict(&limited, 0, received, now),
            Verdict::Snooze(SignedDuration::from_secs(20))
        );
        let past = Failure::RateLimited { until: received, reason: String::new() };
        assert_eq!(policy.verdict(&past, 0, received, now), Verdict::Snooze(SHORTEST_SNOOZE));
        let refused = Failure::Misconfigured { reason: "401".into() };
        assert!(matches!(policy.verdict(&refused, 3, received, now), Verdict::Snooze(_)));
    }

    #[test]
    fn what_came_early_waits_with_its_age_until_it_is_too_old_to_be_early() {
        let received = Timestamp::UNIX_EPOCH;
        let wait = |age: i64| {
            let now = received + SignedDuration::from_secs(age);
            look_again_early(received, now).map(|until| until.duration_since(now).as_secs())
        };
        assert_eq!([0, 8, 40, 599, 600].map(wait), [Some(5), Some(5), Some(20), Some(299), None]);
    }
}
