//! Reading a batch's orders: one call, or more where Cin7 refuses the question as a whole (an address that is
//! too long, say). Then it is halved until the culprit is alone.

use std::collections::BTreeMap;

use jiff::Timestamp;

use domain::event::Origin;
use domain::failure::Failure;
use domain::ids::{OrderId, OrderRef};
use domain::quota::Priority;
use domain::sales_order::SalesOrder;
use platforms::Listing;

use super::folded;
use crate::connection::Connection;
use crate::gate::Permit;
use crate::settlement::Ending;

/// The most orders that one call reads.
const READ_MAX: usize = 250;

/// A batch as read.
#[derive(Debug)]
pub(crate) struct Batch {
    /// The orders, each with the origin that says most about it.
    pub(crate) orders: Vec<(SalesOrder, Origin)>,
    /// Endings of those that could not be read.
    pub(crate) unreadable: Vec<(OrderRef, Ending)>,
    /// The platform's own time of the earliest answer.
    pub(crate) platform_time: Option<Timestamp>,
    /// When the reading began, by our clock.
    pub(crate) began: Timestamp,
}

/// Reads what is asked for. The permit, if there is one, is for the first call.
pub(crate) async fn read(
    connection: &Connection,
    priority: Priority,
    mut permit: Option<Permit>,
    asked: &BTreeMap<OrderRef, Origin>,
) -> Result<Batch, Failure> {
    let began = connection.clock.now();
    let mut batch = Batch { orders: Vec::new(), unreadable: Vec::new(), platform_time: None, began };
    let all: Vec<OrderRef> = asked.keys().cloned().collect();
    let mut questions: Vec<Vec<OrderRef>> = all.chunks(READ_MAX).rev().map(<[_]>::to_vec).collect();
    while let Some(mut refs) = questions.pop() {
        match ask(connection, priority, permit.take(), &refs).await {
            Ok((listing, platform_time)) => batch.add(asked, listing, platform_time),
            Err(Failure::Permanent { .. }) if refs.len() > 1 => {
                let rest = refs.split_off(refs.len() / 2);
                questions.extend([rest, refs]);
            }
            Err(failure @ Failure::Permanent { .. }) => {
                batch
                    .unreadable
                    .extend(refs.into_iter().map(|order| (order, Ending::Failed(failure.clone(), None))));
            }
            Err(failure) => return Err(failure),
        }
    }
    Ok(batch)
}

async fn ask(
    connection: &Connection,
    priority: Priority,
    permit: Option<Permit>,
    refs: &[OrderRef],
) -> Result<(Listing<SalesOrder>, Option<Timestamp>), Failure> {
    let mut platform_time = None;
    let call = async |permit| {
        let answer = connection.cin7.orders(permit, refs).await;
        platform_time = answer.heard.date;
        answer
    };
    let listing = match permit {
        Some(permit) => connection.cin7_gate.call_with(permit, call).await?,
        None => connection.cin7_gate.call(priority, call).await?,
    };
    Ok((listing, platform_time))
}

impl Batch {
    fn add(
        &mut self,
        asked: &BTreeMap<OrderRef, Origin>,
        listing: Listing<SalesOrder>,
        platform_time: Option<Timestamp>,
    ) {
        let asked: BTreeMap<OrderRef, Origin> =
            asked.iter().map(|(order, origin)| (folded(order), *origin)).collect();
        let origin = |order: &SalesOrder| {
            let by_id = asked.get(&OrderRef::Id(order.id));
            let by_reference = || asked.get(&folded(&OrderRef::Reference(order.reference.clone())));
            by_id.or_else(by_reference).copied().unwrap_or(Origin::Watch)
        };
        self.orders.extend(listing.records.into_iter().map(|order| {
            let origin = origin(&order);
            (order, origin)
        }));
        self.unreadable.extend(listing.unreadable.into_iter().filter_map(|record| {
            let id = OrderId(record.id?.parse().ok()?);
            let reason = format!("Cin7 order {id} cannot be read: {}", record.reason);
            Some((OrderRef::Id(id), Ending::Failed(Failure::Permanent { reason }, Some(id))))
        }));
        self.platform_time = match self.platform_time {
            Some(earlier) => platform_time.map(|time| time.min(earlier)),
            None => platform_time,
        };
    }
}
