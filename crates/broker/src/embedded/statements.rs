//! The statements of the queue. Each one does all rows of a group at once: they travel as one JSON array, so
//! the text is constant and a transaction costs a handful of steps, however many commands share it.

use std::collections::HashMap;

use serde::Serialize;
use sqlx::sqlite::SqliteConnection;

use domain::event::Event;

use super::command::{NewRow, Write};
use crate::roles::Depth;
use crate::stored::{self, Undecodable};

const INSERT: &str = "INSERT INTO queue (id, connection, lane, due_us, body) \
    SELECT value ->> 0, value ->> 1, value ->> 2, value ->> 3, value ->> 4 FROM json_each($1) \
    WHERE true ON CONFLICT (id) DO NOTHING";
const UNCOUNT: &str = "UPDATE queue SET deliveries = deliveries - 1 \
    WHERE deliveries > 0 AND seq IN (SELECT value FROM json_each($1))";
const TAKE: &str = "UPDATE queue SET deliveries = deliveries + 1 \
    WHERE seq IN (SELECT value FROM json_each($1)) RETURNING seq, attempt, deliveries, body";
const ACK: &str = "DELETE FROM queue WHERE seq IN (SELECT value FROM json_each($1))";
const POSTPONE: &str = "UPDATE queue \
    SET due_us = later.value ->> 1, attempt = attempt + (later.value ->> 2), deliveries = 0 \
    FROM json_each($1) AS later WHERE queue.seq = later.value ->> 0";
const BURY: &str = "INSERT INTO dead (seq, id, connection, lane, attempt, body, reason, buried_us) \
    SELECT seq, id, connection, lane, attempt, body, $2, $3 FROM queue WHERE seq = $1";
const PROBE: &str = "INSERT INTO probe (only_one, probed_us) VALUES (1, $1) \
    ON CONFLICT (only_one) DO UPDATE SET probed_us = excluded.probed_us";
const ARRIVALS: &str = "SELECT seq, connection, lane, due_us, deliveries FROM queue \
    WHERE seq > $1 ORDER BY seq LIMIT $2";
const DEPTH: &str = "SELECT count(*) FILTER (WHERE due_us <= $3), count(*) FILTER (WHERE due_us > $3) \
    FROM queue WHERE connection = $1 AND lane = $2";

/// Events per statement: bounds the size of one JSON array.
const ROWS: usize = 1_000;

/// The changes of one transaction.
#[derive(Debug, Default)]
pub(super) struct Group<'a> {
    publish: Vec<&'a NewRow>,
    uncount: &'a [i64],
    take: Vec<i64>,
    ack: Vec<i64>,
    postpone: Vec<(i64, i64, u8)>,
    probe: bool,
}

/// A taken row.
#[derive(Debug)]
pub(super) struct TakenRow {
    /// How often the event was tried before.
    pub(super) attempt: u32,
    /// How often it was taken since it was last settled, this time included.
    pub(super) deliveries: u32,
    /// The event; a row that cannot be read has been moved to the dead ones.
    pub(super) event: Result<Event, Undecodable>,
}

/// At which step a transaction failed.
#[derive(Debug)]
pub(super) enum Failed {
    /// One of its changes was refused: it may be the fault of that change alone.
    Change(sqlx::Error),
    /// It could not begin or not commit: no change is at fault.
    Transaction(sqlx::Error),
}

impl<'a> Group<'a> {
    /// All that these commands ask for, after the deliveries that are to be taken off the count.
    pub(super) fn new(writes: &'a [Write], uncount: &'a [i64]) -> Self {
        let mut group = Self { uncount, ..Self::default() };
        for write in writes {
            group.add(write);
        }
        group
    }

    /// Whether it brings new events.
    pub(super) fn publishes(&self) -> bool {
        !self.publish.is_empty()
    }

    fn add(&mut self, write: &'a Write) {
        match write {
            Write::Publish { rows, .. } => self.publish.extend(rows),
            Write::Take { held, .. } => self.take.extend(held.iter().map(|held| held.place().seq)),
            Write::Ack { held, .. } => self.ack.push(held.place().seq),
            Write::Postpone { held, due, used_attempt, .. } => {
                self.postpone.push((held.place().seq, *due, u8::from(*used_attempt)));
            }
            Write::Probe { .. } => self.probe = true,
        }
    }
}

/// Does the group in one transaction, at the instant `now`. Answers with the rows taken, by `seq`; those that
/// are missing are no longer in the queue.
pub(super) async fn commit(
    connection: &mut SqliteConnection,
    group: &Group<'_>,
    now: i64,
) -> Result<HashMap<i64, TakenRow>, Failed> {
    let done = transact(connection, group, now).await;
    if done.is_err() {
        // SQLite may have rolled back by itself (a failing disk); then this fails, with nothing left to do.
        drop(run(connection, "ROLLBACK").await);
    }
    done
}

/// Without sqlx's own transactions: those never recover after SQLite has rolled back by itself.
async fn transact(
    connection: &mut SqliteConnection,
    group: &Group<'_>,
    now: i64,
) -> Result<HashMap<i64, TakenRow>, Failed> {
    // Immediate: a deferred one fails at once, whatever the busy timeout, when it turns to writing.
    run(connection, "BEGIN IMMEDIATE").await.map_err(Failed::Transaction)?;
    let taken = change(connection, group, now).await.map_err(Failed::Change)?;
    run(connection, "COMMIT").await.map_err(Failed::Transaction)?;
    Ok(taken)
}

async fn run(connection: &mut SqliteConnection, statement: &'static str) -> Result<(), sqlx::Error> {
    sqlx::query(statement).execute(connection).await.map(drop)
}

async fn change(
    connection: &mut SqliteConnection,
    group: &Group<'_>,
    now: i64,
) -> Result<HashMap<i64, TakenRow>, sqlx::Error> {
    each(connection, INSERT, &group.publish).await?;
    each(connection, UNCOUNT, group.uncount).await?;
    each(connection, ACK, &group.ack).await?;
    each(connection, POSTPONE, &group.postpone).await?;
    if group.probe {
        sqlx::query(PROBE).bind(now).execute(&mut *connection).await?;
    }
    take(connection, &group.take, now).await
}

async fn each<T: Serialize>(
    connection: &mut SqliteConnection,
    statement: &'static str,
    rows: &[T],
) -> Result<(), sqlx::Error> {
    for rows in rows.chunks(ROWS) {
        sqlx::query(statement).bind(json(rows)).execute(&mut *connection).await?;
    }
    Ok(())
}

async fn take(
    connection: &mut SqliteConnection,
    seqs: &[i64],
    now: i64,
) -> Result<HashMap<i64, TakenRow>, sqlx::Error> {
    let mut taken = HashMap::with_capacity(seqs.len());
    for seqs in seqs.chunks(ROWS) {
        let rows: Vec<(i64, i64, i64, String)> =
            sqlx::query_as(TAKE).bind(json(seqs)).fetch_all(&mut *connection).await?;
        for (seq, attempt, deliveries, body) in rows {
            let event = stored::decode(&body);
            if let Err(reason) = &event {
                bury(connection, seq, &reason.to_string(), now).await?;
            }
            taken.insert(seq, TakenRow { attempt: small(attempt), deliveries: small(deliveries), event });
        }
    }
    Ok(taken)
}

async fn bury(
    connection: &mut SqliteConnection,
    seq: i64,
    reason: &str,
    now: i64,
) -> Result<(), sqlx::Error> {
    sqlx::query(BURY).bind(seq).bind(reason).bind(now).execute(&mut *connection).await?;
    each(connection, ACK, &[seq]).await
}

/// A waiting row: seq, connection, lane, due time, deliveries.
pub(super) type Arrival = (i64, String, String, i64, i64);

/// The next rows behind `seen`, in order, at most `page`. Numbers are given inside write transactions, of
/// which there is one at a time over all processes, so a row that commits later has a higher number.
pub(super) async fn arrivals(
    connection: &mut SqliteConnection,
    seen: i64,
    page: u16,
) -> Result<Vec<Arrival>, sqlx::Error> {
    sqlx::query_as(ARRIVALS).bind(seen).bind(page).fetch_all(connection).await
}

/// A number that changes when another connection has written to the file.
pub(super) async fn data_version(connection: &mut SqliteConnection) -> Result<i64, sqlx::Error> {
    sqlx::query_scalar("PRAGMA data_version").fetch_one(connection).await
}

/// Counts a lane from the file, which does not know what is in hand.
pub(super) async fn depth(
    connection: &mut SqliteConnection,
    connection_name: &str,
    lane: &str,
    now: i64,
) -> Result<Depth, sqlx::Error> {
    let query = sqlx::query_as(DEPTH).bind(connection_name).bind(lane).bind(now);
    let (ready, delayed): (i64, i64) = query.fetch_one(connection).await?;
    Ok(Depth { ready: ready.unsigned_abs(), delayed: Some(delayed.unsigned_abs()), in_hand: Some(0) })
}

/// Counts the rows that could not be read.
pub(super) async fn dead(connection: &mut SqliteConnection) -> Result<u64, sqlx::Error> {
    let count: i64 = sqlx::query_scalar("SELECT count(*) FROM dead").fetch_one(connection).await?;
    Ok(count.unsigned_abs())
}

/// A counter from the file; counters beyond `u32` are none of ours.
pub(super) fn small(count: i64) -> u32 {
    u32::try_from(count).unwrap_or(u32::MAX)
}

fn json<T: Serialize>(rows: &[T]) -> String {
    serde_json::to_string(rows).expect("numbers and texts always encode")
}

#[cfg(test)]
mod tests {
    use tokio::sync::oneshot;

    use super::*;
    use crate::embedded::schema;

    fn publish(id: &str, body: String) -> [Write; 1] {
        let row = NewRow(id.to_owned(), "acme".to_owned(), "orders", 0, body);
        [Write::Publish { rows: vec![row], answer: oneshot::channel().0 }]
    }

    #[tokio::test]
    async fn a_full_disk_refuses_events_only_while_it_is_full() {
        let folder = tempfile::tempdir().unwrap();
        let mut connection = schema::open(folder.path()).await.unwrap();
        let pages: i64 =
            sqlx::query_scalar("PRAGMA max_page_count = 1").fetch_one(&mut connection).await.unwrap();
        let large = publish("large", "x".repeat(100_000));
        for _ in 0..2 {
            let refused = commit(&mut connection, &Group::new(&large, &[]), 0).await.unwrap_err();
            let (Failed::Change(error) | Failed::Transaction(error)) = refused;
            assert!(error.to_string().contains("full"), "at {pages} pages: {error}");
        }
        run(&mut connection, "PRAGMA max_page_count = 1000000").await.unwrap();
        commit(&mut connection, &Group::new(&large, &[]), 0).await.unwrap();
        assert_eq!(arrivals(&mut connection, 0, 10).await.unwrap().len(), 1);
    }

    #[tokio::test]
    async fn more_events_than_one_statement_holds_keep_their_order() {
        let folder = tempfile::tempdir().unwrap();
        let mut connection = schema::open(folder.path()).await.unwrap();
        let count = ROWS * 2 + 1;
        let row = |n: usize| NewRow(format!("{n:05}"), "acme".to_owned(), "orders", 0, String::new());
        let publish = [Write::Publish { rows: (0..count).map(row).collect(), answer: oneshot::channel().0 }];
        commit(&mut connection, &Group::new(&publish, &[]), 0).await.unwrap();
        let ids: Vec<String> =
            sqlx::query_scalar("SELECT id FROM queue ORDER BY seq").fetch_all(&mut connection).await.unwrap();
        assert_eq!(ids.len(), count);
        assert!(ids.is_sorted());
    }
}
