//! What Cin7 shows of orders at this moment, in one call.

use std::collections::HashMap;

use domain::failure::Failure;
use domain::ids::{OrderId, OrderRef};
use domain::quota::Priority;
use domain::sales_order::SalesOrder;

use crate::connection::Connection;
use crate::gate::Permit;

/// These orders as they are now, at most as many as one call reads; those that are gone, or cannot be read, are left
/// out. Without a permit one is waited for, for a moment even while the worker stops: whoever asks is about to write, or
/// has written.
pub(crate) async fn shown(
    connection: &Connection,
    priority: Priority,
    permit: Option<Permit>,
    orders: impl Iterator<Item = OrderId>,
) -> Result<HashMap<OrderId, SalesOrder>, Failure> {
    let refs: Vec<_> = orders.map(OrderRef::Id).collect();
    if refs.is_empty() {
        return Ok(HashMap::new());
    }
    let call = async |permit| connection.cin7.orders(permit, &refs).await;
    let listing = match permit {
        Some(permit) => connection.cin7_gate.call_with(permit, call).await?,
        None => connection.cin7_gate.call_to_finish(priority, call).await?,
    };
    Ok(listing.records.into_iter().map(|order| (order.id, order)).collect())
}
