//! What is told of shipments that are new or have changed: a line of each order's timeline, and, where a sweep found
//! what a notification should have told of, that something was repaired.

use jiff::SignedDuration;

use domain::ids::OrderId;
use domain::shipment::Shipment;
use ledger::{LedgerError, TakenIn};

use super::read::Asker;
use crate::connection::Connection;
use crate::journal;

/// How late a notification may be: ShipStation sends it within minutes. What a sweep finds sooner was not missed.
const NOTIFICATION_TIME: SignedDuration = SignedDuration::from_mins(2);

/// Tells of what reports have brought: of each shipment once, however many questions have found it. A sweep finds a void
/// among the labels that are new and among those that are void.
pub(super) async fn tell(
    connection: &Connection,
    asker: Asker,
    taken: &[TakenIn],
) -> Result<(), LedgerError> {
    let now = connection.clock.now();
    let (mut entries, mut missed, mut voids) = (Vec::new(), 0, 0);
    for (order, shipment) in taken.iter().flat_map(news) {
        let late = shipment.created.is_none_or(|created| created + NOTIFICATION_TIME < now);
        match (asker, shipment.voided) {
            (Asker::Sweep, false) if late && !shipment.is_return => {
                entries.push(journal::repaired(order, shipment, now));
                missed += 1;
            }
            (asker, voided) => {
                entries.push(journal::shipment(order, shipment, now));
                // No notification ever tells of a void.
                voids += usize::from(voided && asker == Asker::Sweep);
            }
        }
    }
    connection.metrics.repaired("shipment", missed);
    connection.metrics.repaired("void", voids);
    connection.ledger.write(connection.name(), &entries).await
}

/// What is new of an order.
fn news(taken: &TakenIn) -> impl Iterator<Item = (OrderId, &Shipment)> {
    let new = taken.set.shipments.iter().filter(|shipment| taken.changed.contains(&shipment.id));
    new.map(|shipment| (taken.order, shipment))
}
