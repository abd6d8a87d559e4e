//! An open loop: requests are due at set times, whether or not earlier ones were answered, and latency counts
//! from the time at which a request was due. So a receiver that falls behind cannot hide it.

use std::time::{Duration, Instant};

use tokio::time::{MissedTickBehavior, interval_at};

use super::{Load, Tally, connect, gather};
use crate::figures::number;
use crate::http::Connection;

/// How long after the end requests may still begin that were due before it.
const GRACE: Duration = Duration::from_secs(5);

/// A steady load.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Pulse {
    pub(crate) connections: usize,
    /// Requests in a second, over all connections.
    pub(crate) per_second: f64,
    pub(crate) warm_up: Duration,
    pub(crate) measured: Duration,
}

/// Runs a steady load; what was due in the warm-up is not counted among the latencies.
pub(crate) async fn run_at(load: &Load, pulse: Pulse) -> anyhow::Result<Tally> {
    let connections = connect(load, pulse.connections).await?;
    let between = Duration::from_secs_f64(1.0 / pulse.per_second);
    let period = between.mul_f64(number(pulse.connections));
    let start = Instant::now();
    let from = start + pulse.warm_up;
    let until = from + pulse.measured;
    let tasks = connections.into_iter().enumerate().map(|(index, connection)| {
        let first = start + between.mul_f64(number(index));
        beat(load.clone(), connection, (first, period), (from, until))
    });
    let tally = gather(tasks.collect()).await?;
    Ok(Tally { measured: pulse.measured, ..tally })
}

async fn beat(
    load: Load,
    mut connection: Connection,
    (first, period): (Instant, Duration),
    (from, until): (Instant, Instant),
) -> Tally {
    let (mut tally, mut due) = (Tally::default(), interval_at(first.into(), period));
    due.set_missed_tick_behavior(MissedTickBehavior::Burst);
    loop {
        let due = due.tick().await.into_std();
        if due >= until {
            return tally;
        }
        if Instant::now() > until + GRACE {
            *tally.wrong.entry("not begun in time".to_owned()).or_default() += 1;
            return tally;
        }
        let request = load.next_request();
        let answer = connection.call(&request).await;
        if tally.heed(&load, &answer) && due >= from {
            tally.latencies.push(due.elapsed());
        }
        if answer.is_err() {
            return tally;
        }
    }
}
