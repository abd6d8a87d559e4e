//! What ShipStation told the custom store. A notice is the only copy of what it says and lies in the ledger: nobody is
//! asked. It becomes a shipment of its order, one more source of the order's set, and from there on everything is as
//! with shipments that were asked for.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use broker::Delivery;
use domain::event::{EventKind, Origin};
use domain::failure::Failure;
use domain::ids::{OrderId, OrderRef};
use domain::record::OrderRecord;
use domain::ship_notice::{NoticeId, Reported};
use ledger::{KeptNotice, LedgerError};

use super::finding::{self, Finding};
use super::read::Asker;
use super::{bring_in_line, news, once_for_people, outstanding};
use crate::connection::Connection;
use crate::gate::Permit;
use crate::settlement::{Ending, settle_all};

/// Works on what was told. The permit, if any, is for the first call to Cin7.
pub(super) async fn round(connection: &Connection, permit: Option<Permit>, deliveries: Vec<Delivery>) {
    let ended = endings(connection, permit, &deliveries).await;
    let endings = ended.unwrap_or_else(|error| {
        let ending = Ending::from(error);
        deliveries.iter().filter_map(notice_of).map(|notice| (notice, ending.clone())).collect()
    });
    let mut for_people = BTreeSet::new();
    let ended = deliveries.into_iter().map(|delivery| {
        let ending = notice_of(&delivery).and_then(|notice| endings.get(&notice)).cloned();
        (delivery, once_for_people(ending.unwrap_or(Ending::Done("ignored")), &mut for_people))
    });
    settle_all(connection, ended).await;
}

fn notice_of(delivery: &Delivery) -> Option<NoticeId> {
    match delivery.event().kind {
        EventKind::ShipNotice { notice } => Some(notice),
        _ => None,
    }
}

/// A notice with its order, as far as there is one.
struct Told {
    notice: NoticeId,
    order: OrderId,
    reported: Reported,
}

async fn endings(
    connection: &Connection,
    permit: Option<Permit>,
    deliveries: &[Delivery],
) -> Result<BTreeMap<NoticeId, Ending>, LedgerError> {
    let (ledger, name) = (&connection.ledger, connection.name());
    let mut asked: BTreeMap<NoticeId, bool> = BTreeMap::new();
    for delivery in deliveries {
        if let Some(notice) = notice_of(delivery) {
            *asked.entry(notice).or_default() |= delivery.event().origin == Origin::Replay;
        }
    }
    let mut endings = BTreeMap::new();
    let told = told(connection, &asked, &mut endings).await?;
    let reports: Vec<_> = told.iter().map(|told| (told.order, told.reported.shipment.clone())).collect();
    let taken = ledger.take_in(name, &reports, connection.clock.now()).await?;
    news::tell(connection, Asker::Announced, &taken).await?;
    remark(connection, &told).await?;
    let by_order = bring_in_line(connection, permit, &outstanding(connection, taken).await?).await;
    for told in told {
        let ending = by_order.get(&told.order).cloned().unwrap_or(Ending::Done("shipments"));
        endings.insert(told.notice, ending);
    }
    // What waits for a person waits with its event.
    let over = endings.iter().filter(|(_, ending)| {
        matches!(ending, Ending::Done(_) | Ending::Failed(Failure::Permanent { .. }, _))
    });
    let over: Vec<NoticeId> = over.map(|(notice, _)| *notice).collect();
    ledger.notices_taken_in(name, &over, connection.clock.now()).await?;
    Ok(endings)
}

/// The shipments of these notices, in the order in which they came. What leads to no order of ours, or is not there,
/// gets its ending here, and so does a repeat, unless a person asks for it: of the same parcel something newer may have
/// been told since.
async fn told(
    connection: &Connection,
    asked: &BTreeMap<NoticeId, bool>,
    endings: &mut BTreeMap<NoticeId, Ending>,
) -> Result<Vec<Told>, LedgerError> {
    let (ledger, name) = (&connection.ledger, connection.name());
    let ids: Vec<NoticeId> = asked.keys().copied().collect();
    let found = ledger.notices(name, &ids).await?;
    let mut kept: Vec<KeptNotice> = Vec::new();
    for ((id, by_a_person), found) in asked.iter().zip(found) {
        match found {
            None => _ = endings.insert(*id, Ending::Done("not_found")),
            Some(found) if found.taken_in.is_some() && !by_a_person => {
                endings.insert(*id, Ending::Done("unchanged"));
            }
            Some(found) => kept.push(found),
        }
    }
    kept.sort_by_key(|kept| (kept.received_at, kept.id));
    let found = kept.iter().filter_map(|kept| kept.order).map(OrderRef::Id);
    let refs: Vec<OrderRef> = kept.iter().flat_map(|kept| kept.notice.orders()).chain(found).collect();
    let records = ledger.orders(name, &refs).await?;
    let known: HashMap<OrderRef, OrderRecord> =
        refs.into_iter().zip(records).filter_map(|(order, record)| Some((order, record?))).collect();
    let mut told = Vec::new();
    for kept in kept {
        let found = kept.order.and_then(|order| known.get(&OrderRef::Id(order)));
        let record = found.or_else(|| kept.notice.order(|order| known.get(order)));
        let document = record.and_then(|record| Some((record.reading.id, &record.placed.as_ref()?.document)));
        match document {
            Some((order, document)) => {
                let reported = kept.notice.shipment(order, document, kept.received_at);
                told.push(Told { notice: kept.id, order, reported });
            }
            None => _ = endings.insert(kept.id, unknown(&kept)),
        }
    }
    Ok(told)
}

fn unknown(kept: &KeptNotice) -> Ending {
    let (number, id) = (&kept.notice.order_number, &kept.notice.order_id);
    let reason = format!(
        "ShipStation has shipped order {number} (order id {id}, tracking number {}), which was never offered to it",
        kept.notice.tracking
    );
    Ending::Failed(Failure::Permanent { reason }, None)
}

/// What of notices does not fit their orders is for a person, once. The tracking numbers go their way all the same.
async fn remark(connection: &Connection, told: &[Told]) -> Result<(), LedgerError> {
    let misfits = told.iter().filter(|told| !told.reported.remarks.is_empty()).map(|told| {
        let remarks: Vec<String> = told.reported.remarks.iter().map(ToString::to_string).collect();
        let text = format!("{} holds {}", told.reported.shipment.id, remarks.join("; "));
        Finding::misfit(told.notice, told.order, text)
    });
    finding::park(connection, &misfits.collect::<Vec<_>>()).await
}
