//! One established connection and what hangs on it, from the greeting to the first failure. A session is
//! never mended: whoever meets an error fails it, and the supervisor builds another.

use std::sync::OnceLock;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use futures_util::StreamExt;
use lapin::options::ConfirmSelectOptions;
use lapin::{Channel, Event};
use tokio::sync::{Notify, mpsc, watch};
use tokio::time::timeout;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use super::config::RabbitConfig;
use super::confirms::{self, Outgoing};
use super::dial::{Address, Dialled, dial};
use super::topology;
use super::trouble::RabbitError;

/// Channels of a publishing connection. One would carry the load; a second keeps publishers going while the
/// server makes the first wait for a slow queue.
const CONFIRM_CHANNELS: usize = 2;
/// Messages that may wait for a channel; whoever comes then waits to be heard.
const WAITING_MESSAGES: usize = 1024;
/// How long saying goodbye may take.
const GOODBYE: Duration = Duration::from_secs(1);

/// What a connection is for. Publishing and consuming never share one: the server stops reading from a
/// connection that publishes while memory or disk are short, and acknowledgements must go on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Purpose {
    Publishing,
    Consuming,
}

impl Purpose {
    pub(super) fn as_str(self) -> &'static str {
        match self {
            Self::Publishing => "publishing",
            Self::Consuming => "consuming",
        }
    }
}

/// An established connection whose topology was declared.
#[derive(Debug)]
pub(super) struct Session {
    dialled: Dialled,
    server: String,
    deadline: Duration,
    ended: CancellationToken,
    why: OnceLock<RabbitError>,
    blocked: watch::Sender<Option<String>>,
    redeclare: Notify,
    outboxes: Vec<mpsc::Sender<Outgoing>>,
    next_outbox: AtomicUsize,
}

impl Session {
    /// Connects, declares everything, and for publishing opens the channels with confirms.
    pub(super) async fn establish(
        address: &Address,
        config: &RabbitConfig,
        purpose: Purpose,
    ) -> Result<(Self, Vec<(Channel, mpsc::Receiver<Outgoing>)>), RabbitError> {
        let dialled = dial(address, config, purpose.as_str()).await?;
        let mut session = Self {
            dialled,
            server: address.server.clone(),
            deadline: config.deadline,
            ended: CancellationToken::new(),
            why: OnceLock::new(),
            blocked: watch::Sender::new(None),
            redeclare: Notify::new(),
            outboxes: Vec::new(),
            next_outbox: AtomicUsize::new(0),
        };
        session.declare(config).await?;
        let mut channels = Vec::new();
        if purpose == Purpose::Publishing {
            for _ in 0..CONFIRM_CHANNELS {
                let channel = session.channel().await?;
                session.within("confirm", channel.confirm_select(ConfirmSelectOptions::default())).await?;
                let (outbox, outgoing) = mpsc::channel(WAITING_MESSAGES);
                session.outboxes.push(outbox);
                channels.push((channel, outgoing));
            }
        }
        Ok((session, channels))
    }

    async fn declare(&self, config: &RabbitConfig) -> Result<(), RabbitError> {
        let channel = self.channel().await?;
        topology::declare(&channel, config, &self.server).await
    }

    /// A new channel.
    pub(super) async fn channel(&self) -> Result<Channel, RabbitError> {
        self.within("open a channel", self.dialled.connection.create_channel()).await
    }

    /// The server's answer, unless it takes too long.
    pub(super) async fn within<T>(
        &self,
        what: &'static str,
        question: impl Future<Output = lapin::Result<T>>,
    ) -> Result<T, RabbitError> {
        match timeout(self.deadline, question).await {
            Ok(answer) => answer.map_err(RabbitError::Lost),
            Err(_) => Err(self.timed_out(what)),
        }
    }

    /// The error of a question that stays without an answer.
    pub(super) fn timed_out(&self, what: &'static str) -> RabbitError {
        RabbitError::Timeout { server: self.server.clone(), what, after: self.deadline }
    }

    /// Ends the session; the first reason counts.
    pub(super) fn fail(&self, why: RabbitError) {
        // A later reason is mostly a consequence of the first.
        drop(self.why.set(why));
        self.ended.cancel();
    }

    /// Waits for the end of the session.
    pub(super) async fn ended(&self) {
        self.ended.cancelled().await;
    }

    /// Whether the session has ended.
    pub(super) fn has_ended(&self) -> bool {
        self.ended.is_cancelled()
    }

    /// Why it ended.
    pub(super) fn why(&self) -> RabbitError {
        self.why.get().cloned().unwrap_or(RabbitError::Connecting)
    }

    /// How long the server may take to answer.
    pub(super) fn deadline(&self) -> Duration {
        self.deadline
    }

    /// Why the server takes no messages; `None` while it does.
    pub(super) fn blocked_by(&self) -> Option<String> {
        self.blocked.borrow().clone()
    }

    /// Tells when that changes.
    pub(super) fn blocked(&self) -> watch::Receiver<Option<String>> {
        self.blocked.subscribe()
    }

    /// Has everything declared again: a message found no queue.
    pub(super) fn redeclare(&self) {
        self.redeclare.notify_one();
    }

    /// Where to put messages: those of one call go to one channel, so that they keep their order.
    pub(super) fn outbox(&self) -> Option<&mpsc::Sender<Outgoing>> {
        let turn = self.next_outbox.fetch_add(1, Ordering::Relaxed);
        self.outboxes.get(turn % self.outboxes.len().max(1))
    }

    /// Looks after the session until it fails or is told to stop; then the connection is closed.
    pub(super) async fn attend(&self, config: &RabbitConfig, stop: &CancellationToken) {
        let mut events = std::pin::pin!(self.dialled.connection.events_listener());
        loop {
            tokio::select! {
                () = stop.cancelled() => break,
                () = self.ended() => break,
                event = events.next() => self.hear(event),
                () = self.redeclare.notified() => {
                    if let Err(error) = self.declare(config).await {
                        self.fail(error);
                    }
                }
            }
        }
        self.ended.cancel();
        self.say_goodbye().await;
    }

    fn hear(&self, event: Option<Event>) {
        match event {
            Some(Event::ConnectionBlocked(reason)) => {
                tracing::warn!(reason, "RabbitMQ takes no messages");
                self.blocked.send_replace(Some(reason));
            }
            Some(Event::ConnectionUnblocked) => {
                tracing::info!("RabbitMQ takes messages again");
                self.blocked.send_replace(None);
            }
            Some(Event::Error(error)) => self.fail(RabbitError::Lost(error)),
            Some(_) => {}
            None => self.fail(RabbitError::ChannelGone),
        }
    }

    async fn say_goodbye(&self) {
        let goodbye = self.dialled.connection.close(200, "done".into());
        // A broken connection cannot be closed in good order; its wire is cut when the session is dropped.
        drop(timeout(GOODBYE, goodbye).await);
        self.dialled.cut();
    }

    /// Starts the tasks that publish over `channels`.
    pub(super) fn start(
        self: &std::sync::Arc<Self>,
        channels: Vec<(Channel, mpsc::Receiver<Outgoing>)>,
        tasks: &TaskTracker,
    ) {
        for (channel, outgoing) in channels {
            tasks.spawn(confirms::run(channel, outgoing, std::sync::Arc::clone(self)));
        }
    }
}
