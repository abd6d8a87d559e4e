//! `backfill`: has the orders of a range looked at again, by the same events as any other. With `--dry-run`
//! nothing is published and nothing written: [`dry_run`] says what would be.

mod dry_run;

use anyhow::{Context, anyhow};
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use jiff::Timestamp;
use jiff::civil::{Date, Time};
use serde_json::json;

use broker::{Broker, event_id};
use domain::clock::Clock;
use domain::event::{Event, EventKind, Origin};
use domain::ids::{OrderId, OrderRef};
use domain::quota::Priority;
use platforms::OrderStamp;

use crate::args::BackfillArgs;
use crate::assembly::{Clients, Metrics, OpenLedger, open_broker};
use crate::config::{Config, Connection};
use crate::orders::the_connection;
use crate::outcome::CommandError;
use crate::output;

/// The most rows of a page.
const PAGE: usize = 250;

/// The range of modified dates.
#[derive(Debug, Clone, Copy)]
struct Range {
    since: Timestamp,
    until: Timestamp,
}

/// Looks through the range.
pub(crate) async fn backfill(
    config: &Config,
    connection: Option<&str>,
    args: &BackfillArgs,
    json: bool,
) -> Result<(), CommandError> {
    let connection = the_connection(config, connection)?;
    let opened = OpenLedger::open(config).await?;
    let range = range(connection, args, opened.clock.now())?;
    let clock = std::sync::Arc::clone(&opened.clock) as std::sync::Arc<dyn Clock>;
    let clients = Clients::new(config, connection, &opened.ledger, &clock, &Metrics::new().worker)?;
    let bar = progress(json);
    if args.dry_run {
        let plans = dry_run::plans(connection, &clients, &*opened.ledger, range, clock.now(), &bar).await?;
        bar.finish_and_clear();
        dry_run::print(&plans, json);
        return Ok(());
    }
    let broker = open_broker(config).await?;
    let published = publish(connection, &clients, &*broker, &*clock, range, &bar).await;
    broker.close().await;
    let published = published?;
    bar.finish_and_clear();
    if json {
        output::json(&json!({"published": published}));
    } else {
        output::line(&format!(
            "{published} orders are looked at again; `shipbridge orders list` shows them."
        ));
    }
    Ok(())
}

fn range(connection: &Connection, args: &BackfillArgs, now: Timestamp) -> Result<Range, CommandError> {
    let since = instant(connection, &args.since, "--since", false)?;
    let until = args.until.as_ref().map(|until| instant(connection, until, "--until", true)).transpose()?;
    let range = Range { since, until: until.unwrap_or(now) };
    if range.since > range.until {
        return Err(CommandError::Usage(format!(
            "--since {since} lies after the range's end, {}",
            range.until
        )));
    }
    Ok(range)
}

/// An instant, or a day of the account: its beginning, or its end.
fn instant(connection: &Connection, text: &str, flag: &str, end: bool) -> Result<Timestamp, CommandError> {
    if let Ok(instant) = text.parse::<Timestamp>() {
        return Ok(instant);
    }
    let day = || -> Option<Timestamp> {
        let day: Date = text.parse().ok()?;
        let day = if end { day.tomorrow().ok()? } else { day };
        Some(
            connection
                .cin7
                .time_zone
                .to_ambiguous_zoned_datetime(day.to_datetime(Time::midnight()))
                .compatible()
                .ok()?
                .timestamp(),
        )
    };
    day().ok_or_else(|| {
        let example = "a day such as 2026-11-01, or an instant such as 2026-11-01T08:00:00Z";
        CommandError::Usage(format!("{flag} {text:?} is no time; give {example}"))
    })
}

/// Publishes an event per order of the range; how many.
async fn publish(
    connection: &Connection,
    clients: &Clients,
    broker: &dyn Broker,
    clock: &dyn Clock,
    range: Range,
    bar: &ProgressBar,
) -> anyhow::Result<usize> {
    let mut walk = Walk::new(range);
    let mut published = 0;
    while let Some(orders) = walk.next(clients).await? {
        let now = clock.now();
        let event = |order: &OrderId| Event {
            id: event_id(now),
            connection: connection.name.clone(),
            kind: EventKind::OrderChanged { order: OrderRef::Id(*order) },
            origin: Origin::Backfill,
            received_at: now,
        };
        let events: Vec<_> = orders.iter().map(event).collect();
        if !events.is_empty() {
            broker.publish(&events).await?;
        }
        published += events.len();
        bar.set_message(format!("{published} orders published"));
    }
    Ok(published)
}

/// A walk through the orders of a range, page by page, as the watch walks: each page begins at the last one's last
/// date, so that orders that are modified meanwhile push nothing over a seam.
struct Walk {
    range: Range,
    since: Timestamp,
    page: u32,
    seen: std::collections::BTreeSet<OrderId>,
    over: bool,
}

impl Walk {
    fn new(range: Range) -> Self {
        Self { range, since: range.since, page: 1, seen: std::collections::BTreeSet::new(), over: false }
    }

    /// The orders of the next page that were not on one before; `None` at the end.
    async fn next(&mut self, clients: &Clients) -> anyhow::Result<Option<Vec<OrderId>>> {
        if self.over {
            return Ok(None);
        }
        let (since, page) = (self.since, self.page);
        let call = async |permit| clients.cin7.changed_since(permit, since, page).await;
        let listing = clients.cin7_gate.call(Priority::Backfill, call).await;
        let listing = listing.context("Cin7 could not be asked for the orders of the range")?;
        if let Some(record) = listing.unreadable.first() {
            return Err(anyhow!("an order of the range cannot be read: {}", record.reason));
        }
        let stamps: Vec<OrderStamp> = listing.records;
        let last = stamps.iter().map(|stamp| stamp.modified).max();
        self.over = stamps.len() < PAGE || last.is_none_or(|last| last > self.range.until);
        match last {
            Some(last) if last > since => (self.since, self.page) = (last, 1),
            _ => self.page += 1,
        }
        let until = self.range.until;
        let new = stamps.into_iter().filter(|stamp| stamp.modified <= until).map(|stamp| stamp.id);
        Ok(Some(new.filter(|order| self.seen.insert(*order)).collect()))
    }
}

fn progress(json: bool) -> ProgressBar {
    let target = if json { ProgressDrawTarget::hidden() } else { ProgressDrawTarget::stderr() };
    let bar = ProgressBar::with_draw_target(None, target);
    let style = ProgressStyle::with_template("{spinner} {elapsed} {msg}");
    bar.set_style(style.expect("the template is a constant that parses"));
    bar.enable_steady_tick(std::time::Duration::from_millis(200));
    bar
}
