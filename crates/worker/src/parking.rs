//! Poison: events that were taken again and again without ever being settled, because each time the worker
//! died with them in hand. They are parked with that as their cause, for a person to look at.

use std::time::Duration;

use tokio_util::sync::CancellationToken;

use broker::{Broker, ConsumeError};
use domain::clock::Clock;
use ledger::{Ledger, LedgerError, ParkedEvent};

use crate::outage::Outage;

/// How often the broker is asked.
const EVERY: Duration = Duration::from_secs(5);
/// How many are parked at a time.
const AT_A_TIME: usize = 100;

/// Parks poison until it is told to stop.
pub(crate) async fn park_poison(
    broker: &dyn Broker,
    ledger: &dyn Ledger,
    clock: &dyn Clock,
    outage: &Outage,
    stop: &CancellationToken,
) {
    while !stop.is_cancelled() {
        match park_once(broker, ledger, clock).await {
            Err(NotParked::Ledger(error)) if error.is_unavailable() => outage.noticed(&error),
            Err(error) => tracing::warn!(%error, "poisoned events could not be parked"),
            Ok(()) => {}
        }
        tokio::select! { () = stop.cancelled() => {}, () = tokio::time::sleep(EVERY) => {} }
    }
}

/// Why poison could not be parked. It comes again.
#[derive(Debug, thiserror::Error)]
enum NotParked {
    #[error(transparent)]
    Broker(#[from] ConsumeError),
    #[error(transparent)]
    Ledger(#[from] LedgerError),
}

async fn park_once(broker: &dyn Broker, ledger: &dyn Ledger, clock: &dyn Clock) -> Result<(), NotParked> {
    for delivery in broker.poisoned(AT_A_TIME).await? {
        let event = delivery.event().clone();
        tracing::error!(event = %event.id, connection = %event.connection, "an event killed its workers and is parked");
        let parked = ParkedEvent {
            lane: event.kind.lane(),
            cause: "poison".to_owned(),
            text: "the worker died each time it had this event in hand".to_owned(),
            order: None,
            attempts: delivery.attempt(),
            since: clock.now(),
            event,
        };
        ledger.park(&parked).await?;
        delivery.ack().await?;
    }
    Ok(())
}
