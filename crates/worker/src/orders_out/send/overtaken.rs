//! Writes that landed after their lease, when another worker had claimed the order: ShipStation cannot tell
//! whose is newer, so the newer document may have been overwritten. It is sent once more.

use jiff::{SignedDuration, Timestamp};

use domain::effect::Fingerprint;
use domain::failure::Failure;
use domain::ids::OrderRef;
use domain::import::outgoing::outgoing;
use domain::quota::Priority;
use domain::record::Placed;
use ledger::{Claim, ClaimRequest, LedgerError, Outcome};

use super::{Change, Claimed, Job, by_document, conclude, has_room, key, permit, post, release};
use crate::connection::Connection;
use crate::orders_out::Endings;
use crate::settlement::Ending;

/// So often the newer document's own worker is waited for, one lease at a time.
const ROUNDS: usize = 5;
/// How long between its write's record and what follows from it.
const MOMENT: SignedDuration = SignedDuration::from_secs(1);

/// Sees to it that the newest document is what ShipStation has in the end.
pub(super) async fn mend(
    connection: &Connection,
    mut late: Vec<Job>,
    endings: &mut Endings,
) -> Result<(), Ending> {
    for _ in 0..ROUNDS {
        late = differing(connection, late, endings).await?;
        if late.is_empty() {
            return Ok(());
        }
        let until = round(connection, &mut late, endings).await?;
        connection.wait_until(until).await;
    }
    for job in late {
        let reason = format!("order {} was sent twice at once, and it is not known how it ended", job.order);
        endings.insert(job.order, Ending::Failed(Failure::Transient { reason }, Some(job.order)));
    }
    Ok(())
}

/// Those whose late document is not the one that was recorded, or of which nothing is recorded yet.
async fn differing(
    connection: &Connection,
    late: Vec<Job>,
    endings: &mut Endings,
) -> Result<Vec<Job>, LedgerError> {
    let refs: Vec<_> = late.iter().map(|job| OrderRef::Id(job.order)).collect();
    let records = connection.ledger.orders(connection.name(), &refs).await?;
    let mut differing = Vec::new();
    for (job, record) in late.into_iter().zip(records) {
        // A claim for the repair must not count as older than what it repairs.
        let version = record.as_ref().map_or(job.version, |record| record.reading.version.max(job.version));
        let placed = record.and_then(|record| record.placed);
        if placed.is_some_and(|placed| placed.document == job.document) {
            endings.insert(job.order, Ending::Done("imported"));
        } else {
            differing.push(Job { version, ..job });
        }
    }
    Ok(differing)
}

/// Sends what can be sent again, which takes it from `late`. Returns when the others may be free.
async fn round(
    connection: &Connection,
    late: &mut Vec<Job>,
    endings: &mut Endings,
) -> Result<Timestamp, Ending> {
    let permit = permit(connection).await?;
    let (claimed, until) = claim_again(connection, late).await?;
    if claimed.is_empty() {
        return Ok(until);
    }
    // What is recorded can only be trusted now that the claim keeps others away.
    let refs: Vec<_> = claimed.iter().map(|claimed| OrderRef::Id(claimed.job.order)).collect();
    let records = connection.ledger.orders(connection.name(), &refs).await?;
    let (mut newest, mut unknown) = (Vec::new(), Vec::new());
    for (claimed, record) in claimed.into_iter().zip(records) {
        let Some(placed) = record.and_then(|record| record.placed) else {
            unknown.push(claimed);
            continue;
        };
        if let Some(job) = repair(connection, &claimed.job, placed).await? {
            newest.push(Claimed { job, ..claimed });
        } else {
            endings.insert(claimed.job.order, Ending::Done("overtaken"));
            late.retain(|job| job.order != claimed.job.order);
            unknown.push(claimed);
        }
    }
    release(connection, &unknown, &Outcome::Untouched).await?;
    if newest.is_empty() || !has_room(connection, &newest) {
        release(connection, &newest, &Outcome::Untouched).await?;
        return Ok(until);
    }
    late.retain(|job| newest.iter().all(|claimed| claimed.job.order != job.order));
    let results = match post(connection, permit, &newest).await {
        Ok(by_key) => by_document(newest, by_key),
        Err(failure) => newest.into_iter().map(|claimed| (claimed, Err(failure.clone()))).collect(),
    };
    late.extend(conclude(connection, results, endings).await?);
    Ok(until)
}

/// The job that brings the newest document back. Where an order was changed, what its people have set since must
/// not be lost: it is read first, and left alone once it may not be written any more.
async fn repair(connection: &Connection, late: &Job, placed: Placed) -> Result<Option<Job>, Ending> {
    let Some(change) = &late.change else {
        return Ok(Some(Job { document: placed.document, ..late.clone() }));
    };
    let Some(id) = placed.shipstation_order else { return Ok(None) };
    let failed = |failure| Ending::Failed(failure, Some(late.order));
    let api = connection.api().map_err(failed)?;
    let read = async |permit| api.client.order(permit, id).await;
    let there = api.gate.call(Priority::Import, read).await.map_err(failed)?;
    let there = there.filter(|there| there.locked().is_none());
    Ok(there.map(|there| {
        let outgoing = outgoing(&placed.document, &[&placed.document, &late.document], &there);
        let event = change.event.clone();
        let document = placed.document.clone();
        Job { document, change: Some(Change { before: placed, outgoing, event }), ..late.clone() }
    }))
}

/// Claims orders for a repair, whatever is recorded of them.
async fn claim_again(
    connection: &Connection,
    late: &[Job],
) -> Result<(Vec<Claimed>, Timestamp), LedgerError> {
    let now = connection.clock.now();
    let request = |job: &Job| ClaimRequest {
        key: key(connection, job.order),
        version: job.version.as_microsecond(),
        fingerprint: Fingerprint::of(&("repair", now, &job.document)),
    };
    let requests: Vec<_> = late.iter().map(request).collect();
    let lease_end = connection.lease_end();
    let claims = connection.ledger.claim(&requests, connection.lease, now).await?;
    let (mut claimed, mut free) = (Vec::new(), now + MOMENT);
    for (job, claim) in late.iter().zip(claims) {
        match claim {
            Claim::Granted { token } | Claim::InDoubt { token, .. } => {
                claimed.push(Claimed { job: job.clone(), token, until: lease_end });
            }
            Claim::Busy { until } => free = free.max(until),
            Claim::Done | Claim::Superseded => {}
        }
    }
    Ok((claimed, free))
}
