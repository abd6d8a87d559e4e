//! One keep-alive connection of HTTP/1.1: writes a request, reads its answer, never two at a time. It knows
//! as much of HTTP as the bridge's answers need: a status, `Content-Length`, a body.

use std::io;
use std::net::SocketAddr;
use std::ops::Range;
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::timeout;

/// How long an answer, or a connection, may take.
const DEADLINE: Duration = Duration::from_secs(10);
/// The longest answer that is read, in bytes.
const LONGEST: usize = 1024 * 1024;

/// A connection.
#[derive(Debug)]
pub(crate) struct Connection {
    stream: TcpStream,
    /// The answer as far as it came.
    answer: Vec<u8>,
}

/// An answer.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Answer<'a> {
    pub(crate) status: u16,
    pub(crate) body: &'a [u8],
}

/// Why there is no answer. The connection is of no use any more.
#[derive(Debug, thiserror::Error)]
pub(crate) enum CallError {
    #[error("no answer within {} s", DEADLINE.as_secs())]
    Late,
    #[error("the connection broke: {0}")]
    Broken(#[from] io::Error),
    #[error("the answer is not the HTTP that this client reads")]
    NotUnderstood,
}

impl Connection {
    /// Connects.
    pub(crate) async fn open(addr: SocketAddr) -> Result<Self, CallError> {
        let stream = timeout(DEADLINE, TcpStream::connect(addr)).await.map_err(|_| CallError::Late)??;
        stream.set_nodelay(true)?;
        Ok(Self { stream, answer: Vec::with_capacity(4096) })
    }

    /// Sends a whole request and reads the whole answer.
    pub(crate) async fn call(&mut self, request: &str) -> Result<Answer<'_>, CallError> {
        let exchange = timeout(DEADLINE, self.exchange(request.as_bytes())).await;
        let (status, body) = exchange.map_err(|_| CallError::Late)??;
        Ok(Answer { status, body: &self.answer[body] })
    }

    async fn exchange(&mut self, request: &[u8]) -> Result<(u16, Range<usize>), CallError> {
        self.stream.write_all(request).await?;
        self.answer.clear();
        let start = loop {
            self.read_more().await?;
            if let Some(end) = self.answer.windows(4).position(|window| window == b"\r\n\r\n") {
                break end + 4;
            }
        };
        let (status, length) = head(&self.answer[..start]).ok_or(CallError::NotUnderstood)?;
        let end = start.checked_add(length).filter(|end| *end <= LONGEST).ok_or(CallError::NotUnderstood)?;
        while self.answer.len() < end {
            self.read_more().await?;
        }
        Ok((status, start..end))
    }

    async fn read_more(&mut self) -> Result<(), CallError> {
        if self.answer.len() > LONGEST {
            return Err(CallError::NotUnderstood);
        }
        match self.stream.read_buf(&mut self.answer).await? {
            0 => Err(io::Error::from(io::ErrorKind::UnexpectedEof).into()),
            _ => Ok(()),
        }
    }
}

/// Status and length of the body.
fn head(head: &[u8]) -> Option<(u16, usize)> {
    let mut lines = std::str::from_utf8(head).ok()?.split("\r\n");
    let status = lines.next()?.strip_prefix("HTTP/1.1 ")?.get(..3)?.parse().ok()?;
    let length = lines.filter_map(|line| line.split_once(':')).find(|(name, _)| is_length(name))?;
    Some((status, length.1.trim().parse().ok()?))
}

fn is_length(name: &str) -> bool {
    name.eq_ignore_ascii_case("content-length")
}

/// A GET of `path`.
pub(crate) fn get(path: &str) -> String {
    format!("GET {path} HTTP/1.1\r\nHost: localhost\r\n\r\n")
}
