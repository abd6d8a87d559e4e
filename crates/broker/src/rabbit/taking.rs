//! Taking messages from a queue: one by a subscription that ends with it, many by a question for one and a
//! short subscription for the rest. A subscription never has room for more than it shall take, so when it
//! ends nothing is on its way to us.

use std::sync::Arc;
use std::time::Duration;

use futures_util::future::join_all;
use futures_util::{FutureExt, StreamExt};
use lapin::message::{BasicGetMessage, Delivery};
use lapin::options::{
    BasicCancelOptions, BasicConsumeOptions, BasicGetOptions, BasicQosOptions, BasicRejectOptions,
};
use lapin::types::FieldTable;
use lapin::{Channel, Consumer};
use tokio::sync::mpsc;
use tokio::time::timeout;

use super::handout::Handout;
use super::held::{Held, Home, Message};
use super::message;
use super::session::Session;
use super::shared::Shared;
use super::topology::short;
use super::trouble::RabbitError;

/// So few messages are asked for one by one; for more, a subscription is quicker.
const ASK_SINGLY: usize = 8;
/// The most that a quorum queue hands out before the first is settled.
const PREFETCH_MAX: usize = 2000;
/// A short subscription that gets nothing for this long gets nothing more: others were quicker.
const SILENCE: Duration = Duration::from_millis(100);

/// What came of waiting for a message.
#[derive(Debug)]
pub(super) enum Taken {
    Message(Held),
    /// It was not for us, or the connection broke: try again.
    Nothing,
    GivenUp,
}

/// Where one consumer takes its messages: a queue, and a channel while there is a connection; and those that
/// come again from this process, because the server takes none.
#[derive(Debug)]
pub(super) struct Station {
    queue: String,
    open: Option<(Arc<Session>, Arc<Handout>)>,
    home: Home,
    returned: mpsc::UnboundedReceiver<Message>,
}

impl Station {
    pub(super) fn new(queue: String) -> Self {
        let (home, returned) = mpsc::unbounded_channel();
        Self { queue, open: None, home, returned }
    }

    /// The next message that came again from here, of those that can be settled.
    fn next_returned(&mut self) -> Option<Message> {
        std::iter::from_fn(|| self.returned.try_recv().ok()).find(Message::usable)
    }

    /// Waits for one message, until `given_up` is done.
    pub(super) async fn first(&mut self, shared: &Arc<Shared>, given_up: impl Future<Output = ()>) -> Taken {
        let mut given_up = std::pin::pin!(given_up);
        let session = tokio::select! {
            () = &mut given_up => return Taken::GivenUp,
            session = shared.consuming().up() => match session {
                Some(session) => session,
                None => return Taken::GivenUp,
            },
        };
        match self.await_first(shared, &session, &mut given_up).await {
            Ok(taken) => taken,
            Err(error) => {
                session.fail(error);
                Taken::Nothing
            }
        }
    }

    async fn await_first(
        &mut self,
        shared: &Arc<Shared>,
        session: &Arc<Session>,
        given_up: impl Future<Output = ()>,
    ) -> Result<Taken, RabbitError> {
        let channel = self.channel(shared, session).await?;
        let mut subscription = subscribe(session, &channel, &self.queue).await?;
        let (delivery, otherwise) = tokio::select! {
            () = given_up => (None, Ok(Taken::GivenUp)),
            () = session.ended() => return Ok(Taken::Nothing),
            Some(message) = self.returned.recv() => (None, Ok(Taken::Message(Held::new(shared, message)))),
            delivery = subscription.next() => (delivery, Err(self.consumer_ended())),
        };
        unsubscribe(session, &channel, &subscription).await?;
        // One may have come while the subscription was being ended.
        let Some(delivery) = delivery.or_else(|| subscription.next().now_or_never().flatten()) else {
            // Or one comes even later, and nobody would have it in hand: it returns when the channel closes.
            self.open = None;
            return otherwise;
        };
        let delivery = delivery.map_err(RabbitError::Lost)?;
        let taken = self.receive(shared, &channel, delivery).await;
        Ok(taken.map_or(Taken::Nothing, Taken::Message))
    }

    fn consumer_ended(&self) -> RabbitError {
        RabbitError::ConsumerEnded { queue: self.queue.clone() }
    }

    /// Takes up to `max` messages of those that are there now, oldest first.
    pub(super) async fn take(&mut self, shared: &Arc<Shared>, max: usize) -> Vec<Held> {
        let returned = std::iter::from_fn(|| self.next_returned()).take(max);
        let mut taken: Vec<_> = returned.map(|message| Held::new(shared, message)).collect();
        // Without a connection there is nothing else to take.
        let Some(Some(session)) = shared.consuming().up().now_or_never() else { return taken };
        while taken.len() < max && !shared.closing.is_cancelled() {
            match self.take_some(shared, &session, max - taken.len(), &mut taken).await {
                Ok(true) => {}
                Ok(false) => break,
                Err(error) => {
                    session.fail(error);
                    break;
                }
            }
        }
        taken
    }

    /// Takes some; whether there may be more.
    async fn take_some(
        &mut self,
        shared: &Arc<Shared>,
        session: &Arc<Session>,
        max: usize,
        taken: &mut Vec<Held>,
    ) -> Result<bool, RabbitError> {
        let channel = self.channel(shared, session).await?;
        let Some(first) = self.get(session, &channel).await? else { return Ok(false) };
        let behind = usize::try_from(first.message_count).unwrap_or(usize::MAX);
        taken.extend(self.receive(shared, &channel, first.delivery).await);
        let more = behind.min(max - 1).min(PREFETCH_MAX);
        if more <= ASK_SINGLY {
            let answers = join_all((0..more).map(|_| self.get(session, &channel))).await;
            let (messages, more) = heard(answers);
            for message in messages {
                taken.extend(self.receive(shared, &channel, message.delivery).await);
            }
            if !more? {
                return Ok(false);
            }
        } else {
            self.take_by_subscription(shared, session, more, taken).await?;
        }
        Ok(behind > 0)
    }

    async fn get(
        &self,
        session: &Session,
        channel: &Channel,
    ) -> Result<Option<BasicGetMessage>, RabbitError> {
        let get = channel.basic_get(short(&self.queue), BasicGetOptions::default());
        session.within("hand out a message", get).await
    }

    /// Takes `count` messages, or fewer if others are quicker, over a channel that closes once they are
    /// settled. Should a message come after the end of the subscription, it returns then.
    async fn take_by_subscription(
        &self,
        shared: &Arc<Shared>,
        session: &Arc<Session>,
        count: usize,
        taken: &mut Vec<Held>,
    ) -> Result<(), RabbitError> {
        let channel = Arc::new(Handout::open(shared, session).await?);
        let prefetch = u16::try_from(count).unwrap_or(u16::MAX);
        qos(session, &channel, prefetch).await?;
        let mut subscription = subscribe(session, &channel, &self.queue).await?;
        let mut deliveries = Vec::with_capacity(count);
        while deliveries.len() < count {
            match timeout(SILENCE, subscription.next()).await {
                Ok(Some(delivery)) => deliveries.push(delivery.map_err(RabbitError::Lost)?),
                Ok(None) => return Err(self.consumer_ended()),
                Err(_) => break,
            }
        }
        unsubscribe(session, &channel, &subscription).await?;
        while let Some(Some(Ok(delivery))) = subscription.next().now_or_never() {
            deliveries.push(delivery);
        }
        for delivery in deliveries {
            taken.extend(self.receive(shared, &channel, delivery).await);
        }
        Ok(())
    }

    /// The channel on `session`.
    async fn channel(
        &mut self,
        shared: &Shared,
        session: &Arc<Session>,
    ) -> Result<Arc<Handout>, RabbitError> {
        if let Some((of, channel)) = &self.open
            && Arc::ptr_eq(of, session)
        {
            return Ok(Arc::clone(channel));
        }
        let channel = Arc::new(Handout::open(shared, session).await?);
        qos(session, &channel, 1).await?;
        self.open = Some((Arc::clone(session), Arc::clone(&channel)));
        Ok(channel)
    }

    /// Takes a message in hand, unless it has to wait on, or is none of ours.
    async fn receive(
        &self,
        shared: &Arc<Shared>,
        channel: &Arc<Handout>,
        delivery: Delivery,
    ) -> Option<Held> {
        let content = match message::read(&delivery.data, &delivery.properties) {
            Ok(content) => content,
            Err(reason) => {
                let (queue, dead) = (&self.queue, shared.names.dead());
                let id = message::id(&delivery.properties);
                tracing::warn!(queue, id, %reason, "a message cannot be read and goes to {dead}");
                reject(shared, &delivery).await;
                return None;
            }
        };
        if content.returns > shared.config.delivery_limit {
            // Some versions of the server do not count every return towards the limit that the queue has.
            reject(shared, &delivery).await;
            return None;
        }
        let rest = content.rest;
        let message = Message::new(content, delivery, Some(&self.home), channel);
        if rest.is_zero() {
            return Some(Held::new(shared, message));
        }
        let on_its_way = Arc::clone(shared);
        shared.settling.spawn(async move { message.forward(&on_its_way, rest).await });
        None
    }
}

/// What several answers bring, and whether there may be more. Each is heard, whatever those before it say: a
/// message that is let fall here would stay unacknowledged for as long as its channel lives. One may come after
/// an empty answer, when it was published between the two.
fn heard<M, E>(answers: Vec<Result<Option<M>, E>>) -> (Vec<M>, Result<bool, E>) {
    let (mut messages, mut more) = (Vec::with_capacity(answers.len()), Ok(true));
    for answer in answers {
        match answer {
            Ok(Some(message)) => messages.push(message),
            Ok(None) => more = more.map(|_| false),
            Err(error) => more = more.and(Err(error)),
        }
    }
    (messages, more)
}

/// The server sets the message aside, to where the queue's dead letters go.
pub(super) async fn reject(shared: &Shared, delivery: &Delivery) {
    let reject = delivery.acker.reject(BasicRejectOptions { requeue: false });
    // If it fails the message comes again, and with it the next attempt.
    drop(timeout(shared.config.deadline, reject).await);
}

async fn qos(session: &Session, channel: &Channel, prefetch: u16) -> Result<(), RabbitError> {
    // Not global: RabbitMQ 4.3 refuses that, and for a consumer it means the same.
    let qos = channel.basic_qos(prefetch, BasicQosOptions { global: false });
    session.within("limit what it hands out", qos).await
}

async fn subscribe(session: &Session, channel: &Channel, queue: &str) -> Result<Consumer, RabbitError> {
    let (tag, options) = (short(""), BasicConsumeOptions::default());
    let consume = channel.basic_consume(short(queue), tag, options, FieldTable::default());
    session.within("subscribe to a queue", consume).await
}

async fn unsubscribe(
    session: &Session,
    channel: &Channel,
    subscription: &Consumer,
) -> Result<(), RabbitError> {
    let cancel = channel.basic_cancel(subscription.tag(), BasicCancelOptions::default());
    session.within("end a subscription", cancel).await
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_message_behind_an_empty_or_failed_answer_is_not_let_fall() {
        let nothing: Result<Option<u8>, &str> = Ok(None);
        assert_eq!(heard(vec![Ok(Some(1)), Ok(Some(2)), Err("x")]), (vec![1, 2], Err("x")));
        assert_eq!(heard(vec![nothing, Ok(Some(1)), nothing]), (vec![1], Ok(false)));
        assert_eq!(heard(vec![Err("x"), Ok(Some(1)), nothing, Err("y")]), (vec![1], Err("x")));
        assert_eq!(heard(vec![Ok::<_, &str>(Some(1))]), (vec![1], Ok(true)));
    }
}
