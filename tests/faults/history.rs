//! What happened in a run, as facts: what was announced and how the posts of it were answered, and what the
//! platforms hold in the end. Judges nothing.

use std::collections::BTreeMap;
use std::time::Duration;

/// Which way an event goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Flow {
    /// A Cin7 order was picked: it belongs into ShipStation.
    Orders,
    /// Labels were bought: they belong into Cin7.
    Shipments,
}

/// Something that a platform tells by webhook: once, or in several copies.
#[derive(Debug, Clone)]
pub(crate) struct Announcement {
    pub(crate) flow: Flow,
    /// The Cin7 orders that it is about.
    pub(crate) orders: Vec<i64>,
    /// Every attempt to hand it over, copies and repetitions among them.
    pub(crate) posts: Vec<Post>,
}

impl Announcement {
    /// Whether any post of it was accepted.
    pub(crate) fn is_accepted(&self) -> bool {
        self.posts.iter().any(|post| matches!(post.answer, Answer::Accepted(_)))
    }
}

/// One HTTP request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Post {
    /// From its start to its answer, or to the moment when no answer was expected any more.
    pub(crate) took: Duration,
    pub(crate) answer: Answer,
}

/// How a post ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Answer {
    /// 2xx, with the events that it names.
    Accepted(Vec<String>),
    /// Another status.
    Refused {
        status: u16,
        /// Whether it says when to come again.
        retry_after: bool,
    },
    /// Nobody listened, the connection was cut, or nothing came in time.
    Silent,
}

/// What the platforms know of one Cin7 order.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct OrderEnd {
    /// Orders in ShipStation that carry its number.
    pub(crate) copies: usize,
    /// How many times ShipStation was told to make or replace it.
    pub(crate) sent: u64,
    /// How many times Cin7 was told of its shipment.
    pub(crate) written: u64,
    /// Whether Cin7 shows it as dispatched, with the number on its label.
    pub(crate) dispatched: bool,
}

/// All orders.
pub(crate) type Ends = BTreeMap<i64, OrderEnd>;

/// A whole run.
#[derive(Debug, Clone, Default)]
pub(crate) struct History {
    pub(crate) announcements: Vec<Announcement>,
    /// Once everything that was accepted had had its time.
    pub(crate) ends: Ends,
    /// Once also that was told again which had been told once, and not been accepted.
    pub(crate) finally: Ends,
}
