//! Claims and records of effects, in SQLite. What they mean is `crate::effect_row`.

use async_trait::async_trait;
use jiff::{SignedDuration, Timestamp};
use sqlx::SqliteConnection;

use domain::effect::EffectKey;

use super::SqliteLedger;
use crate::column::{length_micros, micros};
use crate::effect_row::{self, EffectRow};
use crate::error::LedgerError;
use crate::roles::Effects;
use crate::types::{Claim, ClaimRequest, EffectRecord, EffectResult, Outcome, Recorded};
use crate::{row, sql};

#[async_trait]
impl Effects for SqliteLedger {
    async fn claim(
        &self,
        requests: &[ClaimRequest],
        lease: SignedDuration,
        now: Timestamp,
    ) -> Result<Vec<Claim>, LedgerError> {
        if requests.is_empty() {
            return Ok(Vec::new());
        }
        let mut transaction = self.begin_write().await?;
        let mut claims = Vec::with_capacity(requests.len());
        for request in requests {
            let key = request.key.to_string();
            let row = load(&mut transaction, &key).await?;
            let (claim, changed) = effect_row::claim(row, request, length_micros(lease), micros(now))?;
            if let Some(row) = changed {
                store(&mut transaction, &key, &row).await?;
            }
            claims.push(claim);
        }
        transaction.commit().await?;
        Ok(claims)
    }

    async fn record(&self, results: &[EffectResult], now: Timestamp) -> Result<Vec<Recorded>, LedgerError> {
        if results.is_empty() {
            return Ok(Vec::new());
        }
        let mut transaction = self.begin_write().await?;
        let mut answers = Vec::with_capacity(results.len());
        for result in results {
            answers.push(record(&mut transaction, result, now).await?);
        }
        transaction.commit().await?;
        Ok(answers)
    }

    async fn recorded(&self, keys: &[EffectKey]) -> Result<Vec<Option<EffectRecord>>, LedgerError> {
        let mut transaction = self.begin_read().await?;
        let mut records = Vec::with_capacity(keys.len());
        for key in keys {
            records.push(applied(&mut transaction, key).await?);
        }
        Ok(records)
    }
}

async fn record(
    connection: &mut SqliteConnection,
    result: &EffectResult,
    now: Timestamp,
) -> Result<Recorded, LedgerError> {
    let key = result.key.to_string();
    let row = load(connection, &key).await?;
    let (recorded, changed) = effect_row::record(row, result.token, &result.outcome);
    let Some(row) = changed else {
        return Ok(recorded);
    };
    store(connection, &key, &row).await?;
    if let Outcome::Applied { note } = &result.outcome {
        let applied = sqlx::query(sql::EFFECT_APPLIED).bind(&key).bind(micros(now)).bind(note.to_string());
        applied.execute(connection).await?;
    }
    Ok(recorded)
}

async fn load(connection: &mut SqliteConnection, key: &str) -> Result<Option<EffectRow>, LedgerError> {
    let row = sqlx::query(sql::EFFECT).bind(key).fetch_optional(connection).await?;
    row.as_ref().map(row::effect).transpose()
}

async fn store(connection: &mut SqliteConnection, key: &str, row: &EffectRow) -> Result<(), LedgerError> {
    sqlx::query(sql::EFFECT_STORE)
        .bind(key)
        .bind(row.version)
        .bind(row.token)
        .bind(&row.attempt)
        .bind(row.lease_until)
        .bind(row.started_at)
        .bind(row.doubt_since)
        .execute(connection)
        .await?;
    Ok(())
}

async fn applied(
    connection: &mut SqliteConnection,
    key: &EffectKey,
) -> Result<Option<EffectRecord>, LedgerError> {
    let query = sqlx::query(sql::EFFECT_RECORD).bind(key.to_string());
    query.fetch_optional(connection).await?.as_ref().map(row::effect_record).transpose()
}
