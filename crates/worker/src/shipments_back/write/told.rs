//! Whether an order's timeline knows of its write-back. Between recording a write and telling of it a worker may die.

use domain::ids::OrderId;
use ledger::LedgerError;

use crate::connection::Connection;

/// Whether a write has been told of since the last news of a shipment.
pub(super) async fn is_told(connection: &Connection, order: OrderId) -> Result<bool, LedgerError> {
    let timeline = connection.ledger.timeline(connection.name(), order).await?;
    let mut since = timeline.iter().rev().take_while(|entry| entry.kind != "shipment");
    Ok(since.any(|entry| entry.kind == "written"))
}
