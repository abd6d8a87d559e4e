//! One budget per credential, in SQLite. The arithmetic of windows is `crate::quota_window`.

use async_trait::async_trait;
use jiff::Timestamp;
use sqlx::SqliteConnection;

use domain::clock::Clock;
use domain::quota::{Priority, Window};

use super::SqliteLedger;
use crate::column::{count, instant, length_micros, micros};
use crate::error::LedgerError;
use crate::quota_window::{LATE, Report, Room, Told, out_of_sight, span};
use crate::roles::Quota;
use crate::types::{Budget, LeftOver, PlatformBudget};
use crate::{row, sql};

#[async_trait]
impl Quota for SqliteLedger {
    async fn take(
        &self,
        credential: &str,
        windows: &[Window],
        priority: Priority,
        clock: &dyn Clock,
    ) -> Result<Budget, LedgerError> {
        let (taken, answer) = self.take_once(credential, windows, priority, clock).await?;
        if answer != Budget::Granted || clock.now().duration_since(taken) <= LATE {
            return Ok(answer);
        }
        // The disk was slow. The call stays counted, and another one is asked for; once, since on a disk that is
        // always slow all calls are late alike, and then no two of them arrive closer together than they are counted.
        Ok(self.take_once(credential, windows, priority, clock).await?.1)
    }

    async fn heed(
        &self,
        credential: &str,
        report: PlatformBudget,
        now: Timestamp,
    ) -> Result<(), LedgerError> {
        let mut transaction = self.begin_write().await?;
        match report {
            PlatformBudget::Blocked { until } => {
                let block = sqlx::query(sql::QUOTA_BLOCK_KEEP).bind(credential).bind(micros(until));
                block.execute(&mut *transaction).await?;
            }
            PlatformBudget::Remaining { window, limit, remaining, resets_in } => {
                let now = micros(now);
                let resets_at = now.saturating_add(length_micros(resets_in));
                let calls = Calls { credential, span: span(window), now };
                let counted = calls.count(&mut transaction).await?;
                let report = Report { limit, counted, remaining, resets_at };
                let length = length_micros(window);
                let told = told(&mut transaction, credential, length).await?.after(report, now);
                keep_told(&mut transaction, credential, length, told).await?;
            }
        }
        Ok(transaction.commit().await?)
    }

    async fn left(
        &self,
        credential: &str,
        windows: &[Window],
        now: Timestamp,
    ) -> Result<Vec<LeftOver>, LedgerError> {
        let now = micros(now);
        let mut transaction = self.begin_read().await?;
        let blocked = blocked_until(&mut transaction, credential).await? > now;
        let mut left = Vec::with_capacity(windows.len());
        for window in windows {
            let told = told(&mut transaction, credential, length_micros(window.length)).await?;
            let room = Room::of(window, told, Priority::WriteBack, now);
            let calls = Calls { credential, span: span(window.length), now };
            let counted = calls.count(&mut transaction).await?;
            left.push(LeftOver {
                limit: room.limit(),
                remaining: if blocked { 0 } else { room.free(counted) },
            });
        }
        Ok(left)
    }
}

impl SqliteLedger {
    /// Takes a call or says when; with the instant from which it counts.
    async fn take_once(
        &self,
        credential: &str,
        windows: &[Window],
        priority: Priority,
        clock: &dyn Clock,
    ) -> Result<(Timestamp, Budget), LedgerError> {
        let mut transaction = self.begin_write().await?;
        // Read only now: the wait for the write lock must not make the call look older than it is.
        let taken = clock.now();
        let now = micros(taken);
        let mut until = blocked_until(&mut transaction, credential).await?;
        for window in windows {
            let told = told(&mut transaction, credential, length_micros(window.length)).await?;
            let room = Room::of(window, told, priority, now);
            let calls = Calls { credential, span: span(window.length), now };
            until = until.max(calls.room_at(&mut transaction, room).await?);
        }
        if until > now {
            transaction.rollback().await?;
            return Ok((taken, Budget::Wait { until: instant("end of a wait", until)? }));
        }
        sqlx::query(sql::QUOTA_TAKE).bind(credential).bind(now).execute(&mut *transaction).await?;
        let forget = sqlx::query(sql::QUOTA_FORGET).bind(credential).bind(out_of_sight(windows, now));
        forget.execute(&mut *transaction).await?;
        transaction.commit().await?;
        Ok((taken, Budget::Granted))
    }
}

/// The calls of a credential in one window that ends now.
#[derive(Debug, Clone, Copy)]
struct Calls<'a> {
    credential: &'a str,
    span: i64,
    now: i64,
}

impl Calls<'_> {
    /// The earliest instant, `now` or later, with room for one more call.
    async fn room_at(self, connection: &mut SqliteConnection, room: Room) -> Result<i64, LedgerError> {
        let alone = self.fewer_than(connection, room.alone()).await?;
        let beside_others = match room.beside_others() {
            Some(calls) => Some(self.fewer_than(connection, calls).await?),
            None => None,
        };
        Ok(room.opens_at(alone, beside_others))
    }

    /// The earliest instant, `now` or later, at which the window has fewer than `calls` calls (1 or more):
    /// when the last but `calls - 1` leaves it.
    async fn fewer_than(self, connection: &mut SqliteConnection, calls: u32) -> Result<i64, LedgerError> {
        let at: Option<i64> = sqlx::query_scalar(sql::QUOTA_LATEST)
            .bind(self.credential)
            .bind(self.begin())
            .bind(i64::from(calls) - 1)
            .fetch_optional(connection)
            .await?;
        Ok(at.map_or(self.now, |at| at.saturating_add(self.span)))
    }

    async fn count(self, connection: &mut SqliteConnection) -> Result<u32, LedgerError> {
        let query = sqlx::query_scalar(sql::QUOTA_COUNT).bind(self.credential).bind(self.begin());
        count("number of calls", query.fetch_one(connection).await?)
    }

    /// The last instant that is no longer inside.
    fn begin(self) -> i64 {
        self.now.saturating_sub(self.span)
    }
}

/// The end of the credential's block, or an instant before all others.
async fn blocked_until(connection: &mut SqliteConnection, credential: &str) -> Result<i64, LedgerError> {
    let until: Option<i64> =
        sqlx::query_scalar(sql::QUOTA_BLOCK).bind(credential).fetch_optional(connection).await?;
    Ok(until.unwrap_or(i64::MIN))
}

async fn told(connection: &mut SqliteConnection, credential: &str, length: i64) -> Result<Told, LedgerError> {
    let row = sqlx::query(sql::QUOTA_TOLD).bind(credential).bind(length).fetch_optional(connection).await?;
    Ok(row.as_ref().map(row::told).transpose()?.unwrap_or_default())
}

async fn keep_told(
    connection: &mut SqliteConnection,
    credential: &str,
    length: i64,
    told: Told,
) -> Result<(), LedgerError> {
    sqlx::query(sql::QUOTA_TOLD_KEEP)
        .bind(credential)
        .bind(length)
        .bind(told.limit.map(i64::from))
        .bind(i64::from(told.ceiling))
        .bind(told.ceiling_until)
        .execute(connection)
        .await?;
    Ok(())
}
