//! Servers from their official images, where a Docker engine answers.

use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};

/// Whether there is an engine.
pub(crate) fn answers() -> bool {
    let mut asked = Command::new("docker");
    asked.args(["version", "--format", "{{.Server.Version}}"]);
    asked.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    asked.status().is_ok_and(|status| status.success())
}

/// A name for a container that no other test process uses.
pub(crate) fn name() -> String {
    static NEXT: AtomicU32 = AtomicU32::new(0);
    format!("shipbridge-test-{}-{}", std::process::id(), NEXT.fetch_add(1, Ordering::SeqCst))
}

/// Makes a container that publishes its `inner` port on a loopback port. It is not started, and stays when it
/// stops, so that it can be started again on its data: whoever made it removes it.
pub(crate) fn create(name: &str, port: u16, inner: u16, options: &[&str], image_and_arguments: &[&str]) {
    let publish = format!("127.0.0.1:{port}:{inner}");
    let mut create = vec!["create", "--name", name, "--hostname", "test", "--publish", &publish];
    create.extend(options);
    create.extend(image_and_arguments);
    run(&create).unwrap_or_else(|said| panic!("docker create {}: {said}", image_and_arguments[0]));
}

/// Starts a container, and runs as long as it does.
pub(crate) fn start(name: &str) -> Command {
    let mut command = Command::new("docker");
    // Which engine, and how to reach it, is in the environment.
    command.args(["start", "--attach", name]).envs(std::env::vars_os());
    command
}

/// Sends a signal to a container's first process.
pub(crate) fn signal(name: &str, signal: &str) {
    run(&["kill", "--signal", signal, name]).unwrap_or_else(|said| panic!("docker kill: {said}"));
}

/// Runs the client, and returns what it prints or, on failure, what it says.
pub(crate) fn run(arguments: &[&str]) -> Result<String, String> {
    let ended = Command::new("docker").args(arguments).stdin(Stdio::null()).output();
    let ended = ended.map_err(|error| error.to_string())?;
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).trim().to_owned();
    if ended.status.success() { Ok(text(&ended.stdout)) } else { Err(text(&ended.stderr)) }
}
