//! A list of cartons that landed after its lease, when another worker had claimed the order: Cin7 may show something
//! older than what was recorded. Under a claim of its own the list is read back and brought in line once more.

use domain::effect::Fingerprint;
use domain::failure::Failure;
use jiff::SignedDuration;
use ledger::{Claim, Recorded};

use super::{Claimed, claim, jobs, look_up, record};
use crate::connection::Connection;
use crate::settlement::Ending;

/// So often the newer claim's own worker is waited for, one lease at a time.
const ROUNDS: usize = 5;
/// How long until it is asked again where nothing says how long it takes.
const MOMENT: SignedDuration = SignedDuration::from_secs(1);

/// Sees to it that Cin7 shows the newest cartons of this order in the end.
pub(super) async fn mend(connection: &Connection, late: &Claimed<'_>) -> Result<Ending, Ending> {
    let order = late.job.order;
    tracing::warn!(connection = %connection.name(), %order, "cartons landed after their lease: read back");
    for _ in 0..ROUNDS {
        let sets = connection.ledger.shipment_sets(connection.name(), &[order]).await?;
        let Some(set) = sets.first() else { break };
        let jobs = jobs(connection, &[(order, set)]).await?;
        let Some(job) = jobs.first() else { break };
        let (now, until) = (connection.clock.now(), connection.lease_end());
        let repair = Fingerprint::of(&("repair", late.token, now));
        let free = match claim(connection, job, repair).await? {
            Claim::Granted { token } | Claim::InDoubt { token, .. } => {
                let claimed = Claimed { job, token, until, in_doubt: true };
                let step = look_up(connection, &claimed, None).await;
                if record(connection, &claimed, &step).await? == Recorded::Yes {
                    return Ok(step.ending(connection, order));
                }
                now + MOMENT
            }
            Claim::Busy { until } => until,
            Claim::Done | Claim::Superseded => now + MOMENT,
        };
        connection.wait_until(free).await;
    }
    let reason =
        format!("the cartons of order {order} were written twice at once, and it is not known how it ended");
    Ok(Ending::Failed(Failure::Transient { reason }, Some(order)))
}
