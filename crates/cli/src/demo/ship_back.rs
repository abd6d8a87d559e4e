//! Shipping back: what it costs and how long it takes until the labels of a warehouse show in Cin7, with and without
//! a backlog of imports that want the same budget. What is told of it is [`figures`].

mod figures;

use std::time::{Duration, Instant};

use anyhow::{Context, ensure};

use domain::event::Lane;
use domain::ids::{ConnectionName, OrderId, order_key};
use domain::quota::Priority;
use sandbox::serve::Sandbox;
use sandbox::shipstation::LabelRequest;
use worker::{Platform, WorkerMetrics};

pub(super) use figures::ShippedBack;

use super::progress::Progress;
use super::truth::{self, CONNECTION};
use super::{Stage, TICK};
use crate::args::DemoArgs;

/// Labels of one batch, as the goal says.
const BATCH: usize = 50;
/// Time between two batches: fifty labels every two seconds is faster than any one warehouse prints them, and slow
/// enough that each batch is told apart from the next.
const EVERY: Duration = Duration::from_secs(2);
/// How often Cin7 is looked at: by so much a time may be too long.
const LOOK_EVERY: Duration = Duration::from_millis(50);

/// A label that Cin7 does not show yet.
#[derive(Debug)]
struct Label {
    order: i64,
    tracking: String,
    bought: Instant,
}

/// The calls that were made until some moment.
#[derive(Debug, Clone, Copy)]
struct Calls {
    to_cin7: u64,
    to_shipstation: u64,
    import: u64,
    watch: u64,
}

impl Calls {
    fn so_far(worker: &WorkerMetrics) -> Self {
        Self {
            to_cin7: worker.calls_to(Platform::Cin7, Priority::WriteBack),
            to_shipstation: worker.calls_to(Platform::ShipStation, Priority::WriteBack),
            import: worker.calls_for(Priority::Import),
            watch: worker.calls_for(Priority::Watch),
        }
    }

    fn since(self, before: Self) -> Self {
        Self {
            to_cin7: self.to_cin7 - before.to_cin7,
            to_shipstation: self.to_shipstation - before.to_shipstation,
            import: self.import - before.import,
            watch: self.watch - before.watch,
        }
    }
}

/// What was bought and what became of it.
#[derive(Debug)]
struct Shipping {
    connection: ConnectionName,
    to_buy: Vec<i64>,
    next_batch: Instant,
    batches: usize,
    waiting: Vec<Label>,
    took: Vec<Duration>,
    backlog: Vec<i64>,
}

/// Imports, then ships and waits until Cin7 shows all of it. None: it did not come to that in time.
pub(super) async fn play(
    stage: &mut Stage,
    args: &DemoArgs,
    progress: &mut Progress,
) -> anyhow::Result<Option<ShippedBack>> {
    let deadline = stage.started + Duration::from_secs(args.give_up_after);
    let connection: ConnectionName = CONNECTION.parse()?;
    stage.story.pick_wave(&stage.sandbox);
    while !is_imported(stage, &connection, progress).await? {
        if Instant::now() >= deadline {
            return Ok(None);
        }
        tokio::time::sleep(TICK).await;
    }
    let before = Calls::so_far(&stage.worker);
    let backlog = stage.story.enter_backlog(&stage.sandbox);
    let (started, entered) = (Instant::now(), backlog.len());
    let mut shipping = Shipping::new(connection, stage, backlog);
    let mut next_count = started;
    while !shipping.is_over() {
        shipping.buy(&stage.sandbox)?;
        shipping.look(&stage.sandbox);
        if Instant::now() >= next_count {
            next_count = Instant::now() + TICK;
            show(stage, progress).await?;
        }
        if Instant::now() >= deadline {
            return Ok(None);
        }
        tokio::time::sleep(LOOK_EVERY).await;
    }
    let took = started.elapsed();
    let behind = shipping.not_imported(&stage.sandbox);
    // What is written is read back, and what is told twice may be asked twice: that belongs to the cost.
    while stage.running.unsettled(&shipping.connection, Lane::Shipments).await? > 0 {
        if Instant::now() >= deadline {
            return Ok(None);
        }
        tokio::time::sleep(LOOK_EVERY).await;
    }
    show(stage, progress).await?;
    let calls = Calls::so_far(&stage.worker).since(before);
    Ok(Some(ShippedBack::of(&shipping, calls, took, [entered, behind])))
}

/// Whether all orders are in ShipStation and nobody is at work any more.
async fn is_imported(
    stage: &Stage,
    connection: &ConnectionName,
    progress: &mut Progress,
) -> anyhow::Result<bool> {
    let count = show(stage, progress).await?;
    let unsettled = stage.running.unsettled(connection, Lane::Orders).await?;
    let all = count.imported == stage.story.expected().len();
    Ok(all && unsettled == 0 && stage.sandbox.pending_webhooks() == 0)
}

async fn show(stage: &Stage, progress: &mut Progress) -> anyhow::Result<truth::Count> {
    let ledger = stage.running.ledger().context("the demo runs every role")?;
    let count = truth::count(&stage.sandbox, &stage.story, &*ledger).await?;
    progress.show(&count, &stage.sandbox);
    Ok(count)
}

impl Shipping {
    fn new(connection: ConnectionName, stage: &Stage, backlog: Vec<i64>) -> Self {
        Self {
            connection,
            to_buy: stage.story.expected().keys().rev().copied().collect(),
            next_batch: Instant::now(),
            batches: 0,
            waiting: Vec::new(),
            took: Vec::new(),
            backlog,
        }
    }

    fn is_over(&self) -> bool {
        self.to_buy.is_empty() && self.waiting.is_empty()
    }

    /// Buys the next batch of labels, one for each whole order, when its time has come.
    fn buy(&mut self, sandbox: &Sandbox) -> anyhow::Result<()> {
        if self.to_buy.is_empty() || Instant::now() < self.next_batch {
            return Ok(());
        }
        self.next_batch += EVERY;
        self.batches += 1;
        let orders = self.to_buy.split_off(self.to_buy.len().saturating_sub(BATCH));
        let (now, bought, mut shipstation) = (sandbox.now(), Instant::now(), sandbox.shipstation());
        let key = |order: i64| order_key(&self.connection, OrderId(order));
        let there = orders.iter().filter_map(|order| shipstation.order_by_key(&key(*order)));
        let labels: Vec<_> = there.map(|there| LabelRequest::whole(there.order_id)).collect();
        ensure!(labels.len() == orders.len(), "an order has left ShipStation");
        for (order, label) in orders.into_iter().zip(shipstation.buy_batch(&labels, now)) {
            let label = label.context("a label cannot be bought")?;
            let tracking = shipstation.shipment(label).context("it was bought")?.tracking_number.clone();
            self.waiting.push(Label { order, tracking, bought });
        }
        Ok(())
    }

    /// Looks which labels Cin7 shows by now.
    fn look(&mut self, sandbox: &Sandbox) {
        let cin7 = sandbox.cin7();
        let shows = |label: &Label| {
            cin7.order(label.order).is_some_and(|order| {
                let code = order.tracking_code.as_deref().unwrap_or_default();
                order.dispatched_date.is_some() && code.contains(&label.tracking)
            })
        };
        let shown = self.waiting.extract_if(.., |label| shows(label));
        self.took.extend(shown.map(|label| label.bought.elapsed()));
    }

    /// How many orders of the backlog are not in ShipStation yet.
    fn not_imported(&self, sandbox: &Sandbox) -> usize {
        let shipstation = sandbox.shipstation();
        let is_there =
            |order: &i64| shipstation.order_by_key(&order_key(&self.connection, OrderId(*order))).is_some();
        self.backlog.iter().filter(|order| !is_there(order)).count()
    }
}
