//! Work that exactly one worker does at a time: a lease in the ledger says who. Whoever holds it renews it
//! with every round; when the holder dies, another takes over once the lease has run out.

use std::future::Future;
use std::time::Duration;

use jiff::SignedDuration;
use tokio_util::sync::CancellationToken;

use crate::connection::Connection;

/// How long a leader may be silent before another takes over.
const LEASE: SignedDuration = SignedDuration::from_secs(20);
/// How often a leader renews, and a follower asks.
const RENEW_EVERY: Duration = Duration::from_secs(5);

/// Does `round` every `interval`, first at once, on one worker at a time, until it is told to stop.
pub(crate) async fn every<F, Fut>(
    connection: Connection,
    task: &'static str,
    holder: String,
    interval: Duration,
    stop: CancellationToken,
    round: F,
) where
    F: Fn(Connection) -> Fut,
    Fut: Future<Output = Result<(), String>>,
{
    let name = format!("{task}/{}", connection.name());
    let mut due = tokio::time::Instant::now();
    while !stop.is_cancelled() {
        let leads = lead(&connection, &name, &holder).await;
        if leads && tokio::time::Instant::now() >= due {
            // Counted from the start of the round, so that a slow round does not stretch the interval.
            due = tokio::time::Instant::now() + interval;
            let round = round(connection.clone());
            let ended = tokio::select! { () = stop.cancelled() => break, ended = round => ended };
            if let Err(error) = ended {
                tracing::warn!(connection = %connection.name(), task, error, "a round failed and comes again");
            }
        }
        let next = if leads {
            due.min(tokio::time::Instant::now() + RENEW_EVERY)
        } else {
            tokio::time::Instant::now() + RENEW_EVERY
        };
        tokio::select! { () = stop.cancelled() => {}, () = tokio::time::sleep_until(next) => {} }
    }
    if let Err(error) = connection.ledger.give_back(&name, &holder).await {
        tracing::debug!(%error, task, "a lease was not given back and runs out by itself");
    }
}

async fn lead(connection: &Connection, name: &str, holder: &str) -> bool {
    match connection.ledger.lease(name, holder, LEASE, connection.clock.now()).await {
        Ok(lease) => lease.is_some(),
        Err(error) => {
            tracing::warn!(%error, name, "the lease could not be asked for");
            false
        }
    }
}
