//! The way to the server is a black hole, the server ends connections, nobody listens.

use std::time::{Duration, Instant};

use domain::ids::OrderId;
use sqlx::Connection;
use sqlx::postgres::PgConnection;
use tokio::task::JoinSet;

use ledger::{Cursors, Leases, LedgerError, PostgresConfig, PostgresLedger, Shipments};

use super::forwarder::Forwarder;
use crate::conformance::samples::{MINUTE, acme, at, label};
use crate::{Home, PostgresHome};

const DEADLINE: Duration = Duration::from_millis(600);

/// A ledger behind a forwarder.
async fn behind_a_forwarder(home: &PostgresHome) -> (Forwarder, PostgresLedger) {
    let url = home.0.url();
    let (_, rest) = url.split_once("://").unwrap();
    let authority = rest.split('/').next().unwrap();
    let (user, address) = authority.rsplit_once('@').map_or(("", authority), |(user, at)| (user, at));
    let forwarder = Forwarder::to(address.to_owned()).await;
    let there = format!("{user}@{}", forwarder.address());
    let mut config = PostgresConfig::new(url.replacen(authority, &there, 1));
    config.deadline = DEADLINE;
    (forwarder, PostgresLedger::open(&config).await.unwrap())
}

/// As many operations at the same time as there are connections.
async fn use_all_connections(ledger: &PostgresLedger) -> Vec<Result<(), LedgerError>> {
    let mut operations = JoinSet::new();
    for operation in 0..8 {
        let ledger = ledger.clone();
        operations.spawn(async move { ledger.move_cursor(&format!("c{operation}"), at(operation)).await });
    }
    operations.join_all().await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_black_hole_costs_a_deadline_and_what_follows_its_end_works_at_once() {
    let home = PostgresHome::fresh().await;
    let (forwarder, ledger) = behind_a_forwarder(&home).await;
    for everybody in [false, true, true] {
        assert!(use_all_connections(&ledger).await.iter().all(Result::is_ok));
        forwarder.swallow();
        let begun = Instant::now();
        let results = if everybody {
            use_all_connections(&ledger).await
        } else {
            vec![ledger.cursor("c0").await.map(drop)]
        };
        for result in results {
            let error = result.unwrap_err();
            assert!(matches!(error, LedgerError::Unanswered { .. }) && error.is_unavailable(), "{error:?}");
            assert!(error.to_string().contains("may or may not have been done"), "{error}");
        }
        assert!(begun.elapsed() < DEADLINE * 2, "{:?}", begun.elapsed());
        forwarder.heal();
    }
    assert!(use_all_connections(&ledger).await.iter().all(Result::is_ok));
    let closing = Instant::now();
    ledger.close().await;
    assert!(closing.elapsed() < DEADLINE * 3, "{:?}", closing.elapsed());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_holder_lost_in_a_black_hole_does_not_keep_its_locks() {
    let home = PostgresHome::fresh().await;
    let (forwarder, lost) = behind_a_forwarder(&home).await;
    let other = home.ledger().await;
    let reporting = |ledger: PostgresLedger, id: i64| async move {
        ledger.take_in(&acme(), &[(OrderId(1), label(id, "1"))], at(0)).await
    };
    let mut reports = JoinSet::new();
    for id in 0..8 {
        reports.spawn(reporting(lost.clone(), id));
    }
    // Somewhere in the middle of them.
    assert!(reports.join_next().await.unwrap().unwrap().is_ok());
    forwarder.swallow();
    reporting(other, 99).await.unwrap();
    while let Some(report) = reports.join_next().await {
        let report = report.unwrap();
        assert!(report.is_ok() || report.unwrap_err().is_unavailable());
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_dropped_operation_leaves_neither_a_transaction_nor_a_slot_behind() {
    let home = PostgresHome::fresh().await;
    let ledger = home.ledger().await;
    let connection = acme();
    let reports: Vec<_> = (0..200).map(|order| (OrderId(order), label(order, "1"))).collect();
    let witness = home.ledger().await;
    for step in 1..40 {
        let patience = Duration::from_micros(u64::try_from(step).unwrap() * 250);
        let _ = tokio::time::timeout(patience, ledger.take_in(&connection, &reports, at(0))).await;
        // Whatever is written next does not end up in the transaction of the dropped one.
        for operation in 0..8 {
            ledger.move_cursor(&format!("c{operation}"), at(step)).await.unwrap();
            assert_eq!(witness.cursor(&format!("c{operation}")).await.unwrap(), Some(at(step)));
        }
    }
    assert!(use_all_connections(&ledger).await.iter().all(Result::is_ok));
    ledger.take_in(&acme(), &reports, at(0)).await.unwrap();
    let sets = ledger.shipment_sets(&acme(), &[OrderId(0), OrderId(199)]).await.unwrap();
    assert!(sets.iter().all(|set| (set.revision, set.shipments.len()) == (1, 1)), "{sets:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn connections_that_the_server_ended_are_replaced() {
    let home = PostgresHome::fresh().await;
    let ledger = home.ledger().await;
    let mut admin = PgConnection::connect(&home.0.url()).await.unwrap();
    for round in 0..3 {
        assert!(use_all_connections(&ledger).await.iter().all(Result::is_ok));
        let ended: i64 = sqlx::query_scalar(
            "SELECT COUNT(pg_terminate_backend(pid)) FROM pg_stat_activity \
             WHERE datname = CURRENT_DATABASE() AND application_name = 'shipbridge'",
        )
        .fetch_one(&mut admin)
        .await
        .unwrap();
        assert!(ended > 0);
        // One finds out, unless the pool did before; it costs nobody else anything.
        let mut failed = 0;
        for _ in 0..9 {
            if let Err(error) = ledger.lease("watch", "a", MINUTE, at(round)).await {
                assert!(error.is_unavailable(), "{error:?}");
                failed += 1;
            }
        }
        assert!(failed <= 1, "{failed}");
    }
}

#[tokio::test]
async fn a_server_that_cannot_be_reached_is_named_at_once_without_its_password() {
    let begun = Instant::now();
    let config = PostgresConfig::new("postgres://ship:s3cret@127.0.0.1:1/bridge");
    for error in [
        PostgresLedger::open(&config).await.unwrap_err(),
        PostgresLedger::migrate(&config).await.unwrap_err(),
    ] {
        assert!(error.is_unavailable(), "{error:?}");
        let shown = format!("{error} {error:?}");
        assert!(shown.contains("bridge at 127.0.0.1:1") && !shown.contains("s3cret"), "{shown}");
    }
    assert!(begun.elapsed() < Duration::from_secs(2));
}
