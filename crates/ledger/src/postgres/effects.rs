//! Claims and records of effects, in PostgreSQL. What they mean is `crate::effect_row`: the same pure functions
//! decide for both engines, here between two statements that take the whole batch, one that locks its rows and
//! one that stores them. Their number does not grow with the batch.
//!
//! A claim also makes the rows that are missing. They hold nothing (token 0) and are filled in by the same
//! transaction: the first claim of a key is always granted.

use std::collections::{BTreeMap, BTreeSet};

use async_trait::async_trait;
use jiff::{SignedDuration, Timestamp};
use sqlx::PgConnection;

use domain::effect::EffectKey;

use super::{PostgresLedger, sql};
use crate::column::{length_micros, micros};
use crate::effect_row::{self, EffectRow};
use crate::error::LedgerError;
use crate::roles::Effects;
use crate::row::{self, Cells};
use crate::types::{Claim, ClaimRequest, EffectRecord, EffectResult, Outcome, Recorded};

#[async_trait]
impl Effects for PostgresLedger {
    async fn claim(
        &self,
        requests: &[ClaimRequest],
        lease: SignedDuration,
        now: Timestamp,
    ) -> Result<Vec<Claim>, LedgerError> {
        if requests.is_empty() {
            return Ok(Vec::new());
        }
        let keys: Vec<_> = requests.iter().map(|request| request.key.to_string()).collect();
        let claim = || async {
            let mut transaction = self.connections.begin(&[]).await?;
            let mut rows = load(&mut transaction, sql::EFFECTS_LOCK_OR_MAKE, &keys).await?;
            rows.retain(|_, row| row.token > 0);
            let mut changes = Changes::default();
            let mut claims = Vec::with_capacity(requests.len());
            for (key, request) in keys.iter().zip(requests) {
                let row = rows.get(key).cloned();
                let (claim, changed) = effect_row::claim(row, request, length_micros(lease), micros(now))?;
                changes.keep(&mut rows, key, changed, None);
                claims.push(claim);
            }
            changes.store(transaction, now).await?;
            Ok(claims)
        };
        self.connections.answer(claim).await
    }

    async fn record(&self, results: &[EffectResult], now: Timestamp) -> Result<Vec<Recorded>, LedgerError> {
        if results.is_empty() {
            return Ok(Vec::new());
        }
        let keys: Vec<_> = results.iter().map(|result| result.key.to_string()).collect();
        let record = || async {
            let mut transaction = self.connections.begin(&[]).await?;
            let mut rows = load(&mut transaction, sql::EFFECTS_LOCK, &keys).await?;
            let mut changes = Changes::default();
            let mut answers = Vec::with_capacity(results.len());
            for (key, result) in keys.iter().zip(results) {
                let row = rows.get(key).cloned();
                let (recorded, changed) = effect_row::record(row, result.token, &result.outcome);
                changes.keep(&mut rows, key, changed, note(&result.outcome));
                answers.push(recorded);
            }
            changes.store(transaction, now).await?;
            Ok(answers)
        };
        self.connections.answer(record).await
    }

    async fn recorded(&self, keys: &[EffectKey]) -> Result<Vec<Option<EffectRecord>>, LedgerError> {
        if keys.is_empty() {
            return Ok(Vec::new());
        }
        let keys: Vec<_> = keys.iter().map(ToString::to_string).collect();
        let read = || async {
            let mut connection = self.connections.lend().await?;
            let rows = sqlx::query(sql::EFFECTS_RECORDED).bind(&keys).fetch_all(&mut *connection).await?;
            connection.give_back();
            Ok(rows)
        };
        let mut records = BTreeMap::new();
        for found in &self.connections.answer(read).await? {
            records.insert(found.text("effect_key")?, row::effect_record(found)?);
        }
        Ok(keys.iter().map(|key| records.get(key).cloned()).collect())
    }
}

fn note(outcome: &Outcome) -> Option<String> {
    match outcome {
        Outcome::Applied { note } => Some(note.to_string()),
        Outcome::NotApplied | Outcome::Untouched | Outcome::InDoubt => None,
    }
}

/// Locks the rows of these keys, in the order of the keys, and loads them.
async fn load(
    connection: &mut PgConnection,
    statement: &'static str,
    keys: &[String],
) -> Result<BTreeMap<String, EffectRow>, LedgerError> {
    let sorted: BTreeSet<_> = keys.iter().map(String::as_str).collect();
    let sorted: Vec<_> = sorted.into_iter().collect();
    let rows = sqlx::query(statement).bind(sorted).fetch_all(connection).await?;
    rows.iter().map(|found| Ok((found.text("effect_key")?, row::effect(found)?))).collect()
}

/// The rows that a batch changed, with the note of what was applied.
#[derive(Debug, Default)]
struct Changes(BTreeMap<String, (EffectRow, Option<String>)>);

impl Changes {
    /// Keeps a change, for the rest of the batch too.
    fn keep(
        &mut self,
        rows: &mut BTreeMap<String, EffectRow>,
        key: &str,
        changed: Option<EffectRow>,
        note: Option<String>,
    ) {
        if let Some(row) = changed {
            rows.insert(key.to_owned(), row.clone());
            self.0.insert(key.to_owned(), (row, note));
        }
    }

    /// Stores all changes and ends the transaction.
    async fn store(self, mut transaction: super::Lent, now: Timestamp) -> Result<(), LedgerError> {
        if self.0.is_empty() {
            return transaction.roll_back().await;
        }
        let (rows, notes): (Vec<EffectRow>, Vec<Option<String>>) = self.0.values().cloned().unzip();
        sqlx::query(sql::EFFECTS_STORE)
            .bind(self.0.into_keys().collect::<Vec<_>>())
            .bind(rows.iter().map(|row| row.version).collect::<Vec<_>>())
            .bind(rows.iter().map(|row| row.token).collect::<Vec<_>>())
            .bind(rows.iter().map(|row| row.attempt.clone()).collect::<Vec<_>>())
            .bind(rows.iter().map(|row| row.lease_until).collect::<Vec<_>>())
            .bind(rows.iter().map(|row| row.started_at).collect::<Vec<_>>())
            .bind(rows.iter().map(|row| row.doubt_since).collect::<Vec<_>>())
            .bind(notes)
            .bind(micros(now))
            .execute(&mut *transaction)
            .await?;
        transaction.commit().await
    }
}
