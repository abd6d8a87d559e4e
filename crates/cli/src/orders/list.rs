//! `orders list`: a search, the counts by state, and the stages of the orders that wait, so that a stage that the
//! configuration does not know (a typing error, say) is seen rather than ignored.

use domain::record::{OrderRecord, OrderState};
use ledger::Ledger;
use serde_json::{Value, json};

use super::the_connection;
use crate::assembly::OpenLedger;
use crate::config::{Config, Connection};
use crate::outcome::CommandError;
use crate::output;

/// Orders of one page of the ledger.
const PAGE: u32 = 500;

/// What is looked for.
#[derive(Debug)]
pub(crate) struct Search {
    /// States as typed; empty means any.
    pub(crate) states: Vec<String>,
    /// Within the reference, or the id.
    pub(crate) query: Option<String>,
    /// The most orders.
    pub(crate) limit: u32,
}

/// Lists orders, the last changed first.
pub(crate) async fn list(
    config: &Config,
    connection: Option<&str>,
    search: Search,
    json: bool,
) -> Result<(), CommandError> {
    let connection = the_connection(config, connection)?;
    let states = states(&search.states)?;
    let OpenLedger { ledger, .. } = OpenLedger::open(config).await?;
    let found = find(&*ledger, connection, &states, &search).await?;
    let counts = ledger.order_counts(&connection.name).await.map_err(anyhow::Error::from)?;
    let stages = ledger.waiting_stages(&connection.name).await.map_err(anyhow::Error::from)?;
    let stages: Vec<_> =
        stages.into_iter().map(|(stage, size)| (is_known(connection, &stage), stage, size)).collect();
    if json {
        output::json(&document(&found, &counts, &stages));
        return Ok(());
    }
    print_orders(&found);
    print_counts(&counts, &stages);
    Ok(())
}

fn states(typed: &[String]) -> Result<Vec<OrderState>, CommandError> {
    let state = |word: &String| {
        OrderState::ALL.into_iter().find(|state| state.as_str() == word).ok_or_else(|| {
            let all: Vec<_> = OrderState::ALL.iter().map(|state| state.as_str()).collect();
            CommandError::Usage(format!("`{word}` is no state; there are: {}", all.join(", ")))
        })
    };
    typed.iter().map(state).collect()
}

async fn find(
    ledger: &dyn Ledger,
    connection: &Connection,
    states: &[OrderState],
    search: &Search,
) -> anyhow::Result<Vec<OrderRecord>> {
    let limit = usize::try_from(search.limit)?;
    let (mut found, mut after) = (Vec::new(), None);
    loop {
        let page = ledger.orders_page(&connection.name, search.query.as_deref(), after, PAGE).await?;
        let Some(last) = page.last() else { return Ok(found) };
        after = Some((last.reading.version, last.reading.id));
        let wanted = page.into_iter().filter(|record| states.is_empty() || states.contains(&record.state()));
        found.extend(wanted.take(limit - found.len()));
        if found.len() == limit {
            return Ok(found);
        }
    }
}

/// Whether the configuration names a stage, for whatever purpose.
fn is_known(connection: &Connection, stage: &str) -> bool {
    let rules = connection.rules();
    let folded = stage.trim().to_lowercase();
    domain::import::rules::is_at_stage(stage, &rules)
        || rules.mapping.order_status.contains_key(&folded)
        || rules.writeback.stage.trim().to_lowercase() == folded
}

/// Why it is where it is, in a few words.
fn why(record: &OrderRecord) -> String {
    if let Some(objection) = &record.reading.objection {
        return objection.clone();
    }
    let failed = record.reading.verdicts.iter().filter(|verdict| !verdict.passed);
    failed.map(|verdict| format!("{}: {}", verdict.rule, verdict.value)).collect::<Vec<_>>().join("; ")
}

fn document(found: &[OrderRecord], counts: &[(String, u64)], stages: &[(bool, String, u64)]) -> Value {
    let order = |record: &OrderRecord| {
        json!({
            "cin7_id": record.reading.id,
            "reference": record.reading.reference,
            "state": record.state(),
            "stage": record.reading.stage,
            "why": why(record),
            "modified": record.reading.version,
        })
    };
    json!({
        "orders": found.iter().map(order).collect::<Vec<_>>(),
        "states": counts.iter().map(|(state, size)| (state.clone(), *size)).collect::<std::collections::BTreeMap<_, _>>(),
        "waiting_stages": stages.iter()
            .map(|(known, stage, size)| json!({"stage": stage, "orders": size, "known": known})).collect::<Vec<_>>(),
    })
}

fn print_orders(found: &[OrderRecord]) {
    if found.is_empty() {
        output::line("No order is known that matches. `shipbridge orders explain ORDER` asks Cin7 for one.");
        return;
    }
    let mut table = output::table(["order", "Cin7 id", "state", "stage", "modified", "why"]);
    for record in found {
        table.add_row([
            record.reading.reference.clone(),
            record.reading.id.to_string(),
            record.state().to_string(),
            record.reading.stage.clone(),
            record.reading.version.strftime("%Y-%m-%d %H:%MZ").to_string(),
            why(record),
        ]);
    }
    output::line(&table.to_string());
}

fn print_counts(counts: &[(String, u64)], stages: &[(bool, String, u64)]) {
    let counts: Vec<_> = counts.iter().map(|(state, size)| format!("{size} {state}")).collect();
    output::line(&format!(
        "All orders: {}",
        if counts.is_empty() { "none".into() } else { counts.join(", ") }
    ));
    if stages.is_empty() {
        return;
    }
    let named = |(known, stage, size): &(bool, String, u64)| {
        let name = if stage.is_empty() { "(none)" } else { stage };
        format!("{size} {name}{}", if *known { "" } else { " (not in the configuration)" })
    };
    let stages: Vec<_> = stages.iter().map(named).collect();
    output::line(&format!("Stages of those that wait: {}", stages.join(", ")));
}
