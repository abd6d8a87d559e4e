//! Reading what notifications point at: all pages, with items. Many single fulfilments are asked for in one
//! question, since each of them comes with a notification of its own.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use jiff::{SignedDuration, Timestamp};

use domain::event::{ShipmentQuery, ShipmentSource};
use domain::failure::Failure;
use domain::ids::OrderId;
use domain::quota::Priority;
use domain::shipment::{Shipment, ShipmentId};
use platforms::pacific;

use crate::connection::Connection;
use crate::gate::{PATIENCE, Permit};
use crate::settlement::Ending;

/// The most pages of one query; each holds 500 rows.
const PAGES_MAX: u32 = 40;
/// From so many on, single fulfilments are asked for together.
const TOGETHER_FROM: usize = 3;
/// How long a notification may take: a common question looks so much further back. What is older than that
/// is not found by it, and asked for by itself.
const OLDEST_NOTIFICATION: SignedDuration = SignedDuration::from_hours(2);

/// So long a sweep's questions are asked before those that are left return to the queue: what a notification tells
/// of is not kept waiting behind them.
const SWEEP_TIME: SignedDuration = SignedDuration::from_secs(20);

/// The questions of a batch.
/// With when each was asked first.
pub(super) type Questions = BTreeMap<ShipmentQuery, Timestamp>;
/// The answers to them.
pub(super) type Answers = BTreeMap<ShipmentQuery, Result<Found, Ending>>;

/// Who asks the questions of a round.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Asker {
    /// Somebody who told us of a change.
    Announced,
    /// A sweep: it comes again by itself, and waits for no budget with events in hand.
    Sweep,
}

/// What a query found.
#[derive(Debug)]
pub(super) struct Found {
    /// The rows.
    pub(super) reports: Vec<Shipment>,
    /// Why rows could not be read, for a person; `None` when all could.
    pub(super) unreadable: Option<String>,
    /// Rows that could not be read, each with its id and the reason, as far as they tell one.
    pub(super) unread: Vec<(ShipmentId, String)>,
    /// The orders that they were routed to.
    pub(super) orders: BTreeSet<OrderId>,
}

impl Found {
    fn new(reports: Vec<Shipment>) -> Self {
        Self { reports, unreadable: None, unread: Vec::new(), orders: BTreeSet::new() }
    }

    /// Whether the list had nothing in it.
    pub(super) fn is_empty(&self) -> bool {
        self.reports.is_empty() && self.unreadable.is_none()
    }
}

/// Takes out the questions that others among them answer as well, and says which. After an outage the sweeps of hours
/// wait, each of them for all that has happened since a little later than the one before.
pub(super) fn without_covered(asked: &mut Questions) -> BTreeMap<ShipmentQuery, ShipmentQuery> {
    let mut covered: BTreeMap<ShipmentQuery, ShipmentQuery> = BTreeMap::new();
    // In their order the earlier of two dates comes first.
    let mut kept: Vec<&ShipmentQuery> = Vec::new();
    for query in asked.keys() {
        match kept.iter().find(|earlier| earlier.covers(query)) {
            Some(earlier) => _ = covered.insert(query.clone(), (*earlier).clone()),
            None => kept.push(query),
        }
    }
    asked.retain(|query, _| !covered.contains_key(query));
    covered
}

/// Answers all questions of one asker, in the order in which they came. The permit, while there is one, is for the first call.
pub(super) async fn read_all(
    connection: &Connection,
    permit: &mut Option<Permit>,
    asker: Asker,
    asked: &Questions,
) -> Answers {
    let taken = connection.clock.now();
    let mut answers = together(connection, permit, asked).await;
    let mut open: Vec<_> = asked.iter().filter(|(query, _)| !answers.contains_key(query)).collect();
    open.sort_by_key(|(_, since)| **since);
    let open: Vec<ShipmentQuery> = open.into_iter().map(|(query, _)| query.clone()).collect();
    for query in open {
        let now = connection.clock.now();
        let too_long = asker == Asker::Sweep && now - taken > SWEEP_TIME;
        let answer = if too_long || connection.is_overdue(taken) {
            Err(Ending::Busy(now))
        } else {
            let found = read(connection, permit.take(), asker, &query).await;
            found.map_err(|failure| Ending::Failed(failure, None))
        };
        answers.insert(query, answer);
    }
    answers
}

/// Asks for single fulfilments in one question, by their time. Those that it does not find are left open.
async fn together(connection: &Connection, permit: &mut Option<Permit>, asked: &Questions) -> Answers {
    let singles: Vec<_> =
        asked.iter().filter_map(|(query, since)| Some((query, single_fulfilment(query)?, *since))).collect();
    if singles.len() < TOGETHER_FROM {
        return Answers::new();
    }
    let since = singles.iter().map(|(.., since)| *since).min().unwrap_or_default() - OLDEST_NOTIFICATION;
    let filters = BTreeMap::from([("createDateStart".to_owned(), pacific::wall_clock_seconds(since))]);
    let query = ShipmentQuery { source: ShipmentSource::Fulfilments, filters };
    // A question that fails leaves each of them to be asked by itself.
    let Ok(found) = read(connection, permit.take(), Asker::Announced, &query).await else {
        return Answers::new();
    };
    let by_id: HashMap<ShipmentId, Shipment> =
        found.reports.into_iter().map(|report| (report.id, report)).collect();
    let found = singles.into_iter().filter_map(|(query, id, _)| {
        let report = by_id.get(&ShipmentId::Fulfilment(id))?;
        Some((query.clone(), Ok(Found::new(vec![report.clone()]))))
    });
    found.collect()
}

/// The fulfilment that a query asks for, when it asks for one by its id and for nothing else.
fn single_fulfilment(query: &ShipmentQuery) -> Option<i64> {
    let id = query.filters.get("fulfillmentId")?;
    (query.source == ShipmentSource::Fulfilments && query.filters.len() == 1).then(|| id.parse().ok())?
}

/// Reads all pages of a query.
async fn read(
    connection: &Connection,
    mut permit: Option<Permit>,
    asker: Asker,
    query: &ShipmentQuery,
) -> Result<Found, Failure> {
    let (patience, priority) = match asker {
        Asker::Announced => (PATIENCE, Priority::WriteBack),
        Asker::Sweep => (SignedDuration::ZERO, Priority::Watch),
    };
    let (api, mut found) = (connection.api()?, Found::new(Vec::new()));
    for page in 1..=PAGES_MAX {
        let call = async |permit| api.client.shipments(permit, query, page).await;
        let listing = match permit.take() {
            Some(permit) => api.gate.call_with(permit, call).await?,
            None => api.gate.call_within(patience, priority, call).await?,
        };
        let more = listing.has_more();
        for record in &listing.unreadable {
            tracing::error!(connection = %connection.name(), %query, shipment = ?record.id, reason = %record.reason, "a shipment cannot be read");
            let id = record.id.as_deref().unwrap_or("?");
            let reason = format!("ShipStation's shipment {id} cannot be read: {}", record.reason);
            let known = record.id.as_deref().and_then(|id| Some(query.source.shipment(id.parse().ok()?)));
            found.unread.extend(known.map(|id| (id, reason.clone())));
            found.unreadable = Some(reason);
        }
        found.reports.extend(listing.records);
        if !more {
            return Ok(found);
        }
    }
    Err(Failure::Permanent { reason: format!("{query} has more than {PAGES_MAX} pages") })
}
