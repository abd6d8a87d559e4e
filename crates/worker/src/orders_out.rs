//! Orders out: read a batch of orders in one call, decide each with pure rules, send what shall be sent, and
//! settle every event by its own order's ending. Deciding is here, reading is [`mod@read`], sending is [`send`],
//! ShipStation's side of the orders is [`surroundings`], and what an earlier sending left behind is [`doubts`]. A batch
//! passes in parts, which is [`passage`]'s business; where ShipStation fetches orders itself, [`mod@store`] offers them.

mod doubts;
mod passage;
pub(crate) mod products;
pub(crate) mod read;
mod send;
mod store;
mod surroundings;

use std::collections::{BTreeMap, BTreeSet, HashMap};

use crate::gate::Permit;
use broker::Delivery;
use domain::event::{EventKind, Origin};
use domain::failure::Failure;
use domain::ids::{OrderId, OrderRef};
use domain::import::{self, Case, Catalogue, Decision, Judgement, rules};
use domain::quota::Priority;
use domain::record::{Intake, OrderRecord, Placed};
use domain::sales_order::SalesOrder;
use domain::settings::Outlet;
use futures_util::future::join;
use ledger::LedgerError;

use passage::Passage;
use read::Batch;
use send::Job;
use surroundings::Surroundings;

use crate::connection::Connection;
use crate::journal;
use crate::rates;
use crate::settlement::{Ending, settle_all};

/// How each order of a batch ended.
type Endings = BTreeMap<OrderId, Ending>;

/// So many orders are read and decided together; meanwhile the next are read. The first part is small, so that
/// writing begins early: calls count for a minute from when they are made.
const FIRST_PART: usize = 500;
const PART: usize = 1_000;

/// Works on a batch. The permit is for the first call, the reading.
pub(crate) async fn work(connection: &Connection, permit: Permit, deliveries: Vec<Delivery>) {
    let deliveries = without_answered(connection, deliveries).await;
    let asked = asked(&deliveries);
    let mut passage = Passage::default();
    let (mut parts, mut permit) = (in_parts(asked).into_iter(), Some(permit));
    let mut current = parts.next();
    let mut batch = match &current {
        Some(part) => Some(read::read(connection, Priority::Import, permit.take(), part).await),
        None => None,
    };
    while let (Some(part), Some(read)) = (current.take(), batch.take()) {
        current = parts.next();
        let next = async {
            match &current {
                Some(part) => Some(read::read(connection, Priority::Import, None, part).await),
                None => None,
            }
        };
        // On the heap: a whole batch is a large future.
        let passed = Box::pin(passage.pass(connection, &part, read, current.is_none()));
        batch = join(passed, next).await.1;
    }
    let endings = passage.end(connection).await;
    let mut ended: Vec<_> = deliveries
        .into_iter()
        .map(|delivery| {
            let ending = order_of(&delivery).map_or(IGNORED, |order| endings.of(order));
            (delivery, ending)
        })
        .collect();
    told_once(connection, &mut ended).await;
    settle_all(connection, ended.into_iter()).await;
}

/// One event is enough to wait for a person about an order, as long as it says the same. What a person has asked for
/// again gets its own answer.
async fn told_once(connection: &Connection, ended: &mut [(Delivery, Ending)]) {
    if !ended.iter().any(|(_, ending)| told_of(ending).is_some()) {
        return;
    }
    // When the ledger cannot say it, it is told again.
    let parked = connection.ledger.parked(Some(connection.name())).await.unwrap_or_default();
    let mut told: BTreeSet<(OrderId, String)> =
        parked.into_iter().filter_map(|parked| Some((parked.order?, parked.text))).collect();
    for (delivery, ending) in ended {
        let Some(words) = told_of(ending) else { continue };
        if !told.insert(words) && delivery.event().origin != Origin::Replay {
            *ending = Ending::Done("told");
        }
    }
}

/// What a person would be told of an order.
fn told_of(ending: &Ending) -> Option<(OrderId, String)> {
    match ending {
        Ending::Failed(failure @ Failure::Permanent { .. }, Some(order)) => {
            Some((*order, failure.to_string()))
        }
        _ => None,
    }
}

fn in_parts(asked: BTreeMap<OrderRef, Origin>) -> Vec<BTreeMap<OrderRef, Origin>> {
    let mut first: Vec<_> = asked.into_iter().collect();
    let rest = first.split_off(first.len().min(FIRST_PART));
    let parts = std::iter::once(first.as_slice()).chain(rest.chunks(PART));
    parts.filter(|part| !part.is_empty()).map(|part| part.iter().cloned().collect()).collect()
}

/// The ending of an event that is of another lane.
const IGNORED: Ending = Ending::Done("ignored");

/// Settles the events that an order's last reading has answered, and leaves the others. When the ledger cannot say
/// that, none is.
async fn without_answered(connection: &Connection, deliveries: Vec<Delivery>) -> Vec<Delivery> {
    let refs: Vec<_> = deliveries.iter().filter_map(order_of).cloned().collect();
    let records = connection.ledger.orders(connection.name(), &refs).await.unwrap_or_default();
    let known: HashMap<_, _> =
        refs.into_iter().zip(records).filter_map(|(order, record)| Some((order, record?))).collect();
    let (answered, open): (Vec<_>, Vec<_>) = deliveries.into_iter().partition(|delivery| {
        let record = order_of(delivery).and_then(|order| known.get(order));
        let event = delivery.event();
        record.is_some_and(|record| record.answers(event.received_at, event.origin))
    });
    settle_all(connection, answered.into_iter().map(|delivery| (delivery, Ending::Done("answered")))).await;
    open
}

fn order_of(delivery: &Delivery) -> Option<&OrderRef> {
    match &delivery.event().kind {
        EventKind::OrderChanged { order } => Some(order),
        EventKind::ShipmentsChanged { .. }
        | EventKind::ShipNotice { .. }
        | EventKind::RateRequested { .. } => None,
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
pub(crate) fn folded(order: &OrderRef) -> OrderRef {
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
    /// Remembers which orders need no further reading for what was told before this one. Without that they are
    /// only read once more.
    async fn keep_answered(&self, connection: &Connection, endings: &Endings) {
        let is_done = |order: &OrderId| matches!(endings.get(order), Some(Ending::Done(_)));
        let orders: Vec<OrderId> = self.orders().map(|order| order.id).filter(is_done).collect();
        if let Err(error) = connection.ledger.keep_answered(connection.name(), &orders, self.began).await {
            tracing::debug!(%error, "what a reading has answered could not be kept");
        }
    }

    /// Decides. Returns the endings of what needs no sending, and what is to be sent.
    async fn decided(&self, connection: &Connection) -> Result<(Endings, Vec<Job>), Ending> {
        let known = self.known(connection).await?;
        let at_stage = |order: &&SalesOrder| rules::is_at_stage(&order.stage, &connection.rules);
        let catalogue = products::catalogue(connection, self.orders().filter(at_stage)).await?;
        let surroundings = Surroundings::of(connection, self.orders(), &known).await?;
        let mut facts = Facts { known, catalogue, surroundings };
        let mut judgements = self.decide(connection, &facts);
        // What the feed has is known.
        let may_doubt = connection.rules.outlet == Outlet::Api;
        let with_judgements = self.orders().zip(&facts.known).zip(&judgements).filter(|_| may_doubt);
        let doubtful: Vec<_> = with_judgements.filter_map(doubtful).collect();
        let mut endings = Endings::new();
        if !doubtful.is_empty() {
            endings = doubts::settle(connection, &doubtful).await?;
            facts.known = self.known(connection).await?;
            judgements = self.decide(connection, &facts);
        }
        let mut judgements = self.look_closely(connection, judgements, &mut facts, &mut endings).await;
        // What could not be settled is not decided: the last word stays that the order was to be sent.
        judgements.retain(|judgement| !endings.contains_key(&judgement.reading.id));
        let (ended, jobs) = carry_out(connection, judgements, &facts).await?;
        endings.extend(ended);
        rates::request(connection, &self.orders, &mut endings).await?;
        Ok((endings, jobs))
    }

    /// Where a decision needs to know how an order stands in ShipStation now, looks, and decides again. When that
    /// cannot be found out, only the orders that need it come again.
    async fn look_closely(
        &self,
        connection: &Connection,
        judgements: Vec<Judgement>,
        facts: &mut Facts,
        endings: &mut Endings,
    ) -> Vec<Judgement> {
        let to_look_at: BTreeSet<i64> = facts
            .known
            .iter()
            .zip(&judgements)
            .filter(|(_, judgement)| judgement.decision == Decision::LookFirst)
            .filter_map(|(known, _)| known.as_ref()?.placed.as_ref()?.shipstation_order)
            .collect();
        if to_look_at.is_empty() {
            return judgements;
        }
        if let Err(ending) = facts.surroundings.look(connection, &to_look_at).await {
            let needs_it = |judgement: &Judgement| judgement.decision == Decision::LookFirst;
            let (open, decided): (Vec<_>, Vec<_>) = judgements.into_iter().partition(needs_it);
            endings.extend(open.into_iter().map(|judgement| (judgement.reading.id, ending.clone())));
            return decided;
        }
        self.decide(connection, facts)
    }

    fn orders(&self) -> impl Iterator<Item = &SalesOrder> {
        self.orders.iter().map(|(order, _)| order)
    }

    async fn known(&self, connection: &Connection) -> Result<Vec<Option<OrderRecord>>, LedgerError> {
        let refs: Vec<_> = self.orders().map(|order| OrderRef::Id(order.id)).collect();
        connection.ledger.orders(connection.name(), &refs).await
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

    fn decide(&self, connection: &Connection, facts: &Facts) -> Vec<Judgement> {
        let now = connection.clock.now();
        let cases = self.orders.iter().zip(&facts.known).map(|((order, origin), known)| Case {
            order,
            known: known.as_ref(),
            origin: *origin,
            platform_time: self.platform_time,
            ours: facts.surroundings.ours(known.as_ref()),
            anothers: facts.surroundings.anothers(order.id),
        });
        cases.map(|case| import::decide(case, &facts.catalogue, &connection.rules, now)).collect()
    }
}

/// What the decisions about a batch go by, beside the orders themselves.
struct Facts {
    /// What we remember, in the order of the batch.
    known: Vec<Option<OrderRecord>>,
    catalogue: Catalogue,
    surroundings: Surroundings,
}

impl Facts {
    /// Where the orders stood in ShipStation.
    fn placed(&self) -> HashMap<OrderId, &Placed> {
        let known = self.known.iter().flatten();
        known.filter_map(|record| Some((record.reading.id, record.placed.as_ref()?))).collect()
    }
}

/// An order that was to be sent when it was last read, of which nobody recorded that it arrived, and which
/// would not be sent now: an earlier attempt may have brought it to ShipStation all the same.
fn doubtful<'a>(
    ((order, known), judgement): ((&'a SalesOrder, &Option<OrderRecord>), &Judgement),
) -> Option<&'a SalesOrder> {
    let known = known.as_ref()?;
    let was_to_be_sent = known.placed.is_none() && known.reading.intake == Intake::Eligible;
    (was_to_be_sent && !matches!(judgement.decision, Decision::Import(_))).then_some(order)
}

/// Keeps what was read and decided. What ShipStation fetches itself is offered to it; what shall be sent is returned.
async fn carry_out(
    connection: &Connection,
    judgements: Vec<Judgement>,
    facts: &Facts,
) -> Result<(Endings, Vec<Job>), Ending> {
    keep(connection, &judgements).await?;
    let orders: Vec<_> = judgements.iter().map(|judgement| judgement.reading.id).collect();
    let (mut endings, mut jobs, placed) = (Endings::new(), Vec::new(), facts.placed());
    for judgement in judgements {
        let (order, version) = (judgement.reading.id, judgement.reading.version);
        match (judgement.decision, placed.get(&order)) {
            (Decision::Import(document), _) => jobs.push(Job::import(order, version, *document)),
            (Decision::Update(update), Some(before)) => {
                jobs.push(Job::update(order, version, *update, (*before).clone()));
            }
            // Nobody has said how it stands: its event comes again.
            (Decision::LookFirst, _) => _ = endings.insert(order, Ending::Busy(connection.clock.now())),
            (other, _) => _ = endings.insert(order, Ending::Done(outcome(&other))),
        }
    }
    if connection.rules.outlet == Outlet::CustomStore {
        endings.extend(store::put(connection, std::mem::take(&mut jobs)).await?);
        store::follow(connection, &orders, &mut endings).await?;
    }
    Ok((endings, jobs))
}

async fn keep(connection: &Connection, judgements: &[Judgement]) -> Result<(), LedgerError> {
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
        Decision::Update(_) => "updated",
        Decision::LookFirst => "looked_at",
        Decision::Locked => "locked",
        Decision::Ignored => "ignored",
        Decision::Closed => "closed",
    }
}
