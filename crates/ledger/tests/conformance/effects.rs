//! Effects: grants, records, what is done, what is superseded.

use std::time::Duration;

use jiff::Timestamp;
use serde_json::json;
use tokio::task::JoinSet;

use domain::effect::{EffectKey, Fingerprint};
use ledger::{Claim, ClaimRequest, EffectRecord, EffectResult, Ledger, Outcome, Recorded};

use super::samples::{MINUTE, at, key, wish};
use crate::Home;

/// Claims one effect for a minute.
pub(crate) async fn claim(ledger: &dyn Ledger, request: ClaimRequest, now: Timestamp) -> Claim {
    ledger.claim(&[request], MINUTE, now).await.unwrap().remove(0)
}

/// Records one effect.
pub(crate) async fn record(
    ledger: &dyn Ledger,
    order: i64,
    token: i64,
    outcome: Outcome,
    now: Timestamp,
) -> Recorded {
    ledger.record(&[EffectResult { key: key(order), token, outcome }], now).await.unwrap()[0]
}

pub(crate) fn applied() -> Outcome {
    Outcome::Applied { note: json!({"v": 1, "sent": "all"}) }
}

pub(crate) async fn a_first_claim_is_granted_and_its_record_is_kept(home: &impl Home) {
    let ledger = home.open().await;
    assert_eq!(ledger.recorded(&[key(1)]).await.unwrap(), [None]);
    assert_eq!(claim(&*ledger, wish(1, 10, "a"), at(0)).await, Claim::Granted { token: 1 });
    assert_eq!(ledger.recorded(&[key(1)]).await.unwrap(), [None]);
    assert_eq!(record(&*ledger, 1, 1, applied(), at(5)).await, Recorded::Yes);
    let kept = EffectRecord {
        version: 10,
        fingerprint: Fingerprint::of(&"a"),
        at: at(5),
        note: json!({"v": 1, "sent": "all"}),
    };
    let reopened = home.open().await;
    assert_eq!(reopened.recorded(&[key(2), key(1)]).await.unwrap(), [None, Some(kept)]);
}

pub(crate) async fn what_has_been_written_is_done_and_moves_the_version_on(home: &impl Home) {
    let ledger = home.open().await;
    claim(&*ledger, wish(1, 10, "a"), at(0)).await;
    record(&*ledger, 1, 1, applied(), at(1)).await;
    assert_eq!(claim(&*ledger, wish(1, 10, "a"), at(2)).await, Claim::Done);
    assert_eq!(claim(&*ledger, wish(1, 12, "a"), at(2)).await, Claim::Done);
    assert_eq!(claim(&*ledger, wish(1, 11, "b"), at(2)).await, Claim::Superseded);
    assert_eq!(ledger.recorded(&[key(1)]).await.unwrap()[0].as_ref().unwrap().version, 12);
    assert_eq!(claim(&*ledger, wish(1, 12, "b"), at(2)).await, Claim::Granted { token: 2 });
}

pub(crate) async fn a_lease_in_force_keeps_everybody_out_until_it_ends(home: &impl Home) {
    let (ledger, other) = (home.open().await, home.open().await);
    claim(&*ledger, wish(1, 10, "a"), at(0)).await;
    let busy = Claim::Busy { until: at(60) };
    assert_eq!(claim(&*other, wish(1, 11, "b"), at(59)).await, busy);
    assert_eq!(claim(&*other, wish(1, 9, "b"), at(59)).await, busy);
    let in_doubt = Claim::InDoubt { token: 2, since: at(0) };
    assert_eq!(claim(&*other, wish(1, 11, "b"), at(60)).await, in_doubt);
}

pub(crate) async fn of_concurrent_claimers_exactly_one_is_granted(home: &impl Home) {
    let ledgers = [home.open().await, home.open().await];
    for order in 0..20 {
        let mut claimers = JoinSet::new();
        for claimer in 0..4 {
            let ledger = ledgers[claimer % 2].clone();
            claimers.spawn(async move { claim(&*ledger, wish(order, 10, "a"), at(0)).await });
        }
        let mut claims = claimers.join_all().await;
        claims.retain(|claim| *claim != Claim::Busy { until: at(60) });
        assert_eq!(claims, [Claim::Granted { token: 1 }]);
    }
}

pub(crate) async fn a_smaller_version_is_superseded(home: &impl Home) {
    let ledger = home.open().await;
    claim(&*ledger, wish(1, 10, "a"), at(0)).await;
    record(&*ledger, 1, 1, Outcome::NotApplied, at(1)).await;
    assert_eq!(claim(&*ledger, wish(1, 9, "b"), at(2)).await, Claim::Superseded);
    assert_eq!(claim(&*ledger, wish(1, 10, "b"), at(2)).await, Claim::Granted { token: 2 });
}

pub(crate) async fn only_the_newest_token_records_and_only_once(home: &impl Home) {
    let ledger = home.open().await;
    assert_eq!(record(&*ledger, 1, 1, applied(), at(0)).await, Recorded::StaleToken);
    claim(&*ledger, wish(1, 10, "a"), at(0)).await;
    claim(&*ledger, wish(1, 11, "b"), at(60)).await;
    assert_eq!(record(&*ledger, 1, 1, applied(), at(61)).await, Recorded::StaleToken);
    assert_eq!(ledger.recorded(&[key(1)]).await.unwrap(), [None]);
    assert_eq!(claim(&*ledger, wish(1, 11, "b"), at(61)).await, Claim::Busy { until: at(120) });
    assert_eq!(record(&*ledger, 1, 2, Outcome::NotApplied, at(62)).await, Recorded::Yes);
    assert_eq!(record(&*ledger, 1, 2, applied(), at(63)).await, Recorded::StaleToken);
    assert_eq!(ledger.recorded(&[key(1)]).await.unwrap(), [None]);
}

pub(crate) async fn a_late_record_of_the_newest_claim_counts(home: &impl Home) {
    let ledger = home.open().await;
    claim(&*ledger, wish(1, 10, "a"), at(0)).await;
    assert_eq!(record(&*ledger, 1, 1, applied(), at(500)).await, Recorded::Yes);
    assert_eq!(claim(&*ledger, wish(1, 10, "a"), at(501)).await, Claim::Done);
}

pub(crate) async fn not_applied_leaves_what_was_done_before(home: &impl Home) {
    let ledger = home.open().await;
    claim(&*ledger, wish(1, 10, "a"), at(0)).await;
    record(&*ledger, 1, 1, applied(), at(1)).await;
    claim(&*ledger, wish(1, 11, "b"), at(2)).await;
    record(&*ledger, 1, 2, Outcome::NotApplied, at(3)).await;
    assert_eq!(claim(&*ledger, wish(1, 11, "a"), at(4)).await, Claim::Done);
    let kept = ledger.recorded(&[key(1)]).await.unwrap().remove(0).unwrap();
    assert_eq!((kept.version, kept.fingerprint, kept.at), (10, Fingerprint::of(&"a"), at(1)));
}

pub(crate) async fn answers_come_in_the_order_of_the_requests(home: &impl Home) {
    let ledger = home.open().await;
    for (order, content) in [(1, "done"), (3, "newer")] {
        claim(&*ledger, wish(order, 10, content), at(0)).await;
        record(&*ledger, order, 1, applied(), at(1)).await;
    }
    claim(&*ledger, wish(2, 10, "busy"), at(2)).await;
    let wishes = [wish(4, 1, "new"), wish(3, 9, "older"), wish(2, 10, "busy"), wish(1, 10, "done")];
    let claims = ledger.claim(&wishes, MINUTE, at(3)).await.unwrap();
    let busy = Claim::Busy { until: at(62) };
    assert_eq!(claims, [Claim::Granted { token: 1 }, Claim::Superseded, busy, Claim::Done]);
    let result = |order| EffectResult { key: key(order), token: 1, outcome: applied() };
    let answers = ledger.record(&[result(1), result(2), result(9)], at(4)).await.unwrap();
    assert_eq!(answers, [Recorded::StaleToken, Recorded::Yes, Recorded::StaleToken]);
    assert!(ledger.claim(&[], MINUTE, at(5)).await.unwrap().is_empty());
    assert!(ledger.record(&[], at(5)).await.unwrap().is_empty());
}

pub(crate) async fn batches_of_250_are_fast(home: &impl Home) {
    let ledger = home.open().await;
    let wishes: Vec<_> = (0..250).map(|order| wish(order, 1, "a")).collect();
    let keys: Vec<_> = (0..250).map(key).collect();
    let result = |key: &EffectKey| EffectResult { key: key.clone(), token: 1, outcome: applied() };
    let results: Vec<_> = keys.iter().map(result).collect();
    // A debug build needs some 50 ms for all of it; without one transaction per call it takes many times that.
    let all = async {
        let claims = ledger.claim(&wishes, MINUTE, at(0)).await.unwrap();
        assert_eq!(claims, vec![Claim::Granted { token: 1 }; 250]);
        assert_eq!(ledger.record(&results, at(1)).await.unwrap(), [Recorded::Yes; 250]);
        assert!(ledger.recorded(&keys).await.unwrap().iter().all(Option::is_some));
    };
    tokio::time::timeout(Duration::from_secs(5), all).await.unwrap();
}
