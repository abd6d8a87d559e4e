//! Several processes on one queue. The child is this test binary again, told by an environment variable what
//! to do.

use std::collections::BTreeSet;
use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdout, Command, Stdio};
use std::sync::Arc;

use broker::{Broker, EmbeddedBroker, EmbeddedConfig, Publisher};
use domain::clock::FixedClock;
use domain::event::Lane;
use futures_util::future::join_all;

use crate::events::{START, acme, consumer, now, order, soon};

const ROLE: &str = "SHIPBRIDGE_BROKER_TEST_CHILD";
const FOLDER: &str = "SHIPBRIDGE_BROKER_TEST_FOLDER";
/// Events in one call of the child.
const CALL: i64 = 3;

/// Not a test of its own: what a child process does. Without the variables it does nothing.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn child_process() {
    let Some((role, folder)) = told() else { return };
    let broker = open(&folder).await;
    match role.as_str() {
        "publish without end" => {
            join_all((0..8).map(|_| publish_without_end(&broker))).await;
        }
        "publish once" => {
            broker.publish(&[order(1)]).await.unwrap();
        }
        "consume" => match broker.consumer(&acme(), Lane::Orders).await {
            Ok(_) => say("consuming"),
            Err(error) => say(&format!("refused: {error}")),
        },
        other => panic!("no such role: {other}"),
    }
    broker.close().await;
}

#[expect(clippy::disallowed_methods, reason = "only this way a test binary learns that it is the child")]
fn told() -> Option<(String, PathBuf)> {
    Some((std::env::var(ROLE).ok()?, std::env::var(FOLDER).ok()?.into()))
}

/// Ends by itself in case the parent has gone.
async fn publish_without_end(broker: &EmbeddedBroker) {
    for _ in 0..20_000 {
        let events: Vec<_> = (0..CALL).map(order).collect();
        broker.publish(&events).await.unwrap();
        let ids: Vec<_> = events.iter().map(|event| event.id.to_string()).collect();
        say(&format!("confirmed {}", ids.join(" ")));
    }
}

/// One line, past the capturing of the test harness.
fn say(line: &str) {
    let mut out = std::io::stdout().lock();
    // The parent may have stopped listening.
    drop(writeln!(out, "{line}").and_then(|()| out.flush()));
}

async fn open(folder: &Path) -> EmbeddedBroker {
    EmbeddedBroker::open(EmbeddedConfig::new(folder), Arc::new(FixedClock::at(START))).await.unwrap()
}

/// A child process that does not outlive its test.
struct Process(Child);

impl Process {
    fn start(role: &str, folder: &Path) -> (Self, BufReader<ChildStdout>) {
        let mut child = Command::new(std::env::current_exe().unwrap())
            .args(["--exact", "processes::child_process", "--nocapture"])
            .env(ROLE, role)
            .env(FOLDER, folder)
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let out = BufReader::new(child.stdout.take().unwrap());
        (Self(child), out)
    }

    /// SIGKILL, or what comes next to it.
    fn kill(&mut self) {
        drop(self.0.kill());
        drop(self.0.wait());
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        self.kill();
    }
}

/// The ids of each confirmed call. A line that the kill has cut is no confirmation.
fn confirmed(line: &str) -> Option<Vec<String>> {
    let ids = line.strip_suffix('\n')?.strip_prefix("confirmed ")?;
    Some(ids.split(' ').map(str::to_owned).collect())
}

/// Starts a child that publishes, kills it in the midst of it, and gives what it had confirmed.
fn publish_until_killed(folder: &Path, calls: usize) -> Vec<Vec<String>> {
    let (mut child, mut out) = Process::start("publish without end", folder);
    let (mut calls_confirmed, mut line) = (Vec::new(), String::new());
    while out.read_line(&mut line).unwrap() > 0 {
        calls_confirmed.extend(confirmed(&line));
        line.clear();
        if calls_confirmed.len() == calls {
            child.kill();
        }
    }
    calls_confirmed
}

#[tokio::test]
async fn confirmed_events_survive_kill_9_and_no_call_is_half_done() {
    let folder = tempfile::tempdir().unwrap();
    let mut confirmed = BTreeSet::new();
    for calls in [1, 40, 150] {
        confirmed.extend(publish_until_killed(folder.path(), calls).into_iter().flatten());
        let broker = open(folder.path()).await;
        let taken = now(&mut *consumer(&broker).await).await;
        let there: BTreeSet<_> = taken.iter().map(|delivery| delivery.event().id.to_string()).collect();
        let lost: Vec<_> = confirmed.difference(&there).collect();
        assert!(lost.is_empty(), "{} confirmed, {} there, lost {lost:?}", confirmed.len(), there.len());
        assert_eq!(there.len() % usize::try_from(CALL).unwrap(), 0, "a call was done by half");
        soon(broker.close()).await;
    }
    assert!(confirmed.len() >= 191 * 3);
}

#[tokio::test]
async fn another_process_is_refused_as_consumer_and_told_what_to_do() {
    let folder = tempfile::tempdir().unwrap();
    let broker = open(folder.path()).await;
    let _consumer = consumer(&broker).await;
    let answer = |out: BufReader<ChildStdout>| {
        let lines = out.lines().map(Result::unwrap);
        lines.filter(|line| line.starts_with("refused") || line == "consuming").collect::<Vec<_>>()
    };
    let (_child, out) = Process::start("consume", folder.path());
    let said = answer(out);
    assert!(said[0].contains("queue.lock") && said[0].contains("stop it first"), "{said:?}");
    soon(broker.close()).await;
    let (_child, out) = Process::start("consume", folder.path());
    assert_eq!(answer(out), ["consuming"]);
}

#[tokio::test]
async fn events_of_another_process_are_noticed() {
    let folder = tempfile::tempdir().unwrap();
    let broker = open(folder.path()).await;
    let mut consumer = consumer(&broker).await;
    let (_child, _out) = Process::start("publish once", folder.path());
    soon(consumer.ready()).await.unwrap();
    assert_eq!(now(&mut *consumer).await.len(), 1);
}
