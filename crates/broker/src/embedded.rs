//! The embedded broker: a queue in one SQLite file, for an installation on one machine. One process consumes;
//! others may publish into the same file.

mod command;
mod consumer;
mod held;
mod index;
mod lock;
mod schema;
mod statements;
mod writer;

use std::fmt;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use async_trait::async_trait;
use tokio::sync::{mpsc, oneshot};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use domain::clock::Clock;
use domain::event::{Event, Lane};
use domain::ids::ConnectionName;

use self::command::{Command, NewRow, Write};
use self::consumer::{LaneConsumer, hand_out};
use self::index::Index;
use self::writer::Writer;
use crate::delivery::Delivery;
use crate::error::{ConsumeError, OpenError, PublishError};
use crate::roles::{Broker, Consumer, Depth, Publisher};
use crate::stored;

/// Commands that may wait for the writer; whoever comes then waits to be heard.
const WAITING_COMMANDS: usize = 1024;

/// Where the queue lives and when it gives up on an event.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EmbeddedConfig {
    /// The folder of the queue's files (`queue.db` and its companions); made if it is missing.
    pub folder: PathBuf,
    /// How often an event is handed out without ever being settled (its holder died) before it counts as
    /// poisoned.
    pub delivery_limit: u32,
}

impl EmbeddedConfig {
    /// A queue in `folder` that gives up on an event after 20 unsettled deliveries.
    pub fn new(folder: impl Into<PathBuf>) -> Self {
        Self { folder: folder.into(), delivery_limit: 20 }
    }
}

/// The embedded broker. Clones are handles to the same one.
///
/// # Durability
/// `publish`, and settling a delivery, return when SQLite has synchronised its log with the disk. Calls that
/// are under way at the same time share a transaction, so await them together.
///
/// # Cancelling
/// Every future may be dropped. A dropped `publish` or settlement is done wholly or not at all; events of a
/// dropped `batch` return to the queue.
///
/// # Closing
/// Call [`Broker::close`] to wait for the end. Without it the queue closes by itself, in the same way, once
/// the broker, its consumers and their deliveries are dropped.
#[derive(Clone)]
pub struct EmbeddedBroker(Arc<Queue>);

/// What the broker, its consumers and their deliveries share.
#[derive(Debug)]
struct Queue {
    config: EmbeddedConfig,
    commands: mpsc::Sender<Command>,
    index: Arc<Index>,
    clock: Arc<dyn Clock>,
    commits: Arc<AtomicU64>,
    stop: CancellationToken,
    tasks: TaskTracker,
}

impl EmbeddedBroker {
    /// Opens the queue, making or migrating its file as needed. Must be called on a Tokio runtime with timers.
    /// `clock` gives events their due times.
    pub async fn open(config: EmbeddedConfig, clock: Arc<dyn Clock>) -> Result<Self, OpenError> {
        let connection = schema::open(&config.folder).await?;
        let (commands, receiver) = mpsc::channel(WAITING_COMMANDS);
        let index = Arc::new(Index::new(config.delivery_limit));
        let commits = Arc::new(AtomicU64::new(0));
        let (stop, tasks) = (CancellationToken::new(), TaskTracker::new());
        let lock = config.folder.join(lock::FILE);
        let writer = Writer::new(
            connection,
            receiver,
            Arc::clone(&index),
            Arc::clone(&clock),
            Arc::clone(&commits),
            lock,
        );
        tasks.spawn(writer.run(stop.clone()));
        Ok(Self(Arc::new(Queue { config, commands, index, clock, commits, stop, tasks })))
    }

    /// How many transactions have been committed since the queue was opened.
    pub fn commits(&self) -> u64 {
        self.0.commits.load(Ordering::Relaxed)
    }

    /// How many stored events could not be read and were moved aside, to the table `dead`, which also says
    /// why. They wait for a person; nothing reads them again.
    pub async fn dead(&self) -> Result<u64, ConsumeError> {
        Ok(self.0.ask(Command::Dead).await.ok_or(ConsumeError::Closed)??)
    }
}

impl Queue {
    /// Now, in microseconds of UTC.
    fn now(&self) -> i64 {
        self.clock.now().as_microsecond()
    }

    /// Sends a command to the writer and waits for its answer; `None` when the broker is closed.
    async fn ask<R>(&self, command: impl FnOnce(oneshot::Sender<R>) -> Command) -> Option<R> {
        let (answer, answered) = oneshot::channel();
        self.commands.send(command(answer)).await.ok()?;
        answered.await.ok()
    }

    async fn consume(&self) -> Result<(), ConsumeError> {
        self.ask(Command::Consume).await.ok_or(ConsumeError::Closed)?
    }
}

#[async_trait]
impl Publisher for EmbeddedBroker {
    async fn publish(&self, events: &[Event]) -> Result<(), PublishError> {
        let due = self.0.now();
        let rows = events.iter().map(|event| row(event, due)).collect::<Result<_, _>>()?;
        let publish = |answer| Command::Write(Write::Publish { rows, answer });
        Ok(self.0.ask(publish).await.ok_or(PublishError::Closed)??)
    }
}

fn row(event: &Event, due: i64) -> Result<NewRow, PublishError> {
    let body = stored::encode(event)?;
    let lane = event.kind.lane().as_str();
    Ok(NewRow(event.id.to_string(), event.connection.to_string(), lane, due, body))
}

#[async_trait]
impl Broker for EmbeddedBroker {
    /// The first consumer makes this process the queue's consumer and loads what waits; it is refused with
    /// [`ConsumeError::InUse`] while another process is.
    async fn consumer(
        &self,
        connection: &ConnectionName,
        lane: Lane,
    ) -> Result<Box<dyn Consumer>, ConsumeError> {
        self.0.consume().await?;
        let lane = self.0.index.lane(connection.as_str(), lane.as_str());
        Ok(Box::new(LaneConsumer::new(Arc::clone(&self.0), lane)))
    }

    /// In a process that does not consume this counts from the file, which takes what another process has in
    /// hand, and what is poisoned, for ready.
    async fn depth(&self, connection: &ConnectionName, lane: Lane) -> Result<Depth, ConsumeError> {
        if self.0.commands.is_closed() {
            return Err(ConsumeError::Closed);
        }
        let (now, id) = (self.0.now(), self.0.index.lane(connection.as_str(), lane.as_str()));
        if let Some(depth) = self.0.index.depth(id, now) {
            return Ok(depth);
        }
        let (connection, lane) = (connection.to_string(), lane.as_str());
        let depth = |answer| Command::Depth { connection, lane, now, answer };
        Ok(self.0.ask(depth).await.ok_or(ConsumeError::Closed)??)
    }

    async fn poisoned(&self, max: usize) -> Result<Vec<Delivery>, ConsumeError> {
        self.0.consume().await?;
        hand_out(&self.0, self.0.index.take_poisoned(max)).await
    }

    /// Commits a write that changes nothing of the queue.
    async fn health(&self) -> Result<(), PublishError> {
        let probe = |answer| Command::Write(Write::Probe { answer });
        Ok(self.0.ask(probe).await.ok_or(PublishError::Closed)??)
    }

    /// What is in hand returns to the queue as if it had not been taken; settling it afterwards fails with
    /// [`ConsumeError::Closed`].
    async fn close(&self) {
        self.0.stop.cancel();
        self.0.tasks.close();
        self.0.tasks.wait().await;
    }
}

impl fmt::Debug for EmbeddedBroker {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("EmbeddedBroker").field("config", &self.0.config).finish_non_exhaustive()
    }
}
