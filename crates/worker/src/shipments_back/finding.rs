//! What a person must see to in a row of ShipStation's: it should lead to an order of ours and does not, or it cannot
//! be read. It is parked under an id of its own, so that a sweep which sees the row again and again parks it once, and
//! never again after a person has discarded it. Replayed, the row is read anew.

use domain::effect::Fingerprint;
use domain::event::{Event, EventKind, Origin, ShipmentQuery, discarded_mark};
use domain::ids::EventId;
use domain::shipment::ShipmentId;
use jiff::Timestamp;
use ledger::{LedgerError, ParkedEvent};

use crate::connection::Connection;
use crate::finding_id::finding_id;

/// Something that was found in a row.
#[derive(Debug)]
pub(super) struct Finding {
    shipment: ShipmentId,
    cause: &'static str,
    text: String,
}

impl Finding {
    /// It leads to no order.
    pub(super) fn lost(shipment: ShipmentId, text: String) -> Self {
        Self { shipment, cause: "unknown_order", text }
    }

    /// It cannot be read.
    pub(super) fn unreadable(shipment: ShipmentId, text: String) -> Self {
        Self { shipment, cause: "unreadable", text }
    }

    fn id(&self, connection: &Connection) -> EventId {
        let told_apart = (connection.name(), self.shipment, self.cause, &self.text);
        finding_id(&Fingerprint::of(&told_apart), Timestamp::UNIX_EPOCH)
    }

    /// `None` for what stands in no list, and so cannot be asked for again.
    fn parked(&self, id: EventId, connection: &Connection) -> Option<ParkedEvent> {
        let query = ShipmentQuery::of_shipment(self.shipment)?;
        let (now, kind) = (connection.clock.now(), EventKind::ShipmentsChanged { query });
        let name = connection.name().clone();
        Some(ParkedEvent {
            lane: kind.lane(),
            event: Event { id, connection: name, kind, origin: Origin::Replay, received_at: now },
            cause: self.cause.to_owned(),
            text: self.text.clone(),
            order: None,
            attempts: 1,
            since: now,
        })
    }
}

/// Parks what is not parked yet, and was not discarded before.
pub(super) async fn park(connection: &Connection, findings: &[Finding]) -> Result<(), LedgerError> {
    for finding in findings {
        let id = finding.id(connection);
        let Some(parked) = finding.parked(id, connection) else { continue };
        if connection.ledger.mark(&discarded_mark(id)).await?.is_none() {
            connection.ledger.park(&parked).await?;
        }
    }
    Ok(())
}
