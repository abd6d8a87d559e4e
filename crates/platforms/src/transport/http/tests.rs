//! Real sockets on loopback: what goes over the wire, and what every kind of broken peer comes out as.

use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::thread::{self, JoinHandle};

use super::*;

/// A listener and its address.
fn listen() -> (TcpListener, Url) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}/orders?a=b", listener.local_addr().unwrap()).parse().unwrap();
    (listener, url)
}

/// Serves one connection on its own thread: reads a request, does as told, returns the request.
fn serve(listener: &TcpListener, act: impl FnOnce(&mut TcpStream) + Send + 'static) -> JoinHandle<String> {
    let listener = listener.try_clone().unwrap();
    thread::spawn(move || {
        let (mut stream, _) = listener.accept().unwrap();
        let request = read_request(&mut stream);
        act(&mut stream);
        request
    })
}

fn read_request(stream: &mut TcpStream) -> String {
    let mut request = Vec::new();
    let mut buffer = [0; 4096];
    loop {
        let text = String::from_utf8_lossy(&request).to_lowercase();
        let length = text.split("content-length: ").nth(1).and_then(|rest| rest.split("\r\n").next());
        let length: usize = length.map_or(0, |length| length.parse().unwrap());
        if text.split_once("\r\n\r\n").is_some_and(|(_, body)| body.len() >= length) {
            return text;
        }
        let read = stream.read(&mut buffer).unwrap();
        assert_ne!(read, 0, "the request broke off: {text}");
        request.extend_from_slice(&buffer[..read]);
    }
}

/// Holds the connection until the client lets go of it.
fn hold(stream: &mut TcpStream) {
    let _ended = stream.read(&mut [0; 1]);
}

fn say(text: &str) -> impl FnOnce(&mut TcpStream) + Send + use<> {
    let text = text.to_owned();
    move |stream| stream.write_all(text.as_bytes()).unwrap()
}

fn assert_no_further_connection(listener: &TcpListener) {
    listener.set_nonblocking(true).unwrap();
    let refused = listener.accept().map(|(_, from)| from);
    assert_eq!(refused.unwrap_err().kind(), std::io::ErrorKind::WouldBlock);
}

fn request(url: &Url) -> HttpRequest {
    HttpRequest {
        method: Method::Post,
        url: url.clone(),
        proof: Proof::Authorization("Basic c2VjcmV0".into()),
        body: Some(Bytes::from_static(b"[1]")),
    }
}

fn transport() -> HttpTransport {
    HttpTransport::new(&HttpSettings { body_limit: 64, ..HttpSettings::default() }).unwrap()
}

async fn error_of(url: &Url) -> TransportError {
    transport().send(request(url)).await.unwrap_err()
}

#[tokio::test]
async fn a_request_carries_what_it_should_and_its_answer_comes_back_with_its_headers() {
    let (listener, url) = listen();
    let served = serve(
        &listener,
        say(
            "HTTP/1.1 201 Created\r\nContent-Length: 2\r\nDate: D\r\nRetry-After: 7\r\nX-Rate-Limit-Limit: 40\r\n\
             X-Rate-Limit-Remaining: 39\r\nX-Rate-Limit-Reset: 12\r\n\r\n{}",
        ),
    );
    let response = transport().send(request(&url)).await.unwrap();
    assert_eq!((response.status, response.body.as_ref()), (201, b"{}".as_slice()));
    let expected = ResponseHeaders {
        date: Some("D".to_owned()),
        retry_after: Some("7".to_owned()),
        rate_limit: Some("40".to_owned()),
        rate_remaining: Some("39".to_owned()),
        rate_reset: Some("12".to_owned()),
    };
    assert_eq!(response.headers, expected);
    let sent = served.join().unwrap();
    assert!(sent.starts_with("post /orders?a=b http/1.1\r\n"), "{sent}");
    assert!(sent.ends_with("\r\n\r\n[1]"), "{sent}");
    for header in
        ["authorization: basic c2vjcmv0", "user-agent: shipbridge/", "content-type: application/json", "gzip"]
    {
        assert!(sent.contains(header), "{header} in {sent}");
    }
}

#[tokio::test]
async fn a_redirect_is_an_answer_and_nobody_else_sees_the_credentials() {
    let (trap, trap_url) = listen();
    let (listener, url) = listen();
    let redirect = format!("HTTP/1.1 307 Moved\r\nLocation: {trap_url}\r\nContent-Length: 0\r\n\r\n");
    let served = serve(&listener, say(&redirect));
    let response = transport().send(request(&url)).await.unwrap();
    served.join().unwrap();
    assert_eq!(response.status, 307);
    assert_no_further_connection(&trap);
}

#[tokio::test]
async fn a_refused_connection_and_a_failed_handshake_have_sent_nothing() {
    let (listener, url) = listen();
    drop(listener);
    let error = error_of(&url).await;
    assert!(matches!(error, TransportError::NotSent(_)), "{error:?}");

    let (listener, mut url) = listen();
    url.set_scheme("https").unwrap();
    let listening = listener.try_clone().unwrap();
    let plain = thread::spawn(move || listening.accept().unwrap().0.write_all(b"HTTP/1.1 400 Bad\r\n\r\n"));
    let error = error_of(&url).await;
    assert!(matches!(error, TransportError::NotSent(_)), "{error:?}");
    plain.join().unwrap().unwrap();
}

// A second thread, because the peer ends only when the client's side of the connection is driven on.
#[tokio::test(flavor = "multi_thread", worker_threads = 1)]
async fn silence_before_and_within_an_answer_is_a_timeout() {
    for said in ["", "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n[1"] {
        let (listener, url) = listen();
        let served = serve(&listener, move |stream| {
            stream.write_all(said.as_bytes()).unwrap();
            hold(stream);
        });
        let timeout = Duration::from_millis(300);
        let impatient = HttpTransport::new(&HttpSettings { timeout, ..HttpSettings::default() }).unwrap();
        let error = impatient.send(request(&url)).await.unwrap_err();
        assert!(matches!(error, TransportError::TimedOut), "{error:?}");
        served.join().unwrap();
    }
}

#[tokio::test]
async fn a_connection_that_breaks_after_the_request_is_reported_and_nothing_is_sent_again() {
    let (listener, url) = listen();
    let served = serve(&listener, |_| ());
    let error = error_of(&url).await;
    assert!(matches!(error, TransportError::Broken(_)), "{error:?}");
    served.join().unwrap();
    assert_no_further_connection(&listener);
}

#[tokio::test]
async fn an_answer_that_breaks_off_is_no_answer_but_a_refusal_still_is_one() {
    let (listener, url) = listen();
    let served = serve(&listener, say("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n[1"));
    let error = error_of(&url).await;
    assert!(matches!(error, TransportError::BodyBroken(_)), "{error:?}");
    served.join().unwrap();

    let served = serve(&listener, say("HTTP/1.1 400 Bad Request\r\nContent-Length: 10\r\n\r\n[1"));
    let response = transport().send(request(&url)).await.unwrap();
    assert_eq!((response.status, response.body.len()), (400, 0));
    served.join().unwrap();
}

#[tokio::test]
async fn an_answer_longer_than_the_limit_is_not_held() {
    let (listener, url) = listen();
    let text = format!("HTTP/1.1 200 OK\r\nContent-Length: 65\r\n\r\n{}", "x".repeat(65));
    let served = serve(&listener, say(&text));
    let error = error_of(&url).await;
    assert!(matches!(error, TransportError::BodyTooLong { limit: 64 }), "{error:?}");
    served.join().unwrap();
}

#[tokio::test]
async fn credentials_do_not_travel_over_plain_http_to_other_machines() {
    for host in ["api.cin7.com", "192.0.2.1", "localhost.evil.example", "127.0.0.1.evil.example"] {
        let error = error_of(&format!("http://{host}/x").parse().unwrap()).await;
        assert!(matches!(&error, TransportError::PlainHttp { host: told } if told == host), "{error:?}");
    }
    for url in ["http://localhost:1/", "http://127.9.9.9/", "http://[::1]:8080/"] {
        assert!(is_loopback(&url.parse().unwrap()), "{url}");
    }
}

#[test]
fn the_tls_provider_can_be_installed_any_number_of_times() {
    install_tls();
    install_tls();
    assert!(rustls::crypto::CryptoProvider::get_default().is_some());
}
