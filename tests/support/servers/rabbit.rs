//! A private RabbitMQ: one node without plugins, with its own name, cookie, port mapper and data.

use std::fs;
use std::io::{Read, Write};
use std::net::{Ipv4Addr, SocketAddr, TcpStream};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use super::docker;
use super::guarded::{Guarded, Signal};
use super::installed::{self, Source};
use super::ports;

/// How long a start may take, on a busy machine.
const START: Duration = Duration::from_secs(90);
/// How long one look at the port may take.
const LOOK: Duration = Duration::from_secs(1);
/// How a client of AMQP 0-9-1 begins; a broker that is ready answers with a method frame.
const HELLO: &[u8] = b"AMQP\x00\x00\x09\x01";
const METHOD_FRAME: u8 = 1;

/// A RabbitMQ of this process. Dropping it ends it and removes its data.
#[derive(Debug)]
pub(crate) struct RabbitServer {
    guarded: Guarded,
    /// The folder of the programs, or the container's name.
    programs: Result<PathBuf, String>,
    port: u16,
    /// For the port mapper, and between the node and `rabbitmqctl`.
    inner_ports: [u16; 2],
}

impl RabbitServer {
    /// Makes one and starts it.
    pub(crate) fn start_new() -> Self {
        let port = ports::free();
        let programs = match installed::rabbitmq() {
            Source::Installed(folder) => Ok(folder),
            Source::Docker => Err(docker::name()),
        };
        let guarded = Guarded::new(programs.as_ref().err().cloned());
        let mut server = Self { guarded, programs, port, inner_ports: [ports::free(), ports::free()] };
        server.prepare();
        server.start();
        server
    }

    fn prepare(&mut self) {
        match &self.programs {
            Ok(_) => {
                let write = |name: &str, text: &str| fs::write(self.guarded.folder().join(name), text);
                write("rabbitmq.conf", &configuration(self.port)).expect("the folder is ours");
                write("enabled_plugins", "[].\n").expect("the folder is ours");
                let mut mapper = self.guarded.command("epmd");
                mapper.args(["-address", "127.0.0.1", "-port", &self.inner_ports[0].to_string()]);
                self.guarded.accompany(&mapper);
            }
            Err(container) => docker::create(container, self.port, 5672, &[], &["rabbitmq:4"]),
        }
    }

    /// Starts it again after `stop`, on the same port and data, and waits until it answers.
    pub(crate) fn start(&mut self) {
        let command = match &self.programs {
            Ok(folder) => self.program(folder, "rabbitmq-server"),
            Err(container) => docker::start(container),
        };
        self.guarded.launch(&command, None);
        let port = self.port;
        self.guarded.await_ready("RabbitMQ starts", START, || answers(port).unwrap_or(false));
    }

    /// Ends it, as TERM or as KILL does, and waits until it is gone. Its data stay.
    pub(crate) fn stop(&mut self, signal: Signal) {
        self.guarded.stop(signal);
    }

    /// Where it answers.
    pub(crate) fn url(&self) -> String {
        format!("amqp://guest:guest@127.0.0.1:{}", self.port)
    }

    /// Where its data lie.
    pub(crate) fn folder(&self) -> &Path {
        self.guarded.folder()
    }

    /// Its loopback port.
    pub(crate) fn port(&self) -> u16 {
        self.port
    }

    /// Runs `rabbitmqctl`; what it prints, or what it says when it fails.
    pub(crate) fn ctl(&self, arguments: &[&str]) -> Result<String, String> {
        let folder = match &self.programs {
            Ok(folder) => folder,
            Err(container) => {
                let mut command = vec!["exec", container, "rabbitmqctl"];
                command.extend(arguments);
                return docker::run(&command);
            }
        };
        let ended = self.program(folder, "rabbitmqctl").args(arguments).output();
        let ended = ended.map_err(|error| error.to_string())?;
        let (said, printed) =
            (String::from_utf8_lossy(&ended.stderr), String::from_utf8_lossy(&ended.stdout));
        if ended.status.success() { Ok(printed.into_owned()) } else { Err(format!("{printed}{said}")) }
    }

    /// A program of the installation, with everything that it reads or writes inside the folder.
    fn program(&self, programs: &Path, name: &str) -> Command {
        let mut command = self.guarded.command(programs.join(name));
        let folder = self.guarded.folder();
        for (variable, file) in [
            ("CONFIG_FILE", "rabbitmq.conf"),
            ("CONFIG_FILES", "conf.d"),
            ("ADVANCED_CONFIG_FILE", "advanced.config"),
            ("CONF_ENV_FILE", "rabbitmq-env.conf"),
            ("ENABLED_PLUGINS_FILE", "enabled_plugins"),
            ("GENERATED_CONFIG_DIR", "generated"),
            ("SCHEMA_DIR", "schema"),
            ("MNESIA_BASE", "data"),
            ("LOG_BASE", "log"),
            ("PID_FILE", "rabbitmq_pid"),
        ] {
            command.env(format!("RABBITMQ_{variable}"), folder.join(file));
        }
        let [mapper, between_nodes] = self.inner_ports.map(|port| port.to_string());
        command.env("RABBITMQ_NODENAME", format!("shipbridge{}@localhost", self.port));
        command.env("RABBITMQ_DIST_PORT", between_nodes).env("ERL_EPMD_PORT", mapper);
        command.env("ERL_EPMD_ADDRESS", "127.0.0.1");
        // The script becomes the server then, instead of a parent that would have to be ended too.
        command.env("RUNNING_UNDER_SYSTEMD", "true");
        // Small and quiet: the tests need the processors themselves.
        let small = "+S 2:2 +sbwt none +sbwtdcpu none +sbwtdio none +A 16";
        let loopback = "-kernel inet_dist_use_interface {127,0,0,1}";
        // How often quorum queues say how long they are.
        let prompt = "-rabbit quorum_tick_interval 500";
        command.env("RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS", format!("{small} {loopback} {prompt}"));
        command
    }
}

fn configuration(port: u16) -> String {
    format!(
        "listeners.tcp.1 = 127.0.0.1:{port}\nlog.file = false\nlog.console = true\nlog.console.level = warning\n"
    )
}

/// Whether a broker greets a client.
fn answers(port: u16) -> std::io::Result<bool> {
    let address = SocketAddr::from((Ipv4Addr::LOCALHOST, port));
    let mut stream = TcpStream::connect_timeout(&address, LOOK)?;
    stream.set_read_timeout(Some(LOOK))?;
    stream.write_all(HELLO)?;
    let mut first = [0];
    stream.read_exact(&mut first)?;
    Ok(first[0] == METHOD_FRAME)
}
