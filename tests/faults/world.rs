//! What stands around the bridge: both platforms in this process, a RabbitMQ and a PostgreSQL of its own, and a
//! fault proxy on each line between them and the bridge's processes.

use std::collections::BTreeMap;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::Path;
use std::sync::{Mutex, MutexGuard};
use std::time::Duration;

use sandbox::cin7::SalesOrder;
use sandbox::serve::{Sandbox, SandboxConfig};
use sandbox::shipstation::WebhookEvent;
use tokio::runtime::Runtime;

use crate::acme::{Acme, key, sections, with_quick_quotas};
use crate::fault_proxy::FaultProxy;
use crate::history::{Ends, OrderEnd};
use crate::orders;
use crate::processes::Fleet;
use crate::servers::{Durability, Guarded, PostgresServer, RabbitServer};

/// What proves a webhook.
pub(crate) const TOKEN: &str = "hook-token";
/// The processes of each kind.
pub(crate) const SERVES: usize = 2;
pub(crate) const WORKERS: usize = 4;

/// Everything but the people.
#[derive(Debug)]
pub(crate) struct World {
    runtime: Runtime,
    sandbox: Option<Sandbox>,
    rabbit: Mutex<RabbitServer>,
    postgres: Mutex<PostgresServer>,
    pub(crate) lines: Lines,
    pub(crate) fleet: Mutex<Fleet>,
    /// Where the serves listen.
    pub(crate) serves: [SocketAddr; SERVES],
}

/// The lines that can be cut.
#[derive(Debug)]
pub(crate) struct Lines {
    /// From the serves to RabbitMQ.
    pub(crate) accepting: FaultProxy,
    /// From the workers to RabbitMQ.
    pub(crate) working: FaultProxy,
    /// From the workers to PostgreSQL.
    pub(crate) ledger: FaultProxy,
}

impl World {
    /// Starts everything, and waits until the serves are ready.
    pub(crate) fn start() -> Self {
        let mut runtime = tokio::runtime::Builder::new_multi_thread();
        let runtime = runtime.worker_threads(2).enable_all().build().unwrap();
        let sandbox = runtime.block_on(Sandbox::start(with_quick_quotas(SandboxConfig::default()))).unwrap();
        for product in orders::products() {
            sandbox.cin7().add_product(product);
        }
        // Nobody listens there: the notices are fetched and posted by this test.
        sandbox.shipstation().subscribe("http://127.0.0.1:9/", WebhookEvent::ShipNotify, None);
        let (rabbit, postgres) = (RabbitServer::start_new(), PostgresServer::start_new(Durability::Safe));
        let line = |port: u16| {
            let target = SocketAddr::from((Ipv4Addr::LOCALHOST, port));
            FaultProxy::start(runtime.handle(), free_address(), target).unwrap()
        };
        let lines = Lines {
            accepting: line(rabbit.port()),
            working: line(rabbit.port()),
            ledger: line(postgres.port()),
        };
        let serves = [free_address(), free_address()];
        let guarded = Guarded::new(None);
        write_configuration(guarded.folder(), &sandbox, &lines);
        let fleet = Mutex::new(Fleet::start(guarded, &serves, &lines));
        let (rabbit, postgres) = (Mutex::new(rabbit), Mutex::new(postgres));
        Self { runtime, sandbox: Some(sandbox), rabbit, postgres, lines, fleet, serves }
    }

    /// The platforms.
    pub(crate) fn sandbox(&self) -> &Sandbox {
        self.sandbox.as_ref().unwrap()
    }

    /// The broker.
    pub(crate) fn rabbit(&self) -> MutexGuard<'_, RabbitServer> {
        self.rabbit.lock().unwrap()
    }

    /// The ledger's server.
    pub(crate) fn postgres(&self) -> MutexGuard<'_, PostgresServer> {
        self.postgres.lock().unwrap()
    }

    /// The bridge's processes.
    pub(crate) fn fleet(&self) -> MutexGuard<'_, Fleet> {
        self.fleet.lock().unwrap()
    }

    /// What the platforms know of these orders.
    pub(crate) fn ends(&self, ids: &[i64]) -> Ends {
        let (copies, tracking, sent) = self.at_shipstation();
        let cin7 = self.sandbox().cin7();
        let end = |id: &i64| {
            let order = cin7.order(*id).unwrap();
            let copies = copies.get(&order.reference).copied().unwrap_or_default();
            let sent = sent.get(&key(*id)).copied().unwrap_or_default();
            let number = tracking.get(&order.reference);
            let dispatched = number.is_some_and(|number| is_dispatched(order, number));
            OrderEnd { copies, sent, written: cin7.calls().writes_of(*id), dispatched }
        };
        ids.iter().map(|id| (*id, end(id))).collect()
    }

    /// By order number: how many orders, and the label's number; by key: how many times it was sent.
    fn at_shipstation(&self) -> (BTreeMap<String, usize>, BTreeMap<String, String>, BTreeMap<String, u64>) {
        let shipstation = self.sandbox().shipstation();
        let (mut copies, mut tracking) = (BTreeMap::new(), BTreeMap::new());
        for order in shipstation.orders() {
            *copies.entry(order.order_number.clone()).or_default() += 1;
        }
        for label in shipstation.shipments() {
            tracking.insert(label.order_number.clone(), label.tracking_number.clone());
        }
        (copies, tracking, shipstation.calls().upserts().clone())
    }
}

impl Drop for World {
    fn drop(&mut self) {
        if let Some(sandbox) = self.sandbox.take() {
            self.runtime.block_on(sandbox.stop());
        }
    }
}

/// An address that stays free while nobody listens there for a moment.
fn free_address() -> SocketAddr {
    SocketAddr::from((Ipv4Addr::LOCALHOST, crate::servers::free_port()))
}

fn is_dispatched(order: &SalesOrder, number: &str) -> bool {
    let comments = order.internal_comments.as_deref().unwrap_or_default();
    order.dispatched_date.is_some()
        && order.stage.as_deref() == Some("Dispatched")
        && order.tracking_code.as_deref() == Some(number)
        && comments.contains(number)
}

/// Neither watch nor sweep: what webhooks do not bring about stays undone. A lease is short, so that what a killed
/// worker had in hand is free again soon.
fn write_configuration(folder: &Path, sandbox: &Sandbox, lines: &Lines) {
    let ledger = lines.ledger.address();
    let acme =
        Acme { watch: "off", sweep: "off", real_quotas: false, cin7_token: TOKEN, shipstation_token: TOKEN };
    let text = format!(
        "[ledger]\nurl = \"postgres://postgres@{ledger}/postgres\"\n\
         [worker]\nlease = \"20s\"\nplatform_timeout = \"15s\"\n{}",
        sections(acme, sandbox)
    );
    std::fs::write(folder.join("shipbridge.toml"), text).unwrap();
}

/// The longest time from one look to the next that a condition is waited for.
pub(crate) const RECOVERED: Duration = Duration::from_mins(1);
