//! Reading back what was just written. Cin7 tells a success for each record, and is known to answer otherwise than it
//! acts; so a write counts as applied once Cin7 shows it. One call for all orders of the write.

use domain::failure::Failure;
use domain::fulfil;
use domain::ids::OrderId;
use domain::patch::OrderPatch;
use platforms::RecordOutcome;

use super::planning::read_orders;
use crate::connection::Connection;

/// The outcomes with those in doubt that Cin7 does not confirm: it shows something else, or could not be read.
pub(super) async fn confirmed(
    connection: &Connection,
    patches: &[OrderPatch],
    mut outcomes: Vec<RecordOutcome>,
) -> Vec<RecordOutcome> {
    let written: Vec<OrderId> =
        outcomes.iter().filter(|outcome| outcome.result.is_ok()).map(|outcome| outcome.order).collect();
    let shown = read_orders(connection, None, written.into_iter()).await;
    for outcome in outcomes.iter_mut().filter(|outcome| outcome.result.is_ok()) {
        let patch = patches.iter().find(|patch| patch.order == outcome.order);
        let doubt = match (&shown, patch) {
            (Err(failure), _) => Some(format!("it could not be read back: {failure}")),
            (Ok(shown), Some(patch)) => shown.get(&outcome.order).map_or_else(
                || Some("it is not there any more".to_owned()),
                |order| unconfirmed(&fulfil::missing(patch, order)),
            ),
            (Ok(_), None) => None,
        };
        if let Some(doubt) = doubt {
            let reason = format!("Cin7 said that it has written order {}, and {doubt}", outcome.order);
            outcome.result = Err(Failure::Ambiguous { reason });
        }
    }
    outcomes
}

fn unconfirmed(missing: &[String]) -> Option<String> {
    (!missing.is_empty()).then(|| format!("does not show it when read back: {}", missing.join(", ")))
}
