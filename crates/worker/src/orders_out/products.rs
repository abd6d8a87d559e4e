//! Product data for the orders of a batch: from the ledger where it is known, else from Cin7, 250 at a time. What
//! is kept is brought up to date by [`crate::products`].

use std::collections::BTreeSet;

use domain::failure::Failure;
use domain::import::Catalogue;
use domain::quota::Priority;
use domain::sales_order::SalesOrder;

use crate::connection::Connection;
use crate::products::FRESH_FOR;
use crate::settlement::Ending;

/// The most products that one call reads.
const READ_MAX: usize = 250;

/// The products of orders. One that Cin7 does not know is left out: its lines are sent without weight and picture.
pub(super) async fn catalogue(
    connection: &Connection,
    orders: impl Iterator<Item = &SalesOrder>,
) -> Result<Catalogue, Ending> {
    let ids: BTreeSet<i64> =
        orders.flat_map(|order| &order.lines).filter_map(|line| line.product_id).collect();
    let ids: Vec<i64> = ids.into_iter().collect();
    let now = connection.clock.now();
    let known = connection.ledger.products(connection.name(), &ids).await?;
    let mut catalogue = Catalogue::new();
    let mut missing = Vec::new();
    for (id, known) in ids.into_iter().zip(known) {
        match known {
            Some((product, read_at)) if now.duration_since(read_at) < FRESH_FOR => {
                catalogue.insert(id, product);
            }
            _ => missing.push(id),
        }
    }
    for ids in missing.chunks(READ_MAX) {
        let products = read(connection, ids).await.map_err(|failure| Ending::Failed(failure, None))?;
        connection.ledger.keep_products(connection.name(), &products, now).await?;
        catalogue.extend(products.into_iter().map(|product| (product.id, product)));
    }
    Ok(catalogue)
}

async fn read(connection: &Connection, ids: &[i64]) -> Result<Vec<domain::product::Product>, Failure> {
    let gate = &connection.cin7_gate;
    let listing =
        gate.call(Priority::Import, async |permit| connection.cin7.products(permit, ids).await).await?;
    for record in &listing.unreadable {
        tracing::warn!(connection = %connection.name(), product = ?record.id, reason = %record.reason, "a product cannot be read");
    }
    Ok(listing.records)
}
