//! `parked list`, `show`, `replay` and `discard`: what waits for a person, and what a person decides about it.

mod printing;
mod selection;

use anyhow::{Context, anyhow};
use serde::Serialize;

use domain::clock::Clock;
use domain::ids::{ConnectionName, EventId};
use domain::settings::DispatchWhen;
use ledger::ParkedEvent;
use worker::release::{self, ReleaseError};

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
    let mut told = Vec::new();
    for parked in events {
        let reason = args.reason.as_deref().unwrap_or(NO_REASON);
        let result = release::replay(&*broker, &*opened.ledger, &*opened.clock, &parked, reason).await;
        told.push(Told::of("replayed", parked.event.id, result.map(Some)));
    }
    broker.close().await;
    conclude("replayed", told, absent, json)
}

async fn discard(
    config: &Config,
    connection: Option<&ConnectionName>,
    args: &ReleaseArgs,
    json: bool,
) -> Result<(), CommandError> {
    let opened = OpenLedger::open(config).await?;
    let Selected { events, absent } = selected(&opened, connection, args).await?;
    let mut told = Vec::new();
    for parked in events {
        let reason = args.reason.as_deref().unwrap_or(NO_REASON);
        let (clock, when): (&dyn Clock, _) = (&*opened.clock, dispatch(config, &parked));
        let result = release::discard(&*opened.ledger, clock, &parked, when, reason).await;
        told.push(Told::of("discarded", parked.event.id, result.map(|_| None)));
    }
    conclude("discarded", told, absent, json)
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

/// What became of one event.
#[derive(Debug, Serialize)]
struct Told {
    id: EventId,
    /// `replayed`, `discarded`, `failed`, or `absent` for one that is not parked.
    outcome: &'static str,
    /// The id under which it is worked on again.
    new_id: Option<EventId>,
    /// Why it is not done.
    text: Option<String>,
}

impl Told {
    fn of(done: &'static str, id: EventId, result: Result<Option<EventId>, ReleaseError>) -> Self {
        match result {
            Ok(new_id) => Self { id, outcome: done, new_id, text: None },
            Err(error) => Self { id, outcome: "failed", new_id: None, text: Some(error.to_string()) },
        }
    }

    fn line(&self) -> String {
        let text = self.text.as_ref().map_or_else(String::new, |text| format!(": {text}"));
        format!("{} {}{text}", self.id, self.outcome)
    }
}

/// Prints what became of each; ends with 1 when something that was asked for is not done.
fn conclude(
    done: &'static str,
    mut told: Vec<Told>,
    missing: Vec<EventId>,
    json: bool,
) -> Result<(), CommandError> {
    let events = told.iter().filter(|told| told.outcome == done).count();
    let gone = |id| Told { id, outcome: "absent", new_id: None, text: Some(absent(id)) };
    told.extend(missing.into_iter().map(gone));
    if json {
        output::json(&told);
    } else {
        for told in &told {
            output::line(&told.line());
        }
        output::line(&format!("{events} {} {done}.", if events == 1 { "event" } else { "events" }));
    }
    if events == told.len() { Ok(()) } else { Err(CommandError::NotSo) }
}

fn absent(event: EventId) -> String {
    format!("no parked event {event}; `shipbridge parked list` shows what is parked")
}
