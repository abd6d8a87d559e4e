//! `healthcheck`: asks a running bridge for its health. For containers that hold nothing else that could ask.

use std::time::Duration;

use anyhow::{Context, anyhow};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use url::Url;

use crate::outcome::CommandError;

/// How long the answer may take.
const DEADLINE: Duration = Duration::from_secs(5);

/// Asks. Ends with 0 when the answer's status is a success.
pub(crate) async fn healthcheck(url: &str) -> Result<(), CommandError> {
    let asked = Url::parse(url).ok().filter(|url| url.scheme() == "http" && url.has_host());
    let Some(asked) = asked else {
        return Err(CommandError::Usage(format!("--url {url}: expected a URL that begins with http://")));
    };
    let status = tokio::time::timeout(DEADLINE, status(&asked)).await;
    let status = status.map_err(|_| anyhow!("{url} did not answer within {} s", DEADLINE.as_secs()))??;
    if (200..300).contains(&status) { Ok(()) } else { Err(anyhow!("{url} answered {status}").into()) }
}

/// The status of the answer.
async fn status(url: &Url) -> anyhow::Result<u16> {
    let (host, port) = (url.host_str().unwrap_or_default(), url.port_or_known_default().unwrap_or(80));
    let mut stream =
        TcpStream::connect((host, port)).await.with_context(|| format!("{url} cannot be reached"))?;
    let request = format!("GET {} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n", url.path());
    stream.write_all(request.as_bytes()).await?;
    let mut answer = String::new();
    stream.take(64 * 1024).read_to_string(&mut answer).await?;
    let status = answer.split_ascii_whitespace().nth(1).and_then(|status| status.parse().ok());
    status.with_context(|| format!("{url} answered something that is not HTTP"))
}
