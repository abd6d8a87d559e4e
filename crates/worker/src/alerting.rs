//! Tells somebody: every round looks at all that a person must see to, and what is new or over goes out by each
//! channel. What is told in which words is `domain::alert`'s business, how it travels the `alerts` crate's.
//!
//! Each channel has a memory of its own in the ledger, so that a channel that fails is tried again without the other
//! telling anything twice. A problem counts as told only once its message was delivered; a worker that dies in
//! between tells it again.

use std::time::Duration;

use jiff::SignedDuration;

use alerts::{Channel, Channels};
use domain::alert::{FOR_PEOPLE, Known, Problem, digest, of_orders};
use ledger::ParkedEvent;

use crate::circuit::Access;
use crate::connection::Connection;
use crate::journal;
use crate::leader::RoundError;

/// How many orders are read at a time.
const PAGE: u32 = 500;

/// Notifications that were missed are counted over so long.
const MISSED_WITHIN: SignedDuration = SignedDuration::from_hours(1);

/// How often somebody may be told. No longer than a problem's grace, so that it is told in the second round that
/// sees it.
const EVERY: Duration = Duration::from_secs(30);

/// How people are told of what they must see to.
#[derive(Debug, Clone)]
pub struct Alerting {
    /// By which channels. Without one, nobody looks for anything.
    pub channels: Channels,
    /// How often, at most.
    pub every: Duration,
}

impl Alerting {
    /// By these channels, as often as people can bear.
    pub fn by(channels: Channels) -> Self {
        Self { channels, every: EVERY }
    }
}

/// One round, over every channel.
pub(crate) async fn tell(connection: &Connection, channels: &Channels) -> Result<(), RoundError> {
    let found = found(connection).await?;
    for channel in channels.all() {
        tell_by(connection, channels, channel, &found).await?;
    }
    Ok(())
}

/// One channel's part of a round. A message that cannot be delivered comes again with the next one.
async fn tell_by(
    connection: &Connection,
    channels: &Channels,
    channel: Channel,
    found: &[Problem],
) -> Result<(), RoundError> {
    let (ledger, name) = (&connection.ledger, connection.name());
    let known = ledger.alerts(name, channel.as_str()).await?;
    let mut problems = found.to_vec();
    problems.extend(unasked(connection, &known));
    let digest = digest(&known, &problems, connection.clock.now());
    ledger.keep_alerts(name, channel.as_str(), &digest.noticed).await?;
    let Some(message) = digest.message else { return Ok(()) };
    match channels.send(channel, &message).await {
        Ok(()) => {
            connection.metrics.alerted(channel, true);
            tracing::info!(connection = %name, %channel, subject = message.subject, "somebody was told");
            Ok(ledger.keep_alerts(name, channel.as_str(), &digest.delivered).await?)
        }
        Err(error) => {
            connection.metrics.alerted(channel, false);
            tracing::error!(connection = %name, %channel, %error, subject = message.subject, "nobody could be told; it is tried again");
            Ok(())
        }
    }
}

/// All that a person must see to now, as far as it is known here.
async fn found(connection: &Connection) -> Result<Vec<Problem>, RoundError> {
    let name = connection.name();
    let mut problems: Vec<_> = connection
        .gates()
        .filter_map(|gate| match gate.access() {
            Access::Refused(said) => Some(Problem::of_credential(name, gate.platform().as_str(), &said)),
            Access::Granted | Access::Unknown => None,
        })
        .collect();
    if connection.notified {
        let since = connection.clock.now() - MISSED_WITHIN;
        let missed = connection.ledger.count(name, journal::REPAIRED, since).await?;
        problems.extend(Problem::of_missed_notifications(name, missed));
    }
    let parked = connection.ledger.parked(Some(name)).await?;
    let of_parked =
        |parked: &ParkedEvent| Problem::of_parked(&parked.event, &parked.cause, &parked.text, parked.order);
    let parked: Vec<_> = parked.iter().map(of_parked).collect();
    let mut after = None;
    loop {
        let page = connection.ledger.orders_in_state(name, &FOR_PEOPLE, after, PAGE).await?;
        problems.extend(of_orders(name, &page, &parked));
        after = page.last().map(|record| record.reading.id);
        if page.len() < PAGE as usize {
            problems.extend(parked);
            return Ok(problems);
        }
    }
}

/// What is known of credentials that this process has not tried yet: nobody says that it is over.
fn unasked(connection: &Connection, known: &[Known]) -> Vec<Problem> {
    let subjects: Vec<_> = connection
        .gates()
        .filter(|gate| gate.access() == Access::Unknown)
        .map(|gate| Problem::credential_subject(gate.platform().as_str()))
        .collect();
    let unasked = known.iter().filter(|known| subjects.contains(&known.problem.subject));
    unasked.map(|known| known.problem.clone()).collect()
}
