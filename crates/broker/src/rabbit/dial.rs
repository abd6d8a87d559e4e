//! One connection, dialled: TCP, TLS and the AMQP greeting within a deadline, and a way to cut the wire for
//! good. lapin's own thread does not give up on a server that accepts and stays silent; ending the socket
//! under it does.

use std::fmt;
use std::io;
use std::net::{Shutdown, TcpStream};
use std::os::fd::{AsFd, BorrowedFd};
use std::sync::{Arc, OnceLock};

use lapin::tcp::OwnedTLSConfig;
use lapin::uri::{AMQPScheme, AMQPUri};
use lapin::{AsyncTcpStream, Connection, ConnectionProperties};
use tokio::time::timeout;

use super::config::RabbitConfig;
use super::trouble::RabbitError;

/// Seconds without a sign of life after which either side gives up, unless the URL says otherwise.
const HEARTBEAT: u16 = 10;
/// The longest frame, in bytes. Events are short, and lapin keeps 64 times this in buffers per connection.
const FRAME_MAX: u32 = 16 * 1024;

/// Where to dial. Its `Debug` and its errors never show the URL.
#[derive(Clone)]
pub(super) struct Address {
    uri: AMQPUri,
    /// `host:port`, for messages.
    pub(super) server: String,
}

impl fmt::Debug for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Address").field("server", &self.server).finish_non_exhaustive()
    }
}

impl Address {
    pub(super) fn parse(url: &str) -> Result<Self, RabbitError> {
        let mut uri: AMQPUri = url.parse().map_err(|reason| RabbitError::Url { reason })?;
        uri.query.heartbeat.get_or_insert(HEARTBEAT);
        uri.query.frame_max.get_or_insert(FRAME_MAX);
        let server = format!("{}:{}", uri.authority.host, uri.authority.port);
        Ok(Self { uri, server })
    }
}

/// The socket under a connection; dropping it cuts the wire.
#[derive(Debug, Default, Clone)]
struct Wire(Arc<OnceLock<TcpStream>>);

impl Wire {
    fn hold(&self, socket: BorrowedFd<'_>) -> io::Result<()> {
        // There is one socket per connection; were it set already, the first would stay.
        drop(self.0.set(socket.try_clone_to_owned()?.into()));
        Ok(())
    }

    fn cut(&self) {
        if let Some(socket) = self.0.get() {
            // It fails when the other side was quicker.
            drop(socket.shutdown(Shutdown::Both));
        }
    }
}

/// A connection and its wire. Dropping it cuts.
#[derive(Debug)]
pub(super) struct Dialled {
    pub(super) connection: Connection,
    wire: Wire,
}

impl Dialled {
    /// Cuts the wire.
    pub(super) fn cut(&self) {
        self.wire.cut();
    }
}

impl Drop for Dialled {
    fn drop(&mut self) {
        self.cut();
    }
}

/// Connects; `purpose` is what the server's own tools show of the connection.
pub(super) async fn dial(
    address: &Address,
    config: &RabbitConfig,
    purpose: &str,
) -> Result<Dialled, RabbitError> {
    let (wire, deadline) = (Wire::default(), config.deadline);
    let held = wire.clone();
    let name = format!("{} {purpose}", config.namespace);
    let properties = ConnectionProperties::default().with_connection_name(name.into());
    let failed = |error| RabbitError::of_connecting(error, &address.server, &config.namespace);
    let runtime = lapin::runtime::default_runtime().map_err(failed)?;
    let connecting = Connection::connector(
        address.uri.clone(),
        runtime,
        async move |uri: AMQPUri, runtime| {
            let opening = async {
                let (host, port) = (uri.authority.host.clone(), uri.authority.port);
                let addresses = runtime.to_socket_addrs((host.clone(), port));
                let stream = AsyncTcpStream::connect(&runtime, addresses).await?;
                if let AsyncTcpStream::Plain(plain) = &stream {
                    plain.get_ref().set_nodelay(true)?;
                    held.hold(plain.get_ref().as_fd())?;
                }
                match uri.scheme {
                    AMQPScheme::AMQP => Ok(stream),
                    AMQPScheme::AMQPS => stream.into_tls(&host, OwnedTLSConfig::default().as_ref()).await,
                }
            };
            Ok(timeout(deadline, opening).await.unwrap_or_else(|_| Err(io::ErrorKind::TimedOut.into()))?)
        },
        properties,
    );
    match timeout(deadline, connecting).await {
        Ok(Ok(connection)) => Ok(Dialled { connection, wire }),
        Ok(Err(error)) => {
            wire.cut();
            Err(failed(error))
        }
        Err(_) => {
            wire.cut();
            let server = address.server.clone();
            Err(RabbitError::Timeout { server, what: "accept a connection", after: deadline })
        }
    }
}
