//! The real binary as a child process: commands that end by themselves, and the signal that asks one to stop.

use std::fs::File;
use std::io::{Read, Seek};
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Duration;

use crate::eventually::eventually;

/// How long a command may take.
const COMMAND: Duration = Duration::from_secs(30);

/// How a command ended.
#[derive(Debug)]
pub(crate) struct Ended {
    /// `None`: by a signal.
    pub(crate) code: Option<i32>,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

/// The binary with these arguments, in `folder`, with these variables and no others.
pub(crate) fn binary(folder: &Path, arguments: &[&str], variables: &[(&str, &str)]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_shipbridge"));
    command.args(arguments).current_dir(folder).env_clear().envs(variables.iter().copied());
    command.stdin(Stdio::null());
    command
}

/// Runs a command to its end.
pub(crate) fn run(folder: &Path, arguments: &[&str], variables: &[(&str, &str)]) -> Ended {
    let (mut stdout, mut stderr) = (tempfile::tempfile().unwrap(), tempfile::tempfile().unwrap());
    let mut command = binary(folder, arguments, variables);
    command.stdout(stdout.try_clone().unwrap()).stderr(stderr.try_clone().unwrap());
    let mut child = command.spawn().unwrap();
    let ended = eventually(&format!("{arguments:?} ends"), COMMAND, || {
        child.try_wait().unwrap().ok_or_else(|| "still running".to_owned())
    });
    Ended { code: ended.code(), stdout: text(&mut stdout), stderr: text(&mut stderr) }
}

fn text(file: &mut File) -> String {
    let mut text = String::new();
    file.rewind().unwrap();
    file.read_to_string(&mut text).unwrap();
    text
}

/// Asks a process to stop, as an operating system does.
pub(crate) fn ask_to_stop(pid: u32) {
    let asked = Command::new("sh").args(["-c", "kill -TERM \"$0\"", &pid.to_string()]).status().unwrap();
    assert!(asked.success(), "process {pid} could not be signalled");
}
