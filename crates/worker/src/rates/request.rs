//! Noticing orders that want freight, while the orders lane has them in hand. Only their ids travel on: the rates lane
//! reads them as they are by then. What we wrote ourselves comes back here as a change, and wants nothing.

use broker::event_id;
use domain::effect::Fingerprint;
use domain::event::{Event, EventKind, Origin};
use domain::failure::Failure;
use domain::ids::OrderRef;
use domain::rates::freight::{Case, Standing, basis, standing};
use domain::sales_order::SalesOrder;
use futures_util::future::try_join_all;

use super::{Endings, stands, tell_of, unrecorded, written};
use crate::connection::Connection;
use crate::finding_id::finding_id;
use crate::settlement::Ending;

/// Publishes an event for each of these orders that wants freight. Where that fails, the orders come again.
pub(crate) async fn request(
    connection: &Connection,
    orders: &[(SalesOrder, Origin)],
    endings: &mut Endings,
) -> Result<(), Ending> {
    let rules = &connection.rules;
    if !rules.rates.enabled {
        return Ok(());
    }
    let open: Vec<_> = orders
        .iter()
        .filter(|(order, _)| {
            let case = Case { order, written: None, attempt: None, asked: false };
            !matches!(standing(case, rules), Standing::NotNow(_))
        })
        .collect();
    if open.is_empty() {
        return Ok(());
    }
    let written = written(connection, open.iter().map(|(order, _)| order.id)).await?;
    let mut events = Vec::new();
    let standings = open
        .iter()
        .zip(&written)
        .map(|((order, origin), written)| stands(connection, order, *origin, written.as_ref()));
    let standings = try_join_all(standings).await?;
    for (((order, origin), written), (standing, attempt)) in open.iter().zip(&written).zip(standings) {
        let case = Case { order, written: written.as_ref(), attempt: attempt.as_ref(), asked: false };
        if matches!(standing, Standing::Wanted(_)) || unrecorded(&standing, case).is_some() {
            events.push(event(connection, order, *origin));
        } else {
            tell_of(connection, order, written.as_ref(), &standing).await?;
        }
    }
    if events.is_empty() {
        return Ok(());
    }
    if let Err(error) = connection.broker.publish(&events).await {
        let failure = Failure::Transient { reason: format!("freight could not be asked for: {error}") };
        for (order, _) in open {
            endings.insert(order.id, Ending::Failed(failure.clone(), Some(order.id)));
        }
    }
    Ok(())
}

/// The same order in the same state has the same id, so that it waits once; what a person asks for is always new.
fn event(connection: &Connection, order: &SalesOrder, origin: Origin) -> Event {
    let now = connection.clock.now();
    let id = if origin == Origin::Replay {
        event_id(now)
    } else {
        let basis = basis(order, &connection.rules.rates);
        finding_id(&Fingerprint::of(&("freight", connection.name(), order.id, basis)), order.modified)
    };
    let kind = EventKind::RateRequested { order: OrderRef::Id(order.id) };
    Event { id, connection: connection.name().clone(), kind, origin, received_at: now }
}
