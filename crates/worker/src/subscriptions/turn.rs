//! Whose turn it is to change a connection's subscriptions: a short lease, so that a command and a worker's round,
//! which both list before they write, do not both add what both found missing.

use broker::event_id;
use domain::clock::Clock;
use jiff::SignedDuration;
use ledger::Ledger;

use super::{Registrar, SubscribeError};

/// How long a turn lasts without being renewed. It is renewed right before each call, and outlasts one; whoever dies
/// keeps others waiting for so long.
const LENGTH: SignedDuration = SignedDuration::from_mins(2);

/// Our turn.
pub(super) struct Turn<'a> {
    ledger: &'a dyn Ledger,
    clock: &'a dyn Clock,
    name: String,
    holder: String,
}

impl<'a> Turn<'a> {
    /// Takes the turn, unless somebody else has it.
    pub(super) async fn take(registrar: &Registrar<'a>) -> Result<Self, SubscribeError> {
        let Registrar { connection, ledger, clock, .. } = *registrar;
        let holder = event_id(clock.now()).to_string();
        let turn = Self { ledger, clock, name: format!("subscribing/{connection}"), holder };
        turn.renew().await?;
        Ok(turn)
    }

    /// Sees to it that it goes on being ours.
    pub(super) async fn renew(&self) -> Result<(), SubscribeError> {
        let lease = self.ledger.lease(&self.name, &self.holder, LENGTH, self.clock.now()).await?;
        lease.map(|_| ()).ok_or(SubscribeError::Busy)
    }

    /// Lets others have theirs. Where that fails, it runs out by itself.
    pub(super) async fn give_back(self) {
        if let Err(error) = self.ledger.give_back(&self.name, &self.holder).await {
            tracing::debug!(%error, name = self.name, "a turn was not given back and runs out by itself");
        }
    }
}
