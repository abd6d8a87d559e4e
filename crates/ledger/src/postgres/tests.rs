//! What needs to look inside. What only this backend promises, and what every backend does, is
//! `tests/conformance.rs`.

use std::sync::atomic::{AtomicU32, Ordering};

use sqlx::migrate::{Migration, MigrationType, Migrator};
use sqlx::postgres::PgConnection;
use sqlx::{AssertSqlSafe, Connection, Executor, SqlSafeStr};
use tokio::sync::Barrier;

use super::*;
use crate::databases::Database;

async fn migrated() -> Database {
    let migrate = async |url| {
        PostgresLedger::migrate(&PostgresConfig::new(url)).await.unwrap();
    };
    Database::migrated(migrate).await
}

#[tokio::test]
async fn every_statement_can_be_prepared() {
    let database = migrated().await;
    let mut connection = PgConnection::connect(&database.url()).await.unwrap();
    for (name, statement) in crate::sql::ALL.iter().chain(sql::ALL) {
        let prepared = (&mut connection).prepare(statement.into_sql_str()).await;
        assert!(prepared.is_ok(), "{name}: {prepared:?}");
    }
}

fn newest() -> i64 {
    crate::schema::newest(&crate::schema::postgres())
}

#[tokio::test]
async fn a_schema_newer_than_the_program_is_refused() {
    let database = migrated().await;
    let config = PostgresConfig::new(database.url());
    let mut migrations: Vec<_> = crate::schema::postgres().iter().cloned().collect();
    let newer = "CREATE TABLE later (id BIGINT PRIMARY KEY)".into_sql_str();
    migrations.push(Migration::new(99, "later".into(), MigrationType::Simple, newer, false));
    let mut newer = Migrator::with_migrations(migrations);
    newer.set_locking(false);
    assert_eq!(migrating::migrate(&config, &newer).await.unwrap(), Migrated { from: newest(), to: 99 });
    for error in [
        PostgresLedger::open(&config).await.unwrap_err(),
        PostgresLedger::migrate(&config).await.unwrap_err(),
    ] {
        assert!(
            matches!(error, LedgerError::NewerSchema { found: 99, known } if known == newest()),
            "{error:?}"
        );
    }
}

#[tokio::test]
async fn batches_find_their_rows_by_an_index() {
    let database = migrated().await;
    let mut connection = PgConnection::connect(&database.url()).await.unwrap();
    connection.execute("SET enable_seqscan = off; SET plan_cache_mode = force_generic_plan").await.unwrap();
    for (name, statement, arguments) in [
        ("orders", sql::ORDERS, "'acme', '{1}', '{SO-1}'"),
        ("effects", sql::EFFECTS_RECORDED, "'{import/acme/1}'"),
        ("sets", sql::SHIPMENT_SETS, "'acme', '{1}'"),
        ("calls", sql::QUOTA_STATE, "'cin7', '{1}', '{1}'"),
        ("latest", sql::QUOTA_LATEST, "'cin7', 1, '{1}', '{1}', '{1}'"),
    ] {
        let prepare = format!("PREPARE {name} AS {statement}");
        connection.execute(AssertSqlSafe(prepare)).await.unwrap();
        let explain = AssertSqlSafe(format!("EXPLAIN EXECUTE {name} ({arguments})"));
        let plan: Vec<String> = sqlx::query_scalar(explain).fetch_all(&mut connection).await.unwrap();
        assert!(!plan.iter().any(|step| step.contains("Seq Scan")), "{name}: {plan:#?}");
    }
}

#[tokio::test]
async fn the_server_knows_our_name_and_our_patience() {
    let database = migrated().await;
    let ledger = PostgresLedger::open(&PostgresConfig::new(database.url())).await.unwrap();
    for (setting, expected) in [
        ("SHOW application_name", "shipbridge"),
        ("SHOW statement_timeout", "4375ms"),
        ("SHOW lock_timeout", "3750ms"),
        ("SHOW idle_in_transaction_session_timeout", "2500ms"),
        ("SHOW default_transaction_isolation", "read committed"),
    ] {
        let mut connection = ledger.connections.lend().await.unwrap();
        let set: String = sqlx::query_scalar(setting).fetch_one(&mut *connection).await.unwrap();
        assert_eq!(set, expected, "{setting}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_transaction_that_a_deadlock_ended_is_tried_again() {
    let database = migrated().await;
    let ledger = PostgresLedger::open(&PostgresConfig::new(database.url())).await.unwrap();
    let (both_hold_one, tries) = (Barrier::new(2), AtomicU32::new(0));
    let (ledger, both_hold_one, tries) = (&ledger, &both_hold_one, &tries);
    let crossing = |first: i64, second: i64| async move {
        let operation = || async move {
            let mut transaction = ledger.connections.begin(&[]).await?;
            let lock = "SELECT pg_advisory_xact_lock($1)";
            sqlx::query(lock).bind(first).execute(&mut *transaction).await?;
            if tries.fetch_add(1, Ordering::SeqCst) < 2 {
                both_hold_one.wait().await;
            }
            sqlx::query(lock).bind(second).execute(&mut *transaction).await?;
            transaction.commit().await
        };
        ledger.connections.answer(operation).await
    };
    let (one, other) = tokio::join!(crossing(1, 2), crossing(2, 1));
    one.unwrap();
    other.unwrap();
    assert_eq!(tries.load(Ordering::SeqCst), 3, "one of the two was tried again");
}
