//! A small HTTP server that takes a webhook's POST and answers as it is told.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex};

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

/// A server at work, until it is dropped.
pub(super) struct HookServer {
    addr: SocketAddr,
    requests: Arc<Mutex<Vec<String>>>,
    stop: CancellationToken,
}

impl HookServer {
    /// Starts one that answers with these lines of a head; `None` never answers.
    pub(super) async fn start(head: Option<&'static str>) -> Self {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
        let addr = listener.local_addr().unwrap();
        let (requests, stop) = (Arc::default(), CancellationToken::new());
        let server = Self { addr, requests: Arc::clone(&requests), stop: stop.clone() };
        TaskTracker::new().spawn(stop.run_until_cancelled_owned(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let request = serve(stream, head).await;
                requests.lock().unwrap().push(request);
            }
        }));
        server
    }

    /// The address with a path that nobody may see.
    pub(super) fn url(&self) -> String {
        format!("http://{}/services/h1dden", self.addr)
    }

    /// Whole requests, as they came.
    pub(super) fn requests(&self) -> Vec<String> {
        self.requests.lock().unwrap().clone()
    }
}

impl Drop for HookServer {
    fn drop(&mut self) {
        self.stop.cancel();
    }
}

async fn serve(mut stream: TcpStream, head: Option<&str>) -> String {
    let mut request = Vec::new();
    while !is_whole(&request) {
        let mut part = [0; 4096];
        let read = stream.read(&mut part).await.unwrap();
        assert!(read > 0, "the client hung up in the middle");
        request.extend_from_slice(&part[..read]);
    }
    let Some(head) = head else { return std::future::pending().await };
    let answer = format!("HTTP/1.1 {head}\r\ncontent-length: 0\r\nconnection: close\r\n\r\n");
    stream.write_all(answer.as_bytes()).await.unwrap();
    String::from_utf8(request).unwrap()
}

fn is_whole(request: &[u8]) -> bool {
    let text = String::from_utf8_lossy(request);
    let Some((head, _)) = text.split_once("\r\n\r\n") else { return false };
    let length =
        head.lines().find_map(|line| line.to_lowercase().strip_prefix("content-length: ")?.parse().ok());
    request.len() == head.len() + 4 + length.unwrap_or(0)
}
