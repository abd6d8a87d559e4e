//! Several workers at the same rows at the same moment: nothing is lost, nothing goes back, nobody deadlocks.

use domain::ids::{OrderId, OrderRef};
use domain::record::{Progress, Reading};
use domain::shipping_order::ShippingStatus;
use tokio::task::JoinSet;

use ledger::{
    Claim, EffectResult, Effects, Journal, JournalEntry, Orders, PostgresLedger, Recorded, Shipments,
};

use crate::conformance::effects::applied;
use crate::conformance::samples::{MINUTE, acme, at, key, label, placed, reading, wish};
use crate::{Home, PostgresHome};

/// The numbers below `count`, each worker in another order.
fn shuffled(worker: i64, count: i64) -> impl Iterator<Item = i64> {
    // 7 and 100 have no common divisor, so every number comes once.
    (0..count).map(move |step| (step * 7 + worker * 31).rem_euclid(count))
}

async fn workers(home: &PostgresHome) -> Vec<(i64, PostgresLedger)> {
    let mut workers = Vec::new();
    for worker in 0..4 {
        workers.push((worker, home.ledger().await));
    }
    workers
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn batches_of_the_same_keys_grant_each_key_once_and_record_it_once() {
    let home = PostgresHome::fresh().await;
    for version in 1..6 {
        let mut claiming = JoinSet::new();
        for (worker, ledger) in workers(&home).await {
            claiming.spawn(async move {
                let wishes: Vec<_> =
                    shuffled(worker, 100).map(|order| wish(order, version, &version.to_string())).collect();
                let claims = ledger.claim(&wishes, MINUTE, at(version)).await.unwrap();
                let mut granted: Vec<_> = wishes
                    .iter()
                    .zip(claims)
                    .filter_map(|(wish, claim)| match claim {
                        Claim::Granted { token } => {
                            Some(EffectResult { key: wish.key.clone(), token, outcome: applied() })
                        }
                        Claim::Busy { .. } | Claim::Done => None,
                        other => panic!("{other:?}"),
                    })
                    .collect();
                // In yet another order than the claims.
                granted.reverse();
                let recorded = ledger.record(&granted, at(version)).await.unwrap();
                assert!(recorded.iter().all(|recorded| *recorded == Recorded::Yes));
                granted.len()
            });
        }
        assert_eq!(claiming.join_all().await.into_iter().sum::<usize>(), 100, "version {version}");
    }
    let keys: Vec<_> = (0..100).map(key).collect();
    let records = home.ledger().await.recorded(&keys).await.unwrap();
    assert!(records.into_iter().all(|record| record.unwrap().version == 5));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_a_late_holder_and_the_one_who_took_over_only_the_newer_records() {
    let home = PostgresHome::fresh().await;
    let (late, newer) = (home.ledger().await, home.ledger().await);
    for order in 0..20 {
        late.claim(&[wish(order, 1, "a")], MINUTE, at(0)).await.unwrap();
        let result = |token| [EffectResult { key: key(order), token, outcome: applied() }];
        let (wish, late_result) = ([wish(order, 2, "b")], result(1));
        let (claimed, recorded) =
            tokio::join!(newer.claim(&wish, MINUTE, at(60)), late.record(&late_result, at(60)));
        // Whoever came first: the other one sees it.
        match (&claimed.unwrap()[0], recorded.unwrap()[0]) {
            (Claim::InDoubt { token: 2, .. }, Recorded::StaleToken) => {}
            (Claim::Granted { token: 2 }, Recorded::Yes) => {}
            other => panic!("{other:?}"),
        }
        assert_eq!(newer.record(&result(2), at(61)).await.unwrap(), [Recorded::Yes]);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_concurrent_readings_the_newest_stays_and_place_and_progress_with_it() {
    let home = PostgresHome::fresh().await;
    let first: Vec<_> = (0..100).map(|order| reading(order, 0)).collect();
    home.ledger().await.keep_readings(&acme(), &first).await.unwrap();
    let mut keeping = JoinSet::new();
    for (worker, ledger) in workers(&home).await {
        keeping.spawn(async move {
            for round in 0..10 {
                let readings: Vec<_> = shuffled(worker, 100)
                    .map(|order| reading(order, (worker * 3 + round * 7) % 64))
                    .collect();
                ledger.keep_readings(&acme(), &readings).await.unwrap();
                let place = placed(70, ShippingStatus::AwaitingShipment);
                let places: Vec<_> =
                    shuffled(worker + 1, 100).map(|order| (OrderId(order), place.clone())).collect();
                ledger.keep_placed(&acme(), &places).await.unwrap();
                let progress: Vec<_> =
                    shuffled(worker + 2, 100).map(|order| (OrderId(order), Progress::Partly)).collect();
                ledger.keep_progress(&acme(), &progress).await.unwrap();
            }
        });
    }
    keeping.join_all().await;
    let newest = (0..4).flat_map(|worker| (0..10).map(move |round| (worker * 3 + round * 7) % 64)).max();
    let all: Vec<_> = (0..100).map(|order| OrderRef::Id(OrderId(order))).collect();
    for record in home.ledger().await.orders(&acme(), &all).await.unwrap() {
        let record = record.unwrap();
        assert_eq!(Some(record.reading.version), newest.map(at));
        assert!(record.placed.is_some() && record.progress == Progress::Partly);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn reports_for_the_same_new_orders_are_all_kept_in_whichever_order_they_come() {
    let home = PostgresHome::fresh().await;
    let mut taking = JoinSet::new();
    for (worker, ledger) in workers(&home).await {
        taking.spawn(async move {
            for round in 0..5 {
                let report = |order| (OrderId(order), label(worker * 10 + round, "1"));
                let reports: Vec<_> = shuffled(worker, 100).map(report).collect();
                let taken = ledger.take_in(&acme(), &reports, at(0)).await.unwrap();
                assert!(taken.iter().all(|taken| taken.changed.len() == 1) && taken.len() == 100);
            }
        });
    }
    taking.join_all().await;
    let orders: Vec<_> = (0..100).map(OrderId).collect();
    for set in home.ledger().await.shipment_sets(&acme(), &orders).await.unwrap() {
        assert_eq!((set.revision, set.shipments.len()), (20, 20));
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_line_that_several_write_at_once_stands_in_the_timeline_once() {
    let home = PostgresHome::fresh().await;
    for round in 0..10 {
        let mut writing = JoinSet::new();
        for (worker, ledger) in workers(&home).await {
            let entry = move |order| JournalEntry {
                order: OrderId(order),
                at: at(round),
                kind: "decided".into(),
                text: format!("round {round}"),
            };
            let entries: Vec<_> = shuffled(worker, 100).map(entry).collect();
            writing.spawn(async move { ledger.write(&acme(), &entries).await.unwrap() });
        }
        writing.join_all().await;
    }
    let ledger = home.ledger().await;
    for order in [0, 50, 99] {
        assert_eq!(ledger.timeline(&acme(), OrderId(order)).await.unwrap().len(), 10);
    }
}

#[tokio::test]
async fn a_text_that_postgresql_cannot_hold_does_not_stop_its_batch() {
    let home = PostgresHome::fresh().await;
    let ledger = home.ledger().await;
    let odd = Reading { reference: "SO\0-1".into(), stage: "\0".into(), ..reading(1, 1) };
    ledger.keep_readings(&acme(), &[odd, reading(2, 1)]).await.unwrap();
    let asked = [OrderRef::Reference("SO\0-1".into()), OrderRef::Reference("SO-2".into())];
    let found = ledger.orders(&acme(), &asked).await.unwrap();
    assert_eq!(found[0].as_ref().unwrap().reading.reference, "SO\u{fffd}-1");
    assert_eq!(found[1].as_ref().unwrap().reading.id, OrderId(2));
}
