//! How deliveries end. Work gives each of them an [`Ending`]; settling turns it into what the broker and the
//! ledger must do. A failure is logged here, once for all events of a batch that it struck alike.

use std::collections::BTreeMap;

use futures_util::future::join_all;
use jiff::Timestamp;

use broker::Delivery;
use domain::event::Lane;
use domain::failure::Failure;
use domain::ids::{EventId, OrderId};
use domain::retry::Verdict;
use ledger::{LedgerError, ParkedEvent};

use crate::connection::Connection;
use crate::leader::RoundError;
use crate::outage::RETURN_AFTER;

/// How the work on one event ended.
#[derive(Debug, Clone)]
pub(crate) enum Ending {
    /// Done, or nothing to do.
    Done(&'static str),
    /// Somebody else is at it until then.
    Busy(Timestamp),
    /// It failed; the order is named where the failure is about one.
    Failed(Failure, Option<OrderId>),
    /// The ledger could not be used: returned as it is, whatever was done is found out next time.
    NoLedger(String),
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
            Self::NoLedger(_)
            | Self::Failed(Failure::RateLimited { .. } | Failure::Misconfigured { .. }, _) => 3,
            Self::Failed(Failure::Transient { .. } | Failure::Ambiguous { .. }, _) => 4,
        }
    }
}

impl From<LedgerError> for Ending {
    /// A ledger that cannot be used concerns everything: no event spends an attempt on it. Any other failure of
    /// it may be this event's own.
    fn from(error: LedgerError) -> Self {
        if error.is_unavailable() {
            return Self::NoLedger(error.to_string());
        }
        Self::Failed(Failure::Transient { reason: error.to_string() }, None)
    }
}

impl From<RoundError> for Ending {
    fn from(error: RoundError) -> Self {
        match error {
            RoundError::Ledger(error) => error.into(),
            RoundError::Platform(failure) => Self::Failed(failure, None),
            RoundError::Publish(error) => {
                Self::Failed(Failure::Transient { reason: error.to_string() }, None)
            }
        }
    }
}

/// Settles a batch, each delivery by its own ending. What failed alike is logged together.
pub(crate) async fn settle_all(connection: &Connection, ended: impl Iterator<Item = (Delivery, Ending)>) {
    let settled = ended.map(|(delivery, ending)| settle(connection, delivery, ending));
    let mut alike: BTreeMap<(Lane, &str, &str), (usize, Failed)> = BTreeMap::new();
    for failed in join_all(settled).await.into_iter().flatten() {
        alike.entry((failed.lane, failed.class, failed.outcome)).or_insert((0, failed)).0 += 1;
    }
    for ((lane, class, outcome), (events, first)) in alike {
        tracing::warn!(
            connection = %connection.name(), %lane, class, outcome, events, first = %first.event,
            order = first.order.map(|order| order.0), failure = first.text, "events failed"
        );
    }
}

/// An event that failed and was settled, for the log.
struct Failed {
    lane: Lane,
    class: &'static str,
    outcome: &'static str,
    event: EventId,
    order: Option<OrderId>,
    text: String,
}

async fn settle(connection: &Connection, delivery: Delivery, ending: Ending) -> Option<Failed> {
    let lane = delivery.event().kind.lane();
    let (event, now) = (delivery.event().id, connection.clock.now());
    let failed = match &ending {
        Ending::Failed(failure, order) => Some((failure.class(), *order, failure.to_string())),
        _ => None,
    };
    let (outcome, settled) = match ending {
        Ending::Done(outcome) => {
            connection.metrics.effect_after(lane, now.duration_since(delivery.event().received_at));
            (outcome, delivery.ack().await)
        }
        Ending::Busy(until) => {
            let wait = until.duration_since(now).max(jiff::SignedDuration::from_millis(200));
            ("busy", delivery.snooze(wait).await)
        }
        Ending::NoLedger(error) => {
            connection.outage().noticed(&error);
            ("returned", delivery.snooze(RETURN_AFTER).await)
        }
        Ending::Failed(failure, order) => fail(connection, delivery, &failure, order, now).await,
    };
    connection.metrics.settled(connection.name(), lane, outcome);
    if let Err(error) = settled {
        tracing::warn!(connection = %connection.name(), %lane, %error, "a delivery could not be settled and comes again");
    }
    failed.map(|(class, order, text)| Failed { lane, class, outcome, event, order, text })
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
    tracing::debug!(
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
        Err(error) if error.is_unavailable() => {
            connection.outage().noticed(&error);
            delivery.snooze(RETURN_AFTER).await
        }
        Err(error) => {
            tracing::error!(%error, event = %parked.event.id, "an event could not be parked and comes again");
            delivery.retry_after(jiff::SignedDuration::from_secs(30)).await
        }
    }
}
