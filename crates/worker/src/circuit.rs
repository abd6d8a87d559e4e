//! A circuit per platform and credential: when every call fails, nobody tries for a while, and one call at a
//! time finds out whether the platform is back. A pure state machine; [`crate::gate`] holds it.

use jiff::{SignedDuration, Timestamp};

use domain::failure::Failure;

/// So many failures in a row open the circuit.
const FAILURES_TO_OPEN: u32 = 5;
/// The first pause; each further failure doubles it.
const FIRST_PAUSE: SignedDuration = SignedDuration::from_secs(2);
/// The longest pause.
const LONGEST_PAUSE: SignedDuration = SignedDuration::from_secs(60);

/// Counts what the platform does.
#[derive(Debug, Clone, Default)]
pub(crate) struct Circuit {
    failures: u32,
    open_until: Option<Timestamp>,
    access: Access,
}

/// What the platform last said to our credentials, as far as this process has asked.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) enum Access {
    /// Nobody has asked yet.
    #[default]
    Unknown,
    /// They are taken.
    Granted,
    /// They are refused, with what the platform said.
    Refused(String),
}

impl Circuit {
    /// Until when nothing may be tried; `None` when a call may go.
    pub(crate) fn open_until(&self, now: Timestamp) -> Option<Timestamp> {
        self.open_until.filter(|until| *until > now)
    }

    /// What the platform last said to our credentials.
    pub(crate) fn access(&self) -> &Access {
        &self.access
    }

    /// Takes in how a call ended. Returns whether the circuit just opened or closed.
    pub(crate) fn heed<T>(&mut self, outcome: &Result<T, Failure>, now: Timestamp) -> bool {
        let was_open = self.open_until.is_some();
        match outcome {
            Err(failure) if failure.concerns_platform() => {
                if let Failure::Misconfigured { reason } = failure {
                    self.access = Access::Refused(reason.clone());
                }
                self.fail(matches!(failure, Failure::Misconfigured { .. }), now);
            }
            Err(Failure::RateLimited { .. }) => {}
            _ => *self = Self { access: Access::Granted, ..Self::default() },
        }
        was_open != self.open_until.is_some()
    }

    fn fail(&mut self, for_sure: bool, now: Timestamp) {
        self.failures = self.failures.saturating_add(1);
        if for_sure && self.failures < FAILURES_TO_OPEN {
            self.failures = FAILURES_TO_OPEN;
        }
        if self.failures >= FAILURES_TO_OPEN {
            let doublings = (self.failures - FAILURES_TO_OPEN).min(5);
            let pause = (FIRST_PAUSE * (1 << doublings)).min(LONGEST_PAUSE);
            self.open_until = Some(now + pause);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn down() -> Result<(), Failure> {
        Err(Failure::Transient { reason: "503".into() })
    }

    #[test]
    fn five_failures_in_a_row_open_it_and_a_success_closes_it() {
        let mut circuit = Circuit::default();
        let now = Timestamp::UNIX_EPOCH;
        for _ in 0..4 {
            assert!(!circuit.heed(&down(), now));
        }
        assert_eq!(circuit.open_until(now), None);
        assert!(circuit.heed(&down(), now));
        assert_eq!(circuit.open_until(now), Some(now + FIRST_PAUSE));
        let probe = now + FIRST_PAUSE;
        assert_eq!(circuit.open_until(probe), None);
        assert!(!circuit.heed(&down(), probe));
        assert_eq!(circuit.open_until(probe), Some(probe + FIRST_PAUSE * 2));
        assert!(circuit.heed(&Ok(()), probe));
        assert_eq!(circuit.open_until(probe), None);
    }

    #[test]
    fn a_refused_credential_opens_it_at_once_and_one_bad_record_never() {
        let now = Timestamp::UNIX_EPOCH;
        let mut circuit = Circuit::default();
        assert!(circuit.heed::<()>(&Err(Failure::Misconfigured { reason: "401".into() }), now));
        let mut circuit = Circuit::default();
        for _ in 0..20 {
            circuit.heed::<()>(&Err(Failure::Permanent { reason: "400".into() }), now);
        }
        assert_eq!(circuit.open_until(now), None);
    }

    #[test]
    fn a_credential_is_refused_until_a_call_succeeds_whatever_fails_in_between() {
        let now = Timestamp::UNIX_EPOCH;
        let mut circuit = Circuit::default();
        circuit.heed(&down(), now);
        assert_eq!(*circuit.access(), Access::Unknown);
        circuit.heed::<()>(&Err(Failure::Misconfigured { reason: "401".into() }), now);
        circuit.heed(&down(), now);
        assert_eq!(*circuit.access(), Access::Refused("401".into()));
        circuit.heed(&Ok(()), now);
        circuit.heed(&down(), now);
        assert_eq!(*circuit.access(), Access::Granted);
    }

    #[test]
    fn pauses_double_up_to_a_minute() {
        let mut circuit = Circuit::default();
        let now = Timestamp::UNIX_EPOCH;
        for _ in 0..50 {
            circuit.heed(&down(), now);
        }
        assert_eq!(circuit.open_until(now), Some(now + LONGEST_PAUSE));
    }
}
