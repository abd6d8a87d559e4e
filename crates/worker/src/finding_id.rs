//! Ids for findings: the same finding has the same id, round after round, so that it is told once while its event
//! waits, and parked once.

use domain::effect::Fingerprint;
use domain::ids::EventId;
use jiff::Timestamp;

/// The id of what the fingerprint tells apart: a UUID of version 7 like any other event's, dated then, with the hash
/// for its random bits.
pub(crate) fn finding_id(finding: &Fingerprint, at: Timestamp) -> EventId {
    let (hash, millis) = (finding.as_str(), at.as_millisecond().clamp(0, (1 << 48) - 1));
    let id = format!("{millis:012x}7{}8{}", &hash[..3], &hash[3..18]);
    EventId(id.parse().expect("32 hex digits are a UUID"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_finding_has_the_same_id_and_another_has_another() {
        let id = |finding: &str, second| {
            finding_id(&Fingerprint::of(&finding), Timestamp::from_second(second).expect("in range"))
        };
        assert_eq!(id("a", 1_780_000_000), id("a", 1_780_000_000));
        assert_eq!(id("a", 1_780_000_000).0.get_version_num(), 7);
        assert_ne!(id("a", 1_780_000_000), id("b", 1_780_000_000));
        // A date before the count begins, as an empty one in a database may be.
        assert_eq!(id("a", -62_000_000_000), id("a", 0));
    }
}
