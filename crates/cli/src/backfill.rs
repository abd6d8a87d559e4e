//! `backfill`: has the orders of a time range looked at again, or with `--dry-run` prints what that would write.

mod difference;
mod dry_run;
mod listing;
mod printing;
mod range;

use std::sync::Arc;

use anyhow::Context;
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use serde_json::json;

use broker::{Publisher, event_id};
use domain::clock::Clock;
use domain::event::{Event, EventKind, Origin};
use domain::ids::{OrderId, OrderRef};

use crate::args::BackfillArgs;
use crate::assembly::{Clients, Metrics, OpenLedger, open_broker};
use crate::config::{Config, Connection};
use crate::orders::the_connection;
use crate::outcome::CommandError;
use crate::output;

use dry_run::DryRun;
use listing::Listed;
use range::Range;

/// Publishes the range's orders, or shows what they would become.
pub(crate) async fn backfill(
    config: &Config,
    connection: Option<&str>,
    args: &BackfillArgs,
    json: bool,
) -> Result<(), CommandError> {
    let connection = the_connection(config, connection)?;
    let opened = OpenLedger::open(config).await?;
    let range = Range::of(args, &connection.cin7.time_zone, opened.clock.now())?;
    let clock = Arc::clone(&opened.clock) as Arc<dyn Clock>;
    let clients = Clients::new(config, connection, &opened.ledger, &clock, &Metrics::new().worker)?;
    let mut listed = Listed::new(&clients, range);
    let progress = Progress::of(range);
    if args.dry_run {
        let mut dry_run = DryRun::new(connection, &clients, &*opened.ledger, &*clock);
        let mut previews = Vec::new();
        while let Some(orders) = listed.page().await? {
            previews.extend(dry_run.preview(&orders).await?);
            progress.show(&listed, previews.len());
        }
        progress.finish();
        if !json && connection.shipstation.sweep().is_some() {
            let indexed = worker::is_index_there(&*opened.ledger, &connection.name).await;
            if !indexed.context("the ledger cannot be read")? {
                output::line(UNINDEXED);
            }
        }
        printing::previews(&previews, &listed.unreadable, json);
    } else {
        let broker = open_broker(config).await?;
        let published = publish_all(&*broker, connection, &*clock, &mut listed, &progress).await;
        broker.close().await;
        progress.finish();
        conclude(published?, &listed, json);
    }
    if listed.unreadable.is_empty() { Ok(()) } else { Err(CommandError::NotSo) }
}

/// What a dry run cannot know before the first real one.
const UNINDEXED: &str = "No worker has listed ShipStation's orders yet: whether another integration has sent the same \
    orders is not known here. A worker lists them before it sends anything.";

/// Publishes page by page: what was published before a failure is worked on all the same.
async fn publish_all(
    publisher: &dyn Publisher,
    connection: &Connection,
    clock: &dyn Clock,
    listed: &mut Listed<'_>,
    progress: &Progress,
) -> anyhow::Result<usize> {
    let mut published = 0;
    while let Some(orders) = listed.page().await? {
        let now = clock.now();
        let event = |order: &OrderId| Event {
            id: event_id(now),
            connection: connection.name.clone(),
            kind: EventKind::OrderChanged { order: OrderRef::Id(*order) },
            origin: Origin::Backfill,
            received_at: now,
        };
        let events: Vec<_> = orders.iter().map(event).collect();
        let stored = publisher.publish(&events).await;
        stored.with_context(|| format!("the broker accepts no events; {published} were published before"))?;
        published += events.len();
        progress.show(listed, published);
    }
    Ok(published)
}

fn conclude(published: usize, listed: &Listed<'_>, json: bool) {
    if json {
        output::json(&json!({"published": published, "unreadable": listed.unreadable}));
        return;
    }
    for unreadable in &listed.unreadable {
        output::line(&format!("cannot be read in Cin7's list: {unreadable}"));
    }
    let orders = if published == 1 { "order was" } else { "orders were" };
    output::line(&format!("{published} {orders} given to the workers; `shipbridge orders list` shows them."));
}

/// How far through the range the list is, on a terminal.
struct Progress(ProgressBar);

impl Progress {
    fn of(range: Range) -> Self {
        let bar = ProgressBar::with_draw_target(Some(range.seconds()), ProgressDrawTarget::stderr());
        let style = ProgressStyle::with_template(
            "{elapsed:>4} {bar:24} {percent:>3} % of the time range  {wide_msg}",
        );
        bar.set_style(style.expect("the template is a constant that parses"));
        Self(bar)
    }

    fn show(&self, listed: &Listed<'_>, orders: usize) {
        self.0.set_position(listed.passed_seconds());
        self.0.set_message(format!("{orders} orders"));
    }

    fn finish(&self) {
        self.0.finish_and_clear();
    }
}
