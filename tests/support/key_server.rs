//! A server for a key set on this machine, which counts who asks and answers as it is told.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Condvar, Mutex};
use std::thread;

/// How it answers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Manner {
    /// 200 with this.
    Says(String),
    /// Another status, with headers, and with this.
    Refuses(String, String),
    /// Not at all: it closes.
    HangsUp,
    /// Not until it is told to behave otherwise.
    Waits,
}

#[derive(Debug)]
struct State {
    manner: Manner,
    asked: Vec<String>,
}

/// The server. It ends with its process.
#[derive(Debug)]
pub(crate) struct KeyServer {
    addr: SocketAddr,
    state: Arc<(Mutex<State>, Condvar)>,
}

impl KeyServer {
    /// Listens on this machine.
    pub(crate) fn start(manner: Manner) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let addr = listener.local_addr().unwrap();
        let state = Arc::new((Mutex::new(State { manner, asked: Vec::new() }), Condvar::new()));
        let shared = Arc::clone(&state);
        thread::spawn(move || {
            for stream in listener.incoming() {
                let shared = Arc::clone(&shared);
                thread::spawn(move || answer(stream.unwrap(), &shared));
            }
        });
        Self { addr, state }
    }

    pub(crate) fn addr(&self) -> SocketAddr {
        self.addr
    }

    /// Behaves otherwise from now on, towards those who wait, too.
    pub(crate) fn behave(&self, manner: Manner) {
        self.state.0.lock().unwrap().manner = manner;
        self.state.1.notify_all();
    }

    /// The requests so far, without their bodies, in lower case.
    pub(crate) fn asked(&self) -> Vec<String> {
        self.state.0.lock().unwrap().asked.clone()
    }
}

impl Drop for KeyServer {
    fn drop(&mut self) {
        self.behave(Manner::HangsUp);
    }
}

fn answer(mut stream: TcpStream, shared: &(Mutex<State>, Condvar)) {
    let (mut request, mut buffer) = (Vec::new(), [0; 1024]);
    while !request.ends_with(b"\r\n\r\n") {
        match stream.read(&mut buffer) {
            Ok(read) if read > 0 => request.extend_from_slice(&buffer[..read]),
            _ => return,
        }
    }
    let (state, changed) = shared;
    let mut state = state.lock().unwrap();
    state.asked.push(String::from_utf8_lossy(&request).to_lowercase());
    let manner = changed.wait_while(state, |state| state.manner == Manner::Waits).unwrap().manner.clone();
    let (head, body) = match manner {
        Manner::Says(body) => ("200 OK".to_owned(), body),
        Manner::Refuses(head, body) => (head, body),
        Manner::HangsUp | Manner::Waits => return,
    };
    let length = body.len();
    let answer = format!("HTTP/1.1 {head}\r\nConnection: close\r\nContent-Length: {length}\r\n\r\n{body}");
    // Whoever has heard enough is gone.
    let _gone = stream.write_all(answer.as_bytes());
}
