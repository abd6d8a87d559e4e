//! A TCP forwarder that can turn into a black hole: what was connected then stays without an answer for ever,
//! as behind a firewall that forgot it, and so does what connects before it is healed.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio_util::task::{AbortOnDropHandle, TaskTracker};

#[derive(Debug, Default)]
struct State {
    swallows: AtomicBool,
    /// Connections of older generations are lost.
    generation: AtomicU64,
}

/// A way to a server.
#[derive(Debug)]
pub(crate) struct Forwarder {
    address: String,
    state: Arc<State>,
    _accepting: AbortOnDropHandle<()>,
}

impl Forwarder {
    /// Forwards to `server`, from a free loopback port.
    pub(crate) async fn to(server: String) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap().to_string();
        let state = Arc::new(State::default());
        let accepting = TaskTracker::new().spawn(accept(listener, server, Arc::clone(&state)));
        Self { address, state, _accepting: AbortOnDropHandle::new(accepting) }
    }

    /// Where it listens.
    pub(crate) fn address(&self) -> &str {
        &self.address
    }

    /// Swallows everything from now on.
    pub(crate) fn swallow(&self) {
        self.state.generation.fetch_add(1, Ordering::SeqCst);
        self.state.swallows.store(true, Ordering::SeqCst);
    }

    /// Forwards what connects from now on.
    pub(crate) fn heal(&self) {
        self.state.generation.fetch_add(1, Ordering::SeqCst);
        self.state.swallows.store(false, Ordering::SeqCst);
    }
}

async fn accept(listener: TcpListener, server: String, state: Arc<State>) {
    let tracker = TaskTracker::new();
    loop {
        let (client, _) = listener.accept().await.unwrap();
        let generation = state.generation.load(Ordering::SeqCst);
        let lost = state.swallows.load(Ordering::SeqCst);
        let (server, state) = (server.clone(), Arc::clone(&state));
        tracker.spawn(async move {
            let there = TcpStream::connect(server).await.unwrap();
            let ((client_in, client_out), (there_in, there_out)) = (client.into_split(), there.into_split());
            let alive = move || !lost && state.generation.load(Ordering::SeqCst) == generation;
            tokio::join!(copy(client_in, there_out, &alive), copy(there_in, client_out, &alive));
        });
    }
}

/// Copies as long as the connection is not lost; then reads on and keeps everything, the end included.
async fn copy(
    mut from: impl AsyncReadExt + Unpin,
    mut to: impl AsyncWriteExt + Unpin,
    alive: &impl Fn() -> bool,
) {
    let mut buffer = [0; 8_192];
    while let Ok(read @ 1..) = from.read(&mut buffer).await {
        if alive() && to.write_all(&buffer[..read]).await.is_err() {
            break;
        }
    }
    if alive() {
        let _ = to.shutdown().await;
    }
}
