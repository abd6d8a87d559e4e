//! A plain HTTP/1.1 client over a raw socket: it sends exactly what a test says.

use std::fmt::Write;
use std::net::SocketAddr;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

/// An answer as it came.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    head: String,
    pub(crate) body: String,
}

impl Answer {
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        let lines = self.head.lines().skip(1).filter_map(|line| line.split_once(':'));
        lines.into_iter().find(|(found, _)| found.eq_ignore_ascii_case(name)).map(|(_, value)| value.trim())
    }

    pub(crate) fn json(&self) -> serde_json::Value {
        serde_json::from_str(&self.body).unwrap()
    }

    pub(crate) fn event_ids(&self) -> Vec<String> {
        assert_eq!(self.status, 202, "{self:?}");
        let ids = self.json()["event_ids"].as_array().unwrap().clone();
        ids.iter().map(|id| id.as_str().unwrap().to_owned()).collect()
    }

    /// The problem's type behind its prefix, after a look at the whole document.
    pub(crate) fn problem(&self) -> String {
        assert_eq!(self.header("content-type"), Some("application/problem+json"), "{self:?}");
        let document = self.json();
        assert_eq!(document["status"], self.status);
        assert!(
            !document["title"].as_str().unwrap().is_empty()
                && !document["detail"].as_str().unwrap().is_empty()
        );
        assert_eq!(document.as_object().unwrap().len(), 4);
        let uri = document["type"].as_str().unwrap();
        assert!(
            server::ProblemType::ALL.iter().any(|kind| kind.uri() == uri && kind.status() == self.status)
        );
        uri.strip_prefix("urn:shipbridge:problem:").unwrap().to_owned()
    }
}

/// Sends a request with these headers and a body of declared length.
pub(crate) async fn send(
    addr: SocketAddr,
    method: &str,
    path: &str,
    headers: &[(&str, &str)],
    body: &[u8],
) -> Answer {
    let mut request = format!("{method} {path} HTTP/1.1\r\nHost: bridge\r\nConnection: close\r\n");
    for (name, value) in headers {
        write!(request, "{name}: {value}\r\n").unwrap();
    }
    if !body.is_empty() || method == "POST" {
        write!(request, "Content-Length: {}\r\n", body.len()).unwrap();
    }
    let mut bytes = format!("{request}\r\n").into_bytes();
    bytes.extend_from_slice(body);
    raw(addr, &bytes).await
}

pub(crate) async fn post(addr: SocketAddr, path: &str, headers: &[(&str, &str)], body: &str) -> Answer {
    send(addr, "POST", path, headers, body.as_bytes()).await
}

pub(crate) async fn get(addr: SocketAddr, path: &str) -> Answer {
    send(addr, "GET", path, &[], b"").await
}

/// Sends these bytes, and reads until the server closes. The server may answer and close before it has read
/// everything, so sending may fail.
pub(crate) async fn raw(addr: SocketAddr, bytes: &[u8]) -> Answer {
    let stream = TcpStream::connect(addr).await.unwrap();
    let (mut read, mut write) = stream.into_split();
    let mut answer = Vec::new();
    let sent = async {
        let _ = write.write_all(bytes).await;
        std::future::pending::<()>().await;
    };
    tokio::select! {
        () = sent => unreachable!("it waits for ever"),
        result = read.read_to_end(&mut answer) => drop(result),
    }
    parsed(answer)
}

/// Sends these bytes and then no more, and reads until the server closes.
pub(crate) async fn cut_off(addr: SocketAddr, bytes: &[u8]) -> Answer {
    let mut stream = TcpStream::connect(addr).await.unwrap();
    stream.write_all(bytes).await.unwrap();
    stream.shutdown().await.unwrap();
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).await.unwrap();
    parsed(answer)
}

fn parsed(answer: Vec<u8>) -> Answer {
    let answer = String::from_utf8(answer).unwrap();
    let (head, body) = answer.split_once("\r\n\r\n").unwrap_or_else(|| panic!("no answer: {answer:?}"));
    let status = head.split(' ').nth(1).unwrap().parse().unwrap();
    Answer { status, head: head.to_owned(), body: body.to_owned() }
}

/// A request with its body in chunks of this size.
pub(crate) fn chunked(path: &str, headers: &str, body: &[u8], size: usize) -> Vec<u8> {
    let head = format!("POST {path} HTTP/1.1\r\nHost: bridge\r\nConnection: close\r\n{headers}");
    let mut bytes = format!("{head}Transfer-Encoding: chunked\r\n\r\n").into_bytes();
    for chunk in body.chunks(size) {
        bytes.extend_from_slice(format!("{:x}\r\n", chunk.len()).as_bytes());
        bytes.extend_from_slice(chunk);
        bytes.extend_from_slice(b"\r\n");
    }
    bytes.extend_from_slice(b"0\r\n\r\n");
    bytes
}
