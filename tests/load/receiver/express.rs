//! The peer: the receiver of `peers/express-amqplib`, installed with npm into a folder of the build, and run as
//! one Node process.

use std::io::{BufRead, BufReader};
use std::net::{Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context, ensure};

use crate::configuration::TOKEN;
use crate::process::Process;

const SOURCE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../tests/load/peers/express-amqplib");
const FILES: [&str; 3] = ["package.json", "package-lock.json", "receiver.js"];

/// A running peer.
#[derive(Debug)]
pub(crate) struct Express {
    process: Process,
    /// Where it listens.
    pub(crate) addr: SocketAddr,
}

/// Installs it; answers its folder, and what it runs on. An error says why there can be no peer here.
pub(crate) fn install() -> anyhow::Result<(PathBuf, String)> {
    let node = output(Command::new("node").arg("--version"))?;
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("express-amqplib");
    std::fs::create_dir_all(&folder)?;
    for file in FILES {
        std::fs::copy(Path::new(SOURCE).join(file), folder.join(file)).context(file)?;
    }
    let arguments = ["ci", "--omit=dev", "--ignore-scripts", "--no-audit", "--no-fund"];
    output(Command::new("npm").args(arguments).current_dir(&folder))?;
    Ok((folder, format!("Node {}", node.trim())))
}

fn output(command: &mut Command) -> anyhow::Result<String> {
    let name = command.get_program().display().to_string();
    let output = command.stdin(Stdio::null()).output().with_context(|| format!("`{name}` cannot be run"))?;
    let said = String::from_utf8_lossy(&output.stderr);
    ensure!(output.status.success(), "`{name}` failed: {}", said.trim());
    Ok(String::from_utf8_lossy(&output.stdout).into_owned())
}

impl Express {
    /// Starts it; it publishes to a queue that exists.
    pub(crate) fn start(installed: &Path, folder: &Path, url: &str, queue: &str) -> anyhow::Result<Self> {
        let mut command = Command::new("node");
        command.arg("receiver.js").current_dir(installed).env("NODE_ENV", "production");
        command.env("RECEIVER_AMQP_URL", url).env("RECEIVER_QUEUE", queue).env("RECEIVER_TOKEN", TOKEN);
        command.stdin(Stdio::null()).stdout(Stdio::piped());
        let mut process = Process::spawn(&mut command, folder.join("express.log"))?;
        let output = process.child.stdout.take().context("its output is ours")?;
        let mut line = String::new();
        BufReader::new(output).read_line(&mut line)?;
        let port = line.trim().strip_prefix("listening ").and_then(|port| port.parse().ok());
        let port: u16 = port.with_context(|| format!("it does not say its port; {}", process.said()))?;
        Ok(Self { process, addr: SocketAddr::from((Ipv4Addr::LOCALHOST, port)) })
    }

    /// Its process.
    pub(crate) fn process(&self) -> &Process {
        &self.process
    }
}
