//! The stage of a story: both simulated platforms in this process, and a folder with a configuration for the
//! bridge that works between them.

use std::net::SocketAddr;
use std::path::Path;
use std::time::Duration;

use jiff::Timestamp;
use sandbox::cin7::SalesOrder;
use sandbox::faults::FaultProfile;
use sandbox::serve::{Cin7Webhook, Sandbox, SandboxConfig};
use sandbox::shipstation::model::{Order, Shipment};
use sandbox::shipstation::{LabelRequest, WebhookEvent};
use serde_json::Value;
use tempfile::TempDir;
use tokio::runtime::Runtime;

use crate::acme::{Acme, key, sections, with_quick_quotas};
use crate::bridge::{Bridge, free_address};
use crate::eventually::{eventually, holds};
use crate::orders;
use crate::process::{self, Ended};

/// How long one step of a story may take, on a machine that is busy with other things.
pub(crate) const STEP: Duration = Duration::from_secs(30);
/// What proves a call to the Cin7 webhook.
pub(crate) const CIN7_TOKEN: &str = "cin7-hook-token";
/// What proves a call to the ShipStation webhook.
pub(crate) const SHIPSTATION_TOKEN: &str = "shipstation-hook-token";

/// How the stage is set up.
#[derive(Debug, Clone)]
pub(crate) struct Setup {
    /// The watch's interval.
    pub(crate) watch: &'static str,
    /// The sweep's interval.
    pub(crate) sweep: &'static str,
    /// Whether the platforms send webhooks.
    pub(crate) webhooks: bool,
    /// The platforms' real quotas. Otherwise both sides, platforms and bridge, have a hundred times as much,
    /// so that watch and sweep can come every second.
    pub(crate) real_quotas: bool,
    /// What goes wrong.
    pub(crate) faults: &'static str,
    /// The longest delay of slow answers and late webhooks.
    pub(crate) longest_delay: Duration,
    /// Decides what the faults hit.
    pub(crate) seed: u64,
    /// The settings of `[worker]`.
    pub(crate) worker: &'static str,
    /// Further sections of the connection.
    pub(crate) connection: &'static str,
}

impl Default for Setup {
    fn default() -> Self {
        Self {
            watch: "1s",
            sweep: "1s",
            webhooks: true,
            real_quotas: false,
            faults: "none",
            longest_delay: FaultProfile::default().longest_delay,
            seed: 1,
            worker: "",
            connection: "",
        }
    }
}

/// Both platforms, and the folder of a bridge.
#[derive(Debug)]
pub(crate) struct Stage {
    runtime: Runtime,
    sandbox: Option<Sandbox>,
    folder: TempDir,
    /// Where the bridge shall listen.
    pub(crate) addr: SocketAddr,
}

impl Stage {
    /// Starts the platforms and writes the configuration. The bridge is not started yet.
    pub(crate) fn new(setup: &Setup) -> Self {
        let mut runtime = tokio::runtime::Builder::new_multi_thread();
        let runtime = runtime.worker_threads(1).enable_all().build().unwrap();
        let (addr, folder) = (free_address(), tempfile::tempdir().unwrap());
        let sandbox = runtime.block_on(Sandbox::start(platforms(setup, addr))).unwrap();
        if setup.webhooks {
            for event in [WebhookEvent::ShipNotify, WebhookEvent::FulfillmentShipped] {
                let target = format!("http://{addr}/webhooks/shipstation/acme?token={SHIPSTATION_TOKEN}");
                sandbox.shipstation().subscribe(target, event, None);
            }
        }
        for product in orders::products() {
            sandbox.cin7().add_product(product);
        }
        let text = configuration(setup, addr, &sandbox);
        std::fs::write(folder.path().join("shipbridge.toml"), text).unwrap();
        Self { runtime, sandbox: Some(sandbox), folder, addr }
    }

    /// The platforms.
    pub(crate) fn sandbox(&self) -> &Sandbox {
        self.sandbox.as_ref().unwrap()
    }

    /// The folder with the configuration and, in `data`, queue and ledger.
    pub(crate) fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// Starts the bridge and waits until it is ready.
    pub(crate) fn start(&self) -> Bridge {
        Bridge::start(self.folder(), self.addr, &[])
    }

    /// Runs a command on this configuration.
    pub(crate) fn command(&self, arguments: &[&str]) -> Ended {
        process::run(self.folder(), arguments, &[])
    }

    /// Lets other things go wrong from now on.
    pub(crate) fn set_faults(&self, profile: &str) {
        self.sandbox().set_faults(profile.parse::<FaultProfile>().unwrap());
    }

    /// Puts an order into Cin7.
    pub(crate) fn add(&self, order: SalesOrder) -> i64 {
        self.sandbox().cin7().add_order(order, self.now())
    }

    /// Picks an order, as the warehouse does on Cin7's screen.
    pub(crate) fn pick(&self, id: i64) {
        assert!(self.sandbox().cin7().set_stage(id, "Fully Picked", self.now()));
    }

    /// The platforms' time.
    pub(crate) fn now(&self) -> Timestamp {
        self.sandbox().now()
    }

    /// An order as Cin7 has it.
    pub(crate) fn cin7(&self, id: i64) -> SalesOrder {
        self.sandbox().cin7().order(id).unwrap().clone()
    }

    /// Waits until the order is in ShipStation.
    pub(crate) fn placed(&self, id: i64) -> Order {
        let key = key(id);
        eventually("the order is in ShipStation", STEP, || {
            let found = self.sandbox().shipstation().order_by_key(&key).cloned();
            found.ok_or_else(|| format!("no {key}"))
        })
    }

    /// Buys a label for what is left of a ShipStation order.
    pub(crate) fn label(&self, shipstation_order: i64) -> Shipment {
        let label = LabelRequest::whole(shipstation_order).by("stamps_com", "usps_priority_mail");
        let mut shipstation = self.sandbox().shipstation();
        let id = shipstation.buy_label(&label, self.now()).unwrap();
        shipstation.shipment(id).unwrap().clone()
    }

    /// Waits until Cin7 shows an order as `so` wants it.
    pub(crate) fn shows(&self, what: &str, id: i64, so: impl Fn(&SalesOrder) -> bool) -> SalesOrder {
        eventually(what, STEP, || {
            let order = self.cin7(id);
            if so(&order) { Ok(order) } else { Err(format!("{order:?}")) }
        })
    }

    /// What `orders show --json` says.
    pub(crate) fn show(&self, order: &str) -> Value {
        let ended = self.command(&["orders", "show", order, "--json"]);
        serde_json::from_str(&ended.stdout).unwrap_or_default()
    }

    /// Waits until `orders show` has this state for an order.
    pub(crate) fn is(&self, state: &str, id: i64) -> Value {
        eventually(&format!("order {id} is {state}"), STEP, || {
            let shown = self.show(&id.to_string());
            holds(shown["state"] == state, &shown)?;
            Ok(shown)
        })
    }
}

impl Drop for Stage {
    fn drop(&mut self) {
        if std::thread::panicking() {
            tell(&std::fs::read_to_string(self.folder().join("run.log")).unwrap_or_default());
        }
        if let Some(sandbox) = self.sandbox.take() {
            self.runtime.block_on(sandbox.stop());
        }
    }
}

#[expect(clippy::print_stderr, reason = "the bridge's log explains a test that failed")]
fn tell(log: &str) {
    let lines: Vec<_> = log.lines().collect();
    eprintln!("the bridge's last words:\n{}", lines[lines.len().saturating_sub(40)..].join("\n"));
}

fn platforms(setup: &Setup, bridge: SocketAddr) -> SandboxConfig {
    let webhook = || Cin7Webhook {
        url: format!("http://{bridge}/webhooks/cin7/acme"),
        headers: vec![("X-Webhook-Token".to_owned(), CIN7_TOKEN.to_owned())],
    };
    let config = SandboxConfig {
        seed: setup.seed,
        faults: FaultProfile {
            longest_delay: setup.longest_delay,
            ..setup.faults.parse::<FaultProfile>().unwrap()
        },
        cin7_webhook: setup.webhooks.then(webhook),
        ..SandboxConfig::default()
    };
    if setup.real_quotas { config } else { with_quick_quotas(config) }
}

fn configuration(setup: &Setup, listen: SocketAddr, sandbox: &Sandbox) -> String {
    let Setup { watch, sweep, real_quotas, worker, connection, .. } = *setup;
    let (cin7_token, shipstation_token) = (CIN7_TOKEN, SHIPSTATION_TOKEN);
    let acme = sections(Acme { watch, sweep, real_quotas, cin7_token, shipstation_token }, sandbox);
    format!("data_dir = \"data\"\n[http]\nlisten = \"{listen}\"\n[worker]\n{worker}\n{acme}\n{connection}\n")
}
