//! Freight that landed after its lease, when another worker had claimed the order: Cin7 may show something older than
//! what was recorded, and nobody would take it for ours. Under a claim of its own the order is read back and shows
//! what was recorded last.

use domain::effect::Fingerprint;
use domain::failure::Failure;
use jiff::SignedDuration;
use ledger::{Claim, ClaimRequest};

use super::{Claimed, Step, conclude, key, put, read, written};
use crate::connection::Connection;
use crate::rates::Endings;
use crate::settlement::Ending;

/// So often the newer claim's own worker is waited for, one lease at a time.
const ROUNDS: usize = 5;
/// How long until it is asked again where nothing says how long it takes.
const MOMENT: SignedDuration = SignedDuration::from_secs(1);

/// Sees to it that Cin7 shows the newest freight of these orders in the end.
pub(super) async fn mend(
    connection: &Connection,
    late: Vec<Claimed>,
    endings: &mut Endings,
) -> Result<(), Ending> {
    for late in late {
        let order = late.job.order.id;
        tracing::warn!(connection = %connection.name(), %order, "freight landed after its lease: read back");
        if mended(connection, late, endings).await? {
            continue;
        }
        let reason = format!(
            "the freight of order {order} was written twice at once, and it is not known how it ended"
        );
        let ending = Ending::Failed(Failure::Transient { reason }, Some(order));
        endings.insert(order, ending);
    }
    Ok(())
}

async fn mended(connection: &Connection, late: Claimed, endings: &mut Endings) -> Result<bool, Ending> {
    let order = late.job.order.id;
    for _ in 0..ROUNDS {
        // Versions come from readings and never go back: this one is the newest that there is.
        let shown = read(connection, std::iter::once(order)).await;
        let Ok(Some(shown)) = shown.map(|mut shown| shown.remove(&order)) else {
            connection.wait_until(connection.clock.now() + MOMENT).await;
            continue;
        };
        let now = connection.clock.now();
        let request = ClaimRequest {
            key: key(connection, order),
            version: shown.modified.as_microsecond(),
            fingerprint: Fingerprint::of(&("repair", late.token, now)),
        };
        let until = connection.lease_end();
        let claim = connection.ledger.claim(&[request], connection.lease, now).await?.pop();
        let free = match claim {
            Some(Claim::Granted { token } | Claim::InDoubt { token, .. }) => {
                let claimed = Claimed { token, until, ..late.clone() };
                if repair(connection, claimed, endings).await? {
                    return Ok(true);
                }
                now + MOMENT
            }
            Some(Claim::Busy { until }) => until,
            _ => now + MOMENT,
        };
        connection.wait_until(free).await;
    }
    Ok(false)
}

/// Under its claim: what Cin7 shows of ours gives way to what was recorded last; a person's stays. Whether it is
/// settled.
async fn repair(
    connection: &Connection,
    mut claimed: Claimed,
    endings: &mut Endings,
) -> Result<bool, Ending> {
    let order = claimed.job.order.id;
    let shown = read(connection, std::iter::once(order)).await;
    let recorded = written(connection, std::iter::once(order)).await?.pop().flatten();
    let mut steps = Vec::new();
    match shown.map(|mut shown| shown.remove(&order)) {
        Err(failure) => steps.push((claimed, Step::Failed(failure))),
        Ok(None) => steps.push((claimed, Step::Theirs)),
        Ok(Some(shown)) => {
            let is_mine = claimed.job.wanted.is_shown(&shown);
            claimed.job.order = shown;
            match recorded {
                Some(recorded) if is_mine => {
                    claimed.job.wanted = recorded;
                    put(connection, None, vec![claimed], &mut steps).await?;
                }
                None if is_mine => steps.push((claimed, Step::Same)),
                Some(recorded) if recorded.is_shown(&claimed.job.order) => {
                    steps.push((claimed, Step::Found(recorded)));
                }
                _ => steps.push((claimed, Step::Theirs)),
            }
        }
    }
    Ok(conclude(connection, steps, endings).await?.is_empty())
}
