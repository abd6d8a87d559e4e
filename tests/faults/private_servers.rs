//! The private servers themselves: they come back on the same port and data, and end with the process that
//! started them, however it dies.

use std::io::{BufRead, BufReader, Read};
use std::net::TcpStream;
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::time::Duration;

use crate::eventually::{eventually, holds};
use crate::servers::{Durability, PostgresServer, RabbitServer, Signal};

/// Set for a process that shall start servers, say where, and wait to be killed.
const VICTIM: &str = "SHIPBRIDGE_TEST_VICTIM";
/// How long a watchdog may take, on a busy machine.
const CLEARED: Duration = Duration::from_secs(20);

#[test]
fn rabbitmq_comes_back_on_its_port_with_its_queues_after_term_and_kill() {
    let mut rabbit = RabbitServer::start_new();
    let policy = ["set_policy", "kept", "^kept$", "{\"max-length\": 7}"];
    rabbit.ctl(&policy).unwrap();
    for signal in [Signal::Term, Signal::Kill] {
        rabbit.stop(signal);
        assert!(rabbit.ctl(&["list_policies"]).is_err(), "it still answers after {signal:?}");
        rabbit.start();
        assert!(rabbit.ctl(&["list_policies"]).unwrap().contains("max-length"));
    }
    assert!(rabbit.url().ends_with(&rabbit.port().to_string()));
}

#[test]
fn postgresql_comes_back_on_its_port_after_every_way_to_stop() {
    let mut postgres = PostgresServer::start_new(Durability::Safe);
    for signal in [Signal::Term, Signal::Interrupt, Signal::Quit, Signal::Kill] {
        postgres.stop(signal);
        assert!(TcpStream::connect(("127.0.0.1", postgres.port())).is_err(), "it listens after {signal:?}");
        postgres.start();
    }
    assert!(postgres.url().contains(&postgres.port().to_string()));
}

#[test]
fn the_servers_end_with_a_process_that_is_killed() {
    if std::env::var_os(VICTIM).is_some() {
        be_killed();
    }
    let this = "private_servers::the_servers_end_with_a_process_that_is_killed";
    let mut victim = Command::new(std::env::current_exe().unwrap());
    victim.args(["--exact", this, "--nocapture"]).env(VICTIM, "1");
    let mut victim = victim.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
    let mut lines = BufReader::new(victim.stdout.take().unwrap()).lines().map_while(Result::ok);
    let told = lines.find_map(|line| Some(line.split_once("VICTIM ")?.1.to_owned())).unwrap();
    let told: Vec<_> = told.split(' ').map(str::to_owned).collect();
    let ports: Vec<u16> = told[..2].iter().map(|port| port.parse().unwrap()).collect();
    let folders: Vec<_> = told[2..].iter().map(PathBuf::from).collect();
    assert!(ports.iter().all(|port| TcpStream::connect(("127.0.0.1", *port)).is_ok()));
    assert!(folders.iter().all(|folder| folder.is_dir()));
    victim.kill().unwrap();
    victim.wait().unwrap();
    eventually("the watchdogs have cleared everything", CLEARED, || {
        let open = ports.iter().filter(|port| TcpStream::connect(("127.0.0.1", **port)).is_ok()).count();
        let left = folders.iter().filter(|folder| folder.exists()).count();
        holds(open + left == 0, format!("{open} servers answer, {left} folders are left"))
    });
}

/// Starts both servers, tells where, and waits for its end.
#[expect(clippy::print_stdout, reason = "how it tells the test that reads along")]
fn be_killed() -> ! {
    let (rabbit, postgres) = (RabbitServer::start_new(), PostgresServer::start_new(Durability::Fast));
    let (one, other) = (rabbit.folder().display(), postgres.folder().display());
    println!("VICTIM {} {} {one} {other}", rabbit.port(), postgres.port());
    let _never = std::io::stdin().read_to_end(&mut Vec::new());
    panic!("nobody killed this process");
}
