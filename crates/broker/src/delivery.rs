//! A delivery: one event in somebody's hands. It is settled exactly once, because settling consumes it;
//! dropping it unsettled returns the event to the queue.

use std::fmt;

use async_trait::async_trait;
use jiff::SignedDuration;

use domain::event::Event;

use crate::error::ConsumeError;

/// One event in hand.
pub struct Delivery {
    event: Event,
    attempt: u32,
    settle: Box<dyn Settle>,
}

/// How a backend settles one delivery. Dropping it unsettled must return the event, at no attempt.
#[async_trait]
pub trait Settle: Send + Sync {
    /// The event is done and leaves the queue.
    async fn ack(self: Box<Self>) -> Result<(), ConsumeError>;

    /// The event comes back after `wait`; `used_attempt` says whether its attempt number grows.
    async fn later(self: Box<Self>, wait: SignedDuration, used_attempt: bool) -> Result<(), ConsumeError>;
}

impl Delivery {
    /// A delivery of `event`, tried `attempt` times before.
    pub fn new(event: Event, attempt: u32, settle: Box<dyn Settle>) -> Self {
        Self { event, attempt, settle }
    }

    /// The event.
    pub fn event(&self) -> &Event {
        &self.event
    }

    /// How often it was tried before: 0 for the first time.
    pub fn attempt(&self) -> u32 {
        self.attempt
    }

    /// Done: the event leaves the queue. Park it in the ledger first if a person must act.
    pub async fn ack(self) -> Result<(), ConsumeError> {
        self.settle.ack().await
    }

    /// Failed: comes back after `wait`, one attempt older.
    pub async fn retry_after(self, wait: SignedDuration) -> Result<(), ConsumeError> {
        self.settle.later(wait, true).await
    }

    /// Not now: comes back after `wait` at no attempt.
    pub async fn snooze(self, wait: SignedDuration) -> Result<(), ConsumeError> {
        self.settle.later(wait, false).await
    }
}

impl fmt::Debug for Delivery {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Delivery")
            .field("event", &self.event)
            .field("attempt", &self.attempt)
            .finish_non_exhaustive()
    }
}
