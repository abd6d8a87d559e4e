//! One lane of one connection: waits for an event, lets more of them gather, waits for the budget of the first
//! call, and only then takes what is there. The scarcer calls are, the longer events gather: an idle lane adds
//! next to no delay, a busy one spends one call on 250 orders.

use std::time::{Duration, Instant};

use jiff::SignedDuration;
use tokio_util::sync::CancellationToken;

use broker::{ConsumeError, Consumer, Delivery};
use domain::event::Lane;
use domain::quota::Priority;
use domain::settings::Outlet;

use crate::connection::Connection;
use crate::gate::{Gate, NoPermit, Permit};
use crate::outage::Backoff;
use crate::{orders_out, rates, shipments_back};

/// The most events of one batch. Of orders as many as twelve Cin7 calls read, and as can be written within a minute.
const fn batch_max(lane: Lane) -> usize {
    match lane {
        Lane::Orders => 3_000,
        Lane::Shipments => 250,
        // Each costs a call for each carrier.
        Lane::Rates => 100,
    }
}
/// So many events that wait are not waited for to become more: their first call is full.
const fn enough(lane: Lane) -> usize {
    match lane {
        Lane::Orders => READ_MAX,
        Lane::Shipments | Lane::Rates => batch_max(lane),
    }
}
/// Orders that one call reads, and that one call writes.
const READ_MAX: usize = 250;
const WRITE_MAX: usize = 100;
/// Calls that write all of one reading.
const WRITES_OF_A_READING: u32 = 3;
/// Orders are read so long before there is room to write the first of them: as long as it takes to read some.
const AHEAD: SignedDuration = SignedDuration::from_secs(4);
/// So many are read as there will be room for in so long: what is in hand waits for that.
const LATER: SignedDuration = SignedDuration::from_secs(20);
/// How long a batch that is not full waits for more: webhooks of one bulk edit come within it.
const LINGER: Duration = Duration::from_millis(60);
/// How long after the last batch it is taken at the earliest when the minute's budget is nearly spent. In between that is
/// in proportion: the scarcer calls are, the fuller each of them shall be.
const LINGER_UNDER_PRESSURE: Duration = Duration::from_secs(8);
/// How often somebody who waits for a lane looks at it.
const LOOK_AGAIN: Duration = Duration::from_millis(500);
/// The pause before a lane that failed starts again.
const RESTART_PAUSE: Duration = Duration::from_secs(1);

/// Works on a lane until it is told to stop, starting again after any failure.
pub(crate) async fn run(connection: Connection, lane: Lane, stop: CancellationToken) {
    while !stop.is_cancelled() {
        if let Err(error) = serve(&connection, lane, &stop).await {
            tracing::warn!(connection = %connection.name(), %lane, %error, "a lane starts again");
            tokio::select! { () = stop.cancelled() => {}, () = tokio::time::sleep(RESTART_PAUSE) => {} }
        }
    }
}

async fn serve(connection: &Connection, lane: Lane, stop: &CancellationToken) -> Result<(), ConsumeError> {
    let mut consumer = connection.broker.consumer(connection.name(), lane).await?;
    let (mut backoff, mut last) = (Backoff::default(), None);
    loop {
        let taken = tokio::select! {
            () = stop.cancelled() => return Ok(()),
            taken = take(connection, lane, consumer.as_mut(), last, &mut backoff) => taken?,
        };
        let Some((permit, deliveries)) = taken else { continue };
        last = Some(Instant::now());
        // What is in hand is finished even when we are told to stop: every call has its own deadline.
        work(connection, lane, permit, deliveries).await;
    }
}

/// Waits for events and budget, then takes a batch. Nothing is in hand while it waits.
async fn take(
    connection: &Connection,
    lane: Lane,
    consumer: &mut dyn Consumer,
    last: Option<Instant>,
    backoff: &mut Backoff,
) -> Result<Option<(Permit, Vec<Delivery>)>, ConsumeError> {
    consumer.ready().await?;
    gather(connection, lane, last).await;
    let max = match (lane, sends_by(connection)) {
        // What is read while it cannot be written would only have to be read again.
        (Lane::Orders, Some(gate)) => {
            // Nor is a reading begun of which only a part can be written soon: the lane would wait for the rest of it.
            let least = if more_orders_wait(connection).await { WRITES_OF_A_READING } else { 1 };
            writable(gate.until_room(Priority::Import, AHEAD, LATER, least).await)
        }
        _ => batch_max(lane),
    };
    let Some(permit) = admitted(connection, lane, backoff).await else { return Ok(None) };
    let deliveries = consumer.batch(max, Duration::ZERO).await?;
    if deliveries.is_empty() {
        return Ok(None);
    }
    connection.metrics.batch(lane, deliveries.len());
    Ok(Some((permit, deliveries)))
}

/// How many orders so many calls write, in full readings. Not all that is read has to be written.
fn writable(calls: u32) -> usize {
    let orders = usize::try_from(calls).unwrap_or(usize::MAX).saturating_mul(WRITE_MAX);
    orders.div_ceil(READ_MAX).saturating_mul(READ_MAX).clamp(READ_MAX, batch_max(Lane::Orders))
}

/// The permit of the first call, however long that takes. While the ledger cannot be used, asking for it is the
/// probe; each one that fails is followed by a longer pause.
async fn admitted(connection: &Connection, lane: Lane, backoff: &mut Backoff) -> Option<Permit> {
    let (gate, priority) = first_call(connection, lane);
    match gate.admit(priority, None).await {
        Ok(permit) => {
            backoff.reset();
            connection.outage().over();
            return Some(permit);
        }
        Err(NoPermit::Ledger(error)) if error.is_unavailable() => connection.outage().noticed(&error),
        Err(refusal) => {
            tracing::warn!(connection = %connection.name(), %lane, ?refusal, "no budget could be had");
        }
    }
    tokio::time::sleep(backoff.pause()).await;
    None
}

/// Lets events gather, unless there are enough: waiting would only spread the calls of a minute over it. What came while
/// the last batch was worked on has waited already. This comes before the permit: a call counts from its grant, and one
/// that is made much later would be one that the platform counts and we no longer do.
async fn gather(connection: &Connection, lane: Lane, last: Option<Instant>) {
    if connection.outage().is_on() || has_waiting(connection, lane, enough(lane)).await {
        return;
    }
    let mut pressure = connection.cin7_gate.pressure().await;
    if let Some(gate) = sends_by(connection) {
        pressure = pressure.max(gate.pressure().await);
    }
    tokio::time::sleep(linger(pressure, last.map(|last| last.elapsed()))).await;
}

/// How long events gather, so long after the last batch was taken.
fn linger(pressure: f64, since_last: Option<Duration>) -> Duration {
    let between = LINGER_UNDER_PRESSURE.mul_f64(pressure.clamp(0.0, 1.0));
    LINGER + between.saturating_sub(since_last.unwrap_or_default())
}

async fn has_waiting(connection: &Connection, lane: Lane, events: usize) -> bool {
    let depth = connection.broker.depth(connection.name(), lane).await;
    depth.is_ok_and(|depth| depth.ready >= events as u64)
}

/// Whether a whole call's orders wait to be read.
pub(crate) async fn more_orders_wait(connection: &Connection) -> bool {
    has_waiting(connection, Lane::Orders, READ_MAX).await
}

/// Waits while a whole call's orders wait to be read or are in hand: finding more of them would only take the calls that
/// read these, and find these again. Whoever waits loses nothing, since what it looks for stays where it is.
pub(crate) async fn until_short_of_orders(connection: &Connection) {
    let is_busy = async || {
        let depth = connection.broker.depth(connection.name(), Lane::Orders).await;
        depth.is_ok_and(|depth| depth.ready + depth.in_hand.unwrap_or_default() >= READ_MAX as u64)
    };
    while is_busy().await && !connection.cin7_gate.is_closed() {
        tokio::time::sleep(LOOK_AGAIN).await;
    }
}

/// The gate that orders are sent through; `None` where ShipStation fetches them itself.
fn sends_by(connection: &Connection) -> Option<&Gate> {
    let sends = connection.rules.outlet == Outlet::Api;
    connection.shipstation.as_ref().filter(|_| sends).map(|api| api.gate.as_ref())
}

/// Where the first call of a batch goes. Shipments are asked for at ShipStation, or have been told already.
fn first_call(connection: &Connection, lane: Lane) -> (&Gate, Priority) {
    match (lane, sends_by(connection)) {
        (Lane::Orders, _) => (&connection.cin7_gate, Priority::Import),
        (Lane::Shipments, Some(gate)) => (gate, Priority::WriteBack),
        (Lane::Shipments, None) => (&connection.cin7_gate, Priority::WriteBack),
        (Lane::Rates, _) => (&connection.cin7_gate, Priority::Rates),
    }
}

async fn work(connection: &Connection, lane: Lane, permit: Permit, deliveries: Vec<Delivery>) {
    match lane {
        Lane::Orders => orders_out::work(connection, permit, deliveries).await,
        Lane::Shipments => shipments_back::work(connection, permit, deliveries).await,
        Lane::Rates => rates::work(connection, permit, deliveries).await,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_scarcer_calls_are_the_longer_after_the_last_batch_the_next_is_taken() {
        let seconds = Duration::from_secs;
        for (pressure, since_last, more) in [
            (0.0, None, seconds(0)),
            (0.5, None, seconds(4)),
            (1.0, None, seconds(8)),
            (1.0, Some(seconds(3)), seconds(5)),
            // What came while that was worked on has waited already.
            (1.0, Some(seconds(8)), seconds(0)),
            (0.5, Some(seconds(60)), seconds(0)),
            (7.0, Some(seconds(0)), seconds(8)),
        ] {
            assert_eq!(linger(pressure, since_last), LINGER + more, "{pressure} {since_last:?}");
        }
    }

    #[test]
    fn a_batch_is_as_large_as_what_can_be_written_of_it_in_full_readings() {
        for (calls, orders) in
            [(0, 250), (1, 250), (2, 250), (3, 500), (13, 1_500), (34, 3_000), (u32::MAX, 3_000)]
        {
            assert_eq!(writable(calls), orders, "{calls} calls");
        }
    }
}
