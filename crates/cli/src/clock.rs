//! The clocks: the system's, the only place that reads it, and the same corrected to the ledger's database.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use domain::clock::Clock;
use jiff::{SignedDuration, Timestamp};
use ledger::{LedgerError, PostgresLedger};

/// How often the difference to the database's clock is measured.
const MEASURED_EVERY: Duration = Duration::from_mins(1);
/// A difference that is worth a line in the log.
const WORTH_TELLING: SignedDuration = SignedDuration::from_secs(2);

/// Tells the system's time.
#[derive(Debug, Clone, Copy)]
pub(crate) struct SystemClock;

impl Clock for SystemClock {
    #[expect(clippy::disallowed_methods, reason = "the one home of the system clock")]
    fn now(&self) -> Timestamp {
        Timestamp::now()
    }
}

/// The time as everybody has it who shares the ledger: leases and budgets compare instants of several
/// machines, and machines may be minutes apart. So each corrects its clock by what it is off from the
/// database's.
#[derive(Debug)]
pub(crate) struct LedgerClock {
    database: Option<PostgresLedger>,
    /// How far the database's clock is ahead of this machine's, in microseconds.
    ahead: AtomicI64,
}

impl LedgerClock {
    /// The clock of a ledger that lives on this machine: the system's.
    pub(crate) fn of_this_machine() -> Self {
        Self { database: None, ahead: AtomicI64::new(0) }
    }

    /// The clock of a database.
    pub(crate) async fn of(database: PostgresLedger) -> Result<Self, LedgerError> {
        let clock = Self { database: Some(database), ahead: AtomicI64::new(0) };
        clock.measure().await?;
        Ok(clock)
    }

    /// Measures the difference once a minute, for as long as it is awaited.
    pub(crate) async fn keep_right(self: Arc<Self>) {
        let mut told = false;
        loop {
            let ahead = SignedDuration::from_micros(self.ahead.load(Ordering::Relaxed));
            if ahead.abs() >= WORTH_TELLING && !told {
                tracing::warn!(
                    seconds = ahead.as_secs_f64(),
                    "the database's clock is ahead of this machine's by so much; set them by NTP. The bridge \
                     goes by the database's"
                );
                told = true;
            }
            tokio::time::sleep(MEASURED_EVERY).await;
            if let Err(error) = self.measure().await {
                tracing::debug!(%error, "the database's clock could not be read; the last difference stays");
            }
        }
    }

    async fn measure(&self) -> Result<(), LedgerError> {
        if let Some(database) = &self.database {
            let ahead = database.clock_offset(&SystemClock).await?;
            let micros = i64::try_from(ahead.as_micros()).unwrap_or(0);
            self.ahead.store(micros, Ordering::Relaxed);
        }
        Ok(())
    }
}

impl Clock for LedgerClock {
    fn now(&self) -> Timestamp {
        let ahead = SignedDuration::from_micros(self.ahead.load(Ordering::Relaxed));
        SystemClock.now().saturating_add(ahead).unwrap_or_else(|_| SystemClock.now())
    }
}
