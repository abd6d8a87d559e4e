//! What no event announced: orders that were to be sent, sets that are not written, entries of a kind.

use domain::effect::{EffectKey, EffectKind, Fingerprint};
use domain::ids::OrderId;
use domain::record::{Intake, Progress, Reading};
use domain::shipping_order::ShippingStatus;
use ledger::{ClaimRequest, EffectResult, JournalEntry, Ledger, Outcome};

use super::samples::{MINUTE, acme, at, label, placed, reading};
use crate::Home;

/// A reading of an order that is to be sent, which the platform answered five seconds after its version.
fn eligible(order: i64, version: i64) -> Reading {
    Reading { intake: Intake::Eligible, ..reading(order, version) }
}

pub(crate) async fn unsent_orders_are_those_that_were_to_be_sent_long_enough_ago(home: &impl Home) {
    let ledger = home.open().await;
    let untimed = Reading { platform_time: None, ..eligible(6, 90) };
    let readings =
        [eligible(1, 30), eligible(2, 10), eligible(3, 90), reading(4, 10), eligible(5, 10), untimed];
    ledger.keep_readings(&acme(), &readings).await.unwrap();
    ledger.keep_placed(&acme(), &[(OrderId(5), placed(70, ShippingStatus::AwaitingShipment))]).await.unwrap();
    let unsent = async |until, limit| {
        let found = ledger.unsent_orders(&acme(), at(until), limit).await.unwrap();
        found.into_iter().map(|order| order.0).collect::<Vec<_>>()
    };
    assert_eq!(unsent(60, 10).await, [6, 2, 1], "the one without a time counts as old");
    assert_eq!(unsent(35, 10).await, [6, 2, 1], "the instant itself belongs to it");
    assert_eq!(unsent(34, 10).await, [6, 2]);
    assert_eq!(unsent(60, 2).await, [6, 2]);
    ledger.keep_progress(&acme(), &[(OrderId(2), Progress::Review)]).await.unwrap();
    assert_eq!(unsent(60, 10).await, [6, 1], "for a person already");
    assert_eq!(ledger.unsent_orders(&"other".parse().unwrap(), at(60), 10).await.unwrap(), []);
}

/// Records the fulfilment of an order at a revision.
async fn write(ledger: &dyn Ledger, order: i64, revision: i64, outcome: Outcome) {
    let key = EffectKey { kind: EffectKind::Fulfil, connection: acme(), order: OrderId(order) };
    let fingerprint = Fingerprint::of(&(order, revision));
    let request = ClaimRequest { key: key.clone(), version: revision, fingerprint };
    let claim = ledger.claim(&[request], MINUTE, at(0)).await.unwrap().remove(0);
    let ledger::Claim::Granted { token } = claim else { panic!("{claim:?}") };
    ledger.record(&[EffectResult { key, token, outcome }], at(1)).await.unwrap();
}

pub(crate) async fn unwritten_sets_are_those_whose_present_revision_nobody_recorded(home: &impl Home) {
    let ledger = home.open().await;
    let orders: Vec<i64> = (1..=6).collect();
    ledger
        .keep_readings(&acme(), &orders.iter().map(|id| eligible(*id, 1)).collect::<Vec<_>>())
        .await
        .unwrap();
    // The last one is not in ShipStation.
    let at_shipstation =
        orders[..5].iter().map(|id| (OrderId(*id), placed(*id, ShippingStatus::AwaitingShipment)));
    ledger.keep_placed(&acme(), &at_shipstation.collect::<Vec<_>>()).await.unwrap();
    for id in &orders {
        ledger.take_in(&acme(), &[(OrderId(*id), label(*id, "1"))], at(10 * id)).await.unwrap();
    }
    let applied = || Outcome::Applied { note: serde_json::json!({}) };
    write(&*ledger, 1, 1, applied()).await;
    write(&*ledger, 2, 1, Outcome::InDoubt).await;
    write(&*ledger, 3, 1, applied()).await;
    ledger.take_in(&acme(), &[(OrderId(3), label(30, "2"))], at(60)).await.unwrap();
    write(&*ledger, 4, 1, Outcome::NotApplied).await;
    let unwritten = async |from, to, limit| {
        let found = ledger.unwritten_sets(&acme(), (at(from), at(to)), limit).await.unwrap();
        found.into_iter().map(|order| order.0).collect::<Vec<_>>()
    };
    assert_eq!(unwritten(0, 100, 10).await, [2, 4, 5, 3], "in doubt, refused, never tried, changed since");
    assert_eq!(unwritten(20, 40, 10).await, [2, 4]);
    assert_eq!(unwritten(0, 100, 1).await, [2]);
    assert_eq!(ledger.unwritten_sets(&"other".parse().unwrap(), (at(0), at(100)), 10).await.unwrap(), []);
}

pub(crate) async fn entries_of_a_kind_are_counted_since_an_instant(home: &impl Home) {
    let ledger = home.open().await;
    let entry = |order, second, kind: &str| JournalEntry {
        order: OrderId(order),
        at: at(second),
        kind: kind.into(),
        text: format!("at {second}"),
    };
    let entries =
        [entry(1, 1, "repaired"), entry(2, 5, "repaired"), entry(1, 9, "repaired"), entry(1, 9, "sent")];
    ledger.write(&acme(), &entries).await.unwrap();
    ledger.write(&"other".parse().unwrap(), &entries[..1]).await.unwrap();
    for (kind, since, count) in [("repaired", 0, 3), ("repaired", 5, 2), ("repaired", 10, 0), ("sent", 0, 1)]
    {
        assert_eq!(ledger.count(&acme(), kind, at(since)).await.unwrap(), count, "{kind} since {since}");
    }
}
