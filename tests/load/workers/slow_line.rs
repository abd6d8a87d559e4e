//! A line to a platform on which every answer takes a set time longer: what the platform says is held back for
//! that long, chunk by chunk, so that an answer of many chunks is late once and not once for each.

use std::net::{Ipv4Addr, SocketAddr};
use std::time::{Duration, Instant};

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::tcp::{OwnedReadHalf, OwnedWriteHalf};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::mpsc;
use tokio::task::JoinSet;
use tokio::time::sleep_until;

/// Bytes of one step.
const CHUNK: usize = 64 * 1024;

/// A running line. Dropping it cuts it.
#[derive(Debug)]
pub(super) struct SlowLine {
    /// Where it begins.
    pub(super) addr: SocketAddr,
    _listening: JoinSet<()>,
}

impl SlowLine {
    /// Lays a line to `target` whose answers come so much later. It works on the current runtime.
    pub(super) async fn lay(target: SocketAddr, delay: Duration) -> anyhow::Result<Self> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
        let addr = listener.local_addr()?;
        let mut listening = JoinSet::new();
        listening.spawn(listen(listener, target, delay));
        Ok(Self { addr, _listening: listening })
    }
}

async fn listen(listener: TcpListener, target: SocketAddr, delay: Duration) {
    let mut calls = JoinSet::new();
    loop {
        tokio::select! {
            accepted = listener.accept() => {
                if let Ok((client, _)) = accepted {
                    calls.spawn(carry(client, target, delay));
                }
            }
            Some(_) = calls.join_next() => {}
        }
    }
}

async fn carry(client: TcpStream, target: SocketAddr, delay: Duration) {
    let Ok(platform) = TcpStream::connect(target).await else { return };
    if client.set_nodelay(true).is_err() || platform.set_nodelay(true).is_err() {
        return;
    }
    let ((asks, to_client), (answers, to_platform)) = (client.into_split(), platform.into_split());
    // Either end may close; then the other half has nothing left to do.
    tokio::select! {
        () = pass_on(asks, to_platform, Duration::ZERO) => {}
        () = pass_on(answers, to_client, delay) => {}
    }
}

/// Passes on what comes, each chunk so much later; reading goes on meanwhile.
async fn pass_on(mut from: OwnedReadHalf, mut to: OwnedWriteHalf, delay: Duration) {
    let (sender, mut held) = mpsc::unbounded_channel::<(Instant, Vec<u8>)>();
    let read = async move {
        let mut chunk = vec![0; CHUNK];
        while let Ok(length @ 1..) = from.read(&mut chunk).await {
            if sender.send((Instant::now() + delay, chunk[..length].to_vec())).is_err() {
                return;
            }
        }
    };
    let write = async move {
        while let Some((due, chunk)) = held.recv().await {
            sleep_until(due.into()).await;
            if to.write_all(&chunk).await.is_err() {
                return;
            }
        }
    };
    tokio::join!(read, write);
}
