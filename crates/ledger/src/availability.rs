//! Which errors say that the database cannot be used right now, as opposed to faults, which will not go away
//! by waiting; and which of them cost the connection or ask for the same transaction again.

use sqlx::error::DatabaseError;
use sqlx::postgres::PgDatabaseError;
use sqlx::sqlite::SqliteError;

use crate::error::LedgerError;

impl LedgerError {
    /// Whether the ledger cannot be used right now: nothing is wrong with what was asked, and it is to be asked
    /// again later. What was asked may or may not have been done.
    pub fn is_unavailable(&self) -> bool {
        match self {
            Self::Unanswered { .. } => true,
            Self::Database(source) | Self::Server { source, .. } => is_unavailable(source),
            _ => false,
        }
    }

    /// Whether another transaction was in the way: the same one will do when it is tried again at once.
    pub(crate) fn is_conflict(&self) -> bool {
        let (Self::Database(source) | Self::Server { source, .. }) = self else {
            return false;
        };
        // The pool was replaced while this one waited for a connection.
        matches!(source, sqlx::Error::PoolClosed)
            || postgres_code(source).is_some_and(|code| is_conflict(&code))
    }

    /// Whether this connection, and probably all to the same server, are of no use any more.
    pub(crate) fn lost_connection(&self) -> bool {
        match self {
            Self::Unanswered { .. } => true,
            Self::Database(source) | Self::Server { source, .. } => match source {
                sqlx::Error::Io(_) | sqlx::Error::Tls(_) | sqlx::Error::PoolTimedOut => true,
                _ => postgres_code(source).is_some_and(|code| ends_connections(&code)),
            },
            _ => false,
        }
    }
}

fn is_unavailable(error: &sqlx::Error) -> bool {
    match error {
        sqlx::Error::Io(_)
        | sqlx::Error::Tls(_)
        | sqlx::Error::PoolTimedOut
        | sqlx::Error::PoolClosed
        | sqlx::Error::WorkerCrashed => true,
        sqlx::Error::Database(error) => is_unavailable_code(&**error),
        _ => false,
    }
}

fn is_unavailable_code(error: &dyn DatabaseError) -> bool {
    let Some(code) = error.code() else {
        return false;
    };
    if error.try_downcast_ref::<SqliteError>().is_some() {
        return code.parse().is_ok_and(is_passing_in_sqlite);
    }
    is_passing_in_postgres(&code)
}

fn postgres_code(error: &sqlx::Error) -> Option<String> {
    let error = error.as_database_error()?.try_downcast_ref::<PgDatabaseError>()?;
    Some(error.code().to_owned())
}

/// SQLite's result codes; an extended code carries the primary one in its low byte.
/// <https://www.sqlite.org/rescode.html>
fn is_passing_in_sqlite(code: i64) -> bool {
    const BUSY: i64 = 5;
    const LOCKED: i64 = 6;
    const IO_ERROR: i64 = 10;
    const FULL: i64 = 13;
    const CANNOT_OPEN: i64 = 14;
    matches!(code & 0xff, BUSY | LOCKED | IO_ERROR | FULL | CANNOT_OPEN)
}

/// PostgreSQL's SQLSTATE codes. <https://www.postgresql.org/docs/current/errcodes-appendix.html>
fn is_passing_in_postgres(code: &str) -> bool {
    let class = code.get(..2).unwrap_or_default();
    match code {
        // The server was told to drop this database: it will not come back.
        "57P04" => false,
        // lock_not_available; in an idle transaction for too long; read-only because it is a standby.
        "55P03" | "25P03" | "25006" => true,
        // Connection exceptions, serialization failures and deadlocks, insufficient resources (disk, memory,
        // connections), operator intervention (shutdown, start-up, recovery, cancelled by a timeout), system
        // errors.
        _ => matches!(class, "08" | "40" | "53" | "57" | "58"),
    }
}

/// A serialization failure, a deadlock.
fn is_conflict(code: &str) -> bool {
    matches!(code, "40001" | "40P01")
}

/// What the server says when it goes away, or when it has become a standby meanwhile.
fn ends_connections(code: &str) -> bool {
    matches!(code, "57P01" | "57P02" | "57P03" | "57P05" | "25P03" | "25006") || code.starts_with("08")
}

#[cfg(test)]
mod tests {
    use std::io;
    use std::time::Duration;

    use domain::ids::OrderId;

    use super::*;

    #[test]
    fn postgres_codes_are_told_apart() {
        for (code, passes, meaning) in [
            ("08006", true, "connection failure"),
            ("08P01", true, "protocol violation: the stream is cut"),
            ("25006", true, "in recovery: a standby"),
            ("25P03", true, "idle in transaction for too long"),
            ("40001", true, "serialization failure"),
            ("40P01", true, "deadlock"),
            ("53100", true, "disk full"),
            ("53300", true, "too many connections"),
            ("55P03", true, "lock timeout"),
            ("57014", true, "statement timeout"),
            ("57P01", true, "admin shutdown"),
            ("57P02", true, "crash shutdown"),
            ("57P03", true, "starting up"),
            ("58030", true, "I/O error"),
            ("22021", false, "a text with NUL"),
            ("23505", false, "unique violation"),
            ("28P01", false, "wrong password"),
            ("3D000", false, "no such database"),
            ("42P01", false, "no such table"),
            ("57P04", false, "database dropped"),
            ("XX000", false, "internal error"),
            ("", false, "nothing"),
        ] {
            assert_eq!(is_passing_in_postgres(code), passes, "{code}: {meaning}");
        }
        assert!(["40001", "40P01"].into_iter().all(is_conflict) && !is_conflict("55P03"));
        assert!(ends_connections("57P01") && ends_connections("08006") && !ends_connections("40001"));
    }

    #[test]
    fn sqlite_codes_are_told_apart_with_their_extensions() {
        for (code, passes) in [
            (5, true),
            (517, true),
            (6, true),
            (778, true),
            (13, true),
            (14, true),
            (11, false),
            (2067, false),
        ] {
            assert_eq!(is_passing_in_sqlite(code), passes, "{code}");
        }
    }

    #[test]
    fn errors_without_a_code_are_told_apart() {
        let server = |source| LedgerError::Server { database: "d at h:1".into(), source };
        let refused = || io::Error::from(io::ErrorKind::ConnectionRefused).into();
        let unanswered =
            LedgerError::Unanswered { database: "d at h:1".into(), within: Duration::from_secs(5) };
        let unknown = LedgerError::UnknownOrder { connection: "acme".parse().unwrap(), order: OrderId(1) };
        for (error, unavailable, lost) in [
            (server(refused()), true, true),
            (LedgerError::Database(refused()), true, true),
            (server(sqlx::Error::PoolTimedOut), true, true),
            (server(sqlx::Error::PoolClosed), true, false),
            (server(sqlx::Error::RowNotFound), false, false),
            (server(sqlx::Error::Protocol("odd".into())), false, false),
            (unanswered, true, true),
            (unknown, false, false),
            (LedgerError::NewerSchema { found: 2, known: 1 }, false, false),
        ] {
            assert_eq!((error.is_unavailable(), error.lost_connection()), (unavailable, lost), "{error}");
        }
    }
}
