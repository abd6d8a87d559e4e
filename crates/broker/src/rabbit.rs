//! The RabbitMQ broker: any number of processes on any number of hosts share the queues of one server or
//! cluster.

mod config;
mod confirms;
mod consumer;
mod dead;
mod dial;
mod handout;
mod held;
mod message;
mod session;
mod shared;
mod supervisor;
mod taking;
mod topology;
mod trouble;

use std::fmt;
use std::sync::Arc;

use async_trait::async_trait;
use lapin::options::QueueDeclareOptions;
use lapin::types::FieldTable;

use domain::event::{Event, Lane};
use domain::ids::ConnectionName;

pub use self::config::RabbitConfig;
use self::consumer::LaneConsumer;
use self::held::Held;
use self::message::Draft;
use self::shared::Shared;
use self::supervisor::State;
use self::topology::{Names, short};
pub use self::trouble::RabbitError;
use crate::delivery::Delivery;
use crate::error::{ConsumeError, OpenError, PublishError};
use crate::roles::{Broker, Consumer, Depth, Publisher};

/// The RabbitMQ broker. Clones are handles to the same one.
///
/// # Durability
/// `publish` returns when the server has confirmed every event: a quorum of its nodes has it on disk. An error
/// may leave some of the events published; publish all of them again, copies are harmless.
///
/// # Outages
/// Connections are made again without end. Meanwhile `publish` waits, at most its deadline, and fails at once
/// when the outage is older than that; `ready` waits; `batch` gives nothing. What was in hand is handed out
/// again by the server, and settling it fails.
///
/// # Cancelling
/// Every future may be dropped. A dropped `publish` may be done or not; events of a dropped `batch` return.
///
/// # Closing
/// Call [`Broker::close`]: it returns what is in hand at no attempt. Without it the connections end when the
/// last handle is dropped, and what was in hand counts as delivered once more.
#[derive(Clone)]
pub struct RabbitBroker(Arc<Shared>);

impl RabbitBroker {
    /// Connects and declares the queues. A server that cannot be reached is no error: the broker goes on
    /// trying, and [`Broker::health`] says why not. An error is what a person must mend: a URL that is none,
    /// refused credentials, a missing virtual host, queues that exist with other arguments. Must be called on
    /// a Tokio runtime with timers and I/O.
    pub async fn connect(config: RabbitConfig) -> Result<Self, OpenError> {
        let broker = Self(Arc::new(Shared::new(config)?));
        match broker.0.publishing().first().await {
            State::Down { why, .. } if why.needs_a_person() => {
                broker.close().await;
                Err(why.into())
            }
            _ => Ok(broker),
        }
    }

    /// The inside, unless the broker is closed.
    fn open(&self) -> Option<&Arc<Shared>> {
        (!self.0.closing.is_cancelled()).then_some(&self.0)
    }

    fn known(&self, connection: &ConnectionName) -> Result<(), RabbitError> {
        if self.0.config.connections.contains(connection) {
            return Ok(());
        }
        Err(RabbitError::UnknownConnection { connection: connection.to_string() })
    }

    /// How many messages of a queue wait to be taken.
    async fn ready(&self, queue: &str) -> Result<u64, RabbitError> {
        let session = self.0.consuming().soon(self.0.config.deadline).await?;
        let channel = session.channel().await?;
        let options = QueueDeclareOptions { passive: true, ..QueueDeclareOptions::durable() };
        let declare = channel.queue_declare(short(queue), options, FieldTable::default());
        Ok(session.within("count messages", declare).await?.message_count().into())
    }
}

#[async_trait]
impl Publisher for RabbitBroker {
    async fn publish(&self, events: &[Event]) -> Result<(), PublishError> {
        let shared = self.open().ok_or(PublishError::Closed)?;
        let _under_way = shared.settling.token();
        let mut drafts = Vec::with_capacity(events.len());
        for event in events {
            self.known(&event.connection)?;
            drafts.push(Draft::first(&shared.names, event)?);
        }
        if cfg!(feature = "unguarded") {
            let shared = Arc::clone(shared);
            self.0.settling.spawn(async move { shared.send(drafts).await });
            return Ok(());
        }
        Ok(shared.send(drafts).await?)
    }
}

#[async_trait]
impl Broker for RabbitBroker {
    async fn consumer(
        &self,
        connection: &ConnectionName,
        lane: Lane,
    ) -> Result<Box<dyn Consumer>, ConsumeError> {
        let shared = self.open().ok_or(ConsumeError::Closed)?;
        self.known(connection)?;
        // A consumer waits out an outage by itself; this only lets it begin with a connection if there is one.
        drop(shared.consuming().soon(shared.config.deadline).await);
        let queue = shared.names.queue(&Names::key(connection, lane));
        Ok(Box::new(LaneConsumer::start(shared, queue)))
    }

    /// RabbitMQ tells how many events wait to be taken. How many wait for their time, and how many are in
    /// hand, is known per installation and not per lane.
    async fn depth(&self, connection: &ConnectionName, lane: Lane) -> Result<Depth, ConsumeError> {
        let shared = self.open().ok_or(ConsumeError::Closed)?;
        self.known(connection)?;
        let queue = shared.names.queue(&Names::key(connection, lane));
        Ok(Depth { ready: self.ready(&queue).await?, delayed: None, in_hand: None })
    }

    async fn poisoned(&self, max: usize) -> Result<Vec<Delivery>, ConsumeError> {
        let shared = self.open().ok_or(ConsumeError::Closed)?;
        let taken = dead::take(shared, max).await?;
        Ok(taken.into_iter().filter_map(Held::deliver).collect())
    }

    /// Asks nobody: says how the publishing connection stands.
    async fn health(&self) -> Result<(), PublishError> {
        let shared = self.open().ok_or(PublishError::Closed)?;
        if let Some(trouble) = shared.publishing().trouble() {
            return Err(trouble.into());
        }
        Ok(())
    }

    /// What is in hand returns to its queue at no attempt; settling it afterwards fails with
    /// [`ConsumeError::Closed`].
    async fn close(&self) {
        self.0.closing.cancel();
        self.0.end().await;
    }
}

impl fmt::Debug for RabbitBroker {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RabbitBroker").field("config", &self.0.config).finish_non_exhaustive()
    }
}
