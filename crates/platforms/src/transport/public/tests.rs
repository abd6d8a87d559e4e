//! Real sockets on loopback: what is asked, and what every kind of wrong answer comes out as.

use std::io::{ErrorKind, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::thread::{self, JoinHandle};

use super::*;

fn listen() -> (TcpListener, Url) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}/jwks?a=b", listener.local_addr().unwrap()).parse().unwrap();
    (listener, url)
}

/// Serves one connection: reads the head of a request, says this, holds the connection until the client lets go of
/// it where it shall, and returns the request.
fn serve(listener: TcpListener, said: String, hold: bool) -> JoinHandle<String> {
    thread::spawn(move || {
        let (mut stream, _) = listener.accept().unwrap();
        let request = head(&mut stream);
        // A client that has heard enough closes.
        let _closed = stream.write_all(said.as_bytes());
        if hold {
            let _ended = stream.read(&mut [0; 1]);
        }
        request
    })
}

fn head(stream: &mut TcpStream) -> String {
    let (mut request, mut buffer) = (Vec::new(), [0; 1024]);
    while !request.ends_with(b"\r\n\r\n") {
        let read = stream.read(&mut buffer).unwrap();
        assert_ne!(read, 0, "the request broke off");
        request.extend_from_slice(&buffer[..read]);
    }
    String::from_utf8(request).unwrap().to_lowercase()
}

fn answer(status: &str, body: &str) -> String {
    format!("HTTP/1.1 {status}\r\nContent-Length: {}\r\n\r\n{body}", body.len())
}

async fn fetched(said: String) -> Result<Bytes, FetchError> {
    let (listener, url) = listen();
    let served = serve(listener, said, false);
    let fetched = PublicDocument::new(url).unwrap().fetch().await;
    served.join().unwrap();
    fetched
}

#[tokio::test]
async fn a_document_is_asked_for_without_credentials() {
    let (listener, url) = listen();
    let served = serve(listener, answer("200 OK", "{\"keys\": []}"), false);
    let document = PublicDocument::new(url).unwrap().fetch().await.unwrap();
    assert_eq!(document.as_ref(), b"{\"keys\": []}");
    let sent = served.join().unwrap();
    assert!(sent.starts_with("get /jwks?a=b http/1.1\r\n"), "{sent}");
    assert!(!sent.contains("authorization") && !sent.contains("cookie"), "{sent}");
}

#[tokio::test]
async fn a_redirect_is_not_followed_and_an_error_page_is_no_document() {
    let (trap, trap_url) = listen();
    let moved = format!("302 Found\r\nLocation: {trap_url}");
    for (status, code) in [(moved.as_str(), 302), ("404 Not Found", 404), ("500 Oops", 500)] {
        let error = fetched(answer(status, "{}")).await.unwrap_err();
        assert!(matches!(error, FetchError::Status(found) if found == code), "{error:?}");
    }
    trap.set_nonblocking(true).unwrap();
    assert_eq!(trap.accept().unwrap_err().kind(), ErrorKind::WouldBlock);
}

#[tokio::test]
async fn a_document_that_is_too_long_is_not_held() {
    let fits = "x".repeat(DOCUMENT_MAX);
    assert_eq!(fetched(answer("200 OK", &fits)).await.unwrap().len(), DOCUMENT_MAX);
    let error = fetched(answer("200 OK", &format!("{fits}x"))).await.unwrap_err();
    let too_long =
        matches!(error, FetchError::Transport(TransportError::BodyTooLong { limit: DOCUMENT_MAX }));
    assert!(too_long, "{error:?}");
}

// A second thread, because the peer ends only when the client's side of the connection is driven on.
#[tokio::test(flavor = "multi_thread", worker_threads = 1)]
async fn silence_is_waited_for_only_so_long() {
    for said in ["", "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n{"] {
        let (listener, url) = listen();
        let served = serve(listener, said.to_owned(), true);
        let error = PublicDocument::with(url, Duration::from_millis(300)).unwrap().fetch().await.unwrap_err();
        assert!(matches!(error, FetchError::Transport(TransportError::TimedOut)), "{error:?}");
        served.join().unwrap();
    }
}

#[tokio::test]
async fn plain_http_goes_to_this_machine_only() {
    for host in ["api.shipengine.com", "192.0.2.1", "localhost.evil.example", "127.0.0.1.evil.example"] {
        let url: Url = format!("http://{host}/jwks?token=hunter2").parse().unwrap();
        assert!(!is_private(&url), "{url}");
        let error = PublicDocument::new(url).unwrap().fetch().await.unwrap_err();
        assert!(matches!(&error, FetchError::NotPrivate { host: told } if told == host), "{error:?}");
        assert!(!error.to_string().contains("hunter2"));
    }
    for (url, private) in [
        ("https://api.shipengine.com/jwks", true),
        ("http://localhost:1/", true),
        ("http://[::1]:8080/", true),
        ("ftp://localhost/", false),
        ("ws://localhost/", false),
    ] {
        assert_eq!(is_private(&url.parse().unwrap()), private, "{url}");
    }
}
