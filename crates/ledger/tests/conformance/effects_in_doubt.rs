//! Effects whose write may or may not have happened.

use ledger::{Claim, Outcome, Recorded};

use super::effects::{applied, claim, record};
use super::samples::{at, key, wish};
use crate::Home;

pub(crate) async fn a_claim_without_a_record_is_in_doubt_after_a_crash(home: &impl Home) {
    let ledger = home.open().await;
    claim(&*ledger, wish(1, 10, "a"), at(3)).await;
    drop(ledger);
    let ledger = home.open().await;
    assert_eq!(claim(&*ledger, wish(1, 10, "a"), at(62)).await, Claim::Busy { until: at(63) });
    let in_doubt = Claim::InDoubt { token: 2, since: at(3) };
    assert_eq!(claim(&*ledger, wish(1, 10, "a"), at(63)).await, in_doubt);
}

pub(crate) async fn an_open_answer_is_in_doubt_at_once(home: &impl Home) {
    let ledger = home.open().await;
    claim(&*ledger, wish(1, 10, "a"), at(0)).await;
    assert_eq!(record(&*ledger, 1, 1, Outcome::InDoubt, at(5)).await, Recorded::Yes);
    assert_eq!(claim(&*ledger, wish(1, 10, "a"), at(6)).await, Claim::InDoubt { token: 2, since: at(0) });
}

pub(crate) async fn untouched_keeps_an_earlier_doubt_and_makes_none(home: &impl Home) {
    let ledger = home.open().await;
    claim(&*ledger, wish(1, 10, "a"), at(0)).await;
    record(&*ledger, 1, 1, Outcome::Untouched, at(1)).await;
    assert_eq!(claim(&*ledger, wish(1, 10, "a"), at(2)).await, Claim::Granted { token: 2 });
    assert_eq!(claim(&*ledger, wish(1, 10, "a"), at(62)).await, Claim::InDoubt { token: 3, since: at(2) });
    record(&*ledger, 1, 3, Outcome::Untouched, at(63)).await;
    let reopened = home.open().await;
    assert_eq!(claim(&*reopened, wish(1, 10, "a"), at(64)).await, Claim::InDoubt { token: 4, since: at(2) });
}

pub(crate) async fn doubt_counts_from_the_earliest_start_and_ends_with_a_known_result(home: &impl Home) {
    let ledger = home.open().await;
    for (order, outcome, next) in [
        (1, applied(), Claim::Done),
        (2, Outcome::NotApplied, Claim::Granted { token: 4 }),
        (3, Outcome::InDoubt, Claim::InDoubt { token: 4, since: at(0) }),
    ] {
        claim(&*ledger, wish(order, 10, "a"), at(0)).await;
        record(&*ledger, order, 1, Outcome::InDoubt, at(1)).await;
        let second = claim(&*ledger, wish(order, 10, "a"), at(2)).await;
        assert_eq!(second, Claim::InDoubt { token: 2, since: at(0) });
        let third = claim(&*ledger, wish(order, 10, "a"), at(100)).await;
        assert_eq!(third, Claim::InDoubt { token: 3, since: at(0) });
        record(&*ledger, order, 3, outcome, at(101)).await;
        assert_eq!(claim(&*ledger, wish(order, 10, "a"), at(102)).await, next);
    }
}

pub(crate) async fn doubt_outweighs_what_was_done_before(home: &impl Home) {
    let ledger = home.open().await;
    claim(&*ledger, wish(1, 10, "a"), at(0)).await;
    record(&*ledger, 1, 1, applied(), at(1)).await;
    claim(&*ledger, wish(1, 11, "b"), at(2)).await;
    // The platform may have `b` by now: that `a` was written once says nothing any more.
    assert_eq!(claim(&*ledger, wish(1, 12, "a"), at(62)).await, Claim::InDoubt { token: 3, since: at(2) });
}

pub(crate) async fn a_superseded_claim_does_not_disturb_a_late_holder(home: &impl Home) {
    let ledger = home.open().await;
    claim(&*ledger, wish(1, 10, "a"), at(0)).await;
    assert_eq!(claim(&*ledger, wish(1, 9, "b"), at(70)).await, Claim::Superseded);
    assert_eq!(record(&*ledger, 1, 1, applied(), at(71)).await, Recorded::Yes);
    assert!(ledger.recorded(&[key(1)]).await.unwrap()[0].is_some());
}
