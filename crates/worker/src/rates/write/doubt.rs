//! Attempts to write freight: remembered before they are made, and looked up where nobody recorded how they ended.

use domain::failure::Failure;
use domain::ids::OrderId;
use domain::rates::freight::{Case, Memory, Standing, standing};
use ledger::LedgerError;

use super::step::Step;
use super::{Claimed, read};
use crate::connection::Connection;
use crate::note;
use crate::rates::written;

/// Remembers what is about to be written: if nobody learns whether it arrived, it must not be taken for a person's.
pub(super) async fn announce(connection: &Connection, chunk: &[Claimed]) -> Result<(), LedgerError> {
    for claimed in chunk {
        let attempt = note::write(&claimed.job.wanted).to_string();
        connection.ledger.keep_mark(&attempt_mark(connection, claimed.job.order.id), &attempt).await?;
    }
    Ok(())
}

/// What was last about to be written to an order.
pub(in crate::rates) async fn attempt(
    connection: &Connection,
    order: OrderId,
) -> Result<Option<Memory>, LedgerError> {
    let mark = connection.ledger.mark(&attempt_mark(connection, order)).await?;
    Ok(mark.and_then(|mark| note::read(serde_json::from_str(&mark).ok()?)))
}

fn attempt_mark(connection: &Connection, order: OrderId) -> String {
    format!("freight/{}/{order}", connection.name())
}

/// Looks what became of attempts that nobody recorded, now that the claim keeps others away. Returns those that must
/// be written, as they are now.
pub(super) async fn look_up(
    connection: &Connection,
    in_doubt: Vec<Claimed>,
    steps: &mut Vec<(Claimed, Step)>,
) -> Result<Vec<Claimed>, LedgerError> {
    let orders: Vec<OrderId> = in_doubt.iter().map(|claimed| claimed.job.order.id).collect();
    let mut shown = match read(connection, orders.iter().copied()).await {
        Ok(shown) => shown,
        Err(failure) => {
            let unread = |claimed| (claimed, Step::Failed(as_doubt(failure.clone())));
            steps.extend(in_doubt.into_iter().map(unread));
            return Ok(Vec::new());
        }
    };
    let now_written = written(connection, orders.into_iter()).await?;
    let mut again = Vec::new();
    for (mut claimed, written) in in_doubt.into_iter().zip(now_written) {
        let attempt = attempt(connection, claimed.job.order.id).await?;
        let Some(order) = shown.remove(&claimed.job.order.id) else {
            steps.push((claimed, Step::Later));
            continue;
        };
        (claimed.job.order, claimed.job.written) = (order, written);
        let case = Case { attempt: attempt.as_ref(), ..claimed.job.case() };
        match standing(case, &connection.rules) {
            Standing::Wanted(_) => match &claimed.job.chosen {
                Some(chosen) => {
                    claimed.job.wanted = Memory::of(case, chosen, &connection.rules.rates);
                    again.push(claimed);
                }
                // It was to be recorded only, and is to be quoted by now.
                None => steps.push((claimed, Step::Later)),
            },
            Standing::Unchanged => {
                let ours = [attempt, claimed.job.written.clone()];
                let ours = ours.into_iter().flatten().find(|memory| memory.is_shown(&claimed.job.order));
                let step = ours.map_or(Step::Later, Step::Found);
                steps.push((claimed, step));
            }
            Standing::Theirs(_) | Standing::NotNow(_) => steps.push((claimed, Step::Theirs)),
        }
    }
    Ok(again)
}

/// What could not be looked up stays in doubt, and is no failure of the record.
pub(super) fn as_doubt(failure: Failure) -> Failure {
    match failure {
        Failure::Permanent { reason } => Failure::Transient { reason },
        failure => failure,
    }
}
