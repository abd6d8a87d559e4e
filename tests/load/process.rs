//! Child processes: the real binary in any of its roles, and the peers. Each is killed when it is dropped, as a
//! power cut would; its log explains why it did not start.

use std::fs::File;
use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use anyhow::{Context, bail};

use crate::eventually::until;
use crate::http::{Connection, get};

/// How long a start may take before it counts as failed.
const START_DEADLINE: Duration = Duration::from_secs(20);
/// How long a process may take to stop when it is asked to.
const STOP_DEADLINE: Duration = Duration::from_secs(30);

/// A running process.
#[derive(Debug)]
pub(crate) struct Process {
    pub(crate) child: Child,
    log: PathBuf,
}

/// Memory in MiB.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Memory {
    /// Everything in memory, the program itself and mapped files among it (`VmRSS`).
    pub(crate) resident: f64,
    /// The most that this ever was (`VmHWM`).
    pub(crate) peak: f64,
    /// What no file backs (`RssAnon`).
    pub(crate) anonymous: f64,
}

impl Process {
    /// Starts a program; what it says on standard error goes to the log.
    pub(crate) fn spawn(command: &mut Command, log: PathBuf) -> anyhow::Result<Self> {
        let file = File::create(&log)?;
        let name = command.get_program().display().to_string();
        let child = command.stderr(file).spawn().with_context(|| format!("{name} cannot be started"))?;
        Ok(Self { child, log })
    }

    /// Starts the real binary on `folder/shipbridge.toml`; `name` is that of its log.
    pub(crate) fn shipbridge(folder: &Path, role: &str, name: &str) -> anyhow::Result<Self> {
        let mut command = shipbridge(folder, role);
        command.stdin(Stdio::null()).stdout(Stdio::null());
        Self::spawn(&mut command, folder.join(name).with_extension("log"))
    }

    /// Waits until `/readyz` there says 200.
    pub(crate) async fn until_ready(&mut self, addr: SocketAddr) -> anyhow::Result<()> {
        let ready = until("it is ready", START_DEADLINE, async || {
            if let Some(status) = self.child.try_wait()? {
                bail!("it ended instead of getting ready: {status}");
            }
            Ok(is_ready(addr).await.then_some(()))
        });
        let ready = ready.await;
        ready.with_context(|| self.said())
    }

    /// Asks it to stop, and waits for its end.
    pub(crate) async fn stop(mut self) -> anyhow::Result<()> {
        let pid = self.child.id().to_string();
        Command::new("sh").args(["-c", "kill -TERM \"$0\"", &pid]).status()?;
        let ended = until("it stops", STOP_DEADLINE, async || Ok(self.child.try_wait()?)).await;
        let status = ended.with_context(|| self.said())?;
        if status.success() { Ok(()) } else { bail!("it ended with {status}; {}", self.said()) }
    }

    /// Its memory now; `None` where there is no `/proc`.
    pub(crate) fn memory(&self) -> Option<Memory> {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.child.id())).ok()?;
        let mebibytes = |name: &str| {
            let line = status.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(':'))?;
            let kibibytes: u32 = line.trim().strip_suffix("kB")?.trim().parse().ok()?;
            Some(f64::from(kibibytes) / 1024.0)
        };
        let (resident, peak, anonymous) = (mebibytes("VmRSS")?, mebibytes("VmHWM")?, mebibytes("RssAnon")?);
        Some(Memory { resident, peak, anonymous })
    }

    /// The end of its log.
    pub(crate) fn said(&self) -> String {
        let text = std::fs::read_to_string(&self.log).unwrap_or_default();
        let lines: Vec<&str> = text.lines().rev().take(5).collect();
        format!("its log ends with: {}", lines.into_iter().rev().collect::<Vec<_>>().join(" | "))
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _gone = self.child.kill();
        let _gone = self.child.wait();
    }
}

/// The real binary in a role, on `folder/shipbridge.toml`.
pub(crate) fn shipbridge(folder: &Path, role: &str) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_shipbridge"));
    command.args([role, "--config", "shipbridge.toml"]).current_dir(folder);
    command
}

/// An address of this machine that is free now.
pub(crate) fn free_address() -> anyhow::Result<SocketAddr> {
    Ok(TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?.local_addr()?)
}

async fn is_ready(addr: SocketAddr) -> bool {
    let Ok(mut connection) = Connection::open(addr).await else { return false };
    connection.call(&get("/readyz")).await.is_ok_and(|answer| answer.status == 200)
}
