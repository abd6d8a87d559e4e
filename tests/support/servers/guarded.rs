//! A server's folder and processes, under a watchdog: a shell that reads from a pipe which only this process
//! holds open. When this process is gone, whatever ended it, the shell reads the end of the pipe, kills what is
//! left and removes the folder. Knows nothing of any particular server.

use std::ffi::OsStr;
use std::fs::{self, File};
use std::os::unix::fs::{MetadataExt, chown};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::Duration;

use super::docker;
use super::eventually::{eventually, holds};

/// How long a server may take to end after a signal.
const END: Duration = Duration::from_mins(1);

/// Waits for the end of its input; then ends every process whose number stands in a `.pid` file: first with QUIT,
/// on which a PostgreSQL tidies up its shared memory, after 3 s with KILL. Then removes the container, if there is
/// one, and the folder. It looks for `.pid` files anew each time, for one that was being written.
const WATCHDOG: &str = r#"
trap '' INT TERM HUP
cat >/dev/null
signal=QUIT
for round in 1 2 3 4 5 6 7 8; do
    alive=0
    for file in "$1"/*.pid; do
        pid=$(cat "$file" 2>/dev/null) && kill -s $signal "$pid" 2>/dev/null && alive=1
    done
    [ $alive = 0 ] && break
    [ $round = 6 ] && signal=KILL
    sleep 0.5
done
[ -n "$2" ] && docker rm --force --volumes "$2" >/dev/null 2>&1
rm -rf "$1"
"#;

/// Notes the number of the process that becomes the server, before it does.
const NOTED: &str = r#"echo $$ >"$0" && exec "$@""#;

/// How to ask a server to end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Signal {
    /// RabbitMQ: an orderly stop. PostgreSQL: once all clients have left.
    Term,
    /// PostgreSQL: an orderly stop that cuts its clients off.
    Interrupt,
    /// PostgreSQL: an immediate stop; the next start recovers from the log.
    Quit,
    /// As a power cut.
    Kill,
}

impl Signal {
    fn name(self) -> &'static str {
        match self {
            Self::Term => "TERM",
            Self::Interrupt => "INT",
            Self::Quit => "QUIT",
            Self::Kill => "KILL",
        }
    }
}

/// A folder and the processes that work in it.
#[derive(Debug)]
pub(crate) struct Guarded {
    folder: PathBuf,
    watchdog: Child,
    container: Option<String>,
    server: Option<Child>,
    companions: Vec<Child>,
}

impl Guarded {
    /// An empty folder under a watchdog, which also removes the container of this name in the end.
    pub(crate) fn new(container: Option<String>) -> Self {
        let folder = tempfile::Builder::new().prefix("shipbridge-").tempdir().expect("a temporary folder");
        let folder = folder.keep();
        let mut watchdog = Command::new("sh");
        watchdog.args(["-c", WATCHDOG, "watchdog"]).arg(&folder).arg(container.as_deref().unwrap_or(""));
        // Out of the reach of Ctrl-C, which ends the test process.
        watchdog.stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::null()).process_group(0);
        let watchdog = watchdog.spawn().expect("every system has a shell");
        Self { folder, watchdog, container, server: None, companions: Vec::new() }
    }

    /// Where the server may write.
    pub(crate) fn folder(&self) -> &Path {
        &self.folder
    }

    /// Whether this process is root's.
    pub(crate) fn is_root(&self) -> bool {
        fs::metadata(&self.folder).is_ok_and(|folder| folder.uid() == 0)
    }

    /// Gives the folder to another user.
    pub(crate) fn give_to(&self, user: (u32, u32)) {
        chown(&self.folder, Some(user.0), Some(user.1)).expect("root may give away a folder");
    }

    /// A command in the folder, whose environment has only what every program needs.
    pub(crate) fn command(&self, program: impl AsRef<OsStr>) -> Command {
        let mut command = Command::new(program);
        let path = std::env::var_os("PATH").unwrap_or_default();
        command.env_clear().env("PATH", path).env("HOME", &self.folder).env("LC_ALL", "C");
        command.current_dir(&self.folder).stdin(Stdio::null());
        command
    }

    /// Starts the server; `command` came from `command`. Its output goes to the log.
    pub(crate) fn launch(&mut self, command: &Command, user: Option<(u32, u32)>) {
        self.server = Some(self.spawn("server", command, user));
    }

    /// Starts a process that stays until the end.
    pub(crate) fn accompany(&mut self, command: &Command) {
        let child = self.spawn("companion", command, None);
        self.companions.push(child);
    }

    /// Starts a process that the watchdog ends, if nobody else does: the program, the arguments and the
    /// variables of `command`. Its output is added to `NAME.log`. One of this name runs at a time.
    pub(crate) fn spawn(&self, name: &str, command: &Command, user: Option<(u32, u32)>) -> Child {
        let log = self.folder.join(name).with_extension("log");
        let log = File::options().create(true).append(true).open(log).expect("a log file");
        let mut noted = self.command("sh");
        noted.args(["-c", NOTED]).arg(self.folder.join(name).with_extension("pid"));
        noted.arg(command.get_program()).args(command.get_args());
        noted.envs(command.get_envs().filter_map(|(name, value)| Some((name, value?))));
        noted.stdout(log.try_clone().expect("a second handle")).stderr(log).process_group(0);
        if let Some((user, group)) = user {
            noted.uid(user).gid(group);
        }
        noted.spawn().expect("every system has a shell")
    }

    /// Waits until the launched server is ready.
    pub(crate) fn await_ready(&mut self, what: &str, within: Duration, ready: impl Fn() -> bool) {
        eventually(what, within, || self.look(what, &ready));
    }

    /// Whether the launched server is ready, else what it said. Panics when it has ended.
    pub(crate) fn look(&mut self, what: &str, ready: impl Fn() -> bool) -> Result<(), String> {
        let ended = self.ended();
        assert!(ended.is_none(), "{what}: it ended: {ended:?}: {}", self.log());
        holds(ready(), self.log())
    }

    /// Whether the launched server has ended, and said this.
    pub(crate) fn has_ended_saying(&mut self, text: &str) -> bool {
        self.ended().is_some() && self.log().contains(text)
    }

    /// How the launched server ended; `None` while it runs.
    fn ended(&mut self) -> Option<ExitStatus> {
        self.server.as_mut().expect("launched").try_wait().expect("our child")
    }

    /// Ends the server and waits until it is gone.
    pub(crate) fn stop(&mut self, signal: Signal) {
        let Some(mut server) = self.server.take() else { return };
        match &self.container {
            Some(container) => docker::signal(container, signal.name()),
            None => send(server.id(), signal.name()),
        }
        eventually("the server ends", END, || {
            let ended = server.try_wait().expect("our child");
            holds(ended.is_some(), self.log())
        });
        let _never_written = fs::remove_file(self.folder.join("server.pid"));
    }

    /// The last lines of what the server said.
    fn log(&self) -> String {
        let text = fs::read(self.folder.join("server.log")).unwrap_or_default();
        let text = String::from_utf8_lossy(&text);
        let lines: Vec<_> = text.lines().collect();
        lines[lines.len().saturating_sub(12)..].join("\n")
    }
}

impl Drop for Guarded {
    fn drop(&mut self) {
        drop(self.watchdog.stdin.take());
        for mut child in self.server.take().into_iter().chain(self.companions.drain(..)) {
            let _ended = child.wait();
        }
        let _ended = self.watchdog.wait();
    }
}

fn send(process: u32, signal: &str) {
    let sent =
        Command::new("sh").args(["-c", "kill -s \"$0\" \"$1\"", signal, &process.to_string()]).status();
    assert!(sent.is_ok_and(|status| status.success()), "process {process} could not be signalled");
}
