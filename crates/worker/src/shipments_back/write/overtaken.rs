//! Writes that landed after their lease, when another worker had claimed the order: Cin7 cannot tell whose is
//! newer, so it may show something older than what was recorded. Under a claim of its own the order is read back
//! and brought in line with its whole set once more.

use domain::effect::Fingerprint;
use domain::failure::Failure;
use domain::shipment::ShipmentSet;
use jiff::{SignedDuration, Timestamp};
use ledger::{Claim, ClaimRequest, LedgerError};

use super::planning::plan_again;
use super::{Claimed, Endings, put};
use crate::connection::Connection;
use crate::settlement::Ending;
use crate::shipments_back::key;

/// So often the newer claim's own worker is waited for, one lease at a time.
const ROUNDS: usize = 5;
/// How long until it is asked again where nothing says how long it takes.
const MOMENT: SignedDuration = SignedDuration::from_secs(1);

/// Sees to it that Cin7 shows the newest state of these orders in the end.
pub(super) async fn mend(
    connection: &Connection,
    mut late: Vec<Claimed>,
    endings: &mut Endings,
) -> Result<(), Ending> {
    let orders: Vec<_> = late.iter().map(|claimed| claimed.job.order).collect();
    if orders.is_empty() {
        return Ok(());
    }
    tracing::warn!(connection = %connection.name(), ?orders, "writes landed after their lease: read back");
    for _ in 0..ROUNDS {
        if late.is_empty() {
            break;
        }
        let (claimed, waiting, until) = claim_again(connection, late).await?;
        let mut unread = claimed.clone();
        let planned = plan_again(connection, claimed, true, endings).await?;
        // Who could not be read is tried again, unless it never can be.
        unread.retain(|claimed| {
            let order = claimed.job.order;
            let gone = matches!(endings.get(&order), Some(Ending::Failed(Failure::Permanent { .. }, _)));
            !gone && planned.iter().all(|planned| planned.job.order != order)
        });
        late = put(connection, None, planned, endings).await?;
        late.extend(waiting.into_iter().chain(unread));
        if !late.is_empty() {
            connection.wait_until(until).await;
        }
    }
    for claimed in late {
        let order = claimed.job.order;
        let reason = format!("order {order} was written twice at once, and it is not known how it ended");
        endings.insert(order, Ending::Failed(Failure::Transient { reason }, Some(order)));
    }
    // Whoever was so late has read ShipStation long ago: its events are worked on once more.
    for order in orders {
        if let Some(ending @ Ending::Done(_)) = endings.get_mut(&order) {
            *ending = Ending::Busy(connection.clock.now());
        }
    }
    Ok(())
}

/// Claims orders for a repair, whatever is recorded of them, with their sets of now. Returns those claimed,
/// the others, and when these may be free.
async fn claim_again(
    connection: &Connection,
    late: Vec<Claimed>,
) -> Result<(Vec<Claimed>, Vec<Claimed>, Timestamp), LedgerError> {
    let orders: Vec<_> = late.iter().map(|claimed| claimed.job.order).collect();
    let sets = connection.ledger.shipment_sets(connection.name(), &orders).await?;
    let now = connection.clock.now();
    let request = |(claimed, set): (&Claimed, &ShipmentSet)| ClaimRequest {
        key: key(connection, claimed.job.order),
        version: set.revision,
        fingerprint: Fingerprint::of(&("repair", claimed.token, now)),
    };
    let requests: Vec<_> = late.iter().zip(&sets).map(request).collect();
    let lease_end = connection.lease_end();
    let claims = connection.ledger.claim(&requests, connection.lease, now).await?;
    let (mut claimed, mut waiting, mut free) = (Vec::new(), Vec::new(), now + MOMENT);
    for ((mut late, set), claim) in late.into_iter().zip(sets).zip(claims) {
        match claim {
            Claim::Granted { token } | Claim::InDoubt { token, .. } => {
                late.job.set = set;
                // What it wrote itself is ours to replace.
                late.job.written = Some(late.plan.memory.clone());
                claimed.push(Claimed { token, until: lease_end, in_doubt: false, ..late });
            }
            Claim::Busy { until } => {
                free = free.max(until);
                waiting.push(late);
            }
            Claim::Done | Claim::Superseded => waiting.push(late),
        }
    }
    Ok((claimed, waiting, free))
}
