//! Part 2: how many orders one core reads, decides and translates in a second.

pub(crate) mod orders;
mod rules;

use std::hint::black_box;
use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::ensure;

use domain::event::Origin;
use domain::import::{Case, Decision, Judgement, decide};
use domain::sales_order::SalesOrder;
use platforms::CallPermit;

use crate::Pace;
use crate::figures::{grouped, number, per_second};
use crate::in_process::{Kept, client};
use crate::report::Report;

use orders::Orders;

const METHOD: &str = "\
measured     On one thread, without network and disk: `decide` over orders of the sandbox's generator, as the
             worker calls it for an order that is new (eleven rules, then the ShipStation document), and the
             Cin7 client's reading of one answer with 250 whole orders.
ceiling      serde_json reading the same answer into its own general value.\n";

/// Measures and prints; a wrong decision breaks the run.
pub(crate) async fn measure(pace: Pace, report: &mut Report) -> anyhow::Result<()> {
    report.part("2. Orders translated, on one core");
    report.line(METHOD);
    let orders = Orders::generate().await?;
    let wrong = orders.all.iter().filter(|order| !is_as_expected(&orders, order)).count();
    if wrong > 0 {
        report.broke(&format!("{wrong} of {} orders decided otherwise than generated", orders.all.len()));
    }
    let eligible: Vec<_> = orders.all.iter().filter(|order| orders.ships.contains(&order.id)).collect();
    let translated = repeat(pace.translation, async || judge_all(&orders, eligible.iter().copied())).await;
    let of = format!("orders/s, all of them eligible ({} different ones)", eligible.len());
    report.figure("decide and translate", &grouped(translated), &of);
    let mixed = repeat(pace.translation, async || judge_all(&orders, orders.all.iter())).await;
    let of = format!("orders/s, {} of {} eligible, the others explained", eligible.len(), orders.all.len());
    report.figure("decide, translate what is eligible", &grouped(mixed), &of);
    reading(&orders, pace, report).await
}

fn is_as_expected(orders: &Orders, order: &SalesOrder) -> bool {
    matches!(judge(orders, order).decision, Decision::Import(_)) == orders.ships.contains(&order.id)
}

fn judge(orders: &Orders, order: &SalesOrder) -> Judgement {
    let case = Case::new(order, None, Origin::Webhook);
    decide(case, &orders.catalogue, &orders.rules, orders.now)
}

fn judge_all<'a>(orders: &Orders, these: impl Iterator<Item = &'a SalesOrder>) -> usize {
    let mut judged = 0;
    for order in these {
        black_box(judge(orders, black_box(order)));
        judged += 1;
    }
    judged
}

async fn reading(orders: &Orders, pace: Pace, report: &Report) -> anyhow::Result<()> {
    let body = orders.page.body.clone();
    let client = client(Arc::new(Kept(orders.page.clone())), orders.now)?;
    let first = client.orders(CallPermit::granted(), &orders.page_refs).await.outcome?;
    ensure!(first.records.len() == orders.page_refs.len(), "the page does not hold every order asked for");
    let read = repeat(pace.translation, async || {
        let answer = client.orders(CallPermit::granted(), &orders.page_refs).await;
        black_box(answer).outcome.map_or(0, |listing| listing.records.len())
    });
    let read = read.await;
    let size = orders.page_refs.len();
    let bare = repeat(pace.translation, async || {
        black_box(serde_json::from_slice::<serde_json::Value>(black_box(&body))).map_or(0, |_| size)
    });
    let bare = bare.await;
    let kibibytes = number(body.len()) / 1024.0;
    let page = 1e3 * number(size) / read;
    report.figure(
        "read",
        &grouped(read),
        &format!("orders/s: {page:.2} ms for {size} in {kibibytes:.0} KiB"),
    );
    report.figure(
        "  ceiling: bare JSON",
        &grouped(bare),
        &format!("orders/s; the client: {:.2} of it", read / bare),
    );
    Ok(())
}

/// Does some work again and again for so long, once before to warm up; answers how many items were done in a
/// second. The work says how many it did.
async fn repeat(length: Duration, mut work: impl AsyncFnMut() -> usize) -> f64 {
    black_box(work().await);
    let (started, mut done) = (Instant::now(), 0);
    while started.elapsed() < length {
        done += work().await;
    }
    per_second(done, started.elapsed())
}
