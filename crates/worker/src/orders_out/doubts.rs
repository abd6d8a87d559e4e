//! Orders that would not be sent any more while nobody knows whether they have arrived: the answer to an earlier
//! attempt was lost, or its worker died before it kept the place. They are looked up before anything else is
//! decided about them; one that is there is ours, whatever its stage is now.

use domain::import::document;
use domain::sales_order::SalesOrder;

use super::{Endings, products, send};
use crate::connection::Connection;
use crate::settlement::Ending;

/// Finds out about these orders and keeps the places of those that did arrive. Endings of those that could not
/// be settled now.
pub(super) async fn settle(connection: &Connection, orders: &[&SalesOrder]) -> Result<Endings, Ending> {
    // Weights and pictures: the document shall be the one that was sent.
    let catalogue = products::catalogue(connection, orders.iter().copied()).await?;
    let job = |order: &&SalesOrder| {
        let document = document::translate(order, &catalogue, &connection.rules);
        send::Job::import(order.id, order.modified, document)
    };
    let jobs: Vec<_> = orders.iter().map(job).collect();
    let keys: Vec<_> = jobs.iter().map(|job| send::key(connection, job.order)).collect();
    let recorded = connection.ledger.recorded(&keys).await?;
    let (mut arrived, mut open) = (Vec::new(), Vec::new());
    for (job, recorded) in jobs.into_iter().zip(recorded) {
        if recorded.is_some() { arrived.push(job) } else { open.push(job) }
    }
    let mut endings = Endings::new();
    send::place_done(connection, arrived, &mut endings).await?;
    endings.extend(send::look_for(connection, open).await?);
    // These are settled: what follows is decided from their records.
    endings.retain(|_, ending| !matches!(ending, Ending::Done("imported" | "unchanged")));
    Ok(endings)
}
