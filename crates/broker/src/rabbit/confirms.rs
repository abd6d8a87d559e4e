//! Publishing with confirms over one channel. All that publishes on a channel is one task, for two reasons:
//!
//! * lapin numbers a message and queues its frames in two steps; two tasks at once could exchange the
//!   numbers, and each would then hear the other's confirm.
//! * lapin ties a returned message to whichever confirm comes next, which need not be its own. So verdicts are
//!   given only after everything that has come in was looked at: a message that carries a return, and the one
//!   that was returned, both count as not routed.

use std::collections::HashMap;
use std::sync::Arc;

use futures_util::stream::FuturesUnordered;
use futures_util::{FutureExt, StreamExt};
use lapin::message::BasicReturnMessage;
use lapin::options::BasicPublishOptions;
use lapin::types::ShortString;
use lapin::{BasicProperties, Channel, Confirmation};
use tokio::sync::{mpsc, oneshot};
use tokio::time::{Instant, interval};

use super::session::Session;
use super::trouble::RabbitError;

/// A message on its way to an exchange.
#[derive(Debug)]
pub(super) struct Outgoing {
    pub(super) exchange: ShortString,
    pub(super) key: ShortString,
    pub(super) body: Vec<u8>,
    pub(super) properties: BasicProperties,
    /// Hears what became of it.
    pub(super) answer: oneshot::Sender<Result<(), RabbitError>>,
}

/// A message that was sent and is not confirmed.
#[derive(Debug)]
struct Waiting {
    id: Option<ShortString>,
    key: ShortString,
    since: Instant,
    answer: oneshot::Sender<Result<(), RabbitError>>,
}

/// What the channel said of the message with that number.
type Heard = (u64, lapin::Result<Confirmation>);

/// How often in the time of a deadline it is checked; an answer may be late by that much.
const LOOKS: u32 = 10;
/// Messages that are taken from the outbox at a time.
const AT_ONCE: usize = 64;
/// A set of futures may pause although one of its futures is ready; so often in a row it does not.
const QUIET_LOOKS: u32 = 3;

/// Publishes until the session ends.
pub(super) async fn run(channel: Channel, mut outgoing: mpsc::Receiver<Outgoing>, session: Arc<Session>) {
    let mut post = Post { waiting: HashMap::new(), number: 0, session: &session };
    let (mut confirms, mut messages) = (FuturesUnordered::new(), Vec::with_capacity(AT_ONCE));
    let mut ended = std::pin::pin!(session.ended());
    let mut blocked = session.blocked();
    let mut look = interval(session.deadline() / LOOKS);
    loop {
        tokio::select! {
            biased;
            () = &mut ended => break,
            Ok(()) = blocked.changed() => post.refuse_while_blocked(),
            _ = look.tick() => post.check_deadline(),
            Some(heard) = confirms.next(), if !confirms.is_empty() => {
                let mut all: Vec<Heard> = vec![heard];
                let mut quiet = 0;
                while quiet < QUIET_LOOKS {
                    match confirms.next().now_or_never().flatten() {
                        Some(heard) => all.push(heard),
                        None => quiet += 1,
                    }
                }
                post.judge(all);
            }
            count = outgoing.recv_many(&mut messages, AT_ONCE) => {
                if count == 0 {
                    break;
                }
                for message in messages.drain(..) {
                    confirms.extend(post.register(message).map(|(number, letter)| letter.send(&channel, number)));
                }
            }
        }
    }
    post.answer_all(&session.why());
}

/// A message without its sender.
struct Letter {
    exchange: ShortString,
    key: ShortString,
    body: Vec<u8>,
    properties: BasicProperties,
}

impl Letter {
    /// Sends it, and hears of it.
    async fn send(self, channel: &Channel, number: u64) -> Heard {
        let Self { exchange, key, body, properties } = self;
        let options = BasicPublishOptions { mandatory: true, immediate: false };
        let sent = channel.basic_publish(exchange, key, options, &body, properties).await;
        let confirmed = match sent {
            Ok(confirm) => confirm.await,
            Err(error) => Err(error),
        };
        (number, confirmed)
    }
}

/// What one channel has sent and not heard of.
struct Post<'a> {
    waiting: HashMap<u64, Waiting>,
    number: u64,
    session: &'a Session,
}

impl Post<'_> {
    /// Numbers a message, unless the server takes none.
    fn register(&mut self, message: Outgoing) -> Option<(u64, Letter)> {
        let Outgoing { exchange, key, body, properties, answer } = message;
        if let Some(reason) = self.session.blocked_by() {
            let blocked = Err(RabbitError::Blocked { reason });
            // Whoever no longer listens publishes again, which is harmless.
            drop(answer.send(blocked));
            return None;
        }
        self.number += 1;
        let (id, since) = (properties.message_id().clone(), Instant::now());
        self.waiting.insert(self.number, Waiting { id, key: key.clone(), since, answer });
        Some((self.number, Letter { exchange, key, body, properties }))
    }

    /// The server has ceased to read, so nobody waits for the deadline. What was sent may be published later.
    fn refuse_while_blocked(&mut self) {
        if let Some(reason) = self.session.blocked_by() {
            self.answer_all(&RabbitError::Blocked { reason });
        }
    }

    /// A message that waits too long ends the session: the wire, the server or the channel is stuck.
    fn check_deadline(&mut self) {
        let late = |message: &Waiting| message.since.elapsed() >= self.session.deadline();
        if self.waiting.values().any(late) {
            self.session.fail(self.session.timed_out("confirm a message"));
        }
    }

    /// Answers those that were heard of, and those that were returned.
    fn judge(&mut self, heard: Vec<Heard>) {
        for (number, result) in &heard {
            if let Ok(Confirmation::Ack(Some(returned)) | Confirmation::Nack(Some(returned))) = result {
                self.not_routed(*number, returned);
            }
        }
        for (number, result) in heard {
            let Some(message) = self.waiting.remove(&number) else { continue };
            let verdict = match result {
                Ok(Confirmation::Ack(None)) => Ok(()),
                Ok(Confirmation::Nack(_)) => Err(RabbitError::QueueRefused { key: message.key.to_string() }),
                // Without confirms nothing is known; they were asked for, so this does not happen.
                Ok(Confirmation::Ack(Some(_)) | Confirmation::NotRequested) => Err(RabbitError::ChannelGone),
                Err(error) => {
                    self.session.fail(RabbitError::Lost(error.clone()));
                    Err(RabbitError::Lost(error))
                }
            };
            answer(message, verdict);
        }
    }

    /// Fails the message whose confirm carries a return, and the one that was returned.
    fn not_routed(&mut self, number: u64, returned: &BasicReturnMessage) {
        let (id, said) = (returned.properties.message_id(), returned.reply_text.to_string());
        for (_, message) in self.waiting.extract_if(|other, message| *other == number || message.id == *id) {
            let key = message.key.to_string();
            answer(message, Err(RabbitError::Unroutable { key, said: said.clone() }));
        }
        self.session.redeclare();
    }

    fn answer_all(&mut self, error: &RabbitError) {
        for (_, message) in self.waiting.drain() {
            answer(message, Err(error.clone()));
        }
    }
}

fn answer(message: Waiting, verdict: Result<(), RabbitError>) {
    // Whoever no longer listens publishes again, which is harmless.
    drop(message.answer.send(verdict));
}
