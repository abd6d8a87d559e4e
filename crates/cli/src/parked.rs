//! `parked list`, `show`, `replay` and `discard`: what waits for a person, and what a person decides about it.

mod printing;
mod selection;

use anyhow::{Context, anyhow};
use serde_json::json;

use domain::clock::Clock;
use domain::ids::{ConnectionName, EventId};
use domain::settings::DispatchWhen;
use ledger::ParkedEvent;
use worker::release;

use crate::args::{ParkedCommand, ParkedFilter, ReleaseArgs};
use crate::assembly::{OpenLedger, open_broker};
use crate::config::Config;
use crate::orders::the_connection;
use crate::outcome::CommandError;
use crate::output;

use selection::Selected;

/// What the timeline says when nobody gave a reason.
const NO_REASON: &str = "no reason given";

/// Does what was asked for.
pub(crate) async fn parked(
    config: &Config,
    connection: Option<&str>,
    command: ParkedCommand,
    json: bool,
) -> Result<(), CommandError> {
    // Everything of all connections, unless one is named.
    let connection = match connection {
        Some(_) => Some(the_connection(config, connection)?.name.clone()),
        None => None,
    };
    match command {
        ParkedCommand::List { filter } => list(config, connection.as_ref(), &filter, json).await,
        ParkedCommand::Show { event } => show(config, connection.as_ref(), event, json).await,
        ParkedCommand::Replay(args) => replay(config, connection.as_ref(), &args, json).await,
        ParkedCommand::Discard(args) => discard(config, connection.as_ref(), &args, json).await,
    }
}

async fn list(
    config: &Config,
    connection: Option<&ConnectionName>,
    filter: &ParkedFilter,
    json: bool,
) -> Result<(), CommandError> {
    let opened = OpenLedger::open(config).await?;
    let mut parked = opened.ledger.parked(connection).await.context("what is parked cannot be read")?;
    parked.retain(|parked| filter.fits(parked));
    if json {
        output::json(&parked.iter().map(printing::document).collect::<Vec<_>>());
    } else {
        printing::list(&parked);
    }
    Ok(())
}

async fn show(
    config: &Config,
    connection: Option<&ConnectionName>,
    event: EventId,
    json: bool,
) -> Result<(), CommandError> {
    let opened = OpenLedger::open(config).await?;
    let parked = opened.ledger.parked(connection).await.context("what is parked cannot be read")?;
    let Some(parked) = parked.into_iter().find(|parked| parked.event.id == event) else {
        return Err(anyhow!("{}", absent(event)).into());
    };
    if json {
        output::json(&printing::document(&parked));
    } else {
        printing::show(&parked);
    }
    Ok(())
}

async fn replay(
    config: &Config,
    connection: Option<&ConnectionName>,
    args: &ReleaseArgs,
    json: bool,
) -> Result<(), CommandError> {
    let opened = OpenLedger::open(config).await?;
    let Selected { events, absent } = selected(&opened, connection, args).await?;
    let broker = open_broker(config).await?;
    let mut ended = Vec::new();
    for parked in events {
        let reason = args.reason.as_deref().unwrap_or(NO_REASON);
        let result = release::replay(&*broker, &*opened.ledger, &*opened.clock, &parked, reason).await;
        ended.push((parked, result.map(Some).map_err(|error| error.to_string())));
    }
    broker.close().await;
    conclude("replayed", &ended, &absent, json)
}

async fn discard(
    config: &Config,
    connection: Option<&ConnectionName>,
    args: &ReleaseArgs,
    json: bool,
) -> Result<(), CommandError> {
    let opened = OpenLedger::open(config).await?;
    let Selected { events, absent } = selected(&opened, connection, args).await?;
    let mut ended = Vec::new();
    for parked in events {
        let reason = args.reason.as_deref().unwrap_or(NO_REASON);
        let (clock, when): (&dyn Clock, _) = (&*opened.clock, dispatch(config, &parked));
        let result = release::discard(&*opened.ledger, clock, &parked, when, reason).await;
        ended.push((parked, result.map(|_| None).map_err(|error| error.to_string())));
    }
    conclude("discarded", &ended, &absent, json)
}

/// When the connection's orders count as dispatched. An event may have outlived its connection's configuration.
fn dispatch(config: &Config, parked: &ParkedEvent) -> DispatchWhen {
    let of = |name: &ConnectionName| config.connections.iter().find(|connection| connection.name == *name);
    of(&parked.event.connection)
        .map_or(DispatchWhen::Complete, |connection| connection.rules().writeback.dispatch)
}

async fn selected(
    opened: &OpenLedger,
    connection: Option<&ConnectionName>,
    args: &ReleaseArgs,
) -> anyhow::Result<Selected> {
    let parked = opened.ledger.parked(connection).await.context("what is parked cannot be read")?;
    Ok(args.selection.of(parked))
}

/// Prints what became of each; ends with 1 when something that was asked for is not done.
fn conclude(
    done: &str,
    ended: &[(ParkedEvent, Result<Option<EventId>, String>)],
    missing: &[EventId],
    json: bool,
) -> Result<(), CommandError> {
    let whole = missing.is_empty() && ended.iter().all(|(_, result)| result.is_ok());
    let told = ended.iter().map(|(parked, result)| {
        let id = parked.event.id;
        match result {
            Ok(new) => (id, done.to_owned(), *new, None),
            Err(error) => (id, "failed".to_owned(), None, Some(error.clone())),
        }
    });
    let gone = missing.iter().map(|id| (*id, "absent".to_owned(), None, Some(absent(*id))));
    let told: Vec<_> = told.chain(gone).collect();
    if json {
        let document = |(id, outcome, new, text): &(EventId, String, Option<EventId>, Option<String>)| json!({"id": id, "outcome": outcome, "new_id": new, "text": text});
        output::json(&told.iter().map(document).collect::<Vec<_>>());
    } else {
        for (id, outcome, _, text) in &told {
            output::line(
                &text.as_ref().map_or(format!("{id} {outcome}"), |text| format!("{id} {outcome}: {text}")),
            );
        }
        let events = ended.iter().filter(|(_, result)| result.is_ok()).count();
        output::line(&format!("{events} {} {done}.", if events == 1 { "event" } else { "events" }));
    }
    if whole { Ok(()) } else { Err(CommandError::NotSo) }
}

fn absent(event: EventId) -> String {
    format!("no parked event {event}; `shipbridge parked list` shows what is parked")
}
