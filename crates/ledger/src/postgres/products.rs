//! Product data, in PostgreSQL.

use std::collections::BTreeMap;

use async_trait::async_trait;
use jiff::Timestamp;

use domain::ids::ConnectionName;
use domain::product::Product;

use super::{PostgresLedger, sql};
use crate::column::micros;
use crate::error::LedgerError;
use crate::roles::Products;
use crate::row::Cells;
use crate::{document, row};

#[async_trait]
impl Products for PostgresLedger {
    async fn products(
        &self,
        connection: &ConnectionName,
        ids: &[i64],
    ) -> Result<Vec<Option<(Product, Timestamp)>>, LedgerError> {
        if ids.is_empty() {
            return Ok(Vec::new());
        }
        let read = || async {
            let mut lent = self.connections.lend().await?;
            let query = sqlx::query(sql::PRODUCTS).bind(connection.as_str()).bind(ids);
            let rows = query.fetch_all(&mut *lent).await?;
            lent.give_back();
            Ok(rows)
        };
        let mut products = BTreeMap::new();
        for found in &self.connections.answer(read).await? {
            products.insert(found.number("cin7_product")?, row::product(found)?);
        }
        Ok(ids.iter().map(|id| products.get(id).cloned()).collect())
    }

    async fn keep_products(
        &self,
        connection: &ConnectionName,
        products: &[Product],
        now: Timestamp,
    ) -> Result<(), LedgerError> {
        if products.is_empty() {
            return Ok(());
        }
        // Sorted, and of two with the same id the later one.
        let bodies: BTreeMap<i64, String> =
            products.iter().map(|product| (product.id, document::encode(product))).collect();
        let (ids, bodies): (Vec<_>, Vec<_>) = bodies.into_iter().unzip();
        let keep = || async {
            let mut lent = self.connections.lend().await?;
            let query = sqlx::query(sql::PRODUCTS_KEEP).bind(connection.as_str()).bind(&ids).bind(&bodies);
            query.bind(micros(now)).execute(&mut *lent).await?;
            lent.give_back();
            Ok(())
        };
        self.connections.answer(keep).await
    }
}
