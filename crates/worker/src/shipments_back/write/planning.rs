//! What must be written: the orders as Cin7 has them now, read in one call, each planned from its whole set.

use std::collections::HashMap;

use domain::failure::Failure;
use domain::fulfil::{self, Case, Plan};
use domain::ids::{OrderId, OrderRef};
use domain::quota::Priority;
use domain::sales_order::SalesOrder;
use ledger::{LedgerError, Outcome, TakenIn};

use super::{Claimed, Endings, Job, release};
use crate::connection::Connection;
use crate::gate::Permit;
use crate::note;
use crate::settlement::Ending;
use crate::shipments_back::key;
use crate::shown::shown;

pub(super) async fn jobs(connection: &Connection, chunk: &[TakenIn]) -> Result<Vec<Job>, LedgerError> {
    let refs: Vec<_> = chunk.iter().map(|taken| OrderRef::Id(taken.order)).collect();
    let keys: Vec<_> = chunk.iter().map(|taken| key(connection, taken.order)).collect();
    let records = connection.ledger.orders(connection.name(), &refs).await?;
    let recorded = connection.ledger.recorded(&keys).await?;
    let jobs = chunk.iter().zip(records).zip(recorded).filter_map(|((taken, record), recorded)| {
        let document = record?.placed?.document;
        let written = recorded.and_then(|recorded| note::read(recorded.note));
        Some(Job { order: taken.order, set: taken.set.clone(), document, written })
    });
    Ok(jobs.collect())
}

pub(super) async fn read_orders(
    connection: &Connection,
    permit: Option<Permit>,
    orders: impl Iterator<Item = OrderId>,
) -> Result<HashMap<OrderId, SalesOrder>, Failure> {
    shown(connection, Priority::WriteBack, permit, orders).await
}

fn plan(connection: &Connection, job: &Job, order: &SalesOrder, in_doubt: bool) -> Plan {
    let written = job.written.as_ref();
    let case = Case { order, document: &job.document, set: &job.set, written, in_doubt };
    fulfil::plan(case, &connection.rules, connection.clock.now())
}

fn gone(order: OrderId) -> Ending {
    let reason = format!("Cin7 order {order} has shipped, and Cin7 no longer has it or it cannot be read");
    Ending::Failed(Failure::Permanent { reason }, Some(order))
}

pub(super) async fn read_and_plan(
    connection: &Connection,
    permit: Option<Permit>,
    jobs: Vec<Job>,
    endings: &mut Endings,
) -> Result<Vec<(Job, Plan)>, Ending> {
    let orders = read_orders(connection, permit, jobs.iter().map(|job| job.order)).await;
    let orders = orders.map_err(|failure| Ending::Failed(failure, None))?;
    let mut planned = Vec::new();
    for job in jobs {
        match orders.get(&job.order) {
            Some(order) => {
                let plan = plan(connection, &job, order, false);
                planned.push((job, plan));
            }
            None => _ = endings.insert(job.order, gone(job.order)),
        }
    }
    Ok(planned)
}

/// Of claimed jobs those that nobody has written since they were planned; and those that somebody has, with what is
/// remembered now: what Cin7 shows may be that write, and no person's.
pub(super) async fn still_as_planned(
    connection: &Connection,
    granted: Vec<Claimed>,
) -> Result<(Vec<Claimed>, Vec<Claimed>), LedgerError> {
    let keys: Vec<_> = granted.iter().map(|claimed| key(connection, claimed.job.order)).collect();
    let recorded = connection.ledger.recorded(&keys).await?;
    let (mut same, mut changed) = (Vec::new(), Vec::new());
    for (mut claimed, recorded) in granted.into_iter().zip(recorded) {
        let written = recorded.and_then(|recorded| note::read(recorded.note));
        if written == claimed.job.written {
            same.push(claimed);
        } else {
            claimed.job.written = written;
            changed.push(claimed);
        }
    }
    Ok((same, changed))
}

/// Reads orders again, now that their claim keeps others away, and plans them anew. `may_be_ours` says of all of them
/// that what Cin7 shows may be a write of ours that nobody recorded.
pub(super) async fn plan_again(
    connection: &Connection,
    claimed: Vec<Claimed>,
    may_be_ours: bool,
    endings: &mut Endings,
) -> Result<Vec<Claimed>, Ending> {
    let orders = match read_orders(connection, None, claimed.iter().map(|claimed| claimed.job.order)).await {
        Ok(orders) => orders,
        Err(failure) => {
            release(connection, &claimed, &Outcome::Untouched).await?;
            for claimed in claimed {
                endings.insert(claimed.job.order, Ending::Failed(failure.clone(), None));
            }
            return Ok(Vec::new());
        }
    };
    let (mut again, mut lost) = (Vec::new(), Vec::new());
    for claimed in claimed {
        if let Some(order) = orders.get(&claimed.job.order) {
            let plan = plan(connection, &claimed.job, order, may_be_ours || claimed.in_doubt);
            again.push(Claimed { plan, ..claimed });
        } else {
            endings.insert(claimed.job.order, gone(claimed.job.order));
            lost.push(claimed);
        }
    }
    release(connection, &lost, &Outcome::Untouched).await?;
    Ok(again)
}
