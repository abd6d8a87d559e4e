//! Whether a timeline knows what has been recorded. Between recording an effect and telling of it a worker may die;
//! whoever finds it recorded later tells what is missing.

use domain::ids::OrderId;
use domain::rates::freight::Memory;
use ledger::{JournalEntry, LedgerError};

use crate::connection::Connection;
use crate::journal;

/// Those of these entries that are not the last of their kind in their orders' timelines.
pub(crate) async fn untold(
    connection: &Connection,
    entries: Vec<JournalEntry>,
) -> Result<Vec<JournalEntry>, LedgerError> {
    let mut untold = Vec::new();
    for entry in entries {
        let timeline = connection.ledger.timeline(connection.name(), entry.order).await?;
        let last = timeline.into_iter().rev().find(|told| told.kind == entry.kind);
        if last.is_none_or(|told| told.text != entry.text) {
            untold.push(entry);
        }
    }
    Ok(untold)
}

/// Whether the last that was told of an order's freight is that it was written.
pub(crate) async fn is_freight_told(
    connection: &Connection,
    order: OrderId,
    written: &Memory,
) -> Result<bool, LedgerError> {
    let timeline = connection.ledger.timeline(connection.name(), order).await?;
    let last = timeline.iter().rev().find(|entry| entry.kind == journal::FREIGHT);
    Ok(last.is_some_and(|last| journal::tells_of_freight(last, written)))
}

/// Whether a write-back has been told of since the last news of a shipment.
pub(crate) async fn is_written_told(connection: &Connection, order: OrderId) -> Result<bool, LedgerError> {
    let timeline = connection.ledger.timeline(connection.name(), order).await?;
    let mut since = timeline.iter().rev().take_while(|entry| entry.kind != "shipment");
    Ok(since.any(|entry| entry.kind == "written"))
}
