//! A load: so many connections, each sending its next request when the last one was answered, for a warm-up
//! that is not counted and then a time that is.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use tokio::task::JoinSet;

use crate::figures::{per_second, percentile};
use crate::http::{Answer, Connection};

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

    fn took(&mut self, wrong: impl Into<String>) {
        *self.wrong.entry(wrong.into()).or_default() += 1;
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
    let mut connections = Vec::new();
    for _ in 0..level.connections {
        connections.push(Connection::open(load.addr).await?);
    }
    let from = Instant::now() + level.warm_up;
    let until = from + level.measured;
    let mut tasks = JoinSet::new();
    for connection in connections {
        tasks.spawn(drive(load.clone(), connection, from, until));
    }
    let mut tally = Tally { measured: level.measured, ..Tally::default() };
    while let Some(driven) = tasks.join_next().await {
        tally.add(driven?);
    }
    tally.latencies.sort_unstable();
    Ok(tally)
}

async fn drive(load: Load, mut connection: Connection, from: Instant, until: Instant) -> Tally {
    let mut tally = Tally::default();
    loop {
        let request = (load.request)(load.next.fetch_add(1, Ordering::Relaxed));
        let started = Instant::now();
        if started >= until {
            return tally;
        }
        match connection.call(&request).await {
            Ok(answer) if (load.is_right)(answer) => {
                tally.right += 1;
                let ended = Instant::now();
                if (from..until).contains(&ended) {
                    tally.latencies.push(ended - started);
                }
            }
            Ok(answer) => tally.took(format!("answered {} {}", answer.status, opening(answer.body))),
            Err(error) => {
                tally.took(error.to_string());
                return tally;
            }
        }
    }
}

/// As much of a body as tells its kind.
fn opening(body: &[u8]) -> String {
    String::from_utf8_lossy(body).chars().take(80).collect()
}
