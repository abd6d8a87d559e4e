//! `check`: whether everything that a run needs is there, a line each with the mend. Asks each platform the
//! cheapest question that shows whether the credentials work, through the same budget as the workers.

mod alerts;
mod custom_store;
mod keys;
mod mapping;
mod rates;

use std::sync::Arc;

use jiff::SignedDuration;
use serde::Serialize;

use domain::clock::Clock;
use domain::quota::Priority;
use domain::subscription::{EVENTS, plan};
use platforms::Heard;
use worker::ShipStationApi;

use crate::assembly::{self, Clients, Metrics, OpenLedger};
use crate::clock::SystemClock;
use crate::config::{BrokerUrl, Config, Connection, LedgerUrl};
use crate::cost::Cost;
use crate::outcome::CommandError;
use crate::output;

/// The clocks of this machine and of a platform may differ by so much.
const CLOCK_TOLERANCE: SignedDuration = SignedDuration::from_mins(5);

/// One finding.
#[derive(Debug, Serialize)]
struct Finding {
    what: String,
    ok: bool,
    found: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    mend: Option<String>,
}

/// Looks at everything. Ends with 1 if anything fails.
pub(crate) async fn check(config: &Config, offline: bool, json: bool) -> Result<(), CommandError> {
    let names: Vec<_> = config.connections.iter().map(|connection| connection.name.as_str()).collect();
    let mut findings = vec![finding("configuration", Ok(format!("connections: {}", names.join(", "))), "")];
    findings.extend(config.warnings.iter().map(|warning| finding("configuration", Ok(warning.clone()), "")));
    findings.push(listen_address(config));
    findings.extend(config.connections.iter().map(|connection| cost(config, connection)));
    let (broker, ledger) = (broker(config).await, ledger(config).await);
    findings.extend([broker, ledger.0]);
    match ledger.1 {
        _ if offline => {}
        Some(ledger) => {
            for connection in &config.connections {
                findings.extend(look_at_platforms(config, connection, &ledger).await);
            }
        }
        None => {
            let unasked = Err("not asked: their budget is kept in the ledger".to_owned());
            findings.push(finding("platforms", unasked, "mend the ledger first"));
        }
    }
    if !offline {
        for connection in &config.connections {
            findings.extend(keys::keys(connection).await);
            findings.extend(custom_store::store(config, connection).await);
        }
        findings.extend(alerts::findings(config).await);
    }
    print(&findings, json);
    if findings.iter().all(|finding| finding.ok) { Ok(()) } else { Err(CommandError::NotSo) }
}

fn finding(what: impl Into<String>, found: Result<String, String>, mend: &str) -> Finding {
    let ok = found.is_ok();
    let found = found.unwrap_or_else(|error| error);
    Finding { what: what.into(), ok, found, mend: (!ok && !mend.is_empty()).then(|| mend.to_owned()) }
}

/// What looking for news costs, which nobody else shall miss.
fn cost(config: &Config, connection: &Connection) -> Finding {
    let cost = Cost::of(config, connection);
    let (found, mend) = match cost.fault() {
        None => (Ok(cost.to_string()), ""),
        Some((fault, mend)) => (Err(fault), mend),
    };
    finding(connection.name.as_str(), found, mend)
}

fn listen_address(config: &Config) -> Finding {
    let address = config.http.listen;
    let found = match std::net::TcpListener::bind(address) {
        Ok(_) => Ok(format!("{address} is free")),
        Err(error) if error.kind() == std::io::ErrorKind::AddrInUse => {
            Ok(format!("{address} is in use: by a run, if one is under way"))
        }
        Err(error) => Err(format!("{address}: {error}")),
    };
    finding("http.listen", found, "choose an address of this machine")
}

async fn broker(config: &Config) -> Finding {
    let mend = match config.broker.url {
        BrokerUrl::Embedded => format!("look at the disk and the rights of {}", config.data_dir.display()),
        BrokerUrl::Amqp(_) => "look at broker.url and at the RabbitMQ behind it".to_owned(),
    };
    let found = match assembly::open_broker(config).await {
        Ok(broker) => {
            let health = broker.health().await;
            broker.close().await;
            health.map(|()| "events can be stored".to_owned()).map_err(|error| error.to_string())
        }
        Err(error) => Err(format!("{error:#}")),
    };
    finding("broker", found, &mend)
}

async fn ledger(config: &Config) -> (Finding, Option<OpenLedger>) {
    let mend = match &config.ledger.url {
        LedgerUrl::Embedded => format!("look at the disk and the rights of {}", config.data_dir.display()),
        LedgerUrl::Sqlite(path) => format!("look at the disk and the rights of {}", path.display()),
        LedgerUrl::Postgres(_) => "look at ledger.url and at the PostgreSQL behind it".to_owned(),
    };
    match OpenLedger::open(config).await {
        Ok(opened) => {
            let read = opened.ledger.cursor("check").await.map(|_| "can be read".to_owned());
            (finding("ledger", read.map_err(|error| error.to_string()), &mend), Some(opened))
        }
        Err(error) => (finding("ledger", Err(format!("{error:#}")), &mend), None),
    }
}

async fn look_at_platforms(config: &Config, connection: &Connection, opened: &OpenLedger) -> Vec<Finding> {
    let metrics = Metrics::new();
    let time = Arc::clone(&opened.clock) as Arc<dyn Clock>;
    let clients = match Clients::new(config, connection, &opened.ledger, &time, &metrics.worker) {
        Ok(clients) => clients,
        Err(error) => {
            return vec![finding(format!("{}: clients", connection.name), Err(format!("{error:#}")), "")];
        }
    };
    let name = &connection.name;
    let (cin7, heard) = ask_cin7(&clients).await;
    let mut findings = vec![finding(
        format!("{name}: Cin7"),
        cin7,
        "check cin7.username, cin7.key and the key's permissions",
    )];
    findings.push(clock(name.as_str(), heard.as_ref()));
    if let Some(api) = &clients.shipstation {
        findings.push(store(connection, api).await);
        findings.extend(mapping::mapping(connection, api).await);
        findings.extend(rates::rates(connection, api).await);
        if let Some(api) = &clients.shipstation_v2 {
            findings.push(rates::by_v2(connection, api).await);
        }
        findings.push(webhooks(config, connection, api).await);
    }
    findings
}

async fn ask_cin7(clients: &Clients) -> (Result<String, String>, Option<Heard>) {
    let mut heard = None;
    let call = async |permit| {
        let answer = clients.cin7.first_order(permit).await;
        heard = Some(answer.heard.clone());
        answer
    };
    let found = clients.cin7_gate.call(Priority::Import, call).await;
    let found = found.map(|_| "sales orders can be read".to_owned()).map_err(|failure| failure.to_string());
    (found, heard)
}

fn clock(name: &str, heard: Option<&Heard>) -> Finding {
    let found = match heard.and_then(|heard| heard.date) {
        None => Ok("the platform told no time".to_owned()),
        Some(date) => {
            let off = SystemClock.now().duration_since(date);
            let text = format!("{} s from Cin7's", off.as_secs());
            if off.abs() <= CLOCK_TOLERANCE { Ok(text) } else { Err(text) }
        }
    };
    finding(format!("{name}: clock"), found, "set this machine's clock, best by NTP")
}

async fn store(connection: &Connection, api: &ShipStationApi) -> Finding {
    let call = async |permit| api.client.stores(permit).await;
    let stores = api.gate.call(Priority::Import, call).await;
    let wanted: Vec<i64> = connection
        .shipstation
        .store_id
        .into_iter()
        .chain(connection.shipstation.stores_by_branch.values().copied())
        .collect();
    let (found, mend) = match stores {
        Err(failure) => (Err(failure.to_string()), "check shipstation.api_key and shipstation.api_secret"),
        Ok(listing) => {
            let known: Vec<i64> = listing.records.iter().map(|store| store.id).collect();
            let missing: Vec<String> =
                wanted.iter().filter(|id| !known.contains(id)).map(ToString::to_string).collect();
            if missing.is_empty() {
                (Ok(format!("{} stores", known.len())), "")
            } else {
                let known = known.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ");
                (
                    Err(format!("no store {}; there are: {known}", missing.join(", "))),
                    "correct store_id or stores_by_branch",
                )
            }
        }
    };
    finding(format!("{}: ShipStation", connection.name), found, mend)
}

async fn webhooks(config: &Config, connection: &Connection, api: &ShipStationApi) -> Finding {
    let what = format!("{}: webhooks", connection.name);
    let wanted = match config.wanted_subscriptions(connection) {
        Ok(wanted) => wanted,
        Err(problem) => return finding(what, Ok(format!("sweeps alone find the shipments: {problem}")), ""),
    };
    let call = async |permit| api.client.webhooks(permit).await;
    let found = match api.gate.call(Priority::Import, call).await {
        Err(failure) => Err(failure.to_string()),
        Ok(listing) => match plan(&wanted, &listing.records).faults() {
            faults if faults.is_empty() => Ok(EVENTS.join(", ")),
            faults => Err(faults.join("; ")),
        },
    };
    finding(what, found, &format!("shipbridge webhooks register --connection {}", connection.name))
}

fn print(findings: &[Finding], json: bool) {
    if json {
        output::json(&findings);
        return;
    }
    for finding in findings {
        let mark = if finding.ok { "ok" } else { "NO" };
        output::line(&format!("{mark}  {}: {}", finding.what, finding.found));
        if let Some(mend) = &finding.mend {
            output::line(&format!("      {mend}"));
        }
    }
}
