//! The connections to the server, and the deadline of every operation.
//!
//! sqlx knows no deadline for an operation: over a connection that swallows everything, a statement would wait
//! until the system gives up, a quarter of an hour, and so would the task that takes the connection back into
//! the pool. So every operation runs under [`Connections::answer`], and every connection is held by a [`Lent`],
//! which closes it unless the operation came to its end. When a connection is lost or a deadline passes, the
//! other idle ones are probably no better: the whole pool is replaced by a fresh one, and the old one is closed
//! in the background. What the old one may still hold on to, such as a connection that was lost while it was
//! given back, takes nothing from the fresh one.

use std::ops::{Deref, DerefMut};
use std::sync::Mutex;
use std::time::Duration;

use sqlx::pool::PoolConnection;
use sqlx::postgres::{PgConnectOptions, PgPoolOptions};
use sqlx::{AssertSqlSafe, Connection, PgConnection, PgPool, Postgres};
use tokio::time::timeout;
use tokio_util::task::TaskTracker;

use super::config::PostgresConfig;
use super::lock::AdvisoryLock;
use crate::error::LedgerError;

/// How often an operation is tried while other transactions are in its way.
const TRIES: usize = 3;

/// A connection that was idle for longer is tried out before it is used.
const TRUSTED: Duration = Duration::from_secs(1);

/// The connections to one database.
#[derive(Debug)]
pub(super) struct Connections {
    database: String,
    options: PgConnectOptions,
    most: u32,
    deadline: Duration,
    current: Mutex<Current>,
    background: TaskTracker,
}

#[derive(Debug)]
struct Current {
    pool: PgPool,
    /// Grows with every replacement.
    generation: u64,
}

impl Connections {
    /// Prepares to connect; connects with the first operation.
    pub(super) fn new(config: &PostgresConfig) -> Result<Self, LedgerError> {
        let options = config.options()?;
        let pool = pool(&options, config.max_connections, config.deadline);
        Ok(Self {
            database: config.database()?,
            options,
            most: config.max_connections,
            deadline: config.deadline,
            current: Mutex::new(Current { pool, generation: 0 }),
            background: TaskTracker::new(),
        })
    }

    /// Runs an operation under the deadline. An operation that other transactions were in the way of is tried
    /// again, from its beginning.
    pub(super) async fn answer<T, F, W>(&self, operation: F) -> Result<T, LedgerError>
    where
        F: Fn() -> W + Send,
        W: Future<Output = Result<T, LedgerError>> + Send,
    {
        let generation = self.current.lock().expect("no holder of this lock panics").generation;
        let unanswered =
            || LedgerError::Unanswered { database: self.database.clone(), within: self.deadline };
        let answered = timeout(self.deadline, undisturbed(operation)).await;
        answered.unwrap_or_else(|_| Err(unanswered())).map_err(|error| {
            if error.lost_connection() {
                self.replace(generation);
            }
            match error {
                LedgerError::Database(sqlx::Error::PoolTimedOut) => unanswered(),
                LedgerError::Database(source) => {
                    LedgerError::Server { database: self.database.clone(), source }
                }
                other => other,
            }
        })
    }

    /// Lends a connection. Only for use inside [`Connections::answer`].
    pub(super) async fn lend(&self) -> Result<Lent, LedgerError> {
        let pool = self.current.lock().expect("no holder of this lock panics").pool.clone();
        Ok(Lent { connection: pool.acquire().await?, given_back: false })
    }

    /// Lends a connection in a transaction. The locks, if any, are taken together with its begin, in their own
    /// order; what it reads afterwards is what their last holders left.
    pub(super) async fn begin(&self, locks: &[AdvisoryLock]) -> Result<Lent, LedgerError> {
        let mut connection = self.lend().await?;
        connection.simple(super::lock::begin(locks)).await?;
        Ok(connection)
    }

    /// Rolls a transaction back without making anybody wait for it.
    pub(super) fn roll_back_later(&self, transaction: Lent) {
        let deadline = self.deadline;
        self.background.spawn(async move {
            // Failing or taking too long closes the connection, which rolls back too.
            let _ = timeout(deadline, transaction.roll_back()).await;
        });
    }

    /// Replaces the pool of that generation by a fresh one.
    fn replace(&self, generation: u64) {
        let fresh = pool(&self.options, self.most, self.deadline);
        let old = {
            let mut current = self.current.lock().expect("no holder of this lock panics");
            if current.generation != generation {
                return;
            }
            current.generation += 1;
            std::mem::replace(&mut current.pool, fresh)
        };
        tracing::warn!(
            database = self.database,
            "connections to the ledger's database were lost: connecting anew"
        );
        // Those who still hold a connection of it end within their own deadlines.
        let patience = self.deadline * 2;
        self.background.spawn(async move {
            let _ = timeout(patience, old.close()).await;
        });
    }

    /// Closes everything and waits for it, at most for two deadlines.
    pub(super) async fn close(&self) {
        let pool = self.current.lock().expect("no holder of this lock panics").pool.clone();
        self.background.close();
        let _ = tokio::join!(timeout(self.deadline * 2, pool.close()), self.background.wait());
    }
}

/// Runs an operation again while other transactions are in its way.
async fn undisturbed<T, F, W>(operation: F) -> Result<T, LedgerError>
where
    F: Fn() -> W + Send,
    W: Future<Output = Result<T, LedgerError>> + Send,
{
    for _ in 1..TRIES {
        match operation().await {
            Err(error) if error.is_conflict() => {}
            other => return other,
        }
    }
    operation().await
}

fn pool(options: &PgConnectOptions, most: u32, deadline: Duration) -> PgPool {
    PgPoolOptions::new()
        .max_connections(most)
        .acquire_timeout(deadline)
        .test_before_acquire(false)
        .before_acquire(|connection, meta| {
            Box::pin(async move {
                if meta.idle_for > TRUSTED {
                    connection.ping().await?;
                }
                Ok(true)
            })
        })
        .connect_lazy_with(options.clone())
}

/// A connection that belongs to one operation. It is closed when it is dropped, which ends whatever was begun,
/// unless the operation came to its end.
#[derive(Debug)]
pub(super) struct Lent {
    connection: PoolConnection<Postgres>,
    given_back: bool,
}

impl Lent {
    /// The operation is over and left no transaction behind: somebody else may use the connection.
    pub(super) fn give_back(mut self) {
        self.given_back = true;
    }

    /// Makes the transaction's changes lasting.
    pub(super) async fn commit(mut self) -> Result<(), LedgerError> {
        self.simple("COMMIT".to_owned()).await?;
        self.give_back();
        Ok(())
    }

    /// Takes the transaction's changes back.
    pub(super) async fn roll_back(mut self) -> Result<(), LedgerError> {
        self.simple("ROLLBACK".to_owned()).await?;
        self.give_back();
        Ok(())
    }

    async fn simple(&mut self, statements: String) -> Result<(), LedgerError> {
        sqlx::raw_sql(AssertSqlSafe(statements)).execute(&mut *self.connection).await?;
        Ok(())
    }
}

impl Drop for Lent {
    fn drop(&mut self) {
        if !self.given_back {
            self.connection.close_on_drop();
        }
    }
}

impl Deref for Lent {
    type Target = PgConnection;

    fn deref(&self) -> &PgConnection {
        &self.connection
    }
}

impl DerefMut for Lent {
    fn deref_mut(&mut self) -> &mut PgConnection {
        &mut self.connection
    }
}
