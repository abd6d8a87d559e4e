//! Product data for the orders of a batch: from the ledger where it is known, else from Cin7, 250 at a time. What
//! is kept is brought up to date by [`crate::products`].

use std::collections::BTreeSet;

use domain::clock::Clock;
use domain::failure::Failure;
use domain::ids::ConnectionName;
use domain::import::Catalogue;
use domain::product::Product;
use domain::quota::Priority;
use domain::sales_order::SalesOrder;
use jiff::SignedDuration;
use ledger::Ledger;
use platforms::Cin7Client;

use crate::connection::Connection;
use crate::gate::{Gate, PATIENCE};
use crate::products::FRESH_FOR;
use crate::settlement::Ending;

/// The most products that one call reads.
const READ_MAX: usize = 250;

/// Where products are kept and come from.
#[derive(Clone, Copy)]
pub(crate) struct Shelf<'a> {
    pub(crate) connection: &'a ConnectionName,
    pub(crate) ledger: &'a dyn Ledger,
    pub(crate) cin7: &'a Cin7Client,
    pub(crate) gate: &'a Gate,
    pub(crate) clock: &'a dyn Clock,
    /// What they are read for.
    pub(crate) priority: Priority,
    /// How long a reading waits for its budget.
    pub(crate) patience: SignedDuration,
}

/// The products of orders that are to be sent.
pub(super) async fn catalogue(
    connection: &Connection,
    orders: impl Iterator<Item = &SalesOrder>,
) -> Result<Catalogue, Ending> {
    let shelf = Shelf {
        connection: connection.name(),
        ledger: &*connection.ledger,
        cin7: &connection.cin7,
        gate: &connection.cin7_gate,
        clock: &*connection.clock,
        priority: Priority::Import,
        patience: PATIENCE,
    };
    shelf.catalogue(orders).await
}

impl Shelf<'_> {
    /// The products of orders. One that Cin7 does not know is left out: its lines have neither weight nor picture.
    pub(crate) async fn catalogue(
        &self,
        orders: impl Iterator<Item = &SalesOrder>,
    ) -> Result<Catalogue, Ending> {
        let ids: BTreeSet<i64> =
            orders.flat_map(|order| &order.lines).filter_map(|line| line.product_id).collect();
        let ids: Vec<i64> = ids.into_iter().collect();
        let now = self.clock.now();
        let known = self.ledger.products(self.connection, &ids).await?;
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
            let products = self.read(ids).await.map_err(|failure| Ending::Failed(failure, None))?;
            self.ledger.keep_products(self.connection, &products, now).await?;
            catalogue.extend(products.into_iter().map(|product| (product.id, product)));
        }
        Ok(catalogue)
    }

    async fn read(&self, ids: &[i64]) -> Result<Vec<Product>, Failure> {
        let call = async |permit| self.cin7.products(permit, ids).await;
        let listing = self.gate.call_within(self.patience, self.priority, call).await?;
        for record in &listing.unreadable {
            tracing::warn!(connection = %self.connection, product = ?record.id, reason = %record.reason, "a product cannot be read");
        }
        Ok(listing.records)
    }
}
