//! Sending: the one place that writes orders to ShipStation. Each chunk gets its call's permit first, is
//! claimed then, sent, and recorded item by item. What an earlier attempt left in doubt is for [`lookup`],
//! a write that another one has overtaken for [`overtaken`].

mod lookup;
mod overtaken;

use std::collections::HashMap;

use futures_util::stream::{FuturesUnordered, StreamExt};
use jiff::Timestamp;

use crate::gate::{PATIENCE, Permit};
use domain::effect::{EffectKey, EffectKind, Fingerprint};
use domain::failure::Failure;
use domain::ids::{OrderId, OrderRef};
use domain::import::Update;
use domain::objection::objection;
use domain::quota::Priority;
use domain::record::{Placed, Progress, Reading};
use domain::shipping_order::ShippingOrder;
use ledger::{Claim, ClaimRequest, EffectResult, JournalEntry, LedgerError, Outcome, Recorded};
use serde::{Deserialize, Serialize};

use super::Endings;
use crate::connection::Connection;
use crate::settlement::Ending;
use crate::told::untold;
use crate::{journal, note};

pub(super) use lookup::look_for;

/// So many calls are under way at a time: ShipStation takes seconds for a hundred orders, and counts calls a minute.
const AT_A_TIME: usize = 8;
/// The most orders of one call (V1: *Create/Update Multiple Orders*).
const WRITE_MAX: usize = 100;

/// A document to be sent.
#[derive(Debug, Clone)]
pub(super) struct Job {
    pub(super) order: OrderId,
    version: Timestamp,
    /// What is wanted: what the effect is known by, and what is remembered.
    document: ShippingOrder,
    /// Where an order that is in ShipStation already is changed.
    change: Option<Change>,
}

/// A change of an order that is in ShipStation.
#[derive(Debug, Clone)]
struct Change {
    /// Its place before.
    before: Placed,
    /// What is sent in place of what is wanted: with what ShipStation's people have set.
    outgoing: ShippingOrder,
    /// What happened in Cin7, in words.
    event: String,
}

impl Job {
    /// An order's first document.
    pub(super) fn import(order: OrderId, version: Timestamp, document: ShippingOrder) -> Self {
        Self { order, version, document, change: None }
    }

    /// An order that becomes something else.
    pub(super) fn update(order: OrderId, version: Timestamp, update: Update, before: Placed) -> Self {
        let Update { wanted, outgoing, event } = update;
        Self { order, version, document: wanted, change: Some(Change { before, outgoing, event }) }
    }

    /// What is wanted.
    pub(super) fn document(&self) -> &ShippingOrder {
        &self.document
    }

    /// Whether the order is in ShipStation already.
    pub(super) fn is_change(&self) -> bool {
        self.change.is_some()
    }

    /// The wish to have it so.
    pub(super) fn wish(&self, connection: &Connection) -> ClaimRequest {
        ClaimRequest {
            key: key(connection, self.order),
            version: self.version.as_microsecond(),
            fingerprint: Fingerprint::of(&self.document),
        }
    }

    fn outgoing(&self) -> &ShippingOrder {
        self.change.as_ref().map_or(&self.document, |change| &change.outgoing)
    }

    /// What the timeline says once it arrived.
    fn arrived(&self, shipstation_order: i64, at: Timestamp) -> JournalEntry {
        match &self.change {
            Some(change) => journal::changed(self.order, &change.event, self.document.status, at),
            None => journal::sent(self.order, shipstation_order, at),
        }
    }

    /// What the timeline says once the custom store offers it.
    pub(super) fn offered(&self, at: Timestamp) -> JournalEntry {
        match &self.change {
            Some(change) => journal::changed(self.order, &change.event, self.document.status, at),
            None => journal::offered(self.order, at),
        }
    }
}

/// The note of a recorded import.
#[derive(Debug, Serialize, Deserialize)]
struct Note {
    shipstation_order: i64,
}

/// A claimed job.
#[derive(Debug)]
struct Claimed {
    job: Job,
    token: i64,
    /// When the claim ends.
    until: Timestamp,
}

/// How many of so many documents fill calls.
pub(super) fn full_calls(documents: usize) -> usize {
    documents - documents % WRITE_MAX
}

/// Sends all of these documents, some chunks at a time; an ending for each.
pub(super) async fn send(connection: &Connection, jobs: Vec<Job>) -> Endings {
    let (mut endings, begun) = (Endings::new(), connection.clock.now());
    let mut waiting: Vec<Vec<Job>> = chunks_of(&jobs);
    let mut under_way = FuturesUnordered::new();
    loop {
        while under_way.len() < AT_A_TIME
            && let Some(chunk) = waiting.pop()
        {
            // On the heap: a chunk is a large future.
            under_way.push(Box::pin(send_one(connection, chunk, begun)));
        }
        let Some((ended, again)) = under_way.next().await else { return endings };
        endings.extend(ended);
        waiting.extend(again);
    }
}

/// Sends one chunk; its endings, and the chunks that are still to be sent.
async fn send_one(connection: &Connection, chunk: Vec<Job>, begun: Timestamp) -> (Endings, Vec<Vec<Job>>) {
    let orders: Vec<OrderId> = chunk.iter().map(|job| job.order).collect();
    let mut endings = Endings::new();
    let sent = if connection.is_overdue(begun) {
        Err(Ending::Busy(connection.clock.now()))
    } else {
        send_chunk(connection, chunk, &mut endings).await
    };
    match sent {
        Ok(again) => (endings, again),
        Err(ending) => (orders.into_iter().map(|order| (order, ending.clone())).collect(), Vec::new()),
    }
}

fn chunks_of(jobs: &[Job]) -> Vec<Vec<Job>> {
    jobs.chunks(WRITE_MAX).map(<[Job]>::to_vec).collect()
}

/// Sends one chunk. Returns the chunks that are still to be sent: what a lookup found missing, or the halves
/// of a chunk that was refused as a whole.
async fn send_chunk(
    connection: &Connection,
    chunk: Vec<Job>,
    endings: &mut Endings,
) -> Result<Vec<Vec<Job>>, Ending> {
    let permit = permit(connection).await?;
    let (granted, in_doubt) = claim(connection, chunk, endings).await?;
    let mut again = Vec::new();
    let mut permit = Some(permit);
    if !granted.is_empty()
        && let Some(permit) = permit.take()
    {
        again.extend(write(connection, permit, granted, endings).await?);
    }
    if !in_doubt.is_empty() {
        again.extend(lookup::look_up(connection, permit, in_doubt, endings).await?);
    }
    Ok(again)
}

async fn permit(connection: &Connection) -> Result<Permit, Ending> {
    let failed = |failure| Ending::Failed(failure, None);
    let api = connection.api().map_err(failed)?;
    api.gate.permit(Priority::Import, Some(PATIENCE)).await.map_err(failed)
}

pub(super) fn key(connection: &Connection, order: OrderId) -> EffectKey {
    EffectKey { kind: EffectKind::Import, connection: connection.name().clone(), order }
}

/// Claims a chunk. What needs no sending gets its ending here.
async fn claim(
    connection: &Connection,
    chunk: Vec<Job>,
    endings: &mut Endings,
) -> Result<(Vec<Claimed>, Vec<(Claimed, Timestamp)>), Ending> {
    let requests: Vec<_> = chunk.iter().map(|job| job.wish(connection)).collect();
    let until = connection.lease_end();
    let claims = connection.ledger.claim(&requests, connection.lease, connection.clock.now()).await?;
    let (mut granted, mut in_doubt, mut done) = (Vec::new(), Vec::new(), Vec::new());
    for (job, claim) in chunk.into_iter().zip(claims) {
        match claim {
            Claim::Granted { token } => granted.push(Claimed { job, token, until }),
            // That a changed order is there proves nothing. It was looked at just now, and writing the same again
            // does no harm.
            Claim::InDoubt { token, .. } if job.is_change() => {
                granted.push(Claimed { job, token, until });
            }
            Claim::InDoubt { token, since } => in_doubt.push((Claimed { job, token, until }, since)),
            Claim::Done => done.push(job),
            Claim::Busy { until } => _ = endings.insert(job.order, Ending::Busy(until)),
            Claim::Superseded => _ = endings.insert(job.order, Ending::Done("superseded")),
        }
    }
    place_done(connection, done, endings).await?;
    Ok((granted, in_doubt))
}

/// Orders whose import is recorded but whose place is not kept: the worker died between the two, and may not have told.
pub(super) async fn place_done(
    connection: &Connection,
    done: Vec<Job>,
    endings: &mut Endings,
) -> Result<(), LedgerError> {
    let keys: Vec<_> = done.iter().map(|job| key(connection, job.order)).collect();
    let records = connection.ledger.recorded(&keys).await?;
    let (mut placed, mut entries, now) = (Vec::new(), Vec::new(), connection.clock.now());
    for (job, record) in done.into_iter().zip(records) {
        endings.insert(job.order, Ending::Done("unchanged"));
        if let Some(Some(note)) = record.map(|record| note::read::<Note>(record.note)) {
            entries.push(job.arrived(note.shipstation_order, now));
            placed.push((job, Some(note.shipstation_order)));
        }
    }
    connection.ledger.write(connection.name(), &untold(connection, entries).await?).await?;
    keep_placed(connection, placed).await
}

/// Writes a chunk in one call and records it. Returns what must be sent again.
async fn write(
    connection: &Connection,
    permit: Permit,
    claimed: Vec<Claimed>,
    endings: &mut Endings,
) -> Result<Vec<Vec<Job>>, Ending> {
    // A write that might land after its lease could overwrite what another worker has written since.
    if !has_room(connection, &claimed) {
        release(connection, &claimed, &Outcome::Untouched).await?;
        let busy = Ending::Busy(connection.clock.now());
        endings.extend(claimed.iter().map(|claimed| (claimed.job.order, busy.clone())));
        return Ok(Vec::new());
    }
    announce(connection, &claimed).await?;
    let results = match post(connection, permit, &claimed).await {
        Ok(by_key) => by_document(claimed, by_key),
        // One document that cannot be read spoils the whole call: halve until it is alone.
        Err(Failure::Permanent { .. }) if claimed.len() > 1 => {
            release(connection, &claimed, &Outcome::NotApplied).await?;
            let mut jobs: Vec<Job> = claimed.into_iter().map(|claimed| claimed.job).collect();
            let rest = jobs.split_off(jobs.len() / 2);
            return Ok(vec![jobs, rest]);
        }
        Err(failure) => claimed.into_iter().map(|claimed| (claimed, Err(failure.clone()))).collect(),
    };
    let late = conclude(connection, results, endings).await?;
    overtaken::mend(connection, late, endings).await?;
    Ok(Vec::new())
}

fn has_room(connection: &Connection, claimed: &[Claimed]) -> bool {
    claimed.iter().all(|claimed| connection.has_room(claimed.until))
}

/// Remembers what changed orders are about to become: if nobody learns whether it arrived, it must not be taken
/// for something that ShipStation's people did.
async fn announce(connection: &Connection, claimed: &[Claimed]) -> Result<(), LedgerError> {
    let attempts = claimed.iter().filter_map(|claimed| {
        let before = claimed.job.change.as_ref()?.before.clone();
        let attempt = Some(claimed.job.document.clone());
        Some((claimed.job.order, Placed { attempt, ..before }))
    });
    connection.ledger.keep_placed(connection.name(), &attempts.collect::<Vec<_>>()).await
}

/// The call itself; results by order key.
async fn post(
    connection: &Connection,
    permit: Permit,
    claimed: &[Claimed],
) -> Result<HashMap<String, Result<i64, Failure>>, Failure> {
    let documents: Vec<_> = claimed.iter().map(|claimed| claimed.job.outgoing().clone()).collect();
    let api = connection.api()?;
    let call = async |permit| api.client.create_orders(permit, &documents).await;
    let outcomes = api.gate.call_with(permit, call).await?;
    Ok(outcomes.into_iter().map(|outcome| (outcome.order_key, outcome.result)).collect())
}

/// Each order's own result; an order that the answer does not name is in doubt.
fn by_document(
    claimed: Vec<Claimed>,
    mut by_key: HashMap<String, Result<i64, Failure>>,
) -> Vec<(Claimed, Result<i64, Failure>)> {
    let unsaid = || Err(Failure::Ambiguous { reason: "ShipStation's answer does not name the order".into() });
    let results = claimed.into_iter().map(|claimed| {
        let result = by_key.remove(&claimed.job.document.order_key).unwrap_or_else(unsaid);
        (claimed, result)
    });
    results.collect()
}

/// Records how sent orders ended, and keeps what follows from it. Returns those that have or may have arrived
/// and were not recorded, because somebody has a newer claim.
async fn conclude(
    connection: &Connection,
    results: Vec<(Claimed, Result<i64, Failure>)>,
    endings: &mut Endings,
) -> Result<Vec<Job>, LedgerError> {
    let now = connection.clock.now();
    let recorded: Vec<_> = results
        .iter()
        .map(|(claimed, result)| EffectResult {
            key: key(connection, claimed.job.order),
            token: claimed.token,
            outcome: outcome(result),
        })
        .collect();
    let accepted = connection.ledger.record(&recorded, now).await?;
    let (mut placed, mut entries, mut failed, mut late) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
    for ((Claimed { job, .. }, result), accepted) in results.into_iter().zip(accepted) {
        let order = job.order;
        match (result, accepted) {
            (Ok(_) | Err(Failure::Ambiguous { .. }), Recorded::StaleToken) => late.push(job),
            (Ok(id), Recorded::Yes) => {
                entries.push(job.arrived(id, now));
                endings.insert(order, Ending::Done(if job.is_change() { "updated" } else { "imported" }));
                placed.push((job, Some(id)));
            }
            (Err(failure), accepted) => {
                entries.push(journal::failed(order, "sending to ShipStation", &failure, now));
                if matches!(failure, Failure::Permanent { .. }) && accepted == Recorded::Yes {
                    failed.push((job, failure.clone()));
                }
                endings.insert(order, Ending::Failed(failure, Some(order)));
            }
        }
    }
    let imported = placed.iter().filter(|(job, _)| !job.is_change()).count();
    connection.metrics.imported(connection.name(), imported);
    // Told before it counts as arrived: who dies between the two leaves an order that is looked at again.
    connection.ledger.write(connection.name(), &entries).await?;
    keep_placed(connection, placed).await?;
    keep_failed(connection, failed).await?;
    Ok(late)
}

/// What ShipStation refused for good is for a person. An order that is there keeps its place, and its progress,
/// which is the shipments lane's.
pub(super) async fn keep_failed(
    connection: &Connection,
    failed: Vec<(Job, Failure)>,
) -> Result<(), LedgerError> {
    let refs: Vec<_> = failed.iter().map(|(job, _)| OrderRef::Id(job.order)).collect();
    let records = connection.ledger.orders(connection.name(), &refs).await?;
    let (mut imports, mut places, mut readings) = (Vec::new(), Vec::new(), Vec::new());
    for ((job, failure), record) in failed.into_iter().zip(records) {
        match (job.change, record) {
            (Some(change), Some(record)) => {
                let objection = Some(objection(&change.event, &failure.to_string()));
                readings.push(Reading { objection, ..record.reading });
                places.push((job.order, change.before));
            }
            _ => imports.push((job.order, Progress::Review)),
        }
    }
    connection.ledger.keep_progress(connection.name(), &imports).await?;
    connection.ledger.keep_placed(connection.name(), &places).await?;
    connection.ledger.keep_readings(connection.name(), &readings).await
}

fn outcome(result: &Result<i64, Failure>) -> Outcome {
    match result {
        Ok(shipstation_order) => {
            let note = Note { shipstation_order: *shipstation_order };
            Outcome::Applied { note: note::write(&note) }
        }
        Err(Failure::Ambiguous { .. }) => Outcome::InDoubt,
        Err(Failure::Permanent { .. }) => Outcome::NotApplied,
        Err(_) => Outcome::Untouched,
    }
}

/// Keeps where orders are: under which id of ShipStation's, where it tells one.
pub(super) async fn keep_placed(
    connection: &Connection,
    placed: Vec<(Job, Option<i64>)>,
) -> Result<(), LedgerError> {
    let refs: Vec<_> = placed.iter().map(|(job, _)| OrderRef::Id(job.order)).collect();
    let records = connection.ledger.orders(connection.name(), &refs).await?;
    // An order that failed for good and was mended leaves the review with it. Any other progress is the
    // shipments lane's, which may be far ahead of a worker that comes late.
    let mended = placed.iter().zip(records).filter_map(|((job, _), record)| {
        let record = record.filter(|record| record.placed.is_none() && record.progress == Progress::Review);
        record.map(|_| (job.order, Progress::Nothing))
    });
    let mended: Vec<_> = mended.collect();
    let placed: Vec<_> = placed
        .into_iter()
        .map(|(job, shipstation_order)| {
            (job.order, Placed { shipstation_order, document: job.document, attempt: None })
        })
        .collect();
    // In this order: once it is placed, the shipments lane may know more of its progress.
    connection.ledger.keep_progress(connection.name(), &mended).await?;
    connection.ledger.keep_placed(connection.name(), &placed).await
}

async fn release(connection: &Connection, claimed: &[Claimed], outcome: &Outcome) -> Result<(), LedgerError> {
    let results: Vec<_> = claimed
        .iter()
        .map(|claimed| EffectResult {
            key: key(connection, claimed.job.order),
            token: claimed.token,
            outcome: outcome.clone(),
        })
        .collect();
    connection.ledger.record(&results, connection.clock.now()).await?;
    Ok(())
}
