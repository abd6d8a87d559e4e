//! A `shipbridge run` of the real binary as a child process: its configuration, its start until it is ready,
//! and its memory.

use std::fs::File;
use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, bail};

use sandbox::serve::{Sandbox, SandboxConfig};

use crate::http::{Connection, get};

/// How long a start may take before it counts as failed.
const START_DEADLINE: Duration = Duration::from_secs(20);
/// Between two looks at a bridge that is starting.
const POLL: Duration = Duration::from_millis(1);
/// The token of the Cin7 webhooks.
pub(crate) const TOKEN: &str = "bench-token";

/// The platforms of a bridge.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Platforms<'a> {
    /// Nobody listens there, and nothing is asked of them: no watch, no sweep, and a budget of one Cin7 call a
    /// day. The first event spends it (the call is refused at once); from then on the workers wait for the
    /// budget and take nothing from the queue, so that only the receiver is at work.
    Silent,
    /// The sandbox, with the default watch and sweep.
    Sandbox(&'a Sandbox),
}

/// A running bridge. Dropping it kills it, as a power cut would.
#[derive(Debug)]
pub(crate) struct Bridge {
    child: Child,
    /// Where it listens.
    pub(crate) addr: SocketAddr,
    /// From the spawn to the first 200 of `/readyz`.
    pub(crate) took: Duration,
}

impl Bridge {
    /// Starts one with its queue and ledger in `folder`, and waits until it is ready.
    pub(crate) async fn start(folder: &Path, platforms: Platforms<'_>) -> anyhow::Result<Self> {
        let addr = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?.local_addr()?;
        let (file, log) = (folder.join("shipbridge.toml"), folder.join("run.log"));
        std::fs::write(&file, configuration(folder, addr, platforms))?;
        let mut command = Command::new(env!("CARGO_BIN_EXE_shipbridge"));
        command.args(["run", "--config"]).arg(&file).current_dir(folder);
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(File::create(&log)?);
        let started = Instant::now();
        let child = command.spawn().context("the binary cannot be started")?;
        let mut bridge = Self { child, addr, took: Duration::ZERO };
        bridge.wait_until_ready(started).await.with_context(|| said(&log))?;
        bridge.took = started.elapsed();
        Ok(bridge)
    }

    async fn wait_until_ready(&mut self, started: Instant) -> anyhow::Result<()> {
        while !is_ready(self.addr).await {
            if let Some(status) = self.child.try_wait()? {
                bail!("it ended instead of getting ready: {status}");
            }
            if started.elapsed() > START_DEADLINE {
                bail!("it is not ready after {} s", START_DEADLINE.as_secs());
            }
            tokio::time::sleep(POLL).await;
        }
        Ok(())
    }

    /// Its memory now; `None` where there is no `/proc`.
    pub(crate) fn memory(&self) -> Option<Memory> {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.child.id())).ok()?;
        let mebibytes = |name: &str| {
            let line = status.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(':'))?;
            let kibibytes: u32 = line.trim().strip_suffix("kB")?.trim().parse().ok()?;
            Some(f64::from(kibibytes) / 1024.0)
        };
        Some(Memory { resident: mebibytes("VmRSS")?, anonymous: mebibytes("RssAnon")? })
    }
}

impl Drop for Bridge {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _gone = self.child.kill();
        let _gone = self.child.wait();
    }
}

/// Memory in MiB.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Memory {
    /// Everything in memory, the program itself and mapped files among it (`VmRSS`).
    pub(crate) resident: f64,
    /// What no file backs (`RssAnon`).
    pub(crate) anonymous: f64,
}

async fn is_ready(addr: SocketAddr) -> bool {
    let Ok(mut connection) = Connection::open(addr).await else { return false };
    connection.call(&get("/readyz")).await.is_ok_and(|answer| answer.status == 200)
}

/// The end of its log.
fn said(log: &Path) -> String {
    let text = std::fs::read_to_string(log).unwrap_or_default();
    let lines: Vec<&str> = text.lines().rev().take(5).collect();
    format!("its log ends with: {}", lines.into_iter().rev().collect::<Vec<_>>().join(" | "))
}

fn configuration(folder: &Path, listen: SocketAddr, platforms: Platforms<'_>) -> String {
    const QUIET_CIN7: &str = "watch = \"off\"\nlimits = { per_second = 3, per_minute = 60, per_day = 1 }";
    // Port 1 is reserved for a service that nobody runs.
    let nobody = SocketAddr::from((Ipv4Addr::LOCALHOST, 1));
    let (cin7_addr, shipstation_addr, quiet_cin7, quiet_shipstation) = match platforms {
        Platforms::Silent => (nobody, nobody, QUIET_CIN7, "sweep = \"off\""),
        Platforms::Sandbox(sandbox) => (sandbox.cin7_addr(), sandbox.shipstation_addr(), "", ""),
    };
    let SandboxConfig { cin7, shipstation, .. } = SandboxConfig::default();
    format!(
        r#"
data_dir = {data:?}
[http]
listen = "{listen}"
[[connections]]
name = "acme"
[connections.cin7]
base_url = "http://{cin7_addr}/api/v1"
username = "{username}"
key = "{key}"
{quiet_cin7}
[connections.shipstation]
base_url = "http://{shipstation_addr}"
api_key = "{api_key}"
api_secret = "{api_secret}"
{quiet_shipstation}
[connections.inbound.cin7]
secret = "{TOKEN}"
"#,
        data = folder.join("data").display().to_string(),
        username = cin7.username,
        key = cin7.key,
        api_key = shipstation.api_key,
        api_secret = shipstation.api_secret,
    )
}
