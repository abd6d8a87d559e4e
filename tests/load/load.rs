//! A load: so many connections, each sending its next request when the last one was answered, for a warm-up
//! that is not counted and then a time that is.

mod feed;
mod open_loop;

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use tokio::task::JoinSet;

use crate::figures::{per_second, percentile};
use crate::http::{Answer, CallError, Connection};

pub(crate) use feed::feed;
pub(crate) use open_loop::{Pulse, run_at};

/// What is sent, and which answers are right.
#[derive(Debug, Clone)]
pub(crate) struct Load {
    /// Where to.
    pub(crate) addr: SocketAddr,
    /// The request with this number.
    pub(crate) request: fn(u64) -> String,
    /// The answers that count.
    pub(crate) is_right: fn(Answer<'_>) -> bool,
    /// The number of the next request; shared by all connections, and by all runs of this load.
    pub(crate) next: Arc<AtomicU64>,
}

impl Load {
    fn next_request(&self) -> String {
        (self.request)(self.next.fetch_add(1, Ordering::Relaxed))
    }
}

/// How much of it.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Level {
    pub(crate) connections: usize,
    pub(crate) warm_up: Duration,
    pub(crate) measured: Duration,
}

/// What came of it.
#[derive(Debug, Default)]
pub(crate) struct Tally {
    /// Right answers, those of the warm-up among them.
    pub(crate) right: u64,
    /// How long the answers took that came in the measured time; sorted.
    latencies: Vec<Duration>,
    /// Everything else, by what it was.
    pub(crate) wrong: BTreeMap<String, u64>,
    measured: Duration,
}

impl Tally {
    /// Right answers in a second of the measured time.
    pub(crate) fn per_second(&self) -> f64 {
        per_second(self.latencies.len(), self.measured)
    }

    /// The latency that so many percent do not exceed.
    pub(crate) fn latency(&self, percent: usize) -> Duration {
        percentile(&self.latencies, percent)
    }

    /// Counts an answer; `true` if it was right.
    fn heed(&mut self, load: &Load, answer: &Result<Answer<'_>, CallError>) -> bool {
        let wrong = match answer {
            Ok(answer) if (load.is_right)(*answer) => {
                self.right += 1;
                return true;
            }
            Ok(answer) => format!("answered {} {}", answer.status, opening(answer.body)),
            Err(error) => error.to_string(),
        };
        *self.wrong.entry(wrong).or_default() += 1;
        false
    }

    fn add(&mut self, other: Self) {
        self.right += other.right;
        self.latencies.extend(other.latencies);
        for (what, count) in other.wrong {
            *self.wrong.entry(what).or_default() += count;
        }
    }
}

/// Runs a level. Every request that was begun is finished, or counted as wrong, before this returns.
pub(crate) async fn run(load: &Load, level: Level) -> anyhow::Result<Tally> {
    let connections = connect(load, level.connections).await?;
    let from = Instant::now() + level.warm_up;
    let until = from + level.measured;
    let tasks = connections.into_iter().map(|connection| drive(load.clone(), connection, from, until));
    let tally = gather(tasks.collect()).await?;
    Ok(Tally { measured: level.measured, ..tally })
}

async fn connect(load: &Load, connections: usize) -> anyhow::Result<Vec<Connection>> {
    let mut open = Vec::new();
    for _ in 0..connections {
        open.push(Connection::open(load.addr).await?);
    }
    Ok(open)
}

/// All tallies in one.
async fn gather(mut tasks: JoinSet<Tally>) -> anyhow::Result<Tally> {
    let mut tally = Tally::default();
    while let Some(driven) = tasks.join_next().await {
        tally.add(driven?);
    }
    tally.latencies.sort_unstable();
    Ok(tally)
}

async fn drive(load: Load, mut connection: Connection, from: Instant, until: Instant) -> Tally {
    let mut tally = Tally::default();
    loop {
        let request = load.next_request();
        let started = Instant::now();
        if started >= until {
            return tally;
        }
        let answer = connection.call(&request).await;
        let ended = Instant::now();
        if tally.heed(&load, &answer) && (from..until).contains(&ended) {
            tally.latencies.push(ended - started);
        }
        if answer.is_err() {
            return tally;
        }
    }
}

/// As much of a body as tells its kind.
fn opening(body: &[u8]) -> String {
    String::from_utf8_lossy(body).chars().take(80).collect()
}
