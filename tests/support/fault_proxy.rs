//! A TCP proxy that breaks connections on demand, as networks do: black holes, dead directions, resets, refusals
//! and slowness. Knows nothing of what it carries.
//!
//! A stalled direction does not lose bytes: they wait at the sender, as with packets that are sent again, and go
//! on once the fault is over, unless somebody gave the connection up in the meantime.

use std::io;
use std::net::SocketAddr;
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::tcp::{ReadHalf, WriteHalf};
use tokio::net::{TcpListener, TcpStream};
use tokio::runtime::Handle;
use tokio::sync::watch;
use tokio::task::{AbortHandle, JoinSet};
use tokio::time::sleep;

/// Bytes that one step carries.
const CHUNK: usize = 16 * 1024;
/// How long to wait before a port that was given up is tried again.
const REBIND: Duration = Duration::from_millis(20);

/// What becomes of the bytes, from now on, on old connections and new ones.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Mode {
    /// They are passed on.
    Pass,
    /// Nothing is passed on, nothing is closed. New connections are accepted, and hear nothing.
    BlackHole,
    /// One direction is dead: what this side sends is not passed on. Nothing is closed.
    Deaf(Side),
    /// Old connections go on; nobody listens for new ones.
    Refuse,
    /// Every chunk waits this long, one after the other.
    Latency(Duration),
}

/// Who sends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Side {
    /// Whoever connected.
    Client,
    /// Whom the proxy stands before.
    Server,
}

/// What happens at once, to the connections that are open.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Blow {
    Reset,
    HalfClose,
}

/// A running proxy. Dropping it cuts all its connections.
#[derive(Debug)]
pub(crate) struct FaultProxy {
    address: SocketAddr,
    mode: watch::Sender<Mode>,
    blow: watch::Sender<Option<Blow>>,
    listening: AbortHandle,
}

impl FaultProxy {
    /// Listens on `listen` and carries to `target`, on this runtime.
    pub(crate) fn start(runtime: &Handle, listen: SocketAddr, target: SocketAddr) -> io::Result<Self> {
        let listener = std::net::TcpListener::bind(listen)?;
        listener.set_nonblocking(true)?;
        let address = listener.local_addr()?;
        let listener = {
            let _inside = runtime.enter();
            TcpListener::from_std(listener)?
        };
        let ((mode, modes), (blow, blows)) = (watch::channel(Mode::Pass), watch::channel(None));
        let listening = runtime.spawn(listen_on(listener, address, Carrier { target, modes, blows }));
        Ok(Self { address, mode, blow, listening: listening.abort_handle() })
    }

    /// Where it listens.
    pub(crate) fn address(&self) -> SocketAddr {
        self.address
    }

    /// Switches to another mode.
    pub(crate) fn set(&self, mode: Mode) {
        self.mode.send_replace(mode);
    }

    /// Resets every open connection, on both sides. New ones are as the mode says.
    pub(crate) fn reset_all(&self) {
        self.blow.send_replace(Some(Blow::Reset));
    }

    /// Tells every client that its server has finished sending. The server is told nothing, and what the clients
    /// send is still passed on.
    pub(crate) fn half_close_all(&self) {
        self.blow.send_replace(Some(Blow::HalfClose));
    }
}

impl Drop for FaultProxy {
    fn drop(&mut self) {
        self.listening.abort();
    }
}

/// What carries one connection.
#[derive(Debug, Clone)]
struct Carrier {
    target: SocketAddr,
    modes: watch::Receiver<Mode>,
    blows: watch::Receiver<Option<Blow>>,
}

async fn listen_on(listener: TcpListener, address: SocketAddr, carrier: Carrier) {
    let (mut listener, mut modes) = (Some(listener), carrier.modes.clone());
    let mut connections = JoinSet::new();
    loop {
        if *modes.borrow_and_update() == Mode::Refuse {
            listener = None;
            if modes.wait_for(|mode| *mode != Mode::Refuse).await.is_err() {
                return;
            }
        }
        let Some(open) = &listener else {
            listener = TcpListener::bind(address).await.ok();
            if listener.is_none() {
                sleep(REBIND).await;
            }
            continue;
        };
        tokio::select! {
            accepted = open.accept() => {
                if let Ok((client, _)) = accepted {
                    connections.spawn(carrier.clone().carry(client));
                }
            }
            Some(_) = connections.join_next() => {}
            changed = modes.changed() => if changed.is_err() { return },
        }
    }
}

impl Carrier {
    async fn carry(mut self, mut client: TcpStream) {
        self.blows.mark_unchanged();
        let mut server = tokio::select! {
            connected = self.clone().connect() => match connected {
                Ok(server) => server,
                Err(_) => return reset(&client),
            },
            _ = self.blows.changed() => return reset(&client),
        };
        let blow = {
            let (from_client, to_client) = client.split();
            let (from_server, to_server) = server.split();
            let (upward, downward) = (self.clone(), self.clone());
            let upward = upward.pump(Side::Client, from_client, to_server);
            let downward = downward.pump(Side::Server, from_server, to_client);
            tokio::select! {
                _ = async { tokio::try_join!(upward, downward) } => None,
                _ = self.blows.changed() => *self.blows.borrow_and_update(),
            }
        };
        match blow {
            None => {}
            Some(Blow::HalfClose) => self.go_on_half_closed(client, server).await,
            Some(Blow::Reset) => {
                reset(&client);
                reset(&server);
            }
        }
    }

    /// The client hears that the server has finished, and may go on sending; until a reset.
    async fn go_on_half_closed(mut self, mut client: TcpStream, mut server: TcpStream) {
        if client.shutdown().await.is_err() {
            return;
        }
        tokio::select! {
            _ = self.clone().pump(Side::Client, client.split().0, server.split().1) => {}
            _ = self.blows.wait_for(|blow| *blow == Some(Blow::Reset)) => {}
        }
        reset(&client);
        reset(&server);
    }

    /// Reaches the server, once the mode lets anybody through.
    async fn connect(mut self) -> io::Result<TcpStream> {
        // An error says that the proxy is gone, and then so is this connection.
        let _closing = self.modes.wait_for(|mode| *mode != Mode::BlackHole).await.is_err();
        let stream = TcpStream::connect(self.target).await?;
        stream.set_nodelay(true)?;
        Ok(stream)
    }

    /// Passes on what one side sends, to the end of its stream.
    async fn pump(mut self, from: Side, mut read: ReadHalf<'_>, mut write: WriteHalf<'_>) -> io::Result<()> {
        let mut chunk = vec![0; CHUNK];
        loop {
            self.until_open(from).await;
            let read = tokio::select! {
                read = read.read(&mut chunk) => read?,
                _ = self.modes.changed() => continue,
            };
            // The fault may have come while the chunk was on its way.
            self.until_open(from).await;
            let mode = *self.modes.borrow();
            if let Mode::Latency(wait) = mode {
                sleep(wait).await;
            }
            if read == 0 {
                return write.shutdown().await;
            }
            write.write_all(&chunk[..read]).await?;
        }
    }

    async fn until_open(&mut self, from: Side) {
        let stalled = |mode: &Mode| *mode == Mode::BlackHole || *mode == Mode::Deaf(from);
        // An error says that the proxy is gone, and then so is this connection.
        let _closing = self.modes.wait_for(|mode| !stalled(mode)).await.is_err();
    }
}

/// Lets the end of this stream be a reset. A stream whose peer is gone needs none.
fn reset(stream: &TcpStream) {
    let _gone = stream.set_zero_linger();
}
