//! The bridge as a process that can be killed: everything of it lives in a runtime of its own, and dropping
//! the runtime drops every task wherever it stands, as a power cut would. The folder is what survives.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use tokio::runtime::{Builder, Runtime};

use crate::bridge::{Bridge, Setup};
use crate::world::World;

/// How long a kill may take: a task ends at its next await.
const KILL: Duration = Duration::from_secs(20);

/// A running bridge.
pub(crate) struct Process {
    runtime: Runtime,
    bridge: Bridge,
}

impl Process {
    /// Starts on a folder, new or left behind.
    pub(crate) fn start(world: &Arc<World>, folder: &Path, setup: &Setup) -> Self {
        let runtime = Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
        let bridge = runtime.block_on(async {
            let mut bridge = Bridge::open(world, folder).await;
            bridge.start(setup);
            bridge
        });
        Self { runtime, bridge }
    }

    /// Asks the bridge something.
    pub(crate) fn ask<T>(&self, question: impl AsyncFnOnce(&Bridge) -> T) -> T {
        self.runtime.block_on(question(&self.bridge))
    }

    /// Kills it.
    pub(crate) fn kill(self) {
        self.runtime.shutdown_timeout(KILL);
    }

    /// Ends it softly.
    pub(crate) fn stop(mut self) {
        self.runtime.block_on(async {
            self.bridge.stop().await;
            self.bridge.close().await;
        });
    }
}
