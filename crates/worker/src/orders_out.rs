//! Orders out: read a batch of orders in one call, decide each with pure rules, send what shall be sent, and
//! settle every event by its own order's ending. Deciding is here, reading is [`mod@read`], sending is [`send`].

mod products;
mod read;
mod send;

use std::collections::{BTreeMap, HashMap};

use futures_util::future::join_all;

use crate::gate::Permit;
use broker::Delivery;
use domain::event::{EventKind, Origin};
use domain::ids::{OrderId, OrderRef};
use domain::import::{self, Case, Decision, Judgement};
use domain::record::OrderRecord;

use read::Batch;

use crate::connection::Connection;
use crate::journal;
use crate::settlement::{Ending, settle};

/// How each order of a batch ended.
type Endings = BTreeMap<OrderId, Ending>;

/// Works on a batch. The permit is for the first call, the reading.
pub(crate) async fn work(connection: &Connection, permit: Permit, deliveries: Vec<Delivery>) {
    let asked = asked(&deliveries);
    let endings = match read::read(connection, permit, &asked).await {
        Ok(batch) => batch.endings(connection).await,
        Err(failure) => ByRef::all(&asked, &Ending::Failed(failure, None)),
    };
    join_all(deliveries.into_iter().map(|delivery| {
        let ending = order_of(&delivery).map_or(Ending::Done("ignored"), |order| endings.of(order));
        settle(connection, delivery, ending)
    }))
    .await;
}

fn order_of(delivery: &Delivery) -> Option<&OrderRef> {
    match &delivery.event().kind {
        EventKind::OrderChanged { order } => Some(order),
        EventKind::ShipmentsChanged { .. } => None,
    }
}

/// The orders that a batch asks for, each once, with the origin that says most: a webhook proves that the
/// order changed under our eyes.
fn asked(deliveries: &[Delivery]) -> BTreeMap<OrderRef, Origin> {
    let mut asked = BTreeMap::new();
    for delivery in deliveries {
        let Some(order) = order_of(delivery) else { continue };
        let origin = delivery.event().origin;
        let kept = asked.entry(order.clone()).or_insert(origin);
        if origin == Origin::Webhook {
            *kept = origin;
        }
    }
    asked
}

/// The same name for the same order: Cin7 compares references without case, so an event's may differ from the
/// order's own.
fn folded(order: &OrderRef) -> OrderRef {
    match order {
        OrderRef::Id(id) => OrderRef::Id(*id),
        OrderRef::Reference(reference) => OrderRef::Reference(reference.trim().to_lowercase()),
    }
}

/// Endings by the way in which events named their orders, [`folded`].
#[derive(Debug, Default)]
struct ByRef(HashMap<OrderRef, Ending>);

impl ByRef {
    fn all(asked: &BTreeMap<OrderRef, Origin>, ending: &Ending) -> Self {
        Self(asked.keys().map(|order| (folded(order), ending.clone())).collect())
    }

    fn of(&self, order: &OrderRef) -> Ending {
        self.0.get(&folded(order)).cloned().unwrap_or(Ending::Done("not_found"))
    }
}

impl Batch {
    /// Decides and sends; the endings by every name that the orders have.
    async fn endings(self, connection: &Connection) -> ByRef {
        let refs: Vec<_> = self.orders.iter().map(|(order, _)| OrderRef::Id(order.id)).collect();
        let known = match connection.ledger.orders(connection.name(), &refs).await {
            Ok(known) => known,
            Err(error) => return self.all_ended(&Ending::from(error)),
        };
        let endings = match self.decide(connection, &known).await {
            Ok(judgements) => carry_out(connection, judgements).await,
            Err(ending) => return self.all_ended(&ending),
        };
        self.by_ref(|order| endings.get(&order).cloned().unwrap_or(Ending::Done("unchanged")))
    }

    fn all_ended(&self, ending: &Ending) -> ByRef {
        self.by_ref(|_| ending.clone())
    }

    fn by_ref(&self, ending: impl Fn(OrderId) -> Ending) -> ByRef {
        let unreadable = self.unreadable.iter().map(|(order, ending)| (folded(order), ending.clone()));
        let mut by_ref: HashMap<_, _> = unreadable.collect();
        for (order, _) in &self.orders {
            let ending = ending(order.id);
            by_ref.insert(folded(&OrderRef::Reference(order.reference.clone())), ending.clone());
            by_ref.insert(OrderRef::Id(order.id), ending);
        }
        ByRef(by_ref)
    }

    async fn decide(
        &self,
        connection: &Connection,
        known: &[Option<OrderRecord>],
    ) -> Result<Vec<Judgement>, Ending> {
        let catalogue = products::catalogue(connection, self.orders.iter().map(|(order, _)| order)).await?;
        let now = connection.clock.now();
        let cases = self.orders.iter().zip(known).map(|((order, origin), known)| Case {
            order,
            known: known.as_ref(),
            origin: *origin,
            platform_time: self.platform_time,
        });
        Ok(cases.map(|case| import::decide(case, &catalogue, &connection.rules, now)).collect())
    }
}

/// Keeps what was read and decided, then sends what shall be sent.
async fn carry_out(connection: &Connection, judgements: Vec<Judgement>) -> Endings {
    let all = |judgements: &[Judgement], ending: &Ending| -> Endings {
        judgements.iter().map(|judgement| (judgement.reading.id, ending.clone())).collect()
    };
    if let Err(error) = keep(connection, &judgements).await {
        return all(&judgements, &Ending::from(error));
    }
    let mut endings = Endings::new();
    let mut documents = Vec::new();
    for judgement in judgements {
        let order = judgement.reading.id;
        match judgement.decision {
            Decision::Import(document) => {
                documents.push(send::Job { order, version: judgement.reading.version, document: *document });
            }
            other => {
                endings.insert(order, Ending::Done(outcome(&other)));
            }
        }
    }
    endings.extend(send::send(connection, documents).await);
    endings
}

async fn keep(connection: &Connection, judgements: &[Judgement]) -> Result<(), ledger::LedgerError> {
    let now = connection.clock.now();
    let readings: Vec<_> = judgements.iter().map(|judgement| judgement.reading.clone()).collect();
    let entries: Vec<_> =
        judgements.iter().filter_map(|judgement| journal::decided(judgement, now)).collect();
    connection.ledger.keep_readings(connection.name(), &readings).await?;
    connection.ledger.write(connection.name(), &entries).await
}

fn outcome(decision: &Decision) -> &'static str {
    match decision {
        Decision::Import(_) => "imported",
        Decision::Waiting => "waiting",
        Decision::Excluded => "excluded",
        Decision::Refused => "refused",
        Decision::Unchanged => "unchanged",
        Decision::Edited => "edited",
        Decision::Withdrawn => "withdrawn",
        Decision::Closed => "closed",
    }
}
