//! What the writer can be asked. A command owns the events in hand that it is about, so that they return to
//! the queue if it fails or nobody waits for its answer any more.

use std::sync::Arc;

use serde::Serialize;
use tokio::sync::oneshot;

use domain::event::Event;

use super::held::Held;
use crate::error::ConsumeError;
use crate::roles::Depth;

/// Why a command failed; shared by all that shared a transaction.
pub(super) type Broken = Arc<sqlx::Error>;

/// Where an answer goes.
pub(super) type Answer<T> = oneshot::Sender<Result<T, Broken>>;

/// One command.
#[derive(Debug)]
pub(super) enum Command {
    /// Change the queue, in a transaction with other changes.
    Write(Write),
    /// Become the consuming process and load the index, unless that has been done.
    Consume(oneshot::Sender<Result<(), ConsumeError>>),
    /// Count a lane from the file.
    Depth {
        /// The connection's name.
        connection: String,
        /// The lane's name.
        lane: &'static str,
        /// The instant that parts ready from delayed.
        now: i64,
        /// Receives the counts.
        answer: Answer<Depth>,
    },
    /// Count the rows that could not be read.
    Dead(Answer<u64>),
}

/// One change.
#[derive(Debug)]
pub(super) enum Write {
    /// Accept events, all or none.
    Publish {
        /// The events.
        rows: Vec<NewRow>,
        /// Hears of the commit.
        answer: Answer<()>,
    },
    /// Count a delivery of each and fetch its body.
    Take {
        /// The events.
        held: Vec<Held>,
        /// Receives those that are still there and readable.
        answer: Answer<Vec<Taken>>,
    },
    /// Remove an event.
    Ack {
        /// The event.
        held: Held,
        /// Hears of the commit.
        answer: Answer<()>,
    },
    /// Give an event a later due time.
    Postpone {
        /// The event.
        held: Held,
        /// Its new due time, in microseconds of UTC.
        due: i64,
        /// Whether its attempt number grows.
        used_attempt: bool,
        /// Hears of the commit.
        answer: Answer<()>,
    },
    /// Write something that changes nothing.
    Probe {
        /// Hears of the commit.
        answer: Answer<()>,
    },
}

/// A row to be: id, connection, lane, due time in microseconds, stored form. A tuple, because it travels to
/// SQLite as a JSON array.
#[derive(Debug, Serialize)]
pub(super) struct NewRow(
    pub(super) String,
    pub(super) String,
    pub(super) &'static str,
    pub(super) i64,
    pub(super) String,
);

/// An event with its body.
#[derive(Debug)]
pub(super) struct Taken {
    /// It is in hand.
    pub(super) held: Held,
    /// What it says.
    pub(super) event: Event,
    /// How often it was tried before.
    pub(super) attempt: u32,
}
