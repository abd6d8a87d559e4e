//! The platforms of one run: the sandbox in this process, without quotas, behind lines on which every answer
//! takes 200 ms longer; and its orders, each of which must be sent once.

use std::time::{Duration, Instant};

use anyhow::ensure;

use sandbox::cin7::Cin7Settings;
use sandbox::generator::{Expected, Generator};
use sandbox::serve::{Sandbox, SandboxConfig};
use sandbox::shipstation::ShipStationSettings;

use super::slow_line::SlowLine;
use crate::configuration::Platforms;
use crate::eventually::until;
use crate::figures::number;

/// How much later each answer of a platform comes.
pub(super) const DELAY: Duration = Duration::from_millis(200);
const SEED: u64 = 1;
/// How long all orders of a run may take.
const DEADLINE: Duration = Duration::from_mins(2);

/// Both platforms with their orders.
#[derive(Debug)]
pub(super) struct Stage {
    sandbox: Sandbox,
    cin7: SlowLine,
    shipstation: SlowLine,
    orders: usize,
}

/// How a run went.
#[derive(Debug, Clone, Copy)]
pub(super) struct Drained {
    /// Orders sent in a second, over the middle of the run: from the first tenth to the last.
    pub(super) pace: f64,
    /// Orders for each call that read some.
    pub(super) per_read: f64,
    /// Orders for each call that wrote some.
    pub(super) per_write: f64,
}

impl Stage {
    /// Starts the platforms with so many orders, whose ids begin at `first`: no run may share any with another,
    /// since the ledger remembers them.
    pub(super) async fn set(orders: usize, first: i64) -> anyhow::Result<Self> {
        let sandbox = Sandbox::start(SandboxConfig {
            cin7: Cin7Settings { windows: Vec::new(), ..Cin7Settings::default() },
            shipstation: ShipStationSettings { windows: Vec::new(), ..ShipStationSettings::default() },
            ..SandboxConfig::default()
        });
        let sandbox = sandbox.await?;
        fill(&sandbox, orders, first);
        let cin7 = SlowLine::lay(sandbox.cin7_addr(), DELAY).await?;
        let shipstation = SlowLine::lay(sandbox.shipstation_addr(), DELAY).await?;
        Ok(Self { sandbox, cin7, shipstation, orders })
    }

    /// Where they are.
    pub(super) fn platforms(&self) -> Platforms<'static> {
        Platforms::Unlimited(self.cin7.addr, self.shipstation.addr)
    }

    /// Waits until every order is in ShipStation; each must have been sent once.
    pub(super) async fn drained(&self) -> anyhow::Result<Drained> {
        let sent = || self.sandbox.shipstation().calls().upserts().len();
        let mut progress = vec![(Instant::now(), sent())];
        until("every order is in ShipStation", DEADLINE, async || {
            let sent = sent();
            if progress.last().is_none_or(|(_, before)| *before < sent) {
                progress.push((Instant::now(), sent));
            }
            Ok((sent >= self.orders).then_some(()))
        })
        .await?;
        let shipstation = self.sandbox.shipstation().calls().clone();
        let repeated = shipstation.upserts().values().filter(|upserts| **upserts > 1).count();
        ensure!(repeated == 0, "{repeated} orders were sent more than once");
        let reads = self.sandbox.cin7().calls().of("GET /SalesOrders");
        let writes = shipstation.of("POST /orders/createorders");
        let per = |calls: u64| anyhow::Ok(number(self.orders) / number(usize::try_from(calls)?));
        Ok(Drained { pace: pace(&progress, self.orders), per_read: per(reads)?, per_write: per(writes)? })
    }

    /// Stops the platforms.
    pub(super) async fn strike(self) {
        self.sandbox.stop().await;
    }
}

/// Orders in a second between the first tenth and the last. Start and end are left out: there, some workers
/// have nothing to do yet, or nothing any more.
fn pace(progress: &[(Instant, usize)], orders: usize) -> f64 {
    let reached = |tenths: usize| progress.iter().find(|(_, sent)| *sent * 10 >= orders * tenths);
    let (Some((from, first)), Some((to, last))) = (reached(1), reached(9)) else { return 0.0 };
    number(last - first) / (*to - *from).as_secs_f64()
}

fn fill(sandbox: &Sandbox, orders: usize, first: i64) {
    let now = sandbox.now();
    let mut generator = Generator::new(SEED, now);
    let products = generator.catalogue();
    let mut cin7 = sandbox.cin7();
    products.iter().cloned().for_each(|product| cin7.add_product(product));
    let eligible = std::iter::repeat_with(|| generator.order(&products))
        .filter(|generated| generated.expected == Expected::Ships)
        .map(|generated| generated.order);
    for (id, mut order) in (first..).zip(eligible.take(orders)) {
        order.id = id;
        cin7.add_order(order, now);
        cin7.set_stage(id, "Fully Picked", now);
    }
}
