//! The raw ceiling: the broker crate's example `bare_publisher`, built when it is needed and run as a child. It
//! is a program of its own because only the broker crate may use an AMQP client.

use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{ChildStdin, ChildStdout, Command, Stdio};
use std::time::Duration;

use anyhow::{Context, ensure};
use serde_json::Value;

use super::figures::Figures;
use crate::load::Level;
use crate::machine::{Cost, Meter};
use crate::process::Process;

/// A bare publisher, connected.
#[derive(Debug)]
pub(crate) struct Bare {
    process: Process,
    commands: ChildStdin,
    answers: BufReader<ChildStdout>,
}

/// Builds the example, as this bench was built, and answers where it is.
pub(crate) fn build() -> anyhow::Result<PathBuf> {
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let mut command = Command::new(cargo);
    // With `cli`, so that dependencies have the features that they were built with already.
    command.args(["build", "--locked", "-p", "cli", "-p", "broker", "--example", "bare_publisher"]);
    if !cfg!(debug_assertions) {
        command.arg("--release");
    }
    let output =
        command.current_dir(env!("CARGO_MANIFEST_DIR")).output().context("cargo cannot be started")?;
    let said = String::from_utf8_lossy(&output.stderr);
    ensure!(output.status.success(), "the bare publisher does not build: {said}");
    // This program lies in `deps`, beside which examples have their folder.
    let own = std::env::current_exe()?;
    let profile = own.parent().and_then(Path::parent).context("this program lies in the build's folder")?;
    Ok(profile.join("examples").join("bare_publisher").with_extension(std::env::consts::EXE_EXTENSION))
}

impl Bare {
    /// Starts one that publishes to the queue `to` copies of a message in the queue `from`.
    pub(crate) fn start(
        program: &Path,
        folder: &Path,
        url: &str,
        from: &str,
        to: &str,
    ) -> anyhow::Result<Self> {
        let mut command = Command::new(program);
        command.args([from, to]).env("BARE_PUBLISHER_URL", url);
        command.stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut process = Process::spawn(&mut command, folder.join("bare.log"))?;
        let commands = process.child.stdin.take().context("its input is ours")?;
        let answers = BufReader::new(process.child.stdout.take().context("its output is ours")?);
        Ok(Self { process, commands, answers })
    }

    /// Runs a level: as many messages in flight as there would be connections.
    pub(crate) fn run(&mut self, level: Level, broker: Option<u32>) -> anyhow::Result<Figures> {
        let Level { connections, warm_up, measured } = level;
        let meter = Meter::start(broker, Some(self.process.child.id()));
        let command = format!("publish {connections} {} {}", warm_up.as_millis(), measured.as_millis());
        let answer = self.ask(&command)?;
        let figure = |name: &str| answer[name].as_u64().with_context(|| format!("no `{name}` in {answer}"));
        let microseconds = |name| figure(name).map(Duration::from_micros);
        let spent = meter.read(figure("published")?);
        let seconds = answer["seconds"].as_f64().context("the time that was measured")?;
        Ok(Figures {
            rate: crate::figures::number(usize::try_from(figure("confirmed")?)?) / seconds,
            p50: microseconds("p50_us")?,
            p99: microseconds("p99_us")?,
            cost: Cost { generator: 0.0, ..spent },
        })
    }

    /// Empties a queue.
    pub(crate) fn purge(&mut self, queue: &str) -> anyhow::Result<u64> {
        let answer = self.ask(&format!("purge {queue}"))?;
        answer["purged"].as_u64().with_context(|| format!("no count in {answer}"))
    }

    fn ask(&mut self, command: &str) -> anyhow::Result<Value> {
        writeln!(self.commands, "{command}").with_context(|| self.process.said())?;
        let mut answer = String::new();
        self.answers.read_line(&mut answer)?;
        serde_json::from_str(&answer).with_context(|| format!("`{command}`: {}", self.process.said()))
    }
}
