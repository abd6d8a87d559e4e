//! The life of one effect's row, as pure functions: what a claim and a record make of it. Loading and storing
//! rows is the backends' business, inside one transaction.
//!
//! A row is *open* from a claim to its record. An open row whose lease ran out is *in doubt*: its holder died
//! or hangs somewhere around the write. Doubt is cleared only by a result that knows what the platform has.

use crate::column::instant;
use crate::error::LedgerError;
use crate::types::{Claim, ClaimRequest, Outcome, Recorded};

/// An effect's row without its note. Instants are microseconds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct EffectRow {
    /// The newest version that was claimed.
    pub(crate) version: i64,
    /// The newest claim's token.
    pub(crate) token: i64,
    /// The newest claim's fingerprint.
    pub(crate) attempt: String,
    /// Set while the row is open.
    pub(crate) lease_until: Option<i64>,
    /// When the newest claim was made; set while the row is open.
    pub(crate) started_at: Option<i64>,
    /// When the earliest write of unknown outcome was started.
    pub(crate) doubt_since: Option<i64>,
    /// The fingerprint that was last recorded as applied.
    pub(crate) done: Option<String>,
}

/// Answers a claim made at `now` for `lease`. The row is there when it must be stored.
pub(crate) fn claim(
    row: Option<EffectRow>,
    request: &ClaimRequest,
    lease: i64,
    now: i64,
) -> Result<(Claim, Option<EffectRow>), LedgerError> {
    let fingerprint = request.fingerprint.as_str();
    let Some(row) = row else {
        let row = EffectRow::opened(1, request, None, None, lease, now);
        return Ok((Claim::Granted { token: row.token }, Some(row)));
    };
    if let Some(until) = row.lease_until.filter(|until| *until > now) {
        return Ok((Claim::Busy { until: instant("end of a lease", until)? }, None));
    }
    // An open row stays open here, so that its late holder may still record.
    if request.version < row.version {
        return Ok((Claim::Superseded, None));
    }
    let doubt = row.doubt_since.or(row.started_at.filter(|_| row.lease_until.is_some()));
    if doubt.is_none() && row.done.as_deref() == Some(fingerprint) {
        let moved = (request.version > row.version).then_some(EffectRow { version: request.version, ..row });
        return Ok((Claim::Done, moved));
    }
    let row = EffectRow::opened(row.token + 1, request, doubt, row.done, lease, now);
    let token = row.token;
    let claim = match doubt {
        Some(since) => Claim::InDoubt { token, since: instant("begin of a doubt", since)? },
        None => Claim::Granted { token },
    };
    Ok((claim, Some(row)))
}

/// Takes in a result. The row is there when it must be stored.
pub(crate) fn record(row: Option<EffectRow>, token: i64, outcome: &Outcome) -> (Recorded, Option<EffectRow>) {
    let Some(row) = row.filter(|row| row.token == token && row.lease_until.is_some()) else {
        return (Recorded::StaleToken, None);
    };
    let (doubt_since, done) = match outcome {
        Outcome::Applied { .. } => (None, Some(row.attempt.clone())),
        Outcome::NotApplied => (None, row.done),
        Outcome::Untouched => (row.doubt_since, row.done),
        Outcome::InDoubt => (row.doubt_since.or(row.started_at), row.done),
    };
    (Recorded::Yes, Some(EffectRow { lease_until: None, started_at: None, doubt_since, done, ..row }))
}

impl EffectRow {
    /// The row of a new claim.
    fn opened(
        token: i64,
        request: &ClaimRequest,
        doubt_since: Option<i64>,
        done: Option<String>,
        lease: i64,
        now: i64,
    ) -> Self {
        Self {
            version: request.version,
            token,
            attempt: request.fingerprint.as_str().to_owned(),
            lease_until: Some(now.saturating_add(lease)),
            started_at: Some(now),
            doubt_since,
            done,
        }
    }
}
