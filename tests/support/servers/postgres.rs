//! A private PostgreSQL: a cluster with one superuser, `postgres`, who needs no password from loopback.

use std::io::{Read, Write};
use std::net::{Ipv4Addr, SocketAddr, TcpStream};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::time::Duration;

use super::docker;
use super::eventually::eventually;
use super::guarded::{Guarded, Signal};
use super::installed::{self, Source};
use super::ports;

/// How long a start may take: a recovery may be in it.
const START: Duration = Duration::from_secs(90);
/// What a server says, and ends, that is started while processes of a killed one are still about to notice. A
/// moment later it can start.
const STILL_LEAVING: &str = "pre-existing shared memory block";
/// How long one look at the port may take.
const LOOK: Duration = Duration::from_secs(1);
/// The first message of a client, for user and database `postgres`; a server that is ready answers it with an
/// authentication message, one that still starts with an error.
const HELLO: &[u8] = b"\x00\x00\x00\x29\x00\x03\x00\x00user\x00postgres\x00database\x00postgres\x00\x00";
const AUTHENTICATION: u8 = b'R';
/// The limit of clients: many tests at once, each with a pool of its own.
const CLIENTS: &str = "max_connections=200";

/// Whether a commit waits for the disk.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Durability {
    /// It does not: quick, and a crash of the machine would lose data.
    Fast,
    /// It does.
    Safe,
}

/// A PostgreSQL of this process. Dropping it ends it and removes its data.
#[derive(Debug)]
pub(crate) struct PostgresServer {
    guarded: Guarded,
    /// The folder of the programs, or the container's name.
    programs: Result<PathBuf, String>,
    /// Who runs it, where this process is root's: the server refuses to be.
    user: Option<(u32, u32)>,
    port: u16,
    durability: Durability,
}

impl PostgresServer {
    /// Makes one and starts it.
    pub(crate) fn start_new(durability: Durability) -> Self {
        let port = ports::free();
        let programs = match installed::postgresql() {
            Source::Installed(folder) => Ok(folder),
            Source::Docker => Err(docker::name()),
        };
        let guarded = Guarded::new(programs.as_ref().err().cloned());
        let user =
            || installed::user(&["postgres", "nobody"]).expect("PostgreSQL needs a user who is not root");
        let user = (programs.is_ok() && guarded.is_root()).then(user);
        let mut server = Self { guarded, programs, user, port, durability };
        server.prepare();
        server.start();
        server
    }

    fn prepare(&self) {
        let folder = match &self.programs {
            Ok(folder) => folder,
            Err(container) => {
                let open = ["--env", "POSTGRES_HOST_AUTH_METHOD=trust"];
                let mut image = vec!["postgres:17"];
                image.extend(self.settings().iter().flat_map(|setting| ["-c", setting]));
                return docker::create(container, self.port, 5432, &open, &image);
            }
        };
        let mut initdb = self.guarded.command(folder.join("initdb"));
        initdb.args(["-D", "data", "-U", "postgres", "-A", "trust", "-E", "UTF8", "--locale=C", "--no-sync"]);
        if let Some((user, group)) = self.user {
            self.guarded.give_to((user, group));
            initdb.uid(user).gid(group);
        }
        let ended = initdb.output().expect("initdb was found");
        assert!(ended.status.success(), "initdb: {}", String::from_utf8_lossy(&ended.stderr));
    }

    fn settings(&self) -> Vec<&'static str> {
        let mut settings = vec![CLIENTS];
        if self.durability == Durability::Fast {
            settings.extend(["fsync=off", "synchronous_commit=off", "full_page_writes=off"]);
        }
        settings
    }

    /// Starts it again after `stop`, on the same port and data, and waits until it answers.
    pub(crate) fn start(&mut self) {
        let command = match &self.programs {
            Ok(folder) => {
                let mut command = self.guarded.command(folder.join("postgres"));
                command.args(["-D", "data", "-k", "", "-p", &self.port.to_string()]);
                command.args(["-c", "listen_addresses=127.0.0.1"]);
                command.args(self.settings().iter().flat_map(|setting| ["-c", setting]));
                command
            }
            Err(container) => docker::start(container),
        };
        self.guarded.launch(&command, self.user);
        let (what, port) = ("PostgreSQL starts", self.port);
        eventually(what, START, || {
            if self.guarded.has_ended_saying(STILL_LEAVING) {
                self.guarded.launch(&command, self.user);
            }
            self.guarded.look(what, || answers(port).unwrap_or(false))
        });
    }

    /// Ends it, orderly (`Interrupt`), at once (`Quit`) or as a power cut (`Kill`), and waits until it is gone.
    /// Its data stay.
    pub(crate) fn stop(&mut self, signal: Signal) {
        self.guarded.stop(signal);
    }

    /// Where it answers: the superuser's own database.
    pub(crate) fn url(&self) -> String {
        format!("postgres://postgres@127.0.0.1:{}/postgres", self.port)
    }

    /// Where its data lie.
    pub(crate) fn folder(&self) -> &Path {
        self.guarded.folder()
    }

    /// Its loopback port.
    pub(crate) fn port(&self) -> u16 {
        self.port
    }
}

/// Whether a server lets a client in.
fn answers(port: u16) -> std::io::Result<bool> {
    let address = SocketAddr::from((Ipv4Addr::LOCALHOST, port));
    let mut stream = TcpStream::connect_timeout(&address, LOOK)?;
    stream.set_read_timeout(Some(LOOK))?;
    stream.write_all(HELLO)?;
    let mut first = [0];
    stream.read_exact(&mut first)?;
    Ok(first[0] == AUTHENTICATION)
}
