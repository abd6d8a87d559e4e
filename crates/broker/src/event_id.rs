//! Minting event ids: the one home of randomness in this crate.

use jiff::Timestamp;
use uuid::{NoContext, Uuid};

use domain::ids::EventId;

/// A new id for an event that was noticed at `now`: a UUID of version 7, so ids sort by the millisecond of
/// `now`, and 74 random bits tell apart those of one millisecond, whichever threads or machines mint them.
/// An instant before 1970 counts as 1970.
pub fn event_id(now: Timestamp) -> EventId {
    let seconds = u64::try_from(now.as_second()).unwrap_or(0);
    let nanoseconds = u32::try_from(now.subsec_nanosecond()).unwrap_or(0);
    EventId(Uuid::new_v7(uuid::Timestamp::from_unix(NoContext, seconds, nanoseconds)))
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use jiff::SignedDuration;

    use super::*;

    #[test]
    fn ids_of_one_instant_differ_and_later_ids_sort_behind() {
        let now: Timestamp = "2026-01-05T00:00:00.123Z".parse().unwrap();
        let ids: BTreeSet<_> = (0..1000).map(|_| event_id(now)).collect();
        assert_eq!(ids.len(), 1000);
        let later = event_id(now + SignedDuration::from_millis(1));
        assert!(ids.iter().all(|id| *id < later));
        assert_eq!(later.0.get_version_num(), 7);
    }
}
