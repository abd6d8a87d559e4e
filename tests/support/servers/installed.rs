//! Finding the programs of installed servers, and installing them where this process may.

use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::OnceLock;

use super::docker;

/// Installs what is missing on Debian without starting any service.
const INSTALL: &str = include_str!("../install-servers");

/// Where a server comes from.
#[derive(Debug, Clone)]
pub(crate) enum Source {
    /// The folder of its programs.
    Installed(PathBuf),
    /// The engine answers.
    Docker,
}

/// The folder with `rabbitmq-server` and `rabbitmqctl`, or Docker.
pub(crate) fn rabbitmq() -> Source {
    // The wrappers in `/usr/sbin` of Debian change the user; what they call does not.
    let homes = || {
        let homes = ["/usr/lib/rabbitmq/bin", "/opt/rabbitmq/sbin"].map(PathBuf::from).into_iter();
        homes.chain(on_path().filter(|folder| folder != Path::new("/usr/sbin")))
    };
    let found = || homes().find(|folder| folder.join("rabbitmq-server").is_file());
    source(found, "RabbitMQ", "rabbitmq-server", "SHIPBRIDGE_TEST_AMQP_URL")
}

/// The folder with `postgres` and `initdb`, or Docker.
pub(crate) fn postgresql() -> Source {
    let found = || {
        let mut versions: Vec<PathBuf> = fs::read_dir("/usr/lib/postgresql")
            .into_iter()
            .flatten()
            .flatten()
            .map(|entry| entry.path())
            .collect();
        let number = |path: &PathBuf| path.file_name().and_then(|name| name.to_str()?.parse::<u32>().ok());
        versions.sort_by_key(number);
        let newest_first = versions.into_iter().rev().map(|version| version.join("bin"));
        let complete =
            |folder: &PathBuf| ["postgres", "initdb"].iter().all(|name| folder.join(name).is_file());
        newest_first.chain(on_path()).find(complete)
    };
    source(found, "PostgreSQL", "postgresql", "SHIPBRIDGE_TEST_POSTGRES_URL")
}

/// The ids of the first of these users that exists, and of its group.
pub(crate) fn user(names: &[&str]) -> Option<(u32, u32)> {
    let users = fs::read_to_string("/etc/passwd").unwrap_or_default();
    let ids = |name: &&str| {
        let mut fields =
            users.lines().map(|line| line.split(':')).find(|line| line.clone().next() == Some(name))?;
        Some((fields.nth(2)?.parse().ok()?, fields.next()?.parse().ok()?))
    };
    names.iter().find_map(ids)
}

fn on_path() -> impl Iterator<Item = PathBuf> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    std::env::split_paths(&path).collect::<Vec<_>>().into_iter()
}

fn source(found: impl Fn() -> Option<PathBuf>, name: &str, package: &str, variable: &str) -> Source {
    if let Some(folder) = found() {
        return Source::Installed(folder);
    }
    let trouble = install().as_ref().err();
    if let Some(folder) = found() {
        return Source::Installed(folder);
    }
    assert!(
        docker::answers(),
        "no {name} for the tests: install {package}, or start Docker, or set {variable}{}",
        trouble.map(|trouble| format!(" ({trouble})")).unwrap_or_default()
    );
    Source::Docker
}

/// Installs both servers, once for this process, if it is root's on a Debian.
fn install() -> &'static Result<(), String> {
    static DONE: OnceLock<Result<(), String>> = OnceLock::new();
    DONE.get_or_init(|| {
        if !Path::new("/etc/debian_version").exists() {
            return Err("installing them is not known on this system".to_owned());
        }
        let mut shell = Command::new("sh");
        shell.args(["-s"]).stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::piped());
        let mut shell = shell.spawn().map_err(|error| error.to_string())?;
        let mut input = shell.stdin.take().expect("it was asked for");
        input.write_all(INSTALL.as_bytes()).map_err(|error| error.to_string())?;
        drop(input);
        let ended = shell.wait_with_output().map_err(|error| error.to_string())?;
        let said = String::from_utf8_lossy(&ended.stderr);
        let last = said.lines().last().unwrap_or("no reason given");
        if ended.status.success() { Ok(()) } else { Err(format!("install-servers: {last}")) }
    })
}
