//! One carton for each parcel, where the rules ask for that: after an order's tracking is recorded, and after that of
//! all others of the round. Cin7 takes cartons an order a call, so only those are written that differ from what was
//! recorded, and for no longer than [`TIME_MAX`] while other shipments may be waiting for their tracking.
//!
//! It is an effect of its own, so that cartons which Cin7 refuses take nothing back. A list that was left in doubt is
//! read and compared before it is written again; one that another worker has overtaken is for [`overtaken`].

mod overtaken;

use domain::effect::{EffectKey, EffectKind, Fingerprint};
use domain::failure::Failure;
use domain::fulfil::cartons::{self, Carton};
use domain::ids::{OrderId, OrderRef};
use domain::quota::Priority;
use domain::record::OrderRecord;
use domain::shipment::ShipmentSet;
use jiff::{SignedDuration, Timestamp};
use ledger::{Claim, ClaimRequest, EffectResult, LedgerError, Outcome, Recorded, TakenIn};

use super::write::Endings;
use crate::connection::Connection;
use crate::gate::{PATIENCE, Permit};
use crate::settlement::Ending;
use crate::{journal, note};

/// For so long a round writes cartons. The others return to the queue at no attempt, and what has shipped meanwhile
/// gets its tracking first.
const TIME_MAX: SignedDuration = SignedDuration::from_mins(1);

/// An order whose cartons shall follow its set.
#[derive(Debug)]
struct Job {
    order: OrderId,
    revision: i64,
    wanted: Vec<Carton>,
    /// What was last recorded to be written.
    written: Vec<Carton>,
}

/// A claimed job.
#[derive(Debug)]
struct Claimed<'a> {
    job: &'a Job,
    token: i64,
    /// When the claim ends.
    until: Timestamp,
    /// Whether an earlier attempt may have arrived.
    in_doubt: bool,
}

/// How the work on a claimed job went.
#[derive(Debug)]
enum Step {
    /// There was nothing to write.
    Same,
    /// An earlier attempt had written it.
    Found,
    Written,
    Failed(Failure),
    /// The lease has no room left for a call.
    NoRoom,
}

/// Which of these orders have cartons that were not looked at for the present revision of their set. None where the
/// rules do not ask for cartons, and none of a void order.
pub(super) async fn open(
    connection: &Connection,
    taken: &[TakenIn],
    records: &[Option<OrderRecord>],
) -> Result<Vec<bool>, LedgerError> {
    if !connection.rules.writeback.cartons {
        return Ok(vec![false; taken.len()]);
    }
    let keys: Vec<_> = taken.iter().map(|taken| key(connection, taken.order)).collect();
    let recorded = connection.ledger.recorded(&keys).await?;
    let open = taken.iter().zip(records).zip(recorded).map(|((taken, record), recorded)| {
        let has_any =
            record.as_ref().is_some_and(|record| record.placed.is_some() && !record.reading.is_void());
        has_any && recorded.is_none_or(|recorded| recorded.version < taken.set.revision)
    });
    Ok(open.collect())
}

/// Brings the cartons in line of those of these orders whose tracking is recorded.
pub(super) async fn bring_in_line(connection: &Connection, touched: &[TakenIn], endings: &mut Endings) {
    if !connection.rules.writeback.cartons {
        return;
    }
    let is_shown =
        |taken: &&TakenIn| matches!(endings.get(&taken.order), Some(Ending::Done("written" | "unchanged")));
    let sets: Vec<_> = touched.iter().filter(is_shown).map(|taken| (taken.order, &taken.set)).collect();
    match jobs(connection, &sets).await {
        Ok(jobs) => write_all(connection, &jobs, endings).await,
        Err(error) => {
            let ending = Ending::from(error);
            endings.extend(sets.into_iter().map(|(order, _)| (order, ending.clone())));
        }
    }
}

async fn jobs(connection: &Connection, sets: &[(OrderId, &ShipmentSet)]) -> Result<Vec<Job>, LedgerError> {
    let refs: Vec<_> = sets.iter().map(|(order, _)| OrderRef::Id(*order)).collect();
    let keys: Vec<_> = sets.iter().map(|(order, _)| key(connection, *order)).collect();
    let records = connection.ledger.orders(connection.name(), &refs).await?;
    let recorded = connection.ledger.recorded(&keys).await?;
    let jobs = sets.iter().zip(records).zip(recorded).filter_map(|(((order, set), record), recorded)| {
        let record = record.filter(|record| !record.reading.is_void())?;
        let wanted = cartons::cartons(*order, &record.placed?.document, set);
        let written = recorded.and_then(|recorded| note::read(recorded.note)).unwrap_or_default();
        Some(Job { order: *order, revision: set.revision, wanted, written })
    });
    Ok(jobs.collect())
}

async fn write_all(connection: &Connection, jobs: &[Job], endings: &mut Endings) {
    let (begun, mut stopped) = (connection.clock.now(), None);
    for job in jobs {
        let now = connection.clock.now();
        if now - begun > TIME_MAX {
            stopped.get_or_insert(Ending::Busy(now));
        }
        let ending = match &stopped {
            Some(ending) => ending.clone(),
            None => write(connection, job).await.unwrap_or_else(|ending| ending),
        };
        match &ending {
            // The tracking's own ending stays.
            Ending::Done(_) => continue,
            Ending::Failed(Failure::RateLimited { .. } | Failure::Misconfigured { .. }, _)
            | Ending::NoLedger(_) => _ = stopped.get_or_insert(ending.clone()),
            Ending::Failed(..) | Ending::Busy(_) => {}
        }
        endings.insert(job.order, ending);
    }
}

async fn write(connection: &Connection, job: &Job) -> Result<Ending, Ending> {
    // The permit comes before the claim, so that no lease runs out while we wait for the budget.
    let permit = if job.differs() {
        let permit = permit(connection).await;
        Some(permit.map_err(|failure| Ending::Failed(failure, None))?)
    } else {
        None
    };
    let until = connection.lease_end();
    let claimed = |token, in_doubt| Claimed { job, token, until, in_doubt };
    match claim(connection, job, Fingerprint::of(&job.wanted)).await? {
        Claim::Done => Ok(Ending::Done("unchanged")),
        Claim::Superseded => Ok(Ending::Done("superseded")),
        Claim::Busy { until } => Ok(Ending::Busy(until)),
        Claim::Granted { token } => apply(connection, claimed(token, false), permit).await,
        Claim::InDoubt { token, .. } => apply(connection, claimed(token, true), permit).await,
    }
}

impl Job {
    fn differs(&self) -> bool {
        self.wanted != self.written
    }
}

async fn permit(connection: &Connection) -> Result<Permit, Failure> {
    connection.cin7_gate.permit(Priority::WriteBack, Some(PATIENCE)).await
}

async fn claim(connection: &Connection, job: &Job, fingerprint: Fingerprint) -> Result<Claim, LedgerError> {
    let request = ClaimRequest { key: key(connection, job.order), version: job.revision, fingerprint };
    let claims = connection.ledger.claim(&[request], connection.lease, connection.clock.now()).await?;
    Ok(claims.into_iter().next().expect("an answer for each request"))
}

async fn apply(
    connection: &Connection,
    claimed: Claimed<'_>,
    permit: Option<Permit>,
) -> Result<Ending, Ending> {
    let step = if claimed.in_doubt {
        look_up(connection, &claimed, permit).await
    } else if claimed.job.differs() {
        put(connection, &claimed, permit).await
    } else {
        Step::Same
    };
    if record(connection, &claimed, &step).await? == Recorded::Yes {
        return Ok(step.ending(connection, claimed.job.order));
    }
    if step.may_have_landed() {
        return overtaken::mend(connection, &claimed).await;
    }
    let reason = "a newer claim overtook this write of cartons".to_owned();
    Ok(Ending::Failed(Failure::Transient { reason }, Some(claimed.job.order)))
}

/// Looks what Cin7 shows, and writes only what it does not.
async fn look_up(connection: &Connection, claimed: &Claimed<'_>, permit: Option<Permit>) -> Step {
    let order = claimed.job.order;
    let call = async |permit| connection.cin7.cartons(permit, order).await;
    let shown = match permit {
        Some(permit) => connection.cin7_gate.call_with(permit, call).await,
        None => connection.cin7_gate.call(Priority::WriteBack, call).await,
    };
    match shown {
        Ok(shown) if cartons::are_shown(&claimed.job.wanted, &shown) => Step::Found,
        Ok(_) => put(connection, claimed, None).await,
        Err(failure) => Step::Failed(failure),
    }
}

async fn put(connection: &Connection, claimed: &Claimed<'_>, permit: Option<Permit>) -> Step {
    let permit = match permit {
        Some(permit) => permit,
        None => match self::permit(connection).await {
            Ok(permit) => permit,
            Err(failure) => return Step::Failed(failure),
        },
    };
    if !connection.has_room(claimed.until) {
        return Step::NoRoom;
    }
    let Job { order, wanted, .. } = claimed.job;
    let call = async |permit| connection.cin7.replace_cartons(permit, *order, wanted).await;
    match connection.cin7_gate.call_with(permit, call).await {
        Ok(()) => Step::Written,
        Err(failure) => Step::Failed(failure),
    }
}

/// Records how it went, and tells of it.
async fn record(
    connection: &Connection,
    claimed: &Claimed<'_>,
    step: &Step,
) -> Result<Recorded, LedgerError> {
    let Job { order, wanted, .. } = claimed.job;
    let now = connection.clock.now();
    let outcome = step.outcome(claimed);
    let result = EffectResult { key: key(connection, *order), token: claimed.token, outcome };
    let recorded = connection.ledger.record(&[result], now).await?;
    let recorded = recorded.into_iter().next().expect("an answer for each result");
    let entry = match step {
        _ if recorded == Recorded::StaleToken => None,
        Step::Same | Step::NoRoom | Step::Failed(Failure::RateLimited { .. }) => None,
        Step::Found => Some(journal::found_cartons(*order, wanted, now)),
        Step::Written => Some(journal::cartons(*order, wanted, now)),
        Step::Failed(failure) => Some(journal::failed(*order, "writing cartons to Cin7", failure, now)),
    };
    connection.ledger.write(connection.name(), entry.as_slice()).await?;
    Ok(recorded)
}

impl Step {
    fn outcome(&self, claimed: &Claimed<'_>) -> Outcome {
        match self {
            Self::Same | Self::Found | Self::Written => {
                Outcome::Applied { note: note::write(&claimed.job.wanted) }
            }
            Self::Failed(Failure::Ambiguous { .. }) => Outcome::InDoubt,
            // Of a list in doubt nobody knows what Cin7 shows instead.
            Self::Failed(Failure::Permanent { .. }) if !claimed.in_doubt => Outcome::NotApplied,
            Self::Failed(_) | Self::NoRoom => Outcome::Untouched,
        }
    }

    fn may_have_landed(&self) -> bool {
        matches!(self, Self::Written | Self::Failed(Failure::Ambiguous { .. }))
    }

    fn ending(self, connection: &Connection, order: OrderId) -> Ending {
        match self {
            Self::Same | Self::Found | Self::Written => Ending::Done("written"),
            Self::NoRoom => Ending::Busy(connection.clock.now()),
            Self::Failed(Failure::Permanent { reason }) => {
                let reason = format!(
                    "order {order} is written, and Cin7 does not take its cartons: {reason}; mend that and replay \
                     this, or discard it to leave the cartons as they are"
                );
                Ending::Failed(Failure::Permanent { reason }, Some(order))
            }
            Self::Failed(failure) => Ending::Failed(failure, Some(order)),
        }
    }
}

fn key(connection: &Connection, order: OrderId) -> EffectKey {
    EffectKey { kind: EffectKind::Cartons, connection: connection.name().clone(), order }
}
