//! Writing freight once: claim, one PUT of both fields for all orders of a chunk, one reading of what it wrote, record.
//! What was left in doubt is for [`mod@doubt`], what another write has overtaken for [`overtaken`]; how it went with each is
//! a [`step`].

mod doubt;
mod overtaken;
mod step;

use std::collections::HashMap;

use domain::effect::Fingerprint;
use domain::failure::Failure;
use domain::ids::OrderId;
use domain::patch::OrderPatch;
use domain::quota::Priority;
use domain::rates::Priced;
use domain::rates::freight::{Case, Memory, Standing, basis, standing};
use domain::sales_order::SalesOrder;
use jiff::{SignedDuration, Timestamp};
use ledger::{Claim, ClaimRequest, EffectResult, LedgerError, Recorded};

use super::{Endings, failed, key, written};
use doubt::{announce, as_doubt, look_up};
use step::Step;

pub(super) use doubt::attempt;

use crate::connection::Connection;
use crate::gate::{PATIENCE, Permit};
use crate::settlement::Ending;
use crate::shown::shown;

/// An order that was read no longer ago is taken to be as it was.
const FRESH: SignedDuration = SignedDuration::from_secs(2);

/// An order with the freight that it shall show.
#[derive(Debug, Clone)]
pub(super) struct Job {
    /// As read.
    pub(super) order: SalesOrder,
    /// When that reading began.
    pub(super) read_at: Timestamp,
    /// What it shall show.
    pub(super) wanted: Memory,
    /// The quote behind that; `None` where it is an earlier attempt that is only to be recorded.
    pub(super) chosen: Option<Priced>,
    /// What could not be asked.
    pub(super) errors: Vec<String>,
    /// What was last recorded to be written.
    pub(super) written: Option<Memory>,
    /// Whether a person asked for it.
    pub(super) asked: bool,
}

/// A claimed job.
#[derive(Debug, Clone)]
struct Claimed {
    job: Job,
    token: i64,
    /// When the claim ends.
    until: Timestamp,
}

/// Writes these jobs; an ending for each.
pub(super) async fn write(connection: &Connection, jobs: Vec<Job>) -> Endings {
    let orders: Vec<OrderId> = jobs.iter().map(|job| job.order.id).collect();
    let mut endings = Endings::new();
    if let Err(ending) = write_all(connection, jobs, &mut endings).await {
        // Whatever was answered before: what should have followed from it may be missing.
        endings.extend(orders.into_iter().map(|order| (order, ending.clone())));
    }
    endings
}

async fn write_all(connection: &Connection, jobs: Vec<Job>, endings: &mut Endings) -> Result<(), Ending> {
    if jobs.is_empty() {
        return Ok(());
    }
    // The permit comes before the claim, so that no lease runs out while we wait for the budget.
    let permit = permit(connection).await?;
    let (granted, in_doubt) = claim(connection, jobs, endings).await?;
    let mut steps = Vec::new();
    let granted = still_as_planned(connection, granted, &mut steps).await?;
    let granted = still_wanted(connection, granted, &mut steps).await;
    put(connection, Some(permit), granted, &mut steps).await?;
    let again = look_up(connection, in_doubt, &mut steps).await?;
    put(connection, None, again, &mut steps).await?;
    let late = conclude(connection, steps, endings).await?;
    overtaken::mend(connection, late, endings).await
}

async fn permit(connection: &Connection) -> Result<Permit, Ending> {
    connection.cin7_gate.permit(Priority::Rates, Some(PATIENCE)).await.map_err(failed)
}

impl Job {
    /// An order that shows an attempt which nobody has recorded.
    pub(super) fn unrecorded(case: Case<'_>, attempt: &Memory, read_at: Timestamp) -> Self {
        Self {
            order: case.order.clone(),
            read_at,
            wanted: attempt.clone(),
            chosen: None,
            errors: Vec::new(),
            written: case.written.cloned(),
            asked: case.asked,
        }
    }

    /// Tells whether this has been written already. What a person has emptied and asks for again is new each time.
    fn fingerprint(&self) -> Fingerprint {
        if self.asked {
            return Fingerprint::of(&("asked", &self.wanted, self.order.modified));
        }
        Fingerprint::of(&self.wanted)
    }

    fn case(&self) -> Case<'_> {
        Case { order: &self.order, written: self.written.as_ref(), attempt: None, asked: self.asked }
    }
}

async fn claim(
    connection: &Connection,
    jobs: Vec<Job>,
    endings: &mut Endings,
) -> Result<(Vec<Claimed>, Vec<Claimed>), LedgerError> {
    let request = |job: &Job| ClaimRequest {
        key: key(connection, job.order.id),
        version: job.order.modified.as_microsecond(),
        fingerprint: job.fingerprint(),
    };
    let requests: Vec<_> = jobs.iter().map(request).collect();
    let until = connection.lease_end();
    let claims = connection.ledger.claim(&requests, connection.lease, connection.clock.now()).await?;
    let (mut granted, mut in_doubt) = (Vec::new(), Vec::new());
    for (job, claim) in jobs.into_iter().zip(claims) {
        let order = job.order.id;
        match claim {
            Claim::Granted { token } => granted.push(Claimed { job, token, until }),
            Claim::InDoubt { token, .. } => in_doubt.push(Claimed { job, token, until }),
            Claim::Done => _ = endings.insert(order, Ending::Done("unchanged")),
            Claim::Busy { until } => _ = endings.insert(order, Ending::Busy(until)),
            Claim::Superseded => _ = endings.insert(order, Ending::Done("superseded")),
        }
    }
    Ok((granted, in_doubt))
}

/// Those that nobody has written since they were read. The others come again: what they showed is history.
async fn still_as_planned(
    connection: &Connection,
    granted: Vec<Claimed>,
    steps: &mut Vec<(Claimed, Step)>,
) -> Result<Vec<Claimed>, LedgerError> {
    let now_written = written(connection, granted.iter().map(|claimed| claimed.job.order.id)).await?;
    let mut same = Vec::new();
    for (claimed, now_written) in granted.into_iter().zip(now_written) {
        if now_written == claimed.job.written {
            same.push(claimed);
        } else {
            steps.push((claimed, Step::Later));
        }
    }
    Ok(same)
}

/// Those that still want what was quoted. Carriers, and the budget for asking them, may take minutes, and meanwhile
/// people go on: what was read long ago is read again, right before the write.
async fn still_wanted(
    connection: &Connection,
    granted: Vec<Claimed>,
    steps: &mut Vec<(Claimed, Step)>,
) -> Vec<Claimed> {
    let now = connection.clock.now();
    let is_old =
        |claimed: &Claimed| claimed.job.chosen.is_some() && now.duration_since(claimed.job.read_at) > FRESH;
    let (old, mut wanted): (Vec<_>, Vec<_>) = granted.into_iter().partition(is_old);
    let mut shown = match read(connection, old.iter().map(|claimed| claimed.job.order.id)).await {
        Ok(shown) => shown,
        Err(failure) => {
            let unread = |claimed| (claimed, Step::Failed(as_doubt(failure.clone())));
            steps.extend(old.into_iter().map(unread));
            return wanted;
        }
    };
    for mut claimed in old {
        let Some(order) = shown.remove(&claimed.job.order.id) else {
            steps.push((claimed, Step::Later));
            continue;
        };
        claimed.job.order = order;
        match standing(claimed.job.case(), &connection.rules) {
            Standing::Wanted(_)
                if basis(&claimed.job.order, &connection.rules.rates) == claimed.job.wanted.basis =>
            {
                wanted.push(claimed);
            }
            Standing::Wanted(_) | Standing::Unchanged => steps.push((claimed, Step::Later)),
            Standing::Theirs(_) | Standing::NotNow(_) => steps.push((claimed, Step::Theirs)),
        }
    }
    wanted
}

/// Writes a chunk and reads it back.
async fn put(
    connection: &Connection,
    permit: Option<Permit>,
    claimed: Vec<Claimed>,
    steps: &mut Vec<(Claimed, Step)>,
) -> Result<(), LedgerError> {
    let (differing, same): (Vec<_>, Vec<_>) =
        claimed.into_iter().partition(|claimed| !claimed.job.wanted.is_shown(&claimed.job.order));
    steps.extend(same.into_iter().map(|claimed| (claimed, Step::Same)));
    let (mut permit, mut chunks) = (permit, vec![differing]);
    while let Some(mut chunk) = chunks.pop() {
        if chunk.is_empty() {
            continue;
        }
        let permit = match permit.take() {
            Some(permit) => Ok(permit),
            None => self::permit(connection).await,
        };
        // A write that might land after its lease could overwrite what another worker has written since.
        let has_room = chunk.iter().all(|claimed| connection.has_room(claimed.until));
        let (Ok(permit), true) = (permit, has_room) else {
            steps.extend(chunk.into_iter().map(|claimed| (claimed, Step::Later)));
            continue;
        };
        announce(connection, &chunk).await?;
        let patches: Vec<OrderPatch> =
            chunk.iter().map(|claimed| claimed.job.wanted.patch(&claimed.job.order)).collect();
        let call = async |permit| connection.cin7.update_freight(permit, &patches).await;
        match connection.cin7_gate.call_with(permit, call).await {
            // One patch that cannot be read spoils the whole call: halve until it is alone.
            Err(Failure::Permanent { .. }) if chunk.len() > 1 => {
                let rest = chunk.split_off(chunk.len() / 2);
                chunks.extend([rest, chunk]);
            }
            Err(failure) => {
                steps.extend(chunk.into_iter().map(|claimed| (claimed, Step::Failed(failure.clone()))));
            }
            Ok(outcomes) => {
                let outcomes = outcomes.into_iter().map(|outcome| (outcome.order, outcome.result)).collect();
                steps.extend(confirmed(connection, chunk, outcomes).await);
            }
        }
    }
    Ok(())
}

/// Cin7 is known to answer otherwise than it acts: a write counts once it is shown.
async fn confirmed(
    connection: &Connection,
    chunk: Vec<Claimed>,
    mut outcomes: HashMap<OrderId, Result<(), Failure>>,
) -> Vec<(Claimed, Step)> {
    let shown = read(connection, chunk.iter().map(|claimed| claimed.job.order.id)).await;
    let steps = chunk.into_iter().map(|claimed| {
        let order = claimed.job.order.id;
        let step = match (outcomes.remove(&order), &shown) {
            (Some(Err(failure)), _) => Step::Failed(failure),
            (None, _) => doubt(order, "its answer does not name it"),
            (Some(Ok(())), Err(_)) => doubt(order, "it could not be read back"),
            (Some(Ok(())), Ok(shown)) => match shown.get(&order) {
                Some(shown) if claimed.job.wanted.is_shown(shown) => Step::Written,
                Some(_) => doubt(order, "it does not show it when read back"),
                None => doubt(order, "it is not there any more"),
            },
        };
        (claimed, step)
    });
    steps.collect()
}

fn doubt(order: OrderId, doubt: &str) -> Step {
    let reason = format!("Cin7 took the freight of order {order}, and {doubt}");
    Step::Failed(Failure::Ambiguous { reason })
}

async fn read(
    connection: &Connection,
    orders: impl Iterator<Item = OrderId>,
) -> Result<HashMap<OrderId, SalesOrder>, Failure> {
    shown(connection, Priority::Rates, None, orders).await
}

/// Records how the writes ended, and tells of it. Returns those that may have landed and were not recorded, because
/// somebody has a newer claim.
async fn conclude(
    connection: &Connection,
    steps: Vec<(Claimed, Step)>,
    endings: &mut Endings,
) -> Result<Vec<Claimed>, LedgerError> {
    let now = connection.clock.now();
    let result = |(claimed, step): &(Claimed, Step)| EffectResult {
        key: key(connection, claimed.job.order.id),
        token: claimed.token,
        outcome: step.outcome(&claimed.job),
    };
    let results: Vec<_> = steps.iter().map(result).collect();
    let accepted = connection.ledger.record(&results, now).await?;
    let (mut entries, mut late) = (Vec::new(), Vec::new());
    for ((claimed, step), accepted) in steps.into_iter().zip(accepted) {
        let order = claimed.job.order.id;
        if accepted == Recorded::StaleToken && step.may_have_landed() {
            late.push(claimed);
            continue;
        }
        if accepted == Recorded::Yes {
            entries.extend(step.told(&claimed.job, now));
        }
        endings.insert(order, step.ending(connection, order));
    }
    connection.ledger.write(connection.name(), &entries).await?;
    Ok(late)
}
