//! The fault proxy itself, before an echo.

use std::io::{ErrorKind, Read, Write};
use std::net::{Ipv4Addr, Shutdown, SocketAddr, TcpListener, TcpStream};
use std::time::{Duration, Instant};

use tokio::runtime::Runtime;

use crate::eventually::{eventually, holds};
use crate::fault_proxy::{FaultProxy, Mode, Side};

/// How long something that must happen may take.
const SOON: Duration = Duration::from_secs(10);
/// How long something that must not happen is waited for.
const NEVER: Duration = Duration::from_millis(150);

/// A proxy before a server that sends everything back.
struct Scene {
    runtime: Runtime,
    proxy: FaultProxy,
}

impl Scene {
    fn new() -> Self {
        let mut runtime = tokio::runtime::Builder::new_multi_thread();
        let runtime = runtime.worker_threads(1).enable_all().build().unwrap();
        let any = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
        let proxy = FaultProxy::start(runtime.handle(), any, echo()).unwrap();
        Self { runtime, proxy }
    }

    fn connect(&self) -> Peer {
        let stream = TcpStream::connect(self.proxy.address()).unwrap();
        Peer { stream }
    }
}

/// Threads that end with their connections.
fn echo() -> SocketAddr {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
    let address = listener.local_addr().unwrap();
    std::thread::spawn(move || {
        for stream in listener.incoming().map_while(Result::ok) {
            std::thread::spawn(move || {
                let mut back = stream.try_clone().unwrap();
                let _cut = std::io::copy(&mut &stream, &mut back);
                let _cut = back.shutdown(Shutdown::Write);
            });
        }
    });
    address
}

struct Peer {
    stream: TcpStream,
}

impl Peer {
    fn say(&self, text: &str) {
        (&self.stream).write_all(text.as_bytes()).unwrap();
    }

    /// What comes within a time, at most `most` bytes.
    fn hear(&self, most: usize, within: Duration) -> Result<String, ErrorKind> {
        self.stream.set_read_timeout(Some(within)).unwrap();
        let mut bytes = vec![0; most];
        let read = (&self.stream).read(&mut bytes).map_err(|error| error.kind())?;
        Ok(String::from_utf8(bytes[..read].to_vec()).unwrap())
    }

    fn hears_nothing(&self) {
        let heard = self.hear(9, NEVER);
        assert!(matches!(heard, Err(ErrorKind::WouldBlock | ErrorKind::TimedOut)), "{heard:?}");
    }
}

#[test]
fn passes_bytes_and_the_end_of_a_stream_on() {
    let scene = Scene::new();
    let peer = scene.connect();
    peer.say("one");
    assert_eq!(peer.hear(3, SOON), Ok("one".to_owned()));
    peer.say("two");
    peer.stream.shutdown(Shutdown::Write).unwrap();
    assert_eq!(peer.hear(3, SOON), Ok("two".to_owned()));
    assert_eq!(peer.hear(3, SOON), Ok(String::new()), "the echo's end comes through");
}

#[test]
fn a_black_hole_swallows_old_and_new_connections_and_gives_them_back() {
    let scene = Scene::new();
    let old = scene.connect();
    old.say("a");
    assert_eq!(old.hear(1, SOON), Ok("a".to_owned()));
    scene.proxy.set(Mode::BlackHole);
    let new = scene.connect();
    old.say("b");
    new.say("c");
    old.hears_nothing();
    new.hears_nothing();
    scene.proxy.set(Mode::Pass);
    assert_eq!((old.hear(1, SOON), new.hear(1, SOON)), (Ok("b".to_owned()), Ok("c".to_owned())));
}

#[test]
fn a_dead_direction_lets_the_other_one_live() {
    let scene = Scene::new();
    let peer = scene.connect();
    peer.say("a");
    assert_eq!(peer.hear(1, SOON), Ok("a".to_owned()));
    for side in [Side::Server, Side::Client] {
        scene.proxy.set(Mode::Deaf(side));
        peer.say("b");
        peer.hears_nothing();
        scene.proxy.set(Mode::Pass);
        assert_eq!(peer.hear(1, SOON), Ok("b".to_owned()));
    }
}

#[test]
fn a_half_close_ends_what_clients_hear_and_nothing_else() {
    let scene = Scene::new();
    let peer = scene.connect();
    peer.say("a");
    assert_eq!(peer.hear(1, SOON), Ok("a".to_owned()));
    scene.proxy.half_close_all();
    assert_eq!(peer.hear(1, SOON), Ok(String::new()));
    peer.say("still taken");
    scene.proxy.reset_all();
    eventually("the reset arrives", SOON, || {
        holds((&peer.stream).write_all(b"x").is_err(), "the connection is still open")
    });
}

#[test]
fn a_reset_cuts_open_connections_and_lets_new_ones_in() {
    let scene = Scene::new();
    let peer = scene.connect();
    peer.say("a");
    assert_eq!(peer.hear(1, SOON), Ok("a".to_owned()));
    scene.proxy.reset_all();
    assert_eq!(peer.hear(1, SOON), Err(ErrorKind::ConnectionReset));
    let next = scene.connect();
    next.say("b");
    assert_eq!(next.hear(1, SOON), Ok("b".to_owned()));
}

#[test]
fn a_refusal_is_one_and_ends() {
    let scene = Scene::new();
    let old = scene.connect();
    old.say("a");
    assert_eq!(old.hear(1, SOON), Ok("a".to_owned()));
    scene.proxy.set(Mode::Refuse);
    let connected = || TcpStream::connect(scene.proxy.address()).map_err(|error| error.kind());
    eventually("connections are refused", SOON, || {
        holds(connected().is_err_and(|error| error == ErrorKind::ConnectionRefused), "one was taken")
    });
    old.say("b");
    assert_eq!(old.hear(1, SOON), Ok("b".to_owned()));
    scene.proxy.set(Mode::Pass);
    eventually("connections are taken again", SOON, || connected().map_err(|error| error.to_string()));
}

#[test]
fn latency_delays_both_ways() {
    let scene = Scene::new();
    let peer = scene.connect();
    let wait = Duration::from_millis(60);
    scene.proxy.set(Mode::Latency(wait));
    let start = Instant::now();
    peer.say("a");
    assert_eq!(peer.hear(1, SOON), Ok("a".to_owned()));
    assert!(start.elapsed() >= wait * 2, "{:?}", start.elapsed());
}

#[test]
fn nobody_behind_the_proxy_is_a_reset() {
    let scene = Scene::new();
    let nobody = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap().local_addr().unwrap();
    let any = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
    let proxy = FaultProxy::start(scene.runtime.handle(), any, nobody).unwrap();
    let mut peer = TcpStream::connect(proxy.address()).unwrap();
    peer.set_read_timeout(Some(SOON)).unwrap();
    let heard = peer.read(&mut [0]).map_err(|error| error.kind());
    assert_eq!(heard, Err(ErrorKind::ConnectionReset));
}
