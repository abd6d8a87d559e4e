//! One budget per credential for all workers, in PostgreSQL. The arithmetic of windows is
//! `crate::quota_window`.
//!
//! Whoever takes a call holds the credential's lock. A call costs three round trips: begin and lock; count, and
//! put the call down; commit. When there turns out to be no room, the third asks when there will be, and the
//! rollback keeps nobody waiting.

use async_trait::async_trait;
use jiff::{SignedDuration, Timestamp};
use sqlx::PgConnection;
use sqlx::postgres::PgRow;

use domain::clock::Clock;
use domain::quota::{Priority, Window};

use super::lock::AdvisoryLock;
use super::{PostgresLedger, sql as native};
use crate::column::{count, instant, length_micros, micros, storable};
use crate::error::LedgerError;
use crate::quota_window::{LATE, Report, Room, Told, out_of_sight, span};
use crate::roles::Quota;
use crate::row::{self, Cells};
use crate::sql;
use crate::types::{Budget, LeftOver, PlatformBudget};

#[async_trait]
impl Quota for PostgresLedger {
    async fn take(
        &self,
        credential: &str,
        windows: &[Window],
        priority: Priority,
        clock: &dyn Clock,
    ) -> Result<Budget, LedgerError> {
        let credential = storable(credential);
        let take = || async {
            loop {
                let mut transaction = self.connections.begin(&[lock(&credential)]).await?;
                // Read only now: the wait for the lock must not make the call look older than it is.
                let now = clock.now();
                let asked = Asked { credential: &credential, windows, now: micros(now) };
                let (call, state) = asked.put_down(&mut transaction).await?;
                let rooms = state.rooms(windows, priority, asked.now);
                if state.blocked_until <= asked.now
                    && rooms.iter().all(|(room, counted)| room.free(*counted) > 0)
                {
                    transaction.commit().await?;
                    if clock.now().duration_since(now) <= LATE {
                        return Ok(Budget::Granted);
                    }
                    // The way to the server was slow. The call stays counted, and another one is asked for.
                    continue;
                }
                let opening = asked.opening(&mut transaction, call, &rooms).await?;
                self.connections.roll_back_later(transaction);
                let until = instant("end of a wait", opening.max(state.blocked_until))?;
                return Ok(Budget::Wait { until });
            }
        };
        self.connections.answer(take).await
    }

    async fn heed(
        &self,
        credential: &str,
        report: PlatformBudget,
        now: Timestamp,
    ) -> Result<(), LedgerError> {
        let credential = storable(credential);
        match report {
            PlatformBudget::Blocked { until } => self.block(&credential, micros(until)).await,
            PlatformBudget::Remaining { window, limit, remaining, resets_in } => {
                let now = micros(now);
                let resets_at = now.saturating_add(length_micros(resets_in));
                let report = |counted| Report { limit, counted, remaining, resets_at };
                self.learn(&credential, window, now, report).await
            }
        }
    }

    async fn left(
        &self,
        credential: &str,
        windows: &[Window],
        now: Timestamp,
    ) -> Result<Vec<LeftOver>, LedgerError> {
        let credential = storable(credential);
        let asked = Asked { credential: &credential, windows, now: micros(now) };
        let read = || async {
            let mut connection = self.connections.lend().await?;
            let state = asked.look(&mut connection).await?;
            connection.give_back();
            Ok(state)
        };
        let state = self.connections.answer(read).await?;
        let blocked = state.blocked_until > asked.now;
        let left = |(room, counted): (Room, u32)| LeftOver {
            limit: room.limit(),
            remaining: if blocked { 0 } else { room.free(counted) },
        };
        Ok(state.rooms(windows, Priority::WriteBack, asked.now).into_iter().map(left).collect())
    }
}

impl PostgresLedger {
    async fn block(&self, credential: &str, until: i64) -> Result<(), LedgerError> {
        let block = || async {
            let mut connection = self.connections.lend().await?;
            let query = sqlx::query(sql::QUOTA_BLOCK_KEEP).bind(credential).bind(until);
            query.execute(&mut *connection).await?;
            connection.give_back();
            Ok(())
        };
        self.connections.answer(block).await
    }

    /// Takes in what a platform said of one window, given our own count at the same time.
    async fn learn(
        &self,
        credential: &str,
        length: SignedDuration,
        now: i64,
        report: impl Fn(u32) -> Report + Sync,
    ) -> Result<(), LedgerError> {
        let windows = [Window { limit: 0, length }];
        let asked = Asked { credential, windows: &windows, now };
        let report = &report;
        let learn = || async {
            let mut transaction = self.connections.begin(&[lock(credential)]).await?;
            let state = asked.look(&mut transaction).await?;
            let (told, counted) = state.windows.first().copied().unwrap_or_default();
            let after = told.after(report(counted), now);
            if after == told {
                return transaction.roll_back().await;
            }
            sqlx::query(sql::QUOTA_TOLD_KEEP)
                .bind(credential)
                .bind(length_micros(length))
                .bind(after.limit.map(i64::from))
                .bind(i64::from(after.ceiling))
                .bind(after.ceiling_until)
                .execute(&mut *transaction)
                .await?;
            transaction.commit().await
        };
        self.connections.answer(learn).await
    }
}

fn lock(credential: &str) -> AdvisoryLock {
    AdvisoryLock::of("quota", credential)
}

/// What is asked of a credential's windows at one instant.
#[derive(Debug, Clone, Copy)]
struct Asked<'a> {
    credential: &'a str,
    windows: &'a [Window],
    now: i64,
}

/// What is known of a credential's windows at one instant.
#[derive(Debug)]
struct State {
    /// The end of the credential's block, or an instant before all others.
    blocked_until: i64,
    /// For each window, what a platform told of it and how many calls we count in it.
    windows: Vec<(Told, u32)>,
}

impl Asked<'_> {
    /// Puts a call down. Answers with its number and with what was known before.
    async fn put_down(self, connection: &mut PgConnection) -> Result<(i64, State), LedgerError> {
        let rows = sqlx::query(native::QUOTA_TAKE)
            .bind(self.credential)
            .bind(self.lengths())
            .bind(self.begins())
            .bind(self.now)
            .bind(out_of_sight(self.windows, self.now))
            .fetch_all(connection)
            .await?;
        let first = rows.first().ok_or(sqlx::Error::RowNotFound)?;
        Ok((first.number("call")?, State::of(&rows)?))
    }

    async fn look(self, connection: &mut PgConnection) -> Result<State, LedgerError> {
        let query = sqlx::query(native::QUOTA_STATE).bind(self.credential);
        State::of(&query.bind(self.lengths()).bind(self.begins()).fetch_all(connection).await?)
    }

    /// The earliest instant, now or later, with room in all windows. Passes over the call that was put down.
    async fn opening(
        self,
        connection: &mut PgConnection,
        call: i64,
        rooms: &[(Room, u32)],
    ) -> Result<i64, LedgerError> {
        let alone: Vec<_> = rooms.iter().map(|(room, _)| i64::from(room.alone()) - 1).collect();
        let beside = |room: Room| room.beside_others().map(|calls| i64::from(calls) - 1);
        let beside: Vec<_> = rooms.iter().map(|(room, _)| beside(*room)).collect();
        let query = sqlx::query(native::QUOTA_LATEST).bind(self.credential).bind(call);
        let rows = query.bind(self.begins()).bind(alone).bind(beside).fetch_all(connection).await?;
        let mut opening = self.now;
        for ((row, (room, _)), window) in rows.iter().zip(rooms).zip(self.windows) {
            let leaves = |at: Option<i64>| at.map_or(self.now, |at| at.saturating_add(span(window.length)));
            let alone = leaves(row.number_if_any("alone_us")?);
            let beside = leaves(row.number_if_any("beside_us")?);
            opening = opening.max(room.opens_at(alone, room.beside_others().map(|_| beside)));
        }
        Ok(opening)
    }

    fn lengths(self) -> Vec<i64> {
        self.windows.iter().map(|window| length_micros(window.length)).collect()
    }

    /// The last instants that are no longer inside.
    fn begins(self) -> Vec<i64> {
        self.windows.iter().map(|window| self.now.saturating_sub(span(window.length))).collect()
    }
}

impl State {
    fn of(rows: &[PgRow]) -> Result<Self, LedgerError> {
        let first = rows.first().ok_or(sqlx::Error::RowNotFound)?;
        let blocked_until = first.number_if_any("blocked_until_us")?.unwrap_or(i64::MIN);
        let mut windows = Vec::with_capacity(rows.len());
        for row in rows {
            // Without any window there still is a row, for the block.
            if row.number_if_any("position")?.is_none() {
                continue;
            }
            let told = match row.number_if_any("ceiling")? {
                Some(_) => row::told(row)?,
                None => Told::default(),
            };
            windows.push((told, count("number of calls", row.number("counted")?)?));
        }
        Ok(Self { blocked_until, windows })
    }

    /// The room in each window, with the calls that we count in it.
    fn rooms(&self, windows: &[Window], priority: Priority, now: i64) -> Vec<(Room, u32)> {
        let room = |(window, (told, counted)): (&Window, &(Told, u32))| {
            (Room::of(window, *told, priority, now), *counted)
        };
        windows.iter().zip(&self.windows).map(room).collect()
    }
}
