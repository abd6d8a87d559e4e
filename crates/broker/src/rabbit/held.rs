//! Messages in hand, and how they are settled. Whatever happens to the holder, the message is settled or
//! returned.
//!
//! A retry and a return are a copy of the event, published and confirmed, and only then the acknowledgement
//! of the original: a death between the two doubles the event, which is harmless, and never loses it. A
//! return is not the server's own `nack`, because that counts towards the delivery limit of most versions.

use std::collections::HashMap;
use std::fmt;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use jiff::SignedDuration;
use lapin::Acker;
use lapin::options::{BasicAckOptions, BasicNackOptions, BasicRejectOptions};
use tokio::time::{sleep, timeout};

use domain::event::Event;

use super::handout::Handout;
use super::message::{self, Content, Draft};
use super::shared::Shared;
use super::topology::Names;
use super::trouble::RabbitError;
use crate::delivery::{Delivery, Settle};
use crate::error::ConsumeError;

/// The pause before a message that the server did not take is offered to it again.
const TRY_AGAIN: Duration = Duration::from_secs(1);

/// One message that the server has handed to us.
pub(super) struct Message {
    event: Event,
    attempt: u32,
    body: Vec<u8>,
    acker: Acker,
    /// A message can only be settled on the channel that it came by.
    _handout: Arc<Handout>,
}

impl Message {
    pub(super) fn new(content: Content, delivery: lapin::message::Delivery, handout: &Arc<Handout>) -> Self {
        Self {
            event: content.event,
            attempt: content.attempt,
            body: delivery.data,
            acker: delivery.acker,
            _handout: Arc::clone(handout),
        }
    }

    /// Acknowledges: the server forgets the message.
    async fn ack(&self, shared: &Shared) -> Result<(), RabbitError> {
        let ack = self.acker.ack(BasicAckOptions::default());
        match timeout(shared.config.deadline, ack).await {
            Ok(Ok(true)) => Ok(()),
            Ok(Ok(false)) | Err(_) => Err(RabbitError::ChannelGone),
            Ok(Err(error)) => Err(RabbitError::Lost(error)),
        }
    }

    /// Publishes a copy that comes after `wait`, then acknowledges.
    async fn again(&self, shared: &Shared, wait: Duration, attempt: u32) -> Result<(), RabbitError> {
        if !self.acker.usable() {
            // The server hands it out again: a copy would only be a second one.
            return Err(RabbitError::ChannelGone);
        }
        let tier = shared.config.tier(wait);
        let exchange = tier.map_or_else(|| shared.names.events(), |(tier, _)| shared.names.retry(tier));
        let rest = tier.map_or(Duration::ZERO, |(_, rest)| rest);
        let draft = Draft {
            exchange,
            key: Names::key(&self.event.connection, self.event.kind.lane()),
            body: self.body.clone(),
            properties: message::properties(&self.event, attempt, rest),
        };
        shared.send(vec![draft]).await?;
        self.ack(shared).await
    }

    /// [`Self::again`], however long the server takes no messages, as under an alarm: handed out again at once the
    /// event would only fail again, and each of these returns counts as a delivery. Until then it stays in hand, which
    /// keeps nobody else waiting; its channel's end returns it.
    async fn again_in_time(
        self,
        shared: &Arc<Shared>,
        wait: Duration,
        attempt: u32,
    ) -> Result<(), RabbitError> {
        match self.again(shared, wait, attempt).await {
            Err(error) if self.acker.usable() => {
                tracing::debug!(event = %self.event.id, %error, "an event is held until messages are taken again");
                let shared = Arc::clone(shared);
                let holding = shared.settling.clone();
                holding.spawn_on(self.hold(shared.clone(), wait, attempt), &shared.runtime);
                Ok(())
            }
            ended => ended,
        }
    }

    async fn hold(self, shared: Arc<Shared>, wait: Duration, attempt: u32) {
        while self.acker.usable() && !shared.closing.is_cancelled() {
            tokio::select! { () = shared.closing.cancelled() => break, () = sleep(TRY_AGAIN) => {} }
            if self.again(&shared, wait, attempt).await.is_ok() {
                return;
            }
        }
        self.requeue(&shared).await;
    }

    /// Sends it on to its next tier, at no attempt.
    pub(super) async fn forward(self, shared: &Arc<Shared>, rest: Duration) {
        let (event, attempt) = (self.event.id, self.attempt);
        if let Err(error) = self.again_in_time(shared, rest, attempt).await {
            tracing::debug!(%event, %error, "an event could not be sent on to its next tier");
        }
    }

    /// Returns it at no attempt.
    pub(super) async fn give_back(self, shared: &Shared) {
        if let Err(error) = self.again(shared, Duration::ZERO, self.attempt).await {
            tracing::debug!(event = %self.event.id, %error, "an event could not be returned in good order");
            self.requeue(shared).await;
        }
    }

    /// Returns it the server's way, which may count as a delivery.
    async fn requeue(&self, shared: &Shared) {
        let nack = self.acker.nack(BasicNackOptions { requeue: true, multiple: false });
        // Without a channel the server requeues by itself.
        drop(timeout(shared.config.deadline, nack).await);
    }

    /// Returns it in a way that counts as a delivery on every version of the server.
    async fn requeue_and_count(self, shared: Arc<Shared>) {
        let reject = self.acker.reject(BasicRejectOptions { requeue: true });
        drop(timeout(shared.config.deadline, reject).await);
    }
}

impl fmt::Debug for Message {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Message").field("event", &self.event.id).finish_non_exhaustive()
    }
}

/// All messages in hand. Closing the broker takes them away from their holders.
#[derive(Debug, Default)]
pub(super) struct InHand {
    messages: Mutex<HashMap<u64, Message>>,
    last: AtomicU64,
}

impl InHand {
    fn put(&self, message: Message) -> u64 {
        let slot = self.last.fetch_add(1, Ordering::Relaxed);
        self.messages.lock().expect("no holder panics").insert(slot, message);
        slot
    }

    fn take(&self, slot: u64) -> Option<Message> {
        self.messages.lock().expect("no holder panics").remove(&slot)
    }

    fn usable(&self, slot: u64) -> bool {
        let messages = self.messages.lock().expect("no holder panics");
        messages.get(&slot).is_some_and(|message| message.acker.usable())
    }

    /// Takes all of them.
    pub(super) fn take_all(&self) -> Vec<Message> {
        self.messages.lock().expect("no holder panics").drain().map(|(_, message)| message).collect()
    }
}

/// One message in somebody's hands. Dropping it returns the event.
#[derive(Debug)]
pub(super) struct Held {
    shared: Arc<Shared>,
    slot: u64,
}

impl Held {
    pub(super) fn new(shared: &Arc<Shared>, message: Message) -> Self {
        Self { shared: Arc::clone(shared), slot: shared.in_hand.put(message) }
    }

    /// Whether it can still be settled; if not, the server hands it out again.
    pub(super) fn usable(&self) -> bool {
        self.shared.in_hand.usable(self.slot)
    }

    /// A delivery of it; `None` when it can no longer be settled.
    pub(super) fn deliver(self) -> Option<Delivery> {
        let (event, attempt) = {
            let messages = self.shared.in_hand.messages.lock().expect("no holder panics");
            let message = messages.get(&self.slot).filter(|message| message.acker.usable())?;
            (message.event.clone(), message.attempt)
        };
        Some(Delivery::new(event, attempt, Box::new(self)))
    }

    /// Takes the message out, to settle it.
    fn take(&self) -> Result<Message, ConsumeError> {
        self.shared.in_hand.take(self.slot).ok_or(ConsumeError::Closed)
    }
}

#[async_trait]
impl Settle for Held {
    async fn ack(self: Box<Self>) -> Result<(), ConsumeError> {
        let _under_way = self.shared.settling.token();
        Ok(self.take()?.ack(&self.shared).await?)
    }

    async fn later(self: Box<Self>, wait: SignedDuration, used_attempt: bool) -> Result<(), ConsumeError> {
        let _under_way = self.shared.settling.token();
        let message = self.take()?;
        let wait = Duration::try_from(wait).unwrap_or(Duration::ZERO);
        let attempt = message.attempt.saturating_add(u32::from(used_attempt));
        Ok(message.again_in_time(&self.shared, wait, attempt).await?)
    }
}

impl Drop for Held {
    fn drop(&mut self) {
        let Some(message) = self.shared.in_hand.take(self.slot) else { return };
        let shared = Arc::clone(&self.shared);
        let (settling, runtime) = (self.shared.settling.clone(), self.shared.runtime.clone());
        if std::thread::panicking() {
            // A worker that panics with the event in hand may do so each time: that one counts.
            settling.spawn_on(message.requeue_and_count(shared), &runtime);
        } else {
            settling.spawn_on(async move { message.give_back(&shared).await }, &runtime);
        }
    }
}
