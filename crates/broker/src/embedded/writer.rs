//! The one writer of the queue's file. It takes all commands that wait, does their changes in one transaction
//! and answers them: whoever comes while a commit is on its way to the disk shares the next one.

mod answer;

use std::fs::File;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use sqlx::Connection;
use sqlx::sqlite::SqliteConnection;
use tokio::sync::mpsc;
use tokio::time::{Interval, MissedTickBehavior, interval};
use tokio_util::sync::CancellationToken;
use tracing::warn;

use domain::clock::Clock;

use super::command::{Command, Write};
use super::index::{Index, Place};
use super::lock;
use super::statements::{self, Failed, Group, small};
use crate::error::ConsumeError;

/// Commands that may share a transaction.
const GROUP: usize = 512;
/// How often to look for rows of other processes, and how long a returned event's count may lag.
const TICK: Duration = Duration::from_millis(250);
/// Rows read at once while loading.
const PAGE: u16 = 2_000;

/// The writer and what it owns.
#[derive(Debug)]
pub(super) struct Writer {
    connection: SqliteConnection,
    commands: mpsc::Receiver<Command>,
    index: ClosedOnDrop,
    clock: Arc<dyn Clock>,
    commits: Arc<AtomicU64>,
    lock_path: PathBuf,
    /// Held while this process consumes.
    lock: Option<File>,
    /// The highest row that the index knows.
    seen: i64,
    /// The file's `data_version` when the index was last brought up to date.
    data_version: i64,
}

/// However the writer ends, a panic included, nobody must wait for it in vain.
#[derive(Debug)]
struct ClosedOnDrop(Arc<Index>);

impl Drop for ClosedOnDrop {
    fn drop(&mut self) {
        self.0.close();
    }
}

impl Writer {
    /// A writer that has not begun. It counts its transactions in `commits`.
    pub(super) fn new(
        connection: SqliteConnection,
        commands: mpsc::Receiver<Command>,
        index: Arc<Index>,
        clock: Arc<dyn Clock>,
        commits: Arc<AtomicU64>,
        lock_path: PathBuf,
    ) -> Self {
        let index = ClosedOnDrop(index);
        Self { connection, commands, index, clock, commits, lock_path, lock: None, seen: 0, data_version: 0 }
    }

    /// Works until `stop` is cancelled or no sender is left, and then finishes what has been sent.
    pub(super) async fn run(mut self, stop: CancellationToken) {
        let mut ticks = ticks();
        let mut commands = Vec::with_capacity(GROUP);
        loop {
            tokio::select! {
                biased;
                () = stop.cancelled(), if !self.commands.is_closed() => self.commands.close(),
                _ = ticks.tick(), if self.lock.is_some() => self.tick().await,
                count = self.commands.recv_many(&mut commands, GROUP) => match count {
                    0 => break,
                    _ => self.work(commands.drain(..)).await,
                },
            }
        }
        self.finish().await;
    }

    async fn work(&mut self, commands: impl Iterator<Item = Command>) {
        let mut writes = Vec::new();
        let mut reads = Vec::new();
        for command in commands {
            match command {
                Command::Write(write) => writes.push(write),
                read => reads.push(read),
            }
        }
        if !writes.is_empty() {
            self.write(writes).await;
        }
        for read in reads {
            self.read(read).await;
        }
    }

    /// All changes in one transaction. When one of them is refused, each gets its own, so that it fails alone.
    async fn write(&mut self, writes: Vec<Write>) {
        let uncount = self.index.0.take_uncounted();
        match self.attempt(writes, &uncount).await {
            None => {}
            Some(writes) => {
                self.index.0.put_back_uncounted(uncount);
                self.one_by_one(writes).await;
            }
        }
    }

    /// Gives the changes back if doing them one by one may help.
    async fn attempt(&mut self, writes: Vec<Write>, uncount: &[i64]) -> Option<Vec<Write>> {
        let changes = writes.len() + usize::from(!uncount.is_empty());
        match self.commit(&writes, uncount).await {
            Ok(taken) => answer::done(writes, taken),
            Err(Failed::Change(_)) if changes > 1 => return Some(writes),
            Err(Failed::Change(error) | Failed::Transaction(error)) => {
                self.index.0.put_back_uncounted(uncount.to_vec());
                answer::failed(writes, &Arc::new(error));
            }
        }
        None
    }

    /// Stops at the first transaction that cannot begin or commit: waiting for each of hundreds would take
    /// minutes.
    async fn one_by_one(&mut self, writes: Vec<Write>) {
        let mut writes = writes.into_iter();
        while let Some(write) = writes.next() {
            match self.commit(std::slice::from_ref(&write), &[]).await {
                Ok(taken) => answer::done(vec![write], taken),
                Err(Failed::Change(error)) => answer::failed(vec![write], &Arc::new(error)),
                Err(Failed::Transaction(error)) => {
                    let rest = std::iter::once(write).chain(writes).collect();
                    return answer::failed(rest, &Arc::new(error));
                }
            }
        }
    }

    async fn commit(&mut self, writes: &[Write], uncount: &[i64]) -> Result<answer::Rows, Failed> {
        let group = Group::new(writes, uncount);
        let now = self.clock.now().as_microsecond();
        let taken = statements::commit(&mut self.connection, &group, now).await?;
        self.commits.fetch_add(1, Ordering::Relaxed);
        if group.publishes() {
            // Before the answer, so that a publisher finds its own events.
            self.absorb_or_warn().await;
        }
        Ok(taken)
    }

    async fn read(&mut self, command: Command) {
        // Whoever asked may have gone: then nobody needs the answer.
        match command {
            Command::Write(write) => self.write(vec![write]).await,
            Command::Consume(answer) => drop(answer.send(self.consume().await)),
            Command::Depth { connection, lane, now, answer } => {
                let depth = statements::depth(&mut self.connection, &connection, lane, now).await;
                drop(answer.send(depth.map_err(Arc::new)));
            }
            Command::Dead(answer) => {
                let dead = statements::dead(&mut self.connection).await;
                drop(answer.send(dead.map_err(Arc::new)));
            }
        }
    }

    /// Loads the index only once the lock is held: before that another process may still take events out.
    async fn consume(&mut self) -> Result<(), ConsumeError> {
        if self.lock.is_some() {
            return Ok(());
        }
        self.lock = Some(lock::acquire(&self.lock_path)?);
        if let Err(error) = self.absorb().await {
            self.index.0.forget();
            (self.lock, self.seen) = (None, 0);
            return Err(Arc::new(error).into());
        }
        self.index.0.loaded();
        Ok(())
    }

    async fn tick(&mut self) {
        if self.index.0.has_uncounted() {
            self.write(Vec::new()).await;
        }
        match statements::data_version(&mut self.connection).await {
            Ok(version) if version == self.data_version => {}
            Ok(version) => {
                if self.absorb_or_warn().await {
                    self.data_version = version;
                }
            }
            Err(error) => warn!(%error, "cannot look for events of other processes; trying again"),
        }
    }

    async fn absorb_or_warn(&mut self) -> bool {
        let absorbed = self.absorb().await;
        if let Err(error) = &absorbed {
            self.data_version = 0;
            warn!(%error, "accepted events cannot be read back yet; trying again");
        }
        absorbed.is_ok()
    }

    /// Enters the rows that the index does not know: ours, other processes', and at first all.
    async fn absorb(&mut self) -> Result<(), sqlx::Error> {
        while self.lock.is_some() {
            let rows = statements::arrivals(&mut self.connection, self.seen, PAGE).await?;
            let last_page = rows.len() < usize::from(PAGE);
            for (seq, connection, lane, due, deliveries) in rows {
                let lane = self.index.0.lane(&connection, &lane);
                self.index.0.insert(Place { due, seq, lane }, small(deliveries));
                self.seen = seq;
            }
            if last_page {
                break;
            }
        }
        Ok(())
    }

    /// Takes the deliveries of everything unsettled off the count, and only then lets another process consume.
    async fn finish(mut self) {
        let uncount = self.index.0.close();
        if !uncount.is_empty()
            && let Err(Failed::Change(error) | Failed::Transaction(error)) = self.commit(&[], &uncount).await
        {
            warn!(%error, "the events in hand are returned, but count as delivered once more");
        }
        if let Err(error) = self.connection.close().await {
            warn!(%error, "the queue's file was not closed cleanly; nothing is lost");
        }
        drop(self.lock);
    }
}

fn ticks() -> Interval {
    let mut ticks = interval(TICK);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    ticks
}
