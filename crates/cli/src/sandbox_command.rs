//! `sandbox`: only the simulated platforms, with orders that get picked and a warehouse that ships.

use std::time::Duration;

use anyhow::Context;

use sandbox::faults::{FaultError, FaultProfile};
use sandbox::serve::{Cin7Webhook, Sandbox, SandboxConfig};
use sandbox::shipstation::WebhookEvent;

use crate::args::SandboxArgs;
use crate::config::Telemetry;
use crate::demo::story::{Pace, Story};
use crate::outcome::CommandError;
use crate::{logging, output, shutdown};

/// The notifications that a bridge subscribes to.
pub(crate) const EVENTS: [WebhookEvent; 3] =
    [WebhookEvent::ShipNotify, WebhookEvent::ItemShipNotify, WebhookEvent::FulfillmentShipped];

/// Runs both platforms until a signal comes.
pub(crate) async fn sandbox(args: SandboxArgs) -> Result<(), CommandError> {
    logging::start(&Telemetry::default());
    let config = SandboxConfig {
        cin7_listen: args.cin7_listen,
        shipstation_listen: args.shipstation_listen,
        seed: args.seed,
        faults: faults(&args.faults)?,
        cin7_webhook: args.cin7_webhook.map(|url| Cin7Webhook { url, headers: Vec::new() }),
        ..SandboxConfig::default()
    };
    let (cin7, shipstation) = (config.cin7.clone(), config.shipstation.clone());
    let sandbox = Sandbox::start(config).await.context("the simulated platforms did not start")?;
    if let Some(url) = args.shipstation_webhook {
        for event in EVENTS {
            sandbox.shipstation().subscribe(url.clone(), event, None);
        }
    }
    output::line(&format!(
        "Cin7 Omni    http://{}/api/v1   user {}, key {}",
        sandbox.cin7_addr(),
        cin7.username,
        cin7.key
    ));
    let (key, secret) = (&shipstation.api_key, &shipstation.api_secret);
    output::line(&format!(
        "ShipStation  http://{}          key {key}, secret {secret}",
        sandbox.shipstation_addr()
    ));
    output::line("Both live in memory, at the platforms' real quotas, until you press Ctrl-C.");
    let story = Story::new(&sandbox, args.seed, args.orders, Pace::of(args.orders));
    tokio::select! {
        signal = shutdown::requested() => { signal.map_err(anyhow::Error::from)?; }
        () = live(&sandbox, story, !args.no_warehouse) => {}
    }
    sandbox.stop().await;
    Ok(())
}

async fn live(sandbox: &Sandbox, mut story: Story, ships: bool) {
    loop {
        story.pick_wave(sandbox);
        if ships {
            story.ship(sandbox);
        }
        tokio::time::sleep(Duration::from_secs(1)).await;
    }
}

/// The fault profile of that name.
pub(crate) fn faults(profile: &str) -> Result<FaultProfile, CommandError> {
    profile.parse().map_err(|error: FaultError| CommandError::Usage(error.to_string()))
}
