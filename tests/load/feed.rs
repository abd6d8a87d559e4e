//! Part 9: the custom store's feed with many orders in it. How long a page takes, from the first to the last, and how
//! much memory its reading needs.

use std::path::Path;
use std::time::{Duration, Instant};

use anyhow::ensure;
use jiff::Timestamp;

use domain::feed::{self, FeedOrder, Standing};
use domain::ids::OrderId;
use domain::import::document::translate;
use domain::settings::{Mapping, Outlet};
use ledger::{Feed, SqliteLedger};

use crate::Pace;
use crate::configuration::{Configuration, Platforms};
use crate::figures::{grouped, milliseconds, number, percentile};
use crate::http::Connection;
use crate::process::{Process, free_address};
use crate::report::Report;
use crate::translation::orders::Orders;

const GOAL_PAGE: Duration = Duration::from_millis(50);
/// What the last pages may take of what the first take, and the other way round, before one counts as slower.
const GOAL_EVEN: f64 = 1.5;
/// In MiB, from the first page to the last.
const GOAL_GROWTH: f64 = 8.0;
/// Orders of a page.
const PAGE: usize = 100;
/// Pages at each end whose median is compared.
const ENDS: usize = 20;
/// Pages that are read before any is measured.
const WARM_UP: usize = 80;
/// Orders that change together.
const TOGETHER: usize = 1_000;
/// `acme:bench` as Basic credentials.
const BASIC: &str = "YWNtZTpiZW5jaA==";

const METHOD: &str = "\
measured     `shipbridge run` with `mode = \"custom_store\"` over an embedded ledger whose feed has so many orders, each of
             them translated from a generated Cin7 order. One connection asks for a window that holds all of them, page
             by page, each as soon as the one before is read to its end, after as many pages of another such window as
             warm the process up. Memory: VmRSS after the first page and the last.";

/// Measures and prints.
pub(crate) async fn measure(folder: &Path, pace: Pace, report: &mut Report) -> anyhow::Result<()> {
    report.part("9. The custom store's feed");
    report.line(METHOD);
    report.line(&format!("             {} orders, {PAGE} a page\n", grouped(number(pace.feed_orders))));
    let folder = folder.join("feed");
    std::fs::create_dir_all(folder.join("data"))?;
    fill(&folder, pace.feed_orders).await?;
    let listen = free_address()?;
    std::fs::write(folder.join("shipbridge.toml"), configuration(listen))?;
    let mut process = Process::shipbridge(&folder, "run", "run")?;
    process.until_ready(listen).await?;
    let mut connection = Connection::open(listen).await?;
    let pages = pace.feed_orders.div_ceil(PAGE);
    for page in 1..=pages.min(WARM_UP) {
        connection.call(&request(2041, page)).await?;
    }
    let (mut times, mut bytes, mut before) = (Vec::with_capacity(pages), 0, None);
    for page in 1..=pages {
        let started = Instant::now();
        let answer = connection.call(&request(2040, page)).await?;
        times.push(started.elapsed());
        let body = std::str::from_utf8(answer.body)?;
        ensure!(
            answer.status == 200 && body.contains(&format!("pages=\"{pages}\"")),
            "page {page}: {body:.200}"
        );
        ensure!(body.matches("<OrderID>").count() == PAGE.min(pace.feed_orders), "page {page} is not full");
        bytes += answer.body.len();
        before = before.or_else(|| process.memory());
    }
    let after = process.memory();
    process.stop().await?;
    tell(report, &times, bytes);
    if let (Some(before), Some(after)) = (before, after) {
        let growth = after.resident - before.resident;
        let shown = format!("{growth:.1} MiB");
        report.goal(
            "memory, last page over first",
            &shown,
            &format!("under {GOAL_GROWTH} MiB"),
            growth < GOAL_GROWTH,
        );
        report.figure("  resident at the last page", &format!("{:.1} MiB", after.resident), "");
    } else {
        report.absent("memory, last page over first");
    }
    Ok(())
}

fn tell(report: &mut Report, times: &[Duration], bytes: usize) {
    let median = |times: &[Duration]| {
        let mut sorted = times.to_vec();
        sorted.sort_unstable();
        percentile(&sorted, 50)
    };
    let shown = |time| format!("{} ms", milliseconds(time));
    let page = median(times);
    let goal = format!("under {} ms", GOAL_PAGE.as_millis());
    report.goal("a page, median", &shown(page), &goal, page < GOAL_PAGE);
    let ends = ENDS.min(times.len());
    let (first, last) = (median(&times[..ends]), median(&times[times.len() - ends..]));
    let ratio = last.as_secs_f64() / first.as_secs_f64();
    let even = ratio < GOAL_EVEN && ratio > 1.0 / GOAL_EVEN;
    report.goal(
        "last pages, of what the first take",
        &format!("{ratio:.2}"),
        &format!("within {GOAL_EVEN} times"),
        even,
    );
    report.figure("  the very first, which freezes the window", &shown(times[0]), "");
    let (mut sorted, size) = (times.to_vec(), number(bytes) / number(times.len()) / 1024.0);
    sorted.sort_unstable();
    report.figure("  the slowest", &shown(percentile(&sorted, 100)), "");
    report.figure("  a page's size", &format!("{size:.0} KiB"), "");
}

/// Fills a ledger's feed.
async fn fill(folder: &Path, count: usize) -> anyhow::Result<()> {
    let ledger = SqliteLedger::open(&folder.join("data/ledger.db")).await?;
    let (templates, now) = templates().await?;
    let acme = "acme".parse()?;
    let mut ids = 1_i64..;
    let mut left = count;
    while left > 0 {
        let part = left.min(TOGETHER);
        let orders: Vec<FeedOrder> = templates
            .iter()
            .cycle()
            .zip(ids.by_ref())
            .take(part)
            .map(|(template, id)| FeedOrder {
                id: OrderId(id),
                number: format!("SO-{id}"),
                ..template.clone()
            })
            .collect();
        ledger.put_in_feed(&acme, &orders, now).await?;
        left -= part;
    }
    ledger.close().await;
    Ok(())
}

/// Orders as the feed has them, and the instant of their change.
async fn templates() -> anyhow::Result<(Vec<FeedOrder>, Timestamp)> {
    let Orders { all, ships, catalogue, mut rules, now, .. } = Orders::generate().await?;
    rules.outlet = Outlet::CustomStore;
    let fits = all.iter().filter(|order| ships.contains(&order.id)).filter_map(|order| {
        let document = translate(order, &catalogue, &rules);
        let standing =
            Standing { order: order.id, document: &document, stage: &order.stage, has_shipped: false };
        feed::order(standing, &Mapping::default()).ok()
    });
    let fits: Vec<FeedOrder> = fits.collect();
    ensure!(!fits.is_empty(), "some orders fit the feed");
    Ok((fits, now))
}

fn configuration(listen: std::net::SocketAddr) -> String {
    let platforms = Platforms::Silent;
    let text = Configuration { listen, broker: None, ledger: None, connections: &["acme"], platforms }.text();
    let text = text.replace("name = \"acme\"", "name = \"acme\"\nmode = \"custom_store\"");
    format!("{text}\n[connections.inbound.store]\nusername = \"acme\"\npassword = \"bench\"\n")
}

fn request(until_year: u16, page: usize) -> String {
    let window = format!("start_date=01%2f01%2f2020+00%3a00&end_date=01%2f01%2f{until_year}+00%3a00");
    format!(
        "GET /store/acme?action=export&{window}&page={page} HTTP/1.1\r\nHost: localhost\r\nAuthorization: Basic {BASIC}\r\n\r\n"
    )
}
