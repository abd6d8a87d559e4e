//! Product data, in SQLite.

use async_trait::async_trait;
use jiff::Timestamp;

use domain::ids::ConnectionName;
use domain::product::Product;

use super::SqliteLedger;
use crate::column::micros;
use crate::error::LedgerError;
use crate::roles::Products;
use crate::{document, row, sql};

#[async_trait]
impl Products for SqliteLedger {
    async fn products(
        &self,
        connection: &ConnectionName,
        ids: &[i64],
    ) -> Result<Vec<Option<(Product, Timestamp)>>, LedgerError> {
        let mut transaction = self.begin_read().await?;
        let mut products = Vec::with_capacity(ids.len());
        for id in ids {
            let query = sqlx::query(sql::PRODUCT).bind(connection.as_str()).bind(id);
            let row = query.fetch_optional(&mut *transaction).await?;
            products.push(row.as_ref().map(row::product).transpose()?);
        }
        Ok(products)
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
        let mut transaction = self.begin_write().await?;
        for product in products {
            sqlx::query(sql::PRODUCT_KEEP)
                .bind(connection.as_str())
                .bind(product.id)
                .bind(document::encode(product))
                .bind(micros(now))
                .execute(&mut *transaction)
                .await?;
        }
        Ok(transaction.commit().await?)
    }
}
