//! Advisory locks: what serialises work on something that has no row of its own. They last until the end of
//! their transaction, and they are taken together with its begin, which saves a round trip.

use std::fmt::Write;

/// A lock on something outside the tables, by its name. Two names may by chance share a lock: then their
/// holders wait for each other, and nothing worse.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct AdvisoryLock(i64);

impl AdvisoryLock {
    /// The lock on one thing of a kind.
    pub(super) fn of(kind: &str, thing: &str) -> Self {
        Self(fnv(kind.bytes().chain([0]).chain(thing.bytes())))
    }

    /// Its number at the server.
    pub(super) fn number(self) -> i64 {
        self.0
    }
}

/// The statements that begin a transaction and take its locks, always in the same order, so that no two
/// transactions wait for each other.
pub(super) fn begin(locks: &[AdvisoryLock]) -> String {
    let mut locks = locks.to_vec();
    locks.sort_unstable();
    locks.dedup();
    let mut statements = "BEGIN".to_owned();
    for lock in locks {
        write!(statements, "; SELECT pg_advisory_xact_lock({})", lock.number())
            .expect("a string takes all text");
    }
    statements
}

/// FNV-1a: it must spread names and be the same in every version of this program, nothing more.
fn fnv(bytes: impl Iterator<Item = u8>) -> i64 {
    let step = |hash: u64, byte: u8| (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3);
    bytes.fold(0xcbf2_9ce4_8422_2325, step).cast_signed()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn locks_are_taken_in_one_order_and_each_once() {
        let (one, other) = (AdvisoryLock::of("quota", "cin7"), AdvisoryLock::of("quota", "shipstation"));
        assert_eq!(begin(&[]), "BEGIN");
        assert_eq!(begin(&[one, other, one]), begin(&[other, one]));
        assert_eq!(begin(&[one, other, one]).matches("pg_advisory_xact_lock").count(), 2);
    }

    #[test]
    fn a_lock_has_the_same_number_in_every_version() {
        assert_eq!(AdvisoryLock::of("", ""), AdvisoryLock(-5_808_590_958_014_384_161));
        assert_ne!(AdvisoryLock::of("ab", "c"), AdvisoryLock::of("a", "bc"));
    }
}
