//! The migrations that this program knows, for each engine, and the rule for schemas that it does not know.
//! Published migrations are never changed: new ones are added, for both engines under the same number and name.

use sqlx::SqlSafeStr;
use sqlx::migrate::{MigrateError, Migration, MigrationType, Migrator};

use crate::error::LedgerError;

/// The migrations for SQLite.
pub(crate) fn sqlite() -> Migrator {
    migrator(&[
        (1, "ledger", include_str!("../migrations/sqlite/0001_ledger.sql")),
        (2, "shipstation_orders", include_str!("../migrations/sqlite/0002_shipstation_orders.sql")),
        (3, "alerts", include_str!("../migrations/sqlite/0003_alerts.sql")),
        (4, "lookouts", include_str!("../migrations/sqlite/0004_lookouts.sql")),
        (5, "custom_store", include_str!("../migrations/sqlite/0005_custom_store.sql")),
        (6, "orders_of_shipments", include_str!("../migrations/sqlite/0006_orders_of_shipments.sql")),
        (7, "feed_seams", include_str!("../migrations/sqlite/0007_feed_seams.sql")),
    ])
}

/// The migrations for PostgreSQL.
pub(crate) fn postgres() -> Migrator {
    migrator(&[
        (1, "ledger", include_str!("../migrations/postgres/0001_ledger.sql")),
        (2, "shipstation_orders", include_str!("../migrations/postgres/0002_shipstation_orders.sql")),
        (3, "alerts", include_str!("../migrations/postgres/0003_alerts.sql")),
        (4, "lookouts", include_str!("../migrations/postgres/0004_lookouts.sql")),
        (5, "custom_store", include_str!("../migrations/postgres/0005_custom_store.sql")),
        (6, "orders_of_shipments", include_str!("../migrations/postgres/0006_orders_of_shipments.sql")),
        (7, "feed_seams", include_str!("../migrations/postgres/0007_feed_seams.sql")),
    ])
}

fn migrator(migrations: &[(i64, &'static str, &'static str)]) -> Migrator {
    let migration = |(number, name, sql): &(i64, &'static str, &'static str)| {
        Migration::new(*number, (*name).into(), MigrationType::Simple, sql.into_sql_str(), false)
    };
    let mut migrator = Migrator::with_migrations(migrations.iter().map(migration).collect());
    // Each backend takes a lock of its own before it migrates.
    migrator.set_locking(false);
    migrator
}

/// The newest migration's number.
pub(crate) fn newest(migrator: &Migrator) -> i64 {
    migrator.iter().map(|migration| migration.version).max().unwrap_or(0)
}

/// Refuses any schema but the newest that this program knows.
pub(crate) fn require_current(found: i64, known: i64) -> Result<(), LedgerError> {
    match found {
        found if found > known => Err(LedgerError::NewerSchema { found, known }),
        found if found < known => Err(LedgerError::OlderSchema { found, known }),
        _ => Ok(()),
    }
}

/// What a failed migration means: a migration that this program lacks is a newer program's.
pub(crate) fn failed(error: MigrateError, known: i64) -> LedgerError {
    match error {
        MigrateError::VersionMissing(found) if found > known => LedgerError::NewerSchema { found, known },
        other => other.into(),
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;
    use std::path::Path;

    use super::*;

    fn files(engine: &str) -> BTreeSet<String> {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("migrations").join(engine);
        let files = std::fs::read_dir(folder).unwrap();
        files.map(|file| file.unwrap().file_name().into_string().unwrap()).collect()
    }

    #[test]
    fn both_engines_have_the_same_migrations_and_every_file_is_known() {
        for (engine, migrator) in [("sqlite", sqlite()), ("postgres", postgres())] {
            let named =
                |migration: &Migration| format!("{:04}_{}.sql", migration.version, migration.description);
            assert_eq!(files(engine), migrator.iter().map(named).collect(), "{engine}");
        }
        assert_eq!(files("sqlite"), files("postgres"));
    }
}
