//! A `shipbridge run` of the real binary as a child process.

use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::path::{Path, PathBuf};
use std::process::{Child, ExitStatus, Stdio};
use std::sync::atomic::{AtomicU16, Ordering};
use std::time::Duration;

use crate::eventually::{eventually, holds};
use crate::http;
use crate::process;

/// How long a start may take before a test gives up.
const START: Duration = Duration::from_secs(30);
/// The ports that bridges listen on. They lie below those that systems give to outgoing connections, so that
/// none of these takes the port while a bridge is down for a moment.
const PORTS: std::ops::Range<u16> = 20_000..32_000;

/// An address of this machine that is free now. Nobody else in this process gets it.
pub(crate) fn free_address() -> SocketAddr {
    static NEXT: AtomicU16 = AtomicU16::new(0);
    // Test processes that run at the same time begin at different places.
    let first = u16::try_from(std::process::id() * 64 % u32::from(PORTS.end - PORTS.start)).unwrap();
    loop {
        let step = (first + NEXT.fetch_add(1, Ordering::SeqCst)) % (PORTS.end - PORTS.start);
        let address = SocketAddr::from((Ipv4Addr::LOCALHOST, PORTS.start + step));
        if TcpListener::bind(address).is_ok() {
            return address;
        }
    }
}

/// A running bridge. Dropping it kills it.
#[derive(Debug)]
pub(crate) struct Bridge {
    child: Child,
    /// Where it listens.
    pub(crate) addr: SocketAddr,
    log: PathBuf,
}

impl Bridge {
    /// Starts `shipbridge run` on `folder/shipbridge.toml`, which says to listen on `addr`, and waits until it
    /// is ready. Its log is added to `folder/run.log`.
    pub(crate) fn start(folder: &Path, addr: SocketAddr, variables: &[(&str, &str)]) -> Self {
        Self::start_as("run", folder, addr, variables)
    }

    /// The same with another of the commands that stay: `serve` or `work`.
    pub(crate) fn start_as(
        command: &str,
        folder: &Path,
        addr: SocketAddr,
        variables: &[(&str, &str)],
    ) -> Self {
        let log = folder.join("run.log");
        let file = std::fs::File::options().create(true).append(true).open(&log).unwrap();
        let mut command = process::binary(folder, &[command], variables);
        let child = command.stdout(Stdio::null()).stderr(file).spawn().unwrap();
        let mut bridge = Self { child, addr, log };
        eventually("the bridge is ready", START, || {
            let ended = bridge.child.try_wait().unwrap();
            assert!(ended.is_none(), "the bridge ended at its start: {ended:?}: {}", bridge.log());
            holds(http::get(addr, "/readyz").is_some_and(|answer| answer.status == 200), bridge.log())
        });
        bridge
    }

    /// Kills it as a power cut would: no signal handler runs.
    pub(crate) fn kill(mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }

    /// Asks it to stop, and waits for its end.
    pub(crate) fn stop(mut self, within: Duration) -> ExitStatus {
        process::ask_to_stop(self.child.id());
        eventually("the bridge stops", within, || {
            self.child.try_wait().unwrap().ok_or_else(|| format!("it still runs: {}", self.log()))
        })
    }

    /// Whether it still runs.
    pub(crate) fn is_running(&mut self) -> bool {
        self.child.try_wait().unwrap().is_none()
    }

    /// What it and its predecessors logged so far.
    pub(crate) fn log(&self) -> String {
        std::fs::read_to_string(&self.log).unwrap_or_default()
    }
}

impl Drop for Bridge {
    fn drop(&mut self) {
        let _gone = self.child.kill();
        let _gone = self.child.wait();
    }
}
