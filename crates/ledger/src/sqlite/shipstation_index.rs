//! What is in ShipStation, in SQLite.

use async_trait::async_trait;

use domain::ids::ConnectionName;
use domain::placed_order::PlacedOrder;

use super::SqliteLedger;
use crate::column::micros;
use crate::error::LedgerError;
use crate::roles::ShipStationIndex;
use crate::{document, row, sql};

#[async_trait]
impl ShipStationIndex for SqliteLedger {
    async fn keep_indexed(
        &self,
        connection: &ConnectionName,
        orders: &[PlacedOrder],
    ) -> Result<(), LedgerError> {
        if orders.is_empty() {
            return Ok(());
        }
        let mut transaction = self.begin_write().await?;
        for order in orders {
            sqlx::query(sql::INDEX_KEEP)
                .bind(connection.as_str())
                .bind(order.order_id)
                .bind(&order.order_number)
                .bind(micros(order.modified.unwrap_or_default()))
                .bind(document::encode(order))
                .execute(&mut *transaction)
                .await?;
        }
        Ok(transaction.commit().await?)
    }

    async fn indexed(
        &self,
        connection: &ConnectionName,
        ids: &[i64],
    ) -> Result<Vec<Option<PlacedOrder>>, LedgerError> {
        let mut transaction = self.begin_read().await?;
        let mut orders = Vec::with_capacity(ids.len());
        for id in ids {
            let query = sqlx::query(sql::INDEX_BY_ID).bind(connection.as_str()).bind(id);
            let row = query.fetch_optional(&mut *transaction).await?;
            orders.push(row.as_ref().map(row::placed_order).transpose()?);
        }
        Ok(orders)
    }

    async fn indexed_by_number(
        &self,
        connection: &ConnectionName,
        numbers: &[String],
    ) -> Result<Vec<Vec<PlacedOrder>>, LedgerError> {
        let mut transaction = self.begin_read().await?;
        let mut orders = Vec::with_capacity(numbers.len());
        for number in numbers {
            let query = sqlx::query(sql::INDEX_BY_NUMBER).bind(connection.as_str()).bind(number);
            let rows = query.fetch_all(&mut *transaction).await?;
            orders.push(rows.iter().map(row::placed_order).collect::<Result<_, _>>()?);
        }
        Ok(orders)
    }
}
