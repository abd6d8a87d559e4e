//! Poison: events that were taken again and again without ever being settled, because each time the worker
//! died with them in hand. They are parked with that as their cause, for a person to look at.

use std::time::Duration;

use tokio_util::sync::CancellationToken;

use broker::Broker;
use domain::clock::Clock;
use ledger::{Ledger, ParkedEvent};

/// How often the broker is asked.
const EVERY: Duration = Duration::from_secs(5);
/// How many are parked at a time.
const AT_A_TIME: usize = 100;

/// Parks poison until it is told to stop.
pub(crate) async fn park_poison(
    broker: &dyn Broker,
    ledger: &dyn Ledger,
    clock: &dyn Clock,
    stop: &CancellationToken,
) {
    while !stop.is_cancelled() {
        if let Err(error) = park_once(broker, ledger, clock).await {
            tracing::warn!(error, "poisoned events could not be parked");
        }
        tokio::select! { () = stop.cancelled() => {}, () = tokio::time::sleep(EVERY) => {} }
    }
}

async fn park_once(broker: &dyn Broker, ledger: &dyn Ledger, clock: &dyn Clock) -> Result<(), String> {
    for delivery in broker.poisoned(AT_A_TIME).await.map_err(|error| error.to_string())? {
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
        ledger.park(&parked).await.map_err(|error| error.to_string())?;
        delivery.ack().await.map_err(|error| error.to_string())?;
    }
    Ok(())
}
