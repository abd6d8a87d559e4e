//! Work that exactly one worker does at a time: a lease in the ledger says who. Its holder renews it all the
//! time, also while a round is under way; when the holder dies, another takes over once the lease has run out.
//!
//! The arithmetic: a holder that dies right after a renewal leaves a lease of 15 s. A follower asks every 4 s,
//! and a question takes the ledger's deadline of 5 s at most. So another leads after 15 + 4 + 5 = 24 s at the
//! latest, and the promise is 30. A holder that cannot renew drops its round 3 s before its lease ends: that is
//! after two renewals that failed, and leaves room for clocks that differ a little.
//!
//! A holder that is paused past its lease and wakes may still finish the step that it was in. No step does harm
//! then: events are hints, and a cursor never goes back and only moves past what was published.

use std::future::Future;
use std::pin::pin;
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use tokio::time::{Instant, sleep, sleep_until, timeout};
use tokio_util::sync::CancellationToken;

use broker::PublishError;
use domain::clock::Clock;
use domain::failure::Failure;
use ledger::{Leases, LedgerError};

use crate::connection::Connection;
use crate::outage::Outage;

/// How long a leader may be silent before another takes over.
const LEASE: SignedDuration = SignedDuration::from_secs(15);
/// How often a leader renews, and a follower asks.
const RENEW_EVERY: Duration = Duration::from_secs(4);
/// How long after its start a failed round comes again, where the interval is longer.
const AGAIN_AFTER: Duration = Duration::from_mins(5);
/// So long before its lease ends, a leader stops.
const STOP_BEFORE: SignedDuration = SignedDuration::from_secs(3);

/// Why a round could not be finished. It comes again.
#[derive(Debug, thiserror::Error)]
pub(crate) enum RoundError {
    #[error(transparent)]
    Ledger(#[from] LedgerError),
    #[error(transparent)]
    Platform(#[from] Failure),
    #[error(transparent)]
    Publish(#[from] PublishError),
}

/// Does `round` every `interval`, first at once, on one worker at a time, until it is told to stop. A round that
/// fails comes again after [`AGAIN_AFTER`] at the latest.
pub(crate) async fn every<F, Fut>(
    connection: Connection,
    task: &'static str,
    holder: String,
    interval: Duration,
    stop: CancellationToken,
    round: F,
) where
    F: Fn(Connection) -> Fut,
    Fut: Future<Output = Result<(), RoundError>>,
{
    let candidate = Candidate {
        leases: connection.ledger.as_ref(),
        clock: connection.clock.as_ref(),
        outage: connection.outage(),
        name: format!("{task}/{}", connection.name()),
        holder,
    };
    candidate.run(interval, &stop, || round(connection.clone())).await;
}

/// One worker that would lead.
struct Candidate<'a, L: ?Sized> {
    leases: &'a L,
    clock: &'a dyn Clock,
    outage: &'a Outage,
    name: String,
    holder: String,
}

impl<L: Leases + Sync + ?Sized> Candidate<'_, L> {
    async fn run<F, Fut>(&self, interval: Duration, stop: &CancellationToken, round: F)
    where
        F: Fn() -> Fut,
        Fut: Future<Output = Result<(), RoundError>>,
    {
        let mut due = Instant::now();
        while !stop.is_cancelled() {
            let lease = self.ask().await;
            if let Some(until) = lease
                && Instant::now() >= due
            {
                // Counted from the start of the round, so that a slow round does not stretch the interval.
                let begun = Instant::now();
                let done = tokio::select! {
                    () = stop.cancelled() => break,
                    done = self.lead(until, round()) => done,
                };
                due = begun + if done { interval } else { interval.min(AGAIN_AFTER) };
            }
            let ask_again = Instant::now() + RENEW_EVERY;
            let next = if lease.is_some() { due.min(ask_again) } else { ask_again };
            tokio::select! { () = stop.cancelled() => {}, () = sleep_until(next) => {} }
        }
        if let Err(error) = self.leases.give_back(&self.name, &self.holder).await {
            tracing::debug!(%error, name = self.name, "a lease was not given back and runs out by itself");
        }
    }

    /// One round under a lease; whether it was done. It is dropped where it stands when the lease cannot be kept.
    async fn lead(&self, until: Timestamp, round: impl Future<Output = Result<(), RoundError>>) -> bool {
        let round = pin!(round);
        tokio::select! {
            // In this order: after a pause of the whole process, both may be ready.
            biased;
            () = self.keep(until) => {
                tracing::warn!(name = self.name, "the lease could not be kept: a round is left to others");
                false
            }
            ended = round => {
                match &ended {
                    Err(RoundError::Ledger(error)) if error.is_unavailable() => self.outage.noticed(error),
                    Err(error) => tracing::warn!(name = self.name, %error, "a round failed and comes again"),
                    Ok(()) => {}
                }
                ended.is_ok()
            }
        }
    }

    /// Keeps the lease. Ends when it is lost or about to end.
    async fn keep(&self, mut until: Timestamp) {
        loop {
            sleep(RENEW_EVERY).await;
            let left = (until - STOP_BEFORE).duration_since(self.clock.now());
            // None is left: the time is up.
            let Ok(left) = Duration::try_from(left) else { return };
            match timeout(left, self.try_ask()).await {
                Ok(Ok(Some(renewed))) => until = renewed,
                Ok(Ok(None)) | Err(_) => return,
                Ok(Err(error)) => tracing::debug!(%error, name = self.name, "a lease could not be renewed"),
            }
        }
    }

    /// Asks for the lease or renews it: until when we have it.
    async fn ask(&self) -> Option<Timestamp> {
        match self.try_ask().await {
            Ok(until) => {
                self.outage.over();
                until
            }
            Err(error) if error.is_unavailable() => {
                self.outage.noticed(&error);
                None
            }
            Err(error) => {
                tracing::warn!(%error, name = self.name, "the lease could not be asked for");
                None
            }
        }
    }

    async fn try_ask(&self) -> Result<Option<Timestamp>, LedgerError> {
        let lease = self.leases.lease(&self.name, &self.holder, LEASE, self.clock.now()).await?;
        Ok(lease.map(|lease| lease.until))
    }
}

#[cfg(test)]
mod tests;
