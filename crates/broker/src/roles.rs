//! The broker's two roles: accepting events durably, and handing them out for settlement. The brokers
//! implement them; `tests/conformance.rs` is the suite that any backend must pass.

use std::fmt;
use std::time::Duration;

use async_trait::async_trait;

use domain::event::{Event, Lane};
use domain::ids::ConnectionName;

use crate::delivery::Delivery;
use crate::error::{ConsumeError, PublishError};

/// Accepts events.
#[async_trait]
pub trait Publisher: Send + Sync + fmt::Debug {
    /// Accepts all of these events. `Ok` means durable: they survive the death of the process and the loss of
    /// power. After an error none may have been accepted, or some: publish all of them again, copies of an
    /// event are harmless.
    async fn publish(&self, events: &[Event]) -> Result<(), PublishError>;
}

/// Hands out the events of one connection's lane.
#[async_trait]
pub trait Consumer: Send + fmt::Debug {
    /// Waits until at least one event can be taken. Takes nothing. Cancel-safe.
    async fn ready(&mut self) -> Result<(), ConsumeError>;

    /// Takes up to `max` events that are due, oldest first. When there are fewer, lingers for more, at most
    /// `linger`. Does not wait for a first one: the answer may be empty. Cancel-safe: events taken by a call
    /// that is dropped return to the queue.
    async fn batch(&mut self, max: usize, linger: Duration) -> Result<Vec<Delivery>, ConsumeError>;
}

/// Both roles, and what the binary needs beside them.
#[async_trait]
pub trait Broker: Publisher {
    /// A consumer of one connection's lane. Several may exist; no event is in two hands at once.
    async fn consumer(
        &self,
        connection: &ConnectionName,
        lane: Lane,
    ) -> Result<Box<dyn Consumer>, ConsumeError>;

    /// How many events are where.
    async fn depth(&self, connection: &ConnectionName, lane: Lane) -> Result<Depth, ConsumeError>;

    /// Hands out events that were taken too often without ever being settled: each of them may have killed
    /// the worker that had it in hand. Settle them as any other delivery.
    async fn poisoned(&self, max: usize) -> Result<Vec<Delivery>, ConsumeError>;

    /// Whether events can be accepted now; the error says why not.
    async fn health(&self) -> Result<(), PublishError>;

    /// Finishes what was begun and closes.
    async fn close(&self);
}

/// How many events of a lane are where; `None` where the broker cannot tell. Poisoned events count only while
/// they are in hand.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Depth {
    /// Due and waiting to be taken.
    pub ready: u64,
    /// Waiting for their time.
    pub delayed: Option<u64>,
    /// Taken and not settled.
    pub in_hand: Option<u64>,
}
