//! What a person must see to in a row of ShipStation's, which should lead to an order of ours and does not or cannot be
//! read, or in a notice, which does not fit its order. It is parked under an id of its own, so that a sweep which sees the row again and again parks it once, and
//! never again after a person has discarded it. Replayed, the row is read anew.

use domain::effect::Fingerprint;
use domain::event::{Event, EventKind, Origin, ShipmentQuery, discarded_mark};
use domain::ids::{EventId, OrderId};
use domain::ship_notice::NoticeId;
use domain::shipment::ShipmentId;
use jiff::Timestamp;
use ledger::{LedgerError, ParkedEvent};
use serde::Serialize;

use crate::connection::Connection;
use crate::finding_id::finding_id;

/// Where it was found.
#[derive(Debug, Serialize)]
#[serde(untagged)]
enum Subject {
    Row(ShipmentId),
    Notice(NoticeId, OrderId),
}

/// Something that was found.
#[derive(Debug)]
pub(super) struct Finding {
    subject: Subject,
    cause: &'static str,
    text: String,
}

impl Finding {
    /// It leads to no order.
    pub(super) fn lost(shipment: ShipmentId, text: String) -> Self {
        Self { subject: Subject::Row(shipment), cause: "unknown_order", text }
    }

    /// It cannot be read.
    pub(super) fn unreadable(shipment: ShipmentId, text: String) -> Self {
        Self { subject: Subject::Row(shipment), cause: "unreadable", text }
    }

    /// Items of it are no lines of its order, or more than was ordered. The rest of it counts.
    pub(super) fn misfit(notice: NoticeId, order: OrderId, text: String) -> Self {
        Self { subject: Subject::Notice(notice, order), cause: "unknown_item", text }
    }

    fn id(&self, connection: &Connection) -> EventId {
        let told_apart = (connection.name(), &self.subject, self.cause, &self.text);
        finding_id(&Fingerprint::of(&told_apart), Timestamp::UNIX_EPOCH)
    }

    /// `None` for what stands in no list, and so cannot be asked for again.
    fn parked(&self, id: EventId, connection: &Connection) -> Option<ParkedEvent> {
        let (now, (kind, order)) = (connection.clock.now(), self.asked_again()?);
        let name = connection.name().clone();
        Some(ParkedEvent {
            lane: kind.lane(),
            event: Event { id, connection: name, kind, origin: Origin::Replay, received_at: now },
            cause: self.cause.to_owned(),
            text: self.text.clone(),
            order,
            attempts: 1,
            since: now,
        })
    }

    /// The event that has it looked at again, and the order where it is about one.
    fn asked_again(&self) -> Option<(EventKind, Option<OrderId>)> {
        match self.subject {
            Subject::Row(shipment) => {
                let query = ShipmentQuery::of_shipment(shipment)?;
                Some((EventKind::ShipmentsChanged { query }, None))
            }
            Subject::Notice(notice, order) => Some((EventKind::ShipNotice { notice }, Some(order))),
        }
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
