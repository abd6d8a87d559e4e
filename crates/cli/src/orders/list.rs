//! `orders list`: searching orders, how many are in which state, and at which stages the waiting ones are.

use std::collections::BTreeSet;

use anyhow::Context;
use serde_json::{Value, json};

use domain::record::OrderRecord;
use ledger::{OrderSearch, StageCount};

use super::sentence::why;
use super::the_connection;
use crate::args::OrdersListArgs;
use crate::assembly::OpenLedger;
use crate::config::{Config, Connection};
use crate::outcome::CommandError;
use crate::output;

/// Lists orders, newest first.
pub(crate) async fn list(
    config: &Config,
    connection: Option<&str>,
    args: OrdersListArgs,
    json: bool,
) -> Result<(), CommandError> {
    let connection = the_connection(config, connection)?;
    let OpenLedger { ledger, .. } = OpenLedger::open(config).await?;
    let OrdersListArgs { state, query, limit } = args;
    let search = OrderSearch { states: state, text: query.unwrap_or_default(), limit };
    let name = &connection.name;
    let unreadable = "the ledger's orders cannot be read";
    let orders = ledger.search_orders(name, &search).await.context(unreadable)?;
    let states = ledger.order_counts(name).await.context(unreadable)?;
    let stages = Stages::of(connection, ledger.stage_counts(name).await.context(unreadable)?);
    if json {
        let orders: Vec<_> = orders.iter().map(|order| document(connection, order)).collect();
        let states: serde_json::Map<_, _> =
            states.into_iter().map(|(state, orders)| (state, orders.into())).collect();
        output::json(&json!({"orders": orders, "states": states, "stages": stages.document()}));
    } else {
        print_orders(&orders);
        print_states(&states);
        stages.print();
    }
    Ok(())
}

fn document(connection: &Connection, order: &OrderRecord) -> Value {
    let reading = &order.reading;
    json!({
        "connection": connection.name,
        "cin7_id": reading.id,
        "reference": reading.reference,
        "state": order.state(),
        "stage": reading.stage,
        "why": why(order),
        "modified": reading.version,
    })
}

fn print_orders(orders: &[OrderRecord]) {
    if orders.is_empty() {
        output::line("No order is like that.");
        return;
    }
    let mut table = output::table(["reference", "Cin7 id", "state", "stage", "why", "modified"]);
    for order in orders {
        let reading = &order.reading;
        table.add_row([
            reading.reference.clone(),
            reading.id.to_string(),
            order.state().to_string(),
            reading.stage.clone(),
            why(order),
            reading.version.strftime("%Y-%m-%d %H:%MZ").to_string(),
        ]);
    }
    output::keep_whole(&mut table, 2);
    output::line(&table.to_string());
}

fn print_states(states: &[(String, u64)]) {
    let counts: Vec<_> = states.iter().map(|(state, orders)| format!("{state} {orders}")).collect();
    if !counts.is_empty() {
        output::line(&format!("All orders: {}", counts.join(", ")));
    }
}

/// The stages of waiting orders, each with whether the configuration names it.
struct Stages(Vec<(StageCount, bool)>);

impl Stages {
    fn of(connection: &Connection, counts: Vec<StageCount>) -> Self {
        let rules = connection.rules();
        let fold = |stage: &str| stage.trim().to_lowercase();
        let named: BTreeSet<String> = rules
            .import
            .stages
            .iter()
            .map(|stage| fold(stage))
            .chain([fold(&rules.writeback.stage)])
            .chain(rules.mapping.order_status.keys().map(|stage| fold(stage)))
            .collect();
        let known = |count: StageCount| {
            let known = named.contains(&fold(&count.stage));
            (count, known)
        };
        Self(counts.into_iter().map(known).collect())
    }

    fn document(&self) -> Vec<Value> {
        let document = |(count, known): &(StageCount, bool)| json!({"stage": count.stage, "orders": count.orders, "known": known});
        self.0.iter().map(document).collect()
    }

    fn print(&self) {
        let told = |known: bool| -> Vec<String> {
            let stages = self.0.iter().filter(|(_, its)| *its == known);
            stages.map(|(count, _)| format!("{} {}", count.stage, count.orders)).collect()
        };
        let (known, unknown) = (told(true), told(false));
        if !known.is_empty() {
            output::line(&format!("Waiting at stages of the configuration: {}", known.join(", ")));
        }
        if !unknown.is_empty() {
            output::line(&format!(
                "Waiting at stages that the configuration does not name: {}",
                unknown.join(", ")
            ));
            output::line("Orders there are sent once they reach a stage of import.stages.");
        }
    }
}
