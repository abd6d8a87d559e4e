//! What only this backend promises. What every backend promises is `tests/conformance.rs`.

use std::path::PathBuf;

use domain::clock::FixedClock;
use domain::ids::{OrderId, OrderRef};
use domain::quota::{Priority, Window};
use jiff::SignedDuration;
use sqlx::migrate::{Migration, MigrationType, Migrator};
use sqlx::{Executor, Row, SqlSafeStr};
use tempfile::TempDir;
use tokio::task::JoinSet;

use super::*;
use crate::roles::{Cursors, Orders, Quota};
use crate::sql;

fn file(folder: &TempDir) -> PathBuf {
    folder.path().join("data").join("ledger.db")
}

async fn pragma(ledger: &SqliteLedger, pragma: &'static str) -> String {
    let value: String = sqlx::query_scalar(pragma).fetch_one(&ledger.writer).await.unwrap();
    value
}

#[tokio::test]
async fn every_statement_can_be_prepared() {
    let folder = TempDir::new().unwrap();
    let ledger = SqliteLedger::open(&file(&folder)).await.unwrap();
    for (name, statement) in sql::ALL {
        let prepared = ledger.writer.prepare(statement.into_sql_str()).await;
        assert!(prepared.is_ok(), "{name}: {prepared:?}");
    }
}

#[tokio::test]
async fn what_changes_one_order_of_the_feed_does_not_go_through_the_others() {
    let folder = TempDir::new().unwrap();
    let ledger = SqliteLedger::open(&file(&folder)).await.unwrap();
    for statement in [sql::FEED_BODY, sql::FEED_KEEP, sql::FEED_SUPERSEDE, sql::FEED_POSITION] {
        let explained = sqlx::AssertSqlSafe(format!("EXPLAIN QUERY PLAN {statement}"));
        for row in ledger.writer.fetch_all(explained).await.unwrap() {
            let step: String = row.get("detail");
            assert!(step.contains("connection=? AND cin7_order=?"), "{statement}: {step}");
        }
    }
}

#[tokio::test]
async fn sqlite_is_free_of_the_wal_reset_race_and_syncs_every_commit() {
    let folder = TempDir::new().unwrap();
    let ledger = SqliteLedger::open(&file(&folder)).await.unwrap();
    let version = pragma(&ledger, "SELECT sqlite_version()").await;
    let numbers: Vec<u32> = version.split('.').map(|number| number.parse().unwrap()).collect();
    assert!(numbers >= vec![3, 51, 3], "{version}");
    assert_eq!(pragma(&ledger, "PRAGMA journal_mode").await, "wal");
    let synchronous: i64 = sqlx::query_scalar("PRAGMA synchronous").fetch_one(&ledger.writer).await.unwrap();
    assert_eq!(synchronous, 2, "FULL");
}

fn newest() -> i64 {
    schema::newest(&schema::sqlite())
}

#[tokio::test]
async fn a_ledger_of_the_first_schema_keeps_what_it_knows() {
    let folder = TempDir::new().unwrap();
    let path = file(&folder);
    opening::create_folder(&path).await.unwrap();
    let old = pool(1).connect_with(options(&path).create_if_missing(true)).await.unwrap();
    let first = Migrator::with_migrations(schema::sqlite().iter().take(1).cloned().collect());
    opening::migrate(&old, &first).await.unwrap();
    let fingerprint = "0".repeat(64);
    let order = format!(
        "INSERT INTO orders VALUES ('acme', 1, 'SO-1', 'New', 1, '{fingerprint}', NULL, 'waiting', 1, \
         '{{\"v\":1,\"body\":[]}}', NULL, NULL, NULL, 'nothing')"
    );
    old.execute(sqlx::AssertSqlSafe(order)).await.unwrap();
    old.close().await;
    let ledger = SqliteLedger::open(&path).await.unwrap();
    let acme = "acme".parse().unwrap();
    let record = ledger.orders(&acme, &[OrderRef::Id(OrderId(1))]).await.unwrap().remove(0).unwrap();
    assert_eq!((record.reading.reference.as_str(), record.reading.objection), ("SO-1", None));
}

#[tokio::test]
async fn a_schema_newer_than_the_program_is_refused() {
    let folder = TempDir::new().unwrap();
    let path = file(&folder);
    let ledger = SqliteLedger::open(&path).await.unwrap();
    let mut migrations: Vec<_> = schema::sqlite().iter().cloned().collect();
    let newer = "CREATE TABLE later (id INTEGER PRIMARY KEY) STRICT".into_sql_str();
    migrations.push(Migration::new(99, "later".into(), MigrationType::Simple, newer, false));
    opening::migrate(&ledger.writer, &Migrator::with_migrations(migrations)).await.unwrap();
    for refused in [SqliteLedger::open(&path).await, SqliteLedger::open_read_only(&path).await] {
        let error = refused.unwrap_err();
        assert!(
            matches!(error, LedgerError::NewerSchema { found: 99, known } if known == newest()),
            "{error:?}"
        );
    }
}

#[tokio::test]
async fn a_reader_finds_no_file_or_an_old_schema_or_the_truth_and_never_writes() {
    let folder = TempDir::new().unwrap();
    let path = file(&folder);
    let absent = SqliteLedger::open_read_only(&path).await.unwrap_err();
    assert!(matches!(absent, LedgerError::Absent { .. }), "{absent:?}");
    assert!(!path.exists());

    opening::create_folder(&path).await.unwrap();
    let empty = pool(1).connect_with(options(&path).create_if_missing(true)).await.unwrap();
    empty.execute("CREATE TABLE other (id INTEGER)").await.unwrap();
    let old = SqliteLedger::open_read_only(&path).await.unwrap_err();
    assert!(matches!(old, LedgerError::OlderSchema { found: 0, known } if known == newest()), "{old:?}");
    empty.close().await;

    let writer = SqliteLedger::open(&path).await.unwrap();
    let at = jiff::Timestamp::from_second(1_000).unwrap();
    writer.move_cursor("watch", at).await.unwrap();
    let reader = SqliteLedger::open_read_only(&path).await.unwrap();
    assert_eq!(reader.cursor("watch").await.unwrap(), Some(at));
    writer.close().await;
    let alone = SqliteLedger::open_read_only(&path).await.unwrap();
    assert_eq!(alone.cursor("watch").await.unwrap(), Some(at));
    assert!(alone.move_cursor("watch", jiff::Timestamp::MAX).await.is_err());
}

#[tokio::test(flavor = "multi_thread")]
async fn many_may_open_a_new_file_at_once() {
    let folder = TempDir::new().unwrap();
    let path = file(&folder);
    let mut openers = JoinSet::new();
    for opener in 0..8 {
        let path = path.clone();
        openers.spawn(async move {
            let ledger = SqliteLedger::open(&path).await.unwrap();
            ledger.move_cursor("watch", jiff::Timestamp::from_second(opener).unwrap()).await.unwrap();
        });
    }
    openers.join_all().await;
    let ledger = SqliteLedger::open(&path).await.unwrap();
    assert_eq!(ledger.cursor("watch").await.unwrap(), Some(jiff::Timestamp::from_second(7).unwrap()));
}

#[tokio::test]
async fn counting_calls_and_orders_reads_only_an_index() {
    let folder = TempDir::new().unwrap();
    let ledger = SqliteLedger::open(&file(&folder)).await.unwrap();
    for statement in [sql::QUOTA_COUNT, sql::QUOTA_LATEST, sql::ORDER_GROUPS] {
        let explain = sqlx::AssertSqlSafe(format!("EXPLAIN QUERY PLAN {statement}"));
        let plan: Vec<(i64, i64, i64, String)> =
            sqlx::query_as(explain).fetch_all(&ledger.writer).await.unwrap();
        let steps: Vec<_> = plan.iter().map(|(_, _, _, step)| step.as_str()).collect();
        assert!(steps[0].contains("USING COVERING INDEX"), "{statement}: {steps:?}");
        assert_eq!(steps.len(), 1, "neither sorts nor groups apart: {steps:?}");
    }
}

#[tokio::test]
async fn calls_that_no_window_can_see_are_forgotten() {
    let folder = TempDir::new().unwrap();
    let ledger = SqliteLedger::open(&file(&folder)).await.unwrap();
    let minute = Window { limit: 60, length: SignedDuration::from_mins(1) };
    for (hour, expected) in [(0, 1), (1, 2), (2, 2), (9, 1)] {
        let now = jiff::Timestamp::UNIX_EPOCH + SignedDuration::from_hours(hour);
        ledger.take("cin7", &[minute], Priority::Watch, &FixedClock::at(now)).await.unwrap();
        let kept: i64 =
            sqlx::query_scalar("SELECT COUNT(*) FROM quota_calls").fetch_one(&ledger.readers).await.unwrap();
        assert_eq!(kept, expected, "after {hour} hours");
    }
}
