//! A server on this machine that nobody shall call. It counts who connects, keeps what they say, and answers politely, so
//! that a caller tells it all it would tell.

use std::io::{Read, Write};
use std::net::{Ipv6Addr, SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;

/// Whoever connects and says nothing more is not waited for.
const SILENCE: Duration = Duration::from_secs(2);

type Caught = Arc<Mutex<Vec<String>>>;

/// The server. It ends with its process.
#[derive(Debug)]
pub(crate) struct Trap {
    addr: SocketAddr,
    caught: Caught,
}

impl Trap {
    /// Listens on this machine by IPv4, and at the same port by IPv6 where there is such a thing.
    pub(crate) fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let (addr, caught) = (listener.local_addr().unwrap(), Caught::default());
        let six = TcpListener::bind((Ipv6Addr::LOCALHOST, addr.port())).ok();
        for listener in std::iter::once(listener).chain(six) {
            let caught = Arc::clone(&caught);
            thread::spawn(move || {
                for stream in listener.incoming() {
                    let caught = Arc::clone(&caught);
                    // Counted before it has said anything: connecting is too much.
                    let index = {
                        let mut caught = caught.lock().unwrap();
                        caught.push(String::new());
                        caught.len() - 1
                    };
                    thread::spawn(move || listen(stream.unwrap(), &caught, index));
                }
            });
        }
        Self { addr, caught }
    }

    pub(crate) fn addr(&self) -> SocketAddr {
        self.addr
    }

    /// What each caller has said so far, in lower case.
    pub(crate) fn caught(&self) -> Vec<String> {
        self.caught.lock().unwrap().clone()
    }
}

fn listen(mut stream: TcpStream, caught: &Caught, index: usize) {
    stream.set_read_timeout(Some(SILENCE)).unwrap();
    let mut buffer = [0; 1024];
    while let Ok(read @ 1..) = stream.read(&mut buffer) {
        let said = String::from_utf8_lossy(&buffer[..read]).to_lowercase();
        let mut caught = caught.lock().unwrap();
        caught[index].push_str(&said);
        if caught[index].ends_with("\r\n\r\n") {
            break;
        }
    }
    // Whoever has heard enough is gone.
    let _gone = stream.write_all(b"HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 2\r\n\r\n{}");
}
