//! Webhook subscriptions at ShipStation: the one place where they are made and removed, for whoever registers by
//! hand and for the daily round that keeps them right. What is to be done is `domain::subscription`'s business.
//!
//! These writes need no claim. What is wanted is compared with what is listed, so whatever an earlier attempt left
//! behind, by a crash or by an answer that was lost, the next one sees and completes. A [`turn`] lets one process do
//! that at a time.

mod turn;

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use domain::clock::Clock;
use domain::failure::Failure;
use domain::ids::ConnectionName;
use domain::quota::Priority;
use domain::subscription::{Difference, HookAddress, Listed, Plan, Wanted, plan};
use ledger::{Ledger, LedgerError};
use platforms::{Answer, CallPermit, Listing, ShipStationClient, Subscription};

use crate::connection::Connection;
use crate::gate::{Gate, PATIENCE};
use crate::leader::RoundError;
use turn::Turn;

/// So many times the list is read when answers to writes are lost.
const ATTEMPTS: u32 = 3;

/// The subscriptions of a connection that are kept right.
#[derive(Debug, Clone)]
pub struct Subscriptions {
    /// What is needed.
    pub wanted: Wanted,
    /// How often that is looked at; first at the start.
    pub every: Duration,
}

impl Subscriptions {
    /// How often it is looked at in life: for one call a day.
    pub const EVERY: Duration = Duration::from_hours(24);
}

/// Whoever looks at a connection's subscriptions and changes them. Every call goes through the gate.
#[derive(Debug, Clone, Copy)]
pub struct Registrar<'a> {
    /// The connection.
    pub connection: &'a ConnectionName,
    /// Its ShipStation account.
    pub client: &'a ShipStationClient,
    /// The gate before it.
    pub gate: &'a Gate,
    /// Where it stands whose turn it is.
    pub ledger: &'a dyn Ledger,
    /// The time.
    pub clock: &'a dyn Clock,
    /// What the calls are for.
    pub priority: Priority,
}

/// Why subscriptions could not be looked at or changed.
#[derive(Debug, thiserror::Error)]
pub enum SubscribeError {
    /// ShipStation refused, or could not be asked.
    #[error(transparent)]
    Platform(#[from] Failure),
    /// The ledger could not be asked.
    #[error(transparent)]
    Ledger(#[from] LedgerError),
    /// Another process changes them.
    #[error("another process changes the subscriptions just now: try again in a minute or two")]
    Busy,
}

/// What registering did.
#[derive(Debug, Clone, Default)]
pub struct Registered {
    /// The events that a subscription was made for.
    pub added: BTreeSet<&'static str>,
    /// What was removed, by id, each with the reason.
    pub removed: BTreeMap<i64, (Listed, Difference)>,
    /// What was right before and is left as it was.
    pub kept: Vec<Listed>,
}

impl Registered {
    /// How many events' subscriptions were not as they should be.
    pub fn repairs(&self) -> usize {
        let removed = self.removed.values().map(|(listed, _)| listed.event.to_ascii_uppercase());
        removed.chain(self.added.iter().map(|event| (*event).to_owned())).collect::<BTreeSet<_>>().len()
    }
}

impl Registrar<'_> {
    /// The account's subscriptions, ours and others'. Fails when one of them cannot be read: it may be ours, and
    /// would be made again each time.
    pub async fn list(&self) -> Result<Vec<Listed>, Failure> {
        all(self.gate.call(self.priority, async |permit| self.client.webhooks(permit).await).await?)
    }

    /// Makes what is missing, then removes what is ours and differs. Doing it again changes nothing.
    pub async fn register(&self, wanted: &Wanted) -> Result<Registered, SubscribeError> {
        let turn = Turn::take(self).await?;
        let registered = self.bring_in_line(&turn, wanted).await;
        turn.give_back().await;
        registered
    }

    /// Removes whatever calls this address, and returns it.
    pub async fn remove(&self, address: &HookAddress) -> Result<Vec<Listed>, SubscribeError> {
        let turn = Turn::take(self).await?;
        let removed = self.clear(&turn, address).await;
        turn.give_back().await;
        removed
    }

    /// Lists and follows the plan. After an answer that was lost it lists again before it tries again, so that
    /// nothing is made twice.
    async fn bring_in_line(&self, turn: &Turn<'_>, wanted: &Wanted) -> Result<Registered, SubscribeError> {
        let mut done = Registered::default();
        let mut attempt = 1;
        loop {
            let listed = all(self.call(turn, async |permit| self.client.webhooks(permit).await).await?)?;
            let plan = plan(wanted, &listed);
            match self.follow(turn, wanted, &plan, &mut done).await {
                Ok(()) => {
                    let own = |listed: &&Listed| {
                        done.added.iter().any(|event| event.eq_ignore_ascii_case(&listed.event))
                    };
                    done.kept = plan.right().filter(|listed| !own(listed)).cloned().collect();
                    return Ok(done);
                }
                Err(SubscribeError::Platform(Failure::Ambiguous { .. })) if attempt < ATTEMPTS => {
                    attempt += 1;
                }
                Err(error) => return Err(error),
            }
        }
    }

    async fn follow(
        &self,
        turn: &Turn<'_>,
        wanted: &Wanted,
        plan: &Plan<'_>,
        done: &mut Registered,
    ) -> Result<(), SubscribeError> {
        for event in &plan.missing {
            // Noted before it is tried: where the answer is lost, the next list tells.
            done.added.insert(event);
            let subscription = Subscription {
                target_url: wanted.target(),
                event: (*event).to_owned(),
                store_id: None,
                name: format!("Shipbridge {}", self.connection),
            };
            self.call(turn, async |permit| self.client.subscribe(permit, &subscription).await).await?;
        }
        for (listed, why) in plan.removals() {
            done.removed.insert(listed.id, (listed.clone(), why));
            self.unsubscribe(turn, listed.id).await?;
        }
        Ok(())
    }

    async fn clear(&self, turn: &Turn<'_>, address: &HookAddress) -> Result<Vec<Listed>, SubscribeError> {
        let listed = all(self.call(turn, async |permit| self.client.webhooks(permit).await).await?)?;
        let ours: Vec<_> = listed.into_iter().filter(|listed| address.is_called_by(&listed.url)).collect();
        for listed in &ours {
            self.unsubscribe(turn, listed.id).await?;
        }
        Ok(ours)
    }

    /// Removes one. What is gone already counts as removed, so a lost answer is simply asked for again.
    async fn unsubscribe(&self, turn: &Turn<'_>, id: i64) -> Result<(), SubscribeError> {
        let attempt = || self.call(turn, async |permit| self.client.unsubscribe(permit, id).await);
        match attempt().await {
            Err(SubscribeError::Platform(Failure::Ambiguous { .. })) => attempt().await,
            ended => ended,
        }
    }

    /// Makes a call while it is our turn: waits for the budget first, then sees to it that the turn outlasts the
    /// call.
    async fn call<T, F, Fut>(&self, turn: &Turn<'_>, make: F) -> Result<T, SubscribeError>
    where
        F: FnOnce(CallPermit) -> Fut,
        Fut: Future<Output = Answer<T>>,
    {
        let permit = self.gate.permit(self.priority, Some(PATIENCE)).await?;
        turn.renew().await?;
        Ok(self.gate.call_with(permit, make).await?)
    }
}

/// The whole list, or none.
fn all(listing: Listing<Listed>) -> Result<Vec<Listed>, Failure> {
    match listing.unreadable.first() {
        None => Ok(listing.records),
        Some(record) => {
            let id = record.id.as_deref().unwrap_or("without an id");
            let reason = format!("ShipStation's subscription {id} cannot be read: {}", record.reason);
            Err(Failure::Permanent { reason })
        }
    }
}

/// The daily round: looks at the subscriptions and repairs them.
pub(crate) async fn keep_right(connection: &Connection) -> Result<(), RoundError> {
    let Some(subscriptions) = &connection.subscriptions else { return Ok(()) };
    let api = connection.api()?;
    let registrar = Registrar {
        connection: connection.name(),
        client: &api.client,
        gate: &api.gate,
        ledger: connection.ledger.as_ref(),
        clock: connection.clock.as_ref(),
        priority: Priority::Watch,
    };
    let done = registrar.register(&subscriptions.wanted).await?;
    let repairs = done.repairs();
    if repairs == 0 {
        tracing::debug!(connection = %connection.name(), "the webhook subscriptions are as they should be");
        return Ok(());
    }
    connection.metrics.repaired("webhook", repairs);
    let removed: Vec<String> = done
        .removed
        .values()
        .map(|(listed, why)| format!("{} ({}) {why}", listed.id, listed.event))
        .collect();
    tracing::info!(connection = %connection.name(), added = ?done.added, ?removed, "the webhook subscriptions at ShipStation were set right");
    Ok(())
}

impl From<SubscribeError> for RoundError {
    fn from(error: SubscribeError) -> Self {
        match error {
            SubscribeError::Platform(failure) => Self::Platform(failure),
            SubscribeError::Ledger(error) => Self::Ledger(error),
            SubscribeError::Busy => Self::Platform(Failure::Transient { reason: error.to_string() }),
        }
    }
}
