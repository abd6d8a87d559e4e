//! Handing out: waiting for something due, taking a batch, settling.

use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use jiff::SignedDuration;
use tokio::sync::Notify;
use tokio::sync::futures::Notified;
use tokio::time::{Instant, timeout};

use super::Queue;
use super::command::{Command, Write};
use super::held::Held;
use super::index::{LaneId, Sight};
use crate::delivery::{Delivery, Settle};
use crate::error::ConsumeError;
use crate::roles::Consumer;

/// The longest sleep towards a due time. Due times are measured with the broker's clock, sleeping with the
/// runtime's; a clock that is set, or moved by a test, is noticed after at most this long.
const STEP: Duration = Duration::from_millis(50);

/// A consumer of one lane.
#[derive(Debug)]
pub(super) struct LaneConsumer {
    queue: Arc<Queue>,
    lane: LaneId,
    changed: Arc<Notify>,
}

impl LaneConsumer {
    /// A consumer of `lane`; the index must be loaded.
    pub(super) fn new(queue: Arc<Queue>, lane: LaneId) -> Self {
        let changed = queue.index.changed(lane);
        Self { queue, lane, changed }
    }

    /// Waits until `listening` rings or something may have fallen due, at most `longest`.
    async fn pause(&self, listening: Pin<&mut Notified<'_>>, sight: Sight, longest: Duration) {
        let step = match sight {
            Sight::NotBefore(due) => until(due, self.queue.now()).min(STEP),
            _ => Duration::MAX,
        };
        // Running into the time limit is as good as the ring: the caller looks again.
        drop(timeout(step.min(longest), listening).await);
    }
}

#[async_trait]
impl Consumer for LaneConsumer {
    async fn ready(&mut self) -> Result<(), ConsumeError> {
        loop {
            let mut listening = std::pin::pin!(self.changed.notified());
            listening.as_mut().enable();
            match self.queue.index.look(self.lane, self.queue.now()) {
                Sight::Due => return Ok(()),
                Sight::Closed => return Err(ConsumeError::Closed),
                sight => self.pause(listening, sight, Duration::MAX).await,
            }
        }
    }

    async fn batch(&mut self, max: usize, linger: Duration) -> Result<Vec<Delivery>, ConsumeError> {
        let begun = Instant::now();
        let mut held = Vec::new();
        loop {
            let mut listening = std::pin::pin!(self.changed.notified());
            listening.as_mut().enable();
            let now = self.queue.now();
            held.extend(self.queue.index.take(self.lane, now, max - held.len()));
            let left = linger.saturating_sub(begun.elapsed());
            let sight = self.queue.index.look(self.lane, now);
            if held.is_empty() || held.len() == max || left.is_zero() || sight == Sight::Closed {
                break;
            }
            self.pause(listening, sight, left).await;
        }
        if self.queue.index.look(self.lane, 0) == Sight::Closed {
            return Err(ConsumeError::Closed);
        }
        hand_out(&self.queue, held).await
    }
}

/// Counts the deliveries on the disk, fetches the bodies and hands them out, by due time, then by acceptance.
pub(super) async fn hand_out(queue: &Arc<Queue>, mut held: Vec<Held>) -> Result<Vec<Delivery>, ConsumeError> {
    if held.is_empty() {
        return Ok(Vec::new());
    }
    held.sort_by_key(Held::place);
    let take = |answer| Command::Write(Write::Take { held, answer });
    let taken = queue.ask(take).await.ok_or(ConsumeError::Closed)??;
    let deliver = |taken: super::command::Taken| {
        let settlement = Settlement { queue: Arc::clone(queue), held: taken.held };
        Delivery::new(taken.event, taken.attempt, Box::new(settlement))
    };
    Ok(taken.into_iter().map(deliver).collect())
}

/// Settles one delivery. Dropping it drops what is held, which returns the event.
struct Settlement {
    queue: Arc<Queue>,
    held: Held,
}

#[async_trait]
impl Settle for Settlement {
    async fn ack(self: Box<Self>) -> Result<(), ConsumeError> {
        let Self { queue, held } = *self;
        let ack = |answer| Command::Write(Write::Ack { held, answer });
        Ok(queue.ask(ack).await.ok_or(ConsumeError::Closed)??)
    }

    async fn later(self: Box<Self>, wait: SignedDuration, used_attempt: bool) -> Result<(), ConsumeError> {
        let Self { queue, held } = *self;
        let wait = i64::try_from(wait.as_micros()).unwrap_or(i64::MAX);
        let due = queue.now().saturating_add(wait);
        let postpone = |answer| Command::Write(Write::Postpone { held, due, used_attempt, answer });
        Ok(queue.ask(postpone).await.ok_or(ConsumeError::Closed)??)
    }
}

fn until(due: i64, now: i64) -> Duration {
    Duration::from_micros(u64::try_from(due.saturating_sub(now)).unwrap_or(0))
}
