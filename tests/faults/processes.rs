//! The bridge's processes: 2 that serve and 4 that work, started, killed as by a power cut, and stopped softly.

use std::net::SocketAddr;
use std::process::Child;
use std::time::Duration;

use crate::eventually::{eventually, holds};
use crate::http;
use crate::process;
use crate::servers::Guarded;
use crate::world::{Lines, SERVES, WORKERS};

/// How long a start or a soft stop may take, on a machine that is busy with other things.
const PATIENCE: Duration = Duration::from_mins(1);

/// All processes of the bridge. Dropping it kills them.
#[derive(Debug)]
pub(crate) struct Fleet {
    guarded: Guarded,
    /// The serves, then the workers.
    members: Vec<Member>,
    /// How many were killed.
    pub(crate) kills: usize,
}

#[derive(Debug)]
struct Member {
    name: String,
    command: &'static str,
    listen: String,
    broker: String,
    child: Option<Child>,
}

impl Fleet {
    /// Brings the ledger up to date, starts everything in the folder of the configuration, and waits until the
    /// serves are ready.
    pub(crate) fn start(guarded: Guarded, serves: &[SocketAddr; SERVES], lines: &Lines) -> Self {
        let migrated = process::run(guarded.folder(), &["migrate"], &[]);
        assert_eq!(migrated.code, Some(0), "migrate: {}{}", migrated.stdout, migrated.stderr);
        let url = |line: SocketAddr| format!("amqp://guest:guest@{line}");
        let member = |name: String, command, listen: String, line| {
            let broker = url(line);
            Member { name, command, listen, broker, child: None }
        };
        let accepting = serves.iter().enumerate().map(|(number, listen)| {
            member(format!("serve-{number}"), "serve", listen.to_string(), lines.accepting.address())
        });
        let working = (0..WORKERS).map(|number| {
            member(format!("work-{number}"), "work", "127.0.0.1:0".to_owned(), lines.working.address())
        });
        let members = accepting.chain(working).collect();
        let mut fleet = Self { guarded, members, kills: 0 };
        (0..SERVES + WORKERS).for_each(|index| fleet.start_member(index));
        eventually("the serves are ready", PATIENCE, || holds(are_ready(serves), fleet.logs("serve-")));
        fleet
    }

    fn start_member(&mut self, index: usize) {
        let member = &mut self.members[index];
        let variables =
            [("SHIPBRIDGE__HTTP__LISTEN", &*member.listen), ("SHIPBRIDGE__BROKER__URL", &*member.broker)];
        let command = process::binary(self.guarded.folder(), &[member.command], &variables);
        member.child = Some(self.guarded.spawn(&member.name, &command, None));
    }

    fn kill_member(&mut self, index: usize) {
        if let Some(mut child) = self.members[index].child.take() {
            child.kill().unwrap();
            child.wait().unwrap();
            self.kills += 1;
        }
    }

    /// Kills a worker and starts it again.
    pub(crate) fn replace_worker(&mut self, number: usize) {
        self.kill_member(SERVES + number);
        self.start_member(SERVES + number);
    }

    /// Kills a serve and starts it again.
    pub(crate) fn replace_serve(&mut self, number: usize) {
        self.kill_member(number);
        self.start_member(number);
    }

    /// Kills all workers.
    pub(crate) fn kill_workers(&mut self) {
        (SERVES..SERVES + WORKERS).for_each(|index| self.kill_member(index));
    }

    /// Starts all workers that do not run.
    pub(crate) fn start_workers(&mut self) {
        for index in SERVES..SERVES + WORKERS {
            if self.members[index].child.is_none() {
                self.start_member(index);
            }
        }
    }

    /// The processes that ended by themselves.
    pub(crate) fn ended(&mut self) -> Vec<String> {
        let ended = |member: &mut Member| {
            let status = member.child.as_mut()?.try_wait().unwrap()?;
            Some(format!("{}: {status}", member.name))
        };
        self.members.iter_mut().filter_map(ended).collect()
    }

    /// Asks all of them to stop, and waits until they have; those that did not end well.
    pub(crate) fn stop(&mut self) -> Vec<String> {
        let mut bad = Vec::new();
        for member in &self.members {
            member.child.as_ref().into_iter().for_each(|child| process::ask_to_stop(child.id()));
        }
        for member in &mut self.members {
            let Some(mut child) = member.child.take() else { continue };
            let status = eventually(&format!("{} stops", member.name), PATIENCE, || {
                child.try_wait().unwrap().ok_or_else(|| "it still runs".to_owned())
            });
            if !status.success() {
                bad.push(format!("{}: {status}", member.name));
            }
        }
        bad
    }

    /// What all processes logged that holds this text.
    pub(crate) fn lines(&self, text: &str) -> String {
        let mut found: Vec<String> = Vec::new();
        for member in &self.members {
            let log = self.log(member);
            let lines = log.lines().filter(|line| line.contains(text));
            found.extend(lines.map(|line| format!("{}: {line}", member.name)));
        }
        found.join("\n")
    }

    fn log(&self, member: &Member) -> String {
        let log = self.guarded.folder().join(&member.name).with_extension("log");
        std::fs::read_to_string(log).unwrap_or_default()
    }

    /// The last lines that the processes with such names logged.
    pub(crate) fn logs(&self, names: &str) -> String {
        let members = self.members.iter().filter(|member| member.name.starts_with(names));
        let told = members.map(|member| {
            let log = self.log(member);
            let lines: Vec<_> = log.lines().collect();
            format!("\n{}:\n{}", member.name, lines[lines.len().saturating_sub(15)..].join("\n"))
        });
        told.collect()
    }
}

impl Drop for Fleet {
    fn drop(&mut self) {
        for child in self.members.iter_mut().filter_map(|member| member.child.as_mut()) {
            let _gone = child.kill();
            let _gone = child.wait();
        }
    }
}

/// Whether all of them can accept events.
pub(crate) fn are_ready(serves: &[SocketAddr]) -> bool {
    serves.iter().all(|serve| http::get(*serve, "/readyz").is_some_and(|answer| answer.status == 200))
}
