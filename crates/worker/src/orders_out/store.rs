//! Where ShipStation fetches orders itself: their documents are remembered, and the feed of the custom store follows
//! what is remembered. No call is made, and what was done is known for certain, so nothing is ever in doubt. The claim
//! keeps a worker that comes late from remembering an older document over a newer one.

use std::collections::BTreeMap;

use domain::failure::Failure;
use domain::feed::{self, Defect, Standing};
use domain::ids::OrderId;
use ledger::{Claim, EffectResult, LedgerError, Outcome, Recorded};
use serde_json::json;

use super::Endings;
use super::send::{Job, keep_failed, keep_placed, key};
use crate::connection::Connection;
use crate::journal;
use crate::settlement::Ending;
use crate::told::untold;

/// Remembers all of these documents as what ShipStation shall fetch; an ending for each.
pub(super) async fn put(connection: &Connection, jobs: Vec<Job>) -> Result<Endings, LedgerError> {
    let mut endings = Endings::new();
    let fit = leave_out_unfit(connection, jobs, &mut endings).await?;
    let (granted, done) = claim(connection, fit, &mut endings).await?;
    let now = connection.clock.now();
    let results: Vec<_> = granted.iter().map(|(job, token)| applied(connection, job, *token)).collect();
    let recorded = connection.ledger.record(&results, now).await?;
    let offered = done.iter().map(|job| job.offered(now)).collect();
    let (mut placed, mut entries) = (done, untold(connection, offered).await?);
    for ((job, _), recorded) in granted.into_iter().zip(recorded) {
        if recorded == Recorded::StaleToken {
            endings.insert(job.order, Ending::Done("superseded"));
            continue;
        }
        endings.insert(job.order, Ending::Done(if job.is_change() { "updated" } else { "imported" }));
        entries.push(job.offered(now));
        placed.push(job);
    }
    let new = placed.iter().filter(|job| !job.is_change()).count();
    connection.ledger.write(connection.name(), &entries).await?;
    keep_placed(connection, placed.into_iter().map(|job| (job, None)).collect()).await?;
    connection.metrics.imported(connection.name(), new);
    Ok(endings)
}

/// One order that ShipStation could not read would keep all others out: it is left out, and for a person. Returns the
/// others.
async fn leave_out_unfit(
    connection: &Connection,
    jobs: Vec<Job>,
    endings: &mut Endings,
) -> Result<Vec<Job>, LedgerError> {
    let (mut fit, mut failed, mut entries) = (Vec::new(), Vec::new(), Vec::new());
    for job in jobs {
        let defects = defects(connection, &job);
        if defects.is_empty() {
            fit.push(job);
            continue;
        }
        let reason = format!("left out of the custom store's feed: {}", listed(&defects));
        let failure = Failure::Permanent { reason };
        let now = connection.clock.now();
        entries.push(journal::failed(job.order, "offering it to ShipStation", &failure, now));
        endings.insert(job.order, Ending::Failed(failure.clone(), Some(job.order)));
        failed.push((job, failure));
    }
    keep_failed(connection, failed).await?;
    connection.ledger.write(connection.name(), &entries).await?;
    Ok(fit)
}

/// What keeps a document out of the feed.
fn defects(connection: &Connection, job: &Job) -> Vec<Defect> {
    let standing = Standing { order: job.order, document: job.document(), stage: "", has_shipped: false };
    feed::order(standing, &connection.rules.mapping).err().unwrap_or_default()
}

fn listed(defects: &[Defect]) -> String {
    let reasons: Vec<String> = defects.iter().map(ToString::to_string).collect();
    reasons.join("; ")
}

/// Claims what is to be remembered. Nothing is sent anywhere, so what an earlier attempt left open is only done again.
/// Returns the claimed documents with their tokens, and those that were recorded before and may not be remembered yet.
async fn claim(
    connection: &Connection,
    jobs: Vec<Job>,
    endings: &mut Endings,
) -> Result<(Vec<(Job, i64)>, Vec<Job>), LedgerError> {
    let requests: Vec<_> = jobs.iter().map(|job| job.wish(connection)).collect();
    let claims = connection.ledger.claim(&requests, connection.lease, connection.clock.now()).await?;
    let (mut granted, mut done) = (Vec::new(), Vec::new());
    for (job, claim) in jobs.into_iter().zip(claims) {
        match claim {
            Claim::Granted { token } | Claim::InDoubt { token, .. } => granted.push((job, token)),
            Claim::Done => {
                endings.insert(job.order, Ending::Done("unchanged"));
                done.push(job);
            }
            Claim::Busy { until } => _ = endings.insert(job.order, Ending::Busy(until)),
            Claim::Superseded => _ = endings.insert(job.order, Ending::Done("superseded")),
        }
    }
    Ok((granted, done))
}

fn applied(connection: &Connection, job: &Job, token: i64) -> EffectResult {
    let outcome = Outcome::Applied { note: json!({ "v": 1, "in_feed": true }) };
    EffectResult { key: key(connection, job.order), token, outcome }
}

/// Brings the feed in line with what is remembered of a batch's orders. Those that do not fit any more, since a setting
/// changed or this program, stay as they are there, and are for a person.
pub(super) async fn follow(
    connection: &Connection,
    orders: &[OrderId],
    endings: &mut Endings,
) -> Result<(), LedgerError> {
    let unfit: BTreeMap<_, _> = crate::feed::keep(connection, orders).await?;
    for (order, defects) in unfit {
        let reason = format!("its place in the custom store's feed is as it was: {}", listed(&defects));
        endings.insert(order, Ending::Failed(Failure::Permanent { reason }, Some(order)));
    }
    Ok(())
}
