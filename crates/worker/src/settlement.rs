//! How deliveries end. Work gives each of them an [`Ending`]; settling turns it into what the broker and the
//! ledger must do. A failure is logged here, once.

use jiff::Timestamp;

use broker::Delivery;
use domain::event::Lane;
use domain::failure::Failure;
use domain::ids::OrderId;
use domain::retry::Verdict;
use ledger::{LedgerError, ParkedEvent};

use crate::connection::Connection;

/// How the work on one event ended.
#[derive(Debug, Clone)]
pub(crate) enum Ending {
    /// Done, or nothing to do.
    Done(&'static str),
    /// Somebody else is at it until then.
    Busy(Timestamp),
    /// It failed; the order is named where the failure is about one.
    Failed(Failure, Option<OrderId>),
}

impl Ending {
    /// The graver of two endings of one event: what may still succeed comes before what needs a person, so
    /// that nothing is parked while part of it can be tried again.
    pub(crate) fn graver(self, other: Self) -> Self {
        if other.gravity() > self.gravity() { other } else { self }
    }

    fn gravity(&self) -> u8 {
        match self {
            Self::Done(_) => 0,
            Self::Failed(Failure::Permanent { .. }, _) => 1,
            Self::Busy(_) => 2,
            Self::Failed(Failure::RateLimited { .. } | Failure::Misconfigured { .. }, _) => 3,
            Self::Failed(Failure::Transient { .. } | Failure::Ambiguous { .. }, _) => 4,
        }
    }
}

impl From<LedgerError> for Ending {
    /// A ledger that fails is like a platform that is down: try again later.
    fn from(error: LedgerError) -> Self {
        Self::Failed(Failure::Transient { reason: error.to_string() }, None)
    }
}

/// Settles one delivery.
pub(crate) async fn settle(connection: &Connection, delivery: Delivery, ending: Ending) {
    let lane = delivery.event().kind.lane();
    let now = connection.clock.now();
    let (outcome, settled) = match ending {
        Ending::Done(outcome) => {
            connection.metrics.effect_after(lane, now.duration_since(delivery.event().received_at));
            (outcome, delivery.ack().await)
        }
        Ending::Busy(until) => {
            let wait = until.duration_since(now).max(jiff::SignedDuration::from_millis(200));
            ("busy", delivery.snooze(wait).await)
        }
        Ending::Failed(failure, order) => fail(connection, delivery, &failure, order, now).await,
    };
    connection.metrics.settled(connection.name(), lane, outcome);
    if let Err(error) = settled {
        tracing::warn!(connection = %connection.name(), %lane, %error, "a delivery could not be settled and comes again");
    }
}

async fn fail(
    connection: &Connection,
    delivery: Delivery,
    failure: &Failure,
    order: Option<OrderId>,
    now: Timestamp,
) -> (&'static str, Result<(), broker::ConsumeError>) {
    let event = delivery.event();
    let lane = event.kind.lane();
    let verdict = connection.retry.verdict(failure, delivery.attempt(), event.received_at, now);
    tracing::warn!(
        connection = %connection.name(), %lane, event = %event.id, order = order.map(|order| order.0),
        attempt = delivery.attempt(), class = failure.class(), ?verdict, %failure, "an event failed"
    );
    match verdict {
        Verdict::RetryAfter(wait) => ("retried", delivery.retry_after(wait).await),
        Verdict::Snooze(wait) => ("snoozed", delivery.snooze(wait).await),
        Verdict::Park => ("parked", park(connection, delivery, lane, failure, order, now).await),
    }
}

async fn park(
    connection: &Connection,
    delivery: Delivery,
    lane: Lane,
    failure: &Failure,
    order: Option<OrderId>,
    now: Timestamp,
) -> Result<(), broker::ConsumeError> {
    let parked = ParkedEvent {
        event: delivery.event().clone(),
        lane,
        cause: failure.class().to_owned(),
        text: failure.to_string(),
        order,
        attempts: delivery.attempt() + 1,
        since: now,
    };
    // Parked before it leaves the queue: a crash in between parks it again under the same id.
    match connection.ledger.park(&parked).await {
        Ok(()) => delivery.ack().await,
        Err(error) => {
            tracing::error!(%error, event = %parked.event.id, "an event could not be parked and comes again");
            delivery.retry_after(jiff::SignedDuration::from_secs(30)).await
        }
    }
}
