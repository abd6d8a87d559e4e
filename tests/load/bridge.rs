//! A `shipbridge run` of the real binary, on the embedded broker and ledger: its start until it is ready.

use std::net::SocketAddr;
use std::path::Path;
use std::time::{Duration, Instant};

use crate::configuration::{Configuration, Platforms};
use crate::process::{Memory, Process, free_address};

/// A running bridge. Dropping it kills it, as a power cut would.
#[derive(Debug)]
pub(crate) struct Bridge {
    process: Process,
    /// Where it listens.
    pub(crate) addr: SocketAddr,
    /// From the spawn to the first 200 of `/readyz`.
    pub(crate) took: Duration,
}

impl Bridge {
    /// Starts one with its queue and ledger in `folder`, and waits until it is ready.
    pub(crate) async fn start(folder: &Path, platforms: Platforms<'_>) -> anyhow::Result<Self> {
        let listen = free_address()?;
        let configuration =
            Configuration { listen, broker: None, ledger: None, connections: &["acme"], platforms };
        std::fs::write(folder.join("shipbridge.toml"), configuration.text())?;
        let started = Instant::now();
        let mut process = Process::shipbridge(folder, "run", "run")?;
        process.until_ready(listen).await?;
        Ok(Self { process, addr: listen, took: started.elapsed() })
    }

    /// Its memory now; `None` where there is no `/proc`.
    pub(crate) fn memory(&self) -> Option<Memory> {
        self.process.memory()
    }
}
