//! Sending: the one place that writes orders to ShipStation. Each chunk gets its call's permit first, is
//! claimed then, sent, and recorded item by item. What an earlier attempt left in doubt is looked up before
//! it is sent again.

use std::collections::{BTreeMap, HashMap};

use jiff::{SignedDuration, Timestamp};

use crate::gate::Permit;
use domain::effect::{EffectKey, EffectKind, Fingerprint};
use domain::failure::Failure;
use domain::ids::{OrderId, OrderRef};
use domain::quota::Priority;
use domain::record::{Placed, Progress};
use domain::shipping_order::ShippingOrder;
use ledger::{Claim, ClaimRequest, EffectResult, LedgerError, Outcome};
use serde::{Deserialize, Serialize};

use super::Endings;
use crate::connection::Connection;
use crate::settlement::Ending;
use crate::{journal, note};

/// The most orders of one call (V1: *Create/Update Multiple Orders*).
const WRITE_MAX: usize = 100;
/// How far the platform's clock may be from ours when a lookup goes by time.
const CLOCK_SKEW: SignedDuration = SignedDuration::from_mins(10);
/// The most pages of a lookup; each holds 500 orders.
const LOOKUP_PAGES: u32 = 20;

/// A document to be sent.
#[derive(Debug, Clone)]
pub(super) struct Job {
    pub(super) order: OrderId,
    pub(super) version: Timestamp,
    pub(super) document: ShippingOrder,
}

/// The note of a recorded import.
#[derive(Debug, Serialize, Deserialize)]
struct Note {
    shipstation_order: i64,
}

/// A claimed job.
type Claimed = (Job, i64);

/// Sends all of these documents; an ending for each.
pub(super) async fn send(connection: &Connection, jobs: Vec<Job>) -> Endings {
    let mut endings = Endings::new();
    let mut chunks: Vec<Vec<Job>> = chunks_of(&jobs);
    while let Some(chunk) = chunks.pop() {
        let orders: Vec<OrderId> = chunk.iter().map(|job| job.order).collect();
        match send_chunk(connection, chunk, &mut endings).await {
            Ok(again) => chunks.extend(again),
            Err(ending) => endings.extend(orders.into_iter().map(|order| (order, ending.clone()))),
        }
    }
    endings
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
        again.extend(look_up(connection, permit, in_doubt, endings).await?);
    }
    Ok(again)
}

async fn permit(connection: &Connection) -> Result<Permit, Ending> {
    let patience = Some(SignedDuration::from_secs(45));
    let permit = connection.shipstation_gate.permit(Priority::Import, patience).await;
    permit.map_err(|failure| Ending::Failed(failure, None))
}

fn key(connection: &Connection, order: OrderId) -> EffectKey {
    EffectKey { kind: EffectKind::Import, connection: connection.name().clone(), order }
}

/// Claims a chunk. What needs no sending gets its ending here.
async fn claim(
    connection: &Connection,
    chunk: Vec<Job>,
    endings: &mut Endings,
) -> Result<(Vec<Claimed>, Vec<(Claimed, Timestamp)>), Ending> {
    let requests: Vec<_> = chunk
        .iter()
        .map(|job| ClaimRequest {
            key: key(connection, job.order),
            version: job.version.as_microsecond(),
            fingerprint: Fingerprint::of(&job.document),
        })
        .collect();
    let claims = connection.ledger.claim(&requests, connection.lease, connection.clock.now()).await?;
    let (mut granted, mut in_doubt, mut done) = (Vec::new(), Vec::new(), Vec::new());
    for (job, claim) in chunk.into_iter().zip(claims) {
        match claim {
            Claim::Granted { token } => granted.push((job, token)),
            Claim::InDoubt { token, since } => in_doubt.push(((job, token), since)),
            Claim::Done => done.push(job),
            Claim::Busy { until } => _ = endings.insert(job.order, Ending::Busy(until)),
            Claim::Superseded => _ = endings.insert(job.order, Ending::Done("superseded")),
        }
    }
    place_done(connection, done, endings).await?;
    Ok((granted, in_doubt))
}

/// Orders whose import is recorded but whose place is not kept: the worker died between the two.
async fn place_done(
    connection: &Connection,
    done: Vec<Job>,
    endings: &mut Endings,
) -> Result<(), LedgerError> {
    let keys: Vec<_> = done.iter().map(|job| key(connection, job.order)).collect();
    let records = connection.ledger.recorded(&keys).await?;
    let mut placed = Vec::new();
    for (job, record) in done.into_iter().zip(records) {
        endings.insert(job.order, Ending::Done("unchanged"));
        if let Some(Some(note)) = record.map(|record| note::read::<Note>(record.note)) {
            placed.push((job, note.shipstation_order));
        }
    }
    keep_placed(connection, placed).await
}

async fn write(
    connection: &Connection,
    permit: Permit,
    claimed: Vec<Claimed>,
    endings: &mut Endings,
) -> Result<Vec<Vec<Job>>, Ending> {
    let documents: Vec<_> = claimed.iter().map(|(job, _)| job.document.clone()).collect();
    let call = async |permit| connection.shipstation.create_orders(permit, &documents).await;
    match connection.shipstation_gate.call_with(permit, call).await {
        Ok(outcomes) => {
            let mut by_key: HashMap<String, Result<i64, Failure>> =
                outcomes.into_iter().map(|outcome| (outcome.order_key, outcome.result)).collect();
            let results = claimed.into_iter().map(|(job, token)| {
                let unsaid = || {
                    Err(Failure::Ambiguous { reason: "ShipStation's answer does not name the order".into() })
                };
                let result = by_key.remove(&job.document.order_key).unwrap_or_else(unsaid);
                (job, token, result)
            });
            conclude(connection, results.collect(), endings).await?;
            Ok(Vec::new())
        }
        // One document that cannot be read spoils the whole call: halve until it is alone.
        Err(Failure::Permanent { .. }) if claimed.len() > 1 => {
            release(connection, &claimed, &Outcome::NotApplied).await?;
            let mut jobs: Vec<Job> = claimed.into_iter().map(|(job, _)| job).collect();
            let rest = jobs.split_off(jobs.len() / 2);
            Ok(vec![jobs, rest])
        }
        Err(failure) => {
            let results = claimed.into_iter().map(|(job, token)| (job, token, Err(failure.clone())));
            conclude(connection, results.collect(), endings).await?;
            Ok(Vec::new())
        }
    }
}

/// Finds out which orders in doubt did arrive: one question for all of them, by the time of the earliest
/// attempt. Those that did not are sent again.
async fn look_up(
    connection: &Connection,
    permit: Option<Permit>,
    in_doubt: Vec<(Claimed, Timestamp)>,
    endings: &mut Endings,
) -> Result<Vec<Vec<Job>>, Ending> {
    let earliest = in_doubt.iter().map(|(_, since)| *since).min().unwrap_or_default();
    let claimed: Vec<Claimed> = in_doubt.into_iter().map(|(claimed, _)| claimed).collect();
    let found = match find_since(connection, permit, earliest - CLOCK_SKEW).await {
        Ok(found) => found,
        Err(failure) => {
            release(connection, &claimed, &Outcome::Untouched).await?;
            return Err(Ending::Failed(failure, None));
        }
    };
    let (arrived, missing): (Vec<_>, Vec<_>) =
        claimed.into_iter().partition(|(job, _)| found.contains_key(&job.document.order_key));
    release(connection, &missing, &Outcome::NotApplied).await?;
    let arrived = arrived.into_iter().map(|(job, token)| {
        let id = found[&job.document.order_key];
        (job, token, Ok(id))
    });
    conclude(connection, arrived.collect(), endings).await?;
    let missing: Vec<Job> = missing.into_iter().map(|(job, _)| job).collect();
    Ok(chunks_of(&missing))
}

/// ShipStation's orders modified since then, by order key.
async fn find_since(
    connection: &Connection,
    mut permit: Option<Permit>,
    since: Timestamp,
) -> Result<BTreeMap<String, i64>, Failure> {
    let mut found = BTreeMap::new();
    for page in 1..=LOOKUP_PAGES {
        let call =
            async |permit| connection.shipstation.orders_modified_since(permit, since, None, page).await;
        let listing = match permit.take() {
            Some(permit) => connection.shipstation_gate.call_with(permit, call).await?,
            None => connection.shipstation_gate.call(Priority::Import, call).await?,
        };
        let more = listing.has_more();
        found.extend(listing.records.into_iter().map(|order| (order.order_key, order.order_id)));
        if !more {
            return Ok(found);
        }
    }
    Err(Failure::Transient {
        reason: "too many orders changed in ShipStation to find ours among them".into(),
    })
}

/// Records how sent orders ended, and keeps what follows from it.
async fn conclude(
    connection: &Connection,
    results: Vec<(Job, i64, Result<i64, Failure>)>,
    endings: &mut Endings,
) -> Result<(), LedgerError> {
    let now = connection.clock.now();
    let recorded: Vec<_> = results
        .iter()
        .map(|(job, token, result)| EffectResult {
            key: key(connection, job.order),
            token: *token,
            outcome: outcome(result),
        })
        .collect();
    connection.ledger.record(&recorded, now).await?;
    let (mut placed, mut entries, mut failed) = (Vec::new(), Vec::new(), Vec::new());
    for (job, _, result) in results {
        let order = job.order;
        match result {
            Ok(id) => {
                entries.push(journal::sent(order, id, now));
                placed.push((job, id));
                endings.insert(order, Ending::Done("imported"));
            }
            Err(failure) => {
                entries.push(journal::failed(order, "sending to ShipStation", &failure, now));
                if matches!(failure, Failure::Permanent { .. }) {
                    failed.push((order, Progress::Review));
                }
                endings.insert(order, Ending::Failed(failure, Some(order)));
            }
        }
    }
    connection.metrics.imported(connection.name(), placed.len());
    keep_placed(connection, placed).await?;
    connection.ledger.keep_progress(connection.name(), &failed).await?;
    connection.ledger.write(connection.name(), &entries).await
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

async fn keep_placed(connection: &Connection, placed: Vec<(Job, i64)>) -> Result<(), LedgerError> {
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
        .map(|(job, shipstation_order)| (job.order, Placed { shipstation_order, document: job.document }))
        .collect();
    // In this order: once it is placed, the shipments lane may know more of its progress.
    connection.ledger.keep_progress(connection.name(), &mended).await?;
    connection.ledger.keep_placed(connection.name(), &placed).await
}

async fn release(connection: &Connection, claimed: &[Claimed], outcome: &Outcome) -> Result<(), LedgerError> {
    let results: Vec<_> = claimed
        .iter()
        .map(|(job, token)| EffectResult {
            key: key(connection, job.order),
            token: *token,
            outcome: outcome.clone(),
        })
        .collect();
    connection.ledger.record(&results, connection.clock.now()).await?;
    Ok(())
}
