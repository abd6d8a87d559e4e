//! Exchanges and queues: their names, their arguments, and declaring them, which is also verifying them.
//! Everything is durable, every queue a quorum queue; nothing here needs a plugin or anything newer than
//! RabbitMQ 3.10, or uses what 4.x took away.

use std::time::Duration;

use lapin::options::{ExchangeDeclareOptions, QueueBindOptions, QueueDeclareOptions};
use lapin::types::{AMQPValue, FieldTable, ShortString};
use lapin::{Channel, ExchangeKind};
use tokio::time::timeout;

use domain::event::Lane;
use domain::ids::ConnectionName;

use super::config::RabbitConfig;
use super::trouble::RabbitError;

/// A namespace that is longer would make names longer than AMQP's 255 bytes.
const NAMESPACE_MAX: usize = 100;
/// Returns to the queue of dead events are no crime: a process that parks them may die as well.
const DEAD_RETURNS: u32 = 1_000_000;

/// The names of what is declared.
#[derive(Debug, Clone)]
pub(super) struct Names {
    namespace: String,
}

impl Names {
    pub(super) fn new(config: &RabbitConfig) -> Result<Self, RabbitError> {
        let namespace = config.namespace.clone();
        if namespace.len() > NAMESPACE_MAX {
            return Err(RabbitError::Namespace { namespace });
        }
        Ok(Self { namespace })
    }

    /// The exchange that routes events to their lanes.
    pub(super) fn events(&self) -> String {
        format!("{}.events", self.namespace)
    }

    /// The routing key of a lane.
    pub(super) fn key(connection: &ConnectionName, lane: Lane) -> String {
        format!("{connection}.{lane}")
    }

    /// The queue behind a routing key.
    pub(super) fn queue(&self, key: &str) -> String {
        format!("{}.{key}", self.namespace)
    }

    /// A retry tier: the name of its exchange and of its queue.
    pub(super) fn retry(&self, tier: &str) -> String {
        format!("{}.retry.{tier}", self.namespace)
    }

    /// Where events lie that killed their holders, and messages that cannot be read, until they are drained.
    pub(super) fn dead(&self) -> String {
        format!("{}.dead", self.namespace)
    }

    /// Where messages that cannot be read wait for a person.
    pub(super) fn unreadable(&self) -> String {
        format!("{}.unreadable", self.namespace)
    }
}

/// Declares everything on a channel of its own. What exists with other arguments is an error.
pub(super) async fn declare(
    channel: &Channel,
    config: &RabbitConfig,
    server: &str,
) -> Result<(), RabbitError> {
    let names = Names::new(config)?;
    let declaring = Declaring { channel, config, server };
    declaring.exchange(&names.events(), ExchangeKind::Direct).await?;
    declaring.queue(&names.unreadable(), arguments()).await?;
    declaring.queue(&names.dead(), dying_to(limited(DEAD_RETURNS), "", Some(&names.unreadable()))).await?;
    for (tier, wait) in config.tiers {
        let name = names.retry(tier);
        declaring.exchange(&name, ExchangeKind::Fanout).await?;
        declaring.queue(&name, dying_to(waiting(wait), &names.events(), None)).await?;
        declaring.bind(&name, &name, "").await?;
    }
    for connection in &config.connections {
        for lane in Lane::ALL {
            let key = Names::key(connection, lane);
            let queue = names.queue(&key);
            let arguments = dying_to(limited(config.delivery_limit), "", Some(&names.dead()));
            declaring.queue(&queue, arguments).await?;
            declaring.bind(&queue, &names.events(), &key).await?;
        }
    }
    Ok(())
}

/// What every queue has: replicated, and refusing rather than dropping when it is full, which dead-lettering
/// at least once demands.
fn arguments() -> FieldTable {
    let mut arguments = FieldTable::default();
    arguments.insert("x-queue-type".into(), text("quorum"));
    arguments.insert("x-overflow".into(), text("reject-publish"));
    arguments
}

fn limited(returns: u32) -> FieldTable {
    let mut arguments = arguments();
    arguments.insert("x-delivery-limit".into(), AMQPValue::LongLongInt(returns.into()));
    arguments
}

fn waiting(wait: Duration) -> FieldTable {
    let mut arguments = arguments();
    let wait = i64::try_from(wait.as_millis()).unwrap_or(i64::MAX);
    arguments.insert("x-message-ttl".into(), AMQPValue::LongLongInt(wait));
    arguments
}

/// Dead letters go to `exchange`, at least once, with `key` or the key they had.
fn dying_to(mut arguments: FieldTable, exchange: &str, key: Option<&str>) -> FieldTable {
    arguments.insert("x-dead-letter-exchange".into(), text(exchange));
    arguments.insert("x-dead-letter-strategy".into(), text("at-least-once"));
    if let Some(key) = key {
        arguments.insert("x-dead-letter-routing-key".into(), text(key));
    }
    arguments
}

fn text(text: &str) -> AMQPValue {
    AMQPValue::LongString(text.into())
}

struct Declaring<'a> {
    channel: &'a Channel,
    config: &'a RabbitConfig,
    server: &'a str,
}

impl Declaring<'_> {
    async fn exchange(&self, name: &str, kind: ExchangeKind) -> Result<(), RabbitError> {
        let options = ExchangeDeclareOptions { durable: true, ..ExchangeDeclareOptions::default() };
        let declare = self.channel.exchange_declare(short(name), kind, options, FieldTable::default());
        self.answer(name, declare).await
    }

    async fn queue(&self, name: &str, arguments: FieldTable) -> Result<(), RabbitError> {
        let declare = self.channel.queue_declare(short(name), QueueDeclareOptions::durable(), arguments);
        self.answer(name, declare).await.map(drop)
    }

    async fn bind(&self, queue: &str, exchange: &str, key: &str) -> Result<(), RabbitError> {
        let (options, arguments) = (QueueBindOptions::default(), FieldTable::default());
        let bind = self.channel.queue_bind(short(queue), short(exchange), short(key), options, arguments);
        self.answer(queue, bind).await
    }

    async fn answer<T>(
        &self,
        name: &str,
        question: impl Future<Output = lapin::Result<T>>,
    ) -> Result<T, RabbitError> {
        let after = self.config.deadline;
        let answer = timeout(after, question).await.map_err(|_| RabbitError::Timeout {
            server: self.server.to_owned(),
            what: "declare its queues",
            after,
        })?;
        let (server, namespace) = (self.server, self.config.namespace.as_str());
        answer.map_err(|error| RabbitError::of_declaring(error, server, namespace, name))
    }
}

/// A name for AMQP. [`Names`] makes none that is too long.
pub(super) fn short(name: &str) -> ShortString {
    ShortString::from(name)
}
