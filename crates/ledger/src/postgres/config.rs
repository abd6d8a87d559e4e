//! Where the database is and how patient we are with it.

use std::fmt;
use std::str::FromStr;
use std::time::Duration;

use log::LevelFilter;
use sqlx::ConnectOptions;
use sqlx::postgres::PgConnectOptions;

use crate::error::LedgerError;

/// A statement that takes longer is worth a line in the log.
const SLOW: Duration = Duration::from_secs(1);

/// How a [`PostgresLedger`](crate::PostgresLedger) is opened.
#[derive(Clone)]
pub struct PostgresConfig {
    /// `postgres://user:password@host:5432/database?sslmode=verify-full`. A pooler in between must give each
    /// connection a session of its own.
    pub url: String,
    /// Connections that are open at the same time, at most.
    pub max_connections: u32,
    /// How long an operation may take altogether.
    pub deadline: Duration,
}

impl PostgresConfig {
    /// Eight connections and a deadline of five seconds.
    pub fn new(url: impl Into<String>) -> Self {
        Self { url: url.into(), max_connections: 8, deadline: Duration::from_secs(5) }
    }

    /// The database's name and where it is, without user and password: `shipbridge at db.example:5432`.
    pub(super) fn database(&self) -> Result<String, LedgerError> {
        Ok(named(&self.parsed()?))
    }

    /// Options for connections whose statements must be quick. The server's own timeouts end earlier than the
    /// deadline, so that a deadline that passes means that the way to the server is broken. A transaction whose
    /// holder is gone frees its locks before others give up waiting for them.
    pub(super) fn options(&self) -> Result<PgConnectOptions, LedgerError> {
        let millis = |share: u32| (self.deadline * share / 8).as_millis().max(1).to_string();
        Ok(self.patient_options()?.options([
            ("idle_in_transaction_session_timeout", millis(4)),
            ("lock_timeout", millis(6)),
            ("statement_timeout", millis(7)),
        ]))
    }

    /// Options for connections that may take their time: without timeouts for statements and locks.
    pub(super) fn patient_options(&self) -> Result<PgConnectOptions, LedgerError> {
        Ok(self
            .parsed()?
            .application_name("shipbridge")
            .options([
                ("default_transaction_isolation", "read committed"),
                // The server finds out that a client is gone; sqlx cannot set this for our side.
                ("tcp_keepalives_idle", "15"),
                ("tcp_keepalives_interval", "5"),
                ("tcp_keepalives_count", "3"),
            ])
            .log_statements(LevelFilter::Trace)
            .log_slow_statements(LevelFilter::Warn, SLOW))
    }

    fn parsed(&self) -> Result<PgConnectOptions, LedgerError> {
        PgConnectOptions::from_str(&self.url).map_err(|source| LedgerError::Url { source })
    }
}

impl fmt::Debug for PostgresConfig {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PostgresConfig")
            .field(
                "url",
                &self.database().map_or_else(|_| "unreadable".to_owned(), |place| format!("[{place}]")),
            )
            .field("max_connections", &self.max_connections)
            .field("deadline", &self.deadline)
            .finish()
    }
}

fn named(options: &PgConnectOptions) -> String {
    let database = options.get_database().unwrap_or_else(|| options.get_username());
    match options.get_socket() {
        Some(socket) => format!("{database} at {}", socket.display()),
        None => format!("{database} at {}:{}", options.get_host(), options.get_port()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn neither_debug_nor_errors_show_the_password() {
        let config = PostgresConfig::new("postgres://ship:s3cret@db.example:6543/bridge?sslmode=require");
        assert_eq!(config.database().unwrap(), "bridge at db.example:6543");
        let debug = format!("{config:?}");
        assert!(debug.contains("bridge at db.example:6543") && !debug.contains("s3cret"), "{debug}");
        for url in
            ["postgres://ship:s3cret@db.example:port/bridge", "postgres://ship:s3cret@db/x?sslmode=odd"]
        {
            let error = PostgresConfig::new(url).options().unwrap_err();
            let shown = format!("{error} {error:?} {:?}", PostgresConfig::new(url));
            assert!(!shown.contains("s3cret"), "{shown}");
        }
    }

    #[test]
    fn the_server_gives_up_before_we_do() {
        let options = PostgresConfig::new("postgres://localhost/bridge").options().unwrap();
        let text = options.get_options().unwrap();
        for expected in [
            "idle_in_transaction_session_timeout=2500",
            "lock_timeout=3750",
            "statement_timeout=4375",
            "default_transaction_isolation=read\\ committed",
        ] {
            assert!(text.contains(expected), "{text}");
        }
        assert_eq!(options.get_application_name(), Some("shipbridge"));
    }
}
