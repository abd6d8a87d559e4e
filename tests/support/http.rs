//! A small HTTP client for what no library would send: wrong bodies, bodies that are too large, early answers.

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{Shutdown, SocketAddr, TcpStream};
use std::time::Duration;

use serde_json::Value;

const CONNECT: Duration = Duration::from_millis(500);
const READ: Duration = Duration::from_secs(20);

/// An answer.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    /// By lower-case name.
    pub(crate) headers: BTreeMap<String, String>,
    pub(crate) body: String,
}

impl Answer {
    /// The body as JSON; null when it is none.
    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap_or_default()
    }

    /// A header, or nothing.
    pub(crate) fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", String::as_str)
    }
}

/// GET; `None` when nobody answers.
pub(crate) fn get(addr: SocketAddr, path: &str) -> Option<Answer> {
    send(addr, "GET", path, &[], b"")
}

/// GET with headers.
pub(crate) fn get_with(addr: SocketAddr, path: &str, headers: &[(&str, &str)]) -> Option<Answer> {
    send(addr, "GET", path, headers, b"")
}

/// POST of JSON.
pub(crate) fn post(addr: SocketAddr, path: &str, headers: &[(&str, &str)], body: &[u8]) -> Option<Answer> {
    send(addr, "POST", path, headers, body)
}

/// Sends while it reads: the answer may come before the body has gone.
fn send(addr: SocketAddr, method: &str, path: &str, headers: &[(&str, &str)], body: &[u8]) -> Option<Answer> {
    let stream = TcpStream::connect_timeout(&addr, CONNECT).ok()?;
    stream.set_read_timeout(Some(READ)).ok()?;
    let mut head = Vec::new();
    write!(head, "{method} {path} HTTP/1.1\r\nHost: {addr}\r\nConnection: close\r\n").ok()?;
    for (name, value) in headers {
        write!(head, "{name}: {value}\r\n").ok()?;
    }
    if method == "POST" {
        let length = body.len();
        write!(head, "Content-Type: application/json\r\nContent-Length: {length}\r\n").ok()?;
    }
    head.extend(b"\r\n");
    std::thread::scope(|threads| {
        let mut writer = stream.try_clone().ok()?;
        threads.spawn(move || {
            // A receiver that has heard enough closes: what counts is its answer.
            let _closed = writer.write_all(&head).and_then(|()| writer.write_all(body));
        });
        let answer = read(&stream);
        let _closed = stream.shutdown(Shutdown::Both);
        answer
    })
}

fn read(stream: &TcpStream) -> Option<Answer> {
    let mut reader = BufReader::new(stream);
    let status = line(&mut reader)?.split(' ').nth(1)?.parse().ok()?;
    let mut headers = BTreeMap::new();
    loop {
        let line = line(&mut reader)?;
        if line.is_empty() {
            break;
        }
        let (name, value) = line.split_once(':')?;
        headers.insert(name.to_lowercase(), value.trim().to_owned());
    }
    let length = headers.get("content-length").and_then(|length| length.parse().ok()).unwrap_or(0);
    let mut body = vec![0; length];
    reader.read_exact(&mut body).ok()?;
    Some(Answer { status, headers, body: String::from_utf8(body).ok()? })
}

fn line(reader: &mut impl BufRead) -> Option<String> {
    let mut line = String::new();
    reader.read_line(&mut line).ok()?;
    line.ends_with('\n').then(|| line.trim_end().to_owned())
}
