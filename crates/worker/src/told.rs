//! Whether a timeline knows what has been recorded. Between recording an effect and telling of it a worker may die;
//! whoever finds it recorded later tells what is missing.

use domain::ids::OrderId;
use ledger::{JournalEntry, LedgerError};

use crate::connection::Connection;

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

/// Whether a write-back has been told of since the last news of a shipment.
pub(crate) async fn is_written_told(connection: &Connection, order: OrderId) -> Result<bool, LedgerError> {
    let timeline = connection.ledger.timeline(connection.name(), order).await?;
    let mut since = timeline.iter().rev().take_while(|entry| entry.kind != "shipment");
    Ok(since.any(|entry| entry.kind == "written"))
}
