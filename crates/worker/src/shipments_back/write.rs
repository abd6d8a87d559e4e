//! Bringing Cin7 in line: read the orders in one call, plan each from its whole set, write only differences
//! in one PUT, read them back, and record item by item. A write that was left in doubt is resolved by reading the
//! order again under its claim: if Cin7 shows what we want, it was applied. Reading back is [`read_back`], a write
//! that another one has overtaken is for [`overtaken`].

mod overtaken;
mod planning;
mod read_back;

use std::collections::{BTreeMap, HashMap};

use jiff::Timestamp;

use crate::gate::{PATIENCE, Permit};
use domain::effect::Fingerprint;
use domain::failure::Failure;
use domain::fulfil::{Memory, Plan};
use domain::ids::OrderId;
use domain::patch::OrderPatch;
use domain::quota::Priority;
use domain::record::Progress;
use domain::shipment::ShipmentSet;
use domain::shipping_order::ShippingOrder;
use ledger::{Claim, ClaimRequest, EffectResult, LedgerError, Outcome, Recorded, TakenIn};

use platforms::RecordOutcome;

use planning::{jobs, plan_again, read_and_plan, still_as_planned};

use super::key;
use crate::connection::Connection;
use crate::settlement::Ending;
use crate::told::is_written_told;
use crate::{journal, note};

/// The most orders that one call reads or writes (Cin7: `rows` and batch limit).
const CALL_MAX: usize = 250;

pub(super) type Endings = BTreeMap<OrderId, Ending>;

/// An order whose Cin7 side shall follow its set.
#[derive(Debug, Clone)]
struct Job {
    order: OrderId,
    set: ShipmentSet,
    document: ShippingOrder,
    /// What was last recorded to be written.
    written: Option<Memory>,
}

/// A claimed job with its plan.
#[derive(Debug, Clone)]
struct Claimed {
    job: Job,
    plan: Plan,
    token: i64,
    /// When the claim ends.
    until: Timestamp,
    /// Whether an earlier attempt may have arrived.
    in_doubt: bool,
}

/// Brings Cin7 in line with these sets; an ending for each order. The permit, if any, is for the first reading.
pub(super) async fn bring_in_line(
    connection: &Connection,
    mut permit: Option<Permit>,
    touched: &[TakenIn],
) -> Endings {
    let mut endings = Endings::new();
    for chunk in touched.chunks(CALL_MAX) {
        if let Err(ending) = chunk_in_line(connection, permit.take(), chunk, &mut endings).await {
            // Whatever was answered before: what should have followed from it may be missing.
            endings.extend(chunk.iter().map(|taken| (taken.order, ending.clone())));
        }
    }
    endings
}

async fn chunk_in_line(
    connection: &Connection,
    first: Option<Permit>,
    chunk: &[TakenIn],
    endings: &mut Endings,
) -> Result<(), Ending> {
    let jobs = jobs(connection, chunk).await?;
    let planned = read_and_plan(connection, first, jobs, endings).await?;
    // The permit comes before the claim, so that no lease runs out while we wait for the budget.
    let differs = planned.iter().any(|(_, plan)| !plan.patch.is_empty());
    let permit = if differs { Some(permit(connection).await?) } else { None };
    let (granted, in_doubt) = claim(connection, planned, endings).await?;
    let (granted, mut unsure) = still_as_planned(connection, granted).await?;
    // Of what is in doubt, too, more may have been recorded since it was planned.
    let (same, changed) = still_as_planned(connection, in_doubt).await?;
    unsure.extend(same.into_iter().chain(changed));
    let mut late = put(connection, permit, granted, endings).await?;
    if !unsure.is_empty() {
        let planned_again = plan_again(connection, unsure, false, endings).await?;
        late.extend(put(connection, None, planned_again, endings).await?);
    }
    overtaken::mend(connection, late, endings).await
}

async fn permit(connection: &Connection) -> Result<Permit, Ending> {
    let permit = connection.cin7_gate.permit(Priority::WriteBack, Some(PATIENCE)).await;
    permit.map_err(|failure| Ending::Failed(failure, None))
}

async fn claim(
    connection: &Connection,
    planned: Vec<(Job, Plan)>,
    endings: &mut Endings,
) -> Result<(Vec<Claimed>, Vec<Claimed>), Ending> {
    let requests: Vec<_> = planned
        .iter()
        .map(|(job, plan)| ClaimRequest {
            key: key(connection, job.order),
            version: job.set.revision,
            fingerprint: Fingerprint::of(&plan.desired),
        })
        .collect();
    let until = connection.lease_end();
    let claims = connection.ledger.claim(&requests, connection.lease, connection.clock.now()).await?;
    let (mut granted, mut in_doubt, mut settled, mut untold) = (vec![], vec![], vec![], vec![]);
    for ((job, plan), claim) in planned.into_iter().zip(claims) {
        let order = job.order;
        match claim {
            Claim::Granted { token } => granted.push(Claimed { job, plan, token, until, in_doubt: false }),
            Claim::InDoubt { token, .. } => {
                in_doubt.push(Claimed { job, plan, token, until, in_doubt: true });
            }
            Claim::Done => {
                if !is_written_told(connection, order).await? {
                    untold.push(journal::found_written(order, &plan, connection.clock.now()));
                }
                settled.push((order, plan.after));
                endings.insert(order, Ending::Done("unchanged"));
            }
            Claim::Busy { until } => _ = endings.insert(order, Ending::Busy(until)),
            Claim::Superseded => _ = endings.insert(order, Ending::Done("superseded")),
        }
    }
    connection.ledger.write(connection.name(), &untold).await?;
    connection.ledger.keep_progress(connection.name(), &settled).await?;
    Ok((granted, in_doubt))
}

/// Writes what differs and records all of it. Returns what may have been written and was not recorded, because
/// somebody has a newer claim.
async fn put(
    connection: &Connection,
    permit: Option<Permit>,
    claimed: Vec<Claimed>,
    endings: &mut Endings,
) -> Result<Vec<Claimed>, Ending> {
    let (same, differing): (Vec<_>, Vec<_>) =
        claimed.into_iter().partition(|claimed| claimed.plan.patch.is_empty());
    conclude(connection, same.into_iter().map(|claimed| (claimed, Ok(()))).collect(), endings).await?;
    if differing.is_empty() {
        return Ok(Vec::new());
    }
    let before: Vec<_> = differing.iter().map(|claimed| (claimed.job.order, claimed.plan.before)).collect();
    connection.ledger.keep_progress(connection.name(), &before).await?;
    let (mut permit, mut late) = (permit, Vec::new());
    let mut chunks = vec![differing];
    while let Some(mut chunk) = chunks.pop() {
        let permit = match admitted(connection, permit.take(), &chunk).await {
            Ok(permit) => permit,
            Err(ending) => {
                release(connection, &chunk, &Outcome::Untouched).await?;
                endings.extend(chunk.iter().map(|claimed| (claimed.job.order, ending.clone())));
                continue;
            }
        };
        match put_chunk(connection, permit, &chunk).await {
            // One patch that cannot be read spoils the whole call: halve until it is alone.
            Err(Failure::Permanent { .. }) if chunk.len() > 1 => {
                let rest = chunk.split_off(chunk.len() / 2);
                chunks.extend([rest, chunk]);
            }
            answer => late.extend(conclude(connection, by_order(chunk, answer), endings).await?),
        }
    }
    Ok(late)
}

/// The permit of a write, if its leases have room for it by then. A write that might land after its lease could
/// overwrite what another worker has written since.
async fn admitted(
    connection: &Connection,
    permit: Option<Permit>,
    chunk: &[Claimed],
) -> Result<Permit, Ending> {
    let permit = match permit {
        Some(permit) => permit,
        None => self::permit(connection).await?,
    };
    let has_room = chunk.iter().all(|claimed| connection.has_room(claimed.until));
    if has_room { Ok(permit) } else { Err(Ending::Busy(connection.clock.now())) }
}

async fn put_chunk(
    connection: &Connection,
    permit: Permit,
    chunk: &[Claimed],
) -> Result<Vec<RecordOutcome>, Failure> {
    let patches: Vec<OrderPatch> = chunk.iter().map(|claimed| claimed.plan.patch.clone()).collect();
    let call = async |permit| connection.cin7.update_orders(permit, &patches).await;
    let outcomes = connection.cin7_gate.call_with(permit, call).await?;
    Ok(read_back::confirmed(connection, &patches, outcomes).await)
}

/// Each order's own result; an order that the answer does not name is in doubt.
fn by_order(
    chunk: Vec<Claimed>,
    answer: Result<Vec<RecordOutcome>, Failure>,
) -> Vec<(Claimed, Result<(), Failure>)> {
    let outcomes = match answer {
        Ok(outcomes) => outcomes,
        Err(failure) => return chunk.into_iter().map(|claimed| (claimed, Err(failure.clone()))).collect(),
    };
    let mut by_order: HashMap<OrderId, Result<(), Failure>> =
        outcomes.into_iter().map(|outcome| (outcome.order, outcome.result)).collect();
    let unsaid = || Err(Failure::Ambiguous { reason: "Cin7's answer does not name the order".into() });
    let results = chunk.into_iter().map(|claimed| {
        let result = by_order.remove(&claimed.job.order).unwrap_or_else(unsaid);
        (claimed, result)
    });
    results.collect()
}

/// Records how writes ended, and keeps what follows from it. Returns those that [`put`] returns.
async fn conclude(
    connection: &Connection,
    results: Vec<(Claimed, Result<(), Failure>)>,
    endings: &mut Endings,
) -> Result<Vec<Claimed>, LedgerError> {
    let now = connection.clock.now();
    let recorded: Vec<_> = results
        .iter()
        .map(|(claimed, result)| EffectResult {
            key: key(connection, claimed.job.order),
            token: claimed.token,
            outcome: outcome(&claimed.plan.memory, result),
        })
        .collect();
    let accepted = connection.ledger.record(&recorded, now).await?;
    let (mut progress, mut entries, mut written, mut late) = (Vec::new(), Vec::new(), 0, Vec::new());
    for ((claimed, result), accepted) in results.into_iter().zip(accepted) {
        let order = claimed.job.order;
        let may_have_landed = matches!(result, Ok(()) | Err(Failure::Ambiguous { .. }));
        if accepted == Recorded::StaleToken && may_have_landed && !claimed.plan.patch.is_empty() {
            late.push(claimed);
            continue;
        }
        let (ending, kept) = ending(&claimed, result, accepted, now, &mut entries, &mut written);
        progress.extend(kept.map(|progress| (order, progress)));
        endings.insert(order, ending);
    }
    connection.metrics.written(connection.name(), written);
    // Told before it counts as ended: who dies between the two leaves an order that is looked at again.
    connection.ledger.write(connection.name(), &entries).await?;
    connection.ledger.keep_progress(connection.name(), &progress).await?;
    Ok(late)
}

fn ending(
    claimed: &Claimed,
    result: Result<(), Failure>,
    accepted: Recorded,
    now: Timestamp,
    entries: &mut Vec<ledger::JournalEntry>,
    written: &mut usize,
) -> (Ending, Option<Progress>) {
    let order = claimed.job.order;
    match (result, accepted) {
        // Somebody with a newer claim was faster, and we wrote nothing: the next reading says how it stands.
        (_, Recorded::StaleToken) => {
            let reason = "a newer claim overtook this write".to_owned();
            (Ending::Failed(Failure::Transient { reason }, Some(order)), None)
        }
        (Ok(()), Recorded::Yes) => {
            let news = Memory::news(claimed.job.written.as_ref(), &claimed.plan.kept);
            entries.extend(news.into_iter().map(|kept| journal::left_alone(order, kept, now)));
            if !claimed.plan.patch.is_empty() {
                entries.push(journal::written(order, &claimed.plan, now));
                *written += 1;
            } else if claimed.in_doubt {
                entries.push(journal::found_written(order, &claimed.plan, now));
                *written += 1;
            }
            (Ending::Done("written"), Some(claimed.plan.after))
        }
        (Err(failure), Recorded::Yes) => {
            entries.push(journal::failed(order, "writing to Cin7", &failure, now));
            let review = matches!(failure, Failure::Permanent { .. }).then_some(Progress::Review);
            (Ending::Failed(failure, Some(order)), review)
        }
    }
}

fn outcome(memory: &Memory, result: &Result<(), Failure>) -> Outcome {
    match result {
        Ok(()) => Outcome::Applied { note: note::write(memory) },
        Err(Failure::Ambiguous { .. }) => Outcome::InDoubt,
        Err(Failure::Permanent { .. }) => Outcome::NotApplied,
        Err(_) => Outcome::Untouched,
    }
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
