//! `demo`: the whole line at work. Starts the simulated platforms and everything else against them, feeds
//! orders, ships them, and shows how they come back, until every order is where it belongs.

mod drain;
mod progress;
mod rated;
mod ship_back;
pub(crate) mod story;
mod summary;
mod truth;

use std::net::TcpListener;
use std::path::Path;
use std::time::{Duration, Instant};

use anyhow::Context;

use sandbox::serve::{Cin7Webhook, Sandbox, SandboxConfig};
use worker::WorkerMetrics;

use crate::args::DemoArgs;
use crate::assembly::{Metrics, Role, Running};
use crate::config::{self, Config, Environment};
use crate::outcome::CommandError;
use crate::sandbox_command::{EVENTS, faults};
use crate::{logging, output, shutdown};

use drain::Drained;
use progress::Progress;
use rated::Rated;
use ship_back::ShippedBack;
use story::{Pace, Story};
use summary::Summary;

/// How often the story goes on and the progress is counted.
const TICK: Duration = Duration::from_millis(500);
/// The token of the demo's webhooks. It protects nothing but a sandbox on loopback.
const TOKEN: &str = "demo-token";

/// Everything that the demo started.
struct Stage {
    sandbox: Sandbox,
    running: Running,
    worker: WorkerMetrics,
    story: Story,
    started: Instant,
    shipped_back: Option<ShippedBack>,
    /// Orders that had freight when they were picked, and those that said why not.
    rated: (usize, usize),
}

/// Runs the demo. With `--once`, ends with 1 unless every order is where it belongs.
pub(crate) async fn demo(args: &DemoArgs, json: bool) -> Result<(), CommandError> {
    logging::start_quiet();
    let folder = tempfile::tempdir().context("no temporary folder for the demo's queue and ledger")?;
    let mut stage = raise(args, folder.path()).await?;
    let address = stage.running.addr();
    let mut progress = Progress::new(args.orders, json);
    progress.say(&format!("the bridge listens on http://{address} (/healthz, /readyz, /metrics)"));
    let picked = Instant::now();
    let converged = tokio::select! {
        converged = play(&mut stage, args, &mut progress) => converged?,
        signal = shutdown::requested() => { signal.map_err(anyhow::Error::from)?; false }
    };
    progress.finish();
    let drained = |summary: &Summary| Drained::since(picked, summary.orders(), summary.eligible());
    let mut summary =
        Summary::of(&stage.sandbox, &stage.running, &stage.worker, &stage.story, stage.started).await?;
    if args.drain && converged {
        summary.drained = Some(drained(&summary));
    }
    summary.shipped_back = stage.shipped_back.take();
    summary.rated = args.rates.then(|| Rated::of(stage.rated, &stage.worker));
    if json {
        output::json(&summary);
    } else {
        summary.print();
    }
    if converged && !args.once {
        output::line("Everything goes on listening until you press Ctrl-C.");
        shutdown::requested().await.map_err(anyhow::Error::from)?;
    }
    shutdown::softly(stage.running.stop()).await;
    stage.sandbox.stop().await;
    if summary.is_clean() { Ok(()) } else { Err(CommandError::NotSo) }
}

async fn raise(args: &DemoArgs, folder: &Path) -> Result<Stage, CommandError> {
    let listen = free_address().context("no free port for the bridge")?;
    let sandbox_config = SandboxConfig {
        seed: args.seed,
        faults: faults(&args.faults)?,
        cin7_webhook: Some(Cin7Webhook {
            url: format!("http://{listen}/webhooks/cin7/demo"),
            headers: vec![("X-Webhook-Token".to_owned(), TOKEN.to_owned())],
        }),
        ..SandboxConfig::default()
    };
    let sandbox = Sandbox::start(sandbox_config).await.context("the simulated platforms did not start")?;
    for event in EVENTS {
        let target = format!("http://{listen}/webhooks/shipstation/demo?token={TOKEN}");
        sandbox.shipstation().subscribe(target, event, None);
    }
    let config = configuration(&sandbox, listen, folder, args)?;
    let metrics = Metrics::new();
    let worker = metrics.worker.clone();
    let running = Running::start(Role::Run, &config, metrics).await?;
    let story = if args.ship_back {
        Story::to_ship(&sandbox, args.seed, args.orders, args.backlog)
    } else if args.rates {
        Story::rated(&sandbox, args.seed, args.orders, Pace::of(args.orders))
    } else {
        let pace = if args.drain { Pace::drain() } else { Pace::of(args.orders) };
        Story::new(&sandbox, args.seed, args.orders, pace)
    };
    Ok(Stage { sandbox, running, worker, story, started: Instant::now(), shipped_back: None, rated: (0, 0) })
}

/// A port that is free now. Somebody may take it before we do; then the start says so.
fn free_address() -> std::io::Result<std::net::SocketAddr> {
    TcpListener::bind("127.0.0.1:0")?.local_addr()
}

/// The same configuration that a person would write, read by the same code.
fn configuration(
    sandbox: &Sandbox,
    listen: std::net::SocketAddr,
    folder: &Path,
    args: &DemoArgs,
) -> Result<Config, CommandError> {
    // The defaults where time is measured; else often, so that nobody has to wait for what has no webhook.
    let (watch, sweep) = if args.drain || args.ship_back { ("60s", "5m") } else { ("5s", "15s") };
    let (cin7, shipstation) = (SandboxConfig::default().cin7, SandboxConfig::default().shipstation);
    let store = shipstation.stores.first().map_or(0, |store| store.id);
    let text = format!(
        r#"
data_dir = {folder:?}
[http]
listen = "{listen}"
[[connections]]
name = "demo"
[connections.cin7]
base_url = "http://{cin7_addr}/api/v1"
username = "{username}"
key = "{key}"
watch = "{watch}"
[connections.shipstation]
base_url = "http://{shipstation_addr}"
api_key = "{api_key}"
api_secret = "{api_secret}"
store_id = {store}
sweep = "{sweep}"
[connections.inbound.cin7]
secret = "{TOKEN}"
[connections.inbound.shipstation]
secret = "{TOKEN}"
[connections.rates]
enabled = {rates}
carriers = ["stamps_com", "ups_walleted"]
packages = ["Package"]
markup_percent = 10
from_postal_code = "94607"
"#,
        rates = args.rates,
        folder = folder.display().to_string(),
        cin7_addr = sandbox.cin7_addr(),
        shipstation_addr = sandbox.shipstation_addr(),
        username = cin7.username,
        key = cin7.key,
        api_key = shipstation.api_key,
        api_secret = shipstation.api_secret,
    );
    let nothing: Environment = std::iter::empty().collect();
    Ok(config::parse(&text, Path::new("the demo's configuration"), &nothing)?)
}

/// Feeds, ships and counts until every order is where it belongs, or the time is up.
async fn play(stage: &mut Stage, args: &DemoArgs, progress: &mut Progress) -> anyhow::Result<bool> {
    if args.ship_back {
        stage.shipped_back = ship_back::play(stage, args, progress).await?;
        return Ok(stage.shipped_back.is_some());
    }
    let deadline = stage.started + Duration::from_secs(args.give_up_after);
    let ledger = stage.running.ledger().context("the demo runs every role")?;
    loop {
        if args.rates {
            rated::pick_wave(stage, &*ledger).await?;
        } else {
            stage.story.pick_wave(&stage.sandbox);
        }
        stage.story.ship(&stage.sandbox);
        let count = truth::count(&stage.sandbox, &stage.story, &*ledger).await?;
        progress.show(&count, &stage.sandbox);
        if count.is_complete() && stage.sandbox.pending_webhooks() == 0 {
            return Ok(true);
        }
        if args.once && Instant::now() >= deadline {
            return Ok(false);
        }
        tokio::time::sleep(TICK).await;
    }
}
