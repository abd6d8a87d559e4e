//! Migrating and refusing schemas.

use ledger::{Cursors, LedgerError, Migrated, PostgresConfig, PostgresLedger};
use tokio::task::JoinSet;

use crate::conformance::databases::Database;
use crate::conformance::samples::at;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_many_who_migrate_at_once_one_does_it_and_all_may_open() {
    let database = Database::empty().await;
    let config = PostgresConfig::new(database.url());
    let early = PostgresLedger::open(&config).await.unwrap_err();
    assert!(matches!(early, LedgerError::OlderSchema { found: 0, .. }), "{early:?}");
    assert!(early.to_string().contains("run `shipbridge migrate`"), "{early}");

    let mut migrating = JoinSet::new();
    for _ in 0..6 {
        let config = config.clone();
        migrating.spawn(async move { PostgresLedger::migrate(&config).await.unwrap() });
    }
    let mut migrated = migrating.join_all().await;
    migrated.sort_by_key(|migrated| migrated.from);
    let newest = migrated[0].to;
    assert!(newest > 0);
    assert_eq!(migrated[0].from, 0);
    assert_eq!(migrated[1..], [Migrated { from: newest, to: newest }; 5]);

    let ledger = PostgresLedger::open(&config).await.unwrap();
    ledger.move_cursor("watch", at(5)).await.unwrap();
    assert_eq!(PostgresLedger::migrate(&config).await.unwrap(), Migrated { from: newest, to: newest });
    assert_eq!(ledger.cursor("watch").await.unwrap(), Some(at(5)));
}
