//! Messages in hand, and how they are settled. Whatever happens to the holder, the message is settled or
//! returned.
//!
//! A retry and a return are a copy of the event, published and confirmed, and only then the acknowledgement
//! of the original: a death between the two doubles the event, which is harmless, and never loses it. A
//! return is not the server's own `nack`, because that counts towards the delivery limit of most versions.
//! While the server takes no copy, as under an alarm, the message stays in hand and comes again from here.

use std::collections::HashMap;
use std::fmt;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use jiff::SignedDuration;
use lapin::Acker;
use lapin::options::{BasicAckOptions, BasicNackOptions, BasicRejectOptions};
use tokio::sync::mpsc;
use tokio::time::{Instant, sleep, timeout};

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

/// Where a consumer gets the messages that come again from here, past the server.
pub(super) type Home = mpsc::UnboundedSender<Message>;

/// One message that the server has handed to us.
pub(super) struct Message {
    event: Event,
    attempt: u32,
    body: Vec<u8>,
    acker: Acker,
    /// `None` for a message that no consumer took.
    home: Option<Home>,
    /// A message can only be settled on the channel that it came by.
    _handout: Arc<Handout>,
}

impl Message {
    pub(super) fn new(
        content: Content,
        delivery: lapin::message::Delivery,
        home: Option<&Home>,
        handout: &Arc<Handout>,
    ) -> Self {
        Self {
            event: content.event,
            attempt: content.attempt,
            body: delivery.data,
            acker: delivery.acker,
            home: home.cloned(),
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

    /// Whether it can still be settled; if not, the server hands it out again.
    pub(super) fn usable(&self) -> bool {
        self.acker.usable()
    }

    /// Publishes a copy that comes after `wait`, then acknowledges.
    async fn again(&self, shared: &Shared, wait: Duration) -> Result<(), RabbitError> {
        if !self.usable() {
            // A copy would only be a second one.
            return Err(RabbitError::ChannelGone);
        }
        let tier = shared.config.tier(wait);
        let exchange = tier.map_or_else(|| shared.names.events(), |(tier, _)| shared.names.retry(tier));
        let rest = tier.map_or(Duration::ZERO, |(_, rest)| rest);
        let draft = Draft {
            exchange,
            key: Names::key(&self.event.connection, self.event.kind.lane()),
            body: self.body.clone(),
            properties: message::properties(&self.event, self.attempt, rest),
        };
        shared.send(vec![draft]).await?;
        self.ack(shared).await
    }

    /// [`Self::again`], also while the server takes no messages: returned its way the event would only fail again at
    /// once, and each return counts as a delivery. It stays in hand, which keeps nobody else waiting.
    async fn put_off(self, shared: &Arc<Shared>, wait: Duration) -> Result<(), RabbitError> {
        let due = Instant::now() + wait;
        match self.again(shared, wait).await {
            Err(error) if self.usable() => {
                tracing::debug!(event = %self.event.id, %error, "an event is held, for no message is taken");
                let holding = self.hold(Arc::clone(shared), due);
                shared.settling.spawn_on(holding, &shared.runtime);
                Ok(())
            }
            ended => ended,
        }
    }

    /// Holds it until a copy is taken. If none is when it is due, it comes again from here.
    async fn hold(self, shared: Arc<Shared>, due: Instant) {
        while self.usable() {
            tokio::select! { () = shared.closing.cancelled() => break, () = sleep(TRY_AGAIN) => {} }
            let rest = due.saturating_duration_since(Instant::now());
            if self.again(&shared, rest).await.is_ok() {
                return;
            }
            if let Some(home) = self.home.clone().filter(|_| rest.is_zero()) {
                return self.come_to(&home, &shared).await;
            }
        }
        self.requeue(&shared).await;
    }

    /// Hands it to its consumer again; where that is gone, to any.
    async fn come_to(self, home: &Home, shared: &Shared) {
        if let Err(mpsc::error::SendError(message)) = home.send(self) {
            message.requeue(shared).await;
        }
    }

    /// Sends it on to its next tier, at no attempt.
    pub(super) async fn forward(self, shared: &Arc<Shared>, rest: Duration) {
        let event = self.event.id;
        if let Err(error) = self.put_off(shared, rest).await {
            tracing::debug!(%event, %error, "an event could not be sent on to its next tier");
        }
    }

    /// Returns it at no attempt.
    async fn give_back(self, shared: &Arc<Shared>) {
        let event = self.event.id;
        if let Err(error) = self.put_off(shared, Duration::ZERO).await {
            tracing::debug!(%event, %error, "an event could not be returned in good order");
        }
    }

    /// Returns it at no attempt, now or the server's way.
    pub(super) async fn give_back_now(self, shared: &Shared) {
        if let Err(error) = self.again(shared, Duration::ZERO).await {
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
        messages.get(&slot).is_some_and(Message::usable)
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
            let message = messages.get(&self.slot).filter(|message| message.usable())?;
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
        let mut message = self.take()?;
        let wait = Duration::try_from(wait).unwrap_or(Duration::ZERO);
        message.attempt = message.attempt.saturating_add(u32::from(used_attempt));
        Ok(message.put_off(&self.shared, wait).await?)
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
