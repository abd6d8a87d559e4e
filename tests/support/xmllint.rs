//! `xmllint`: a validator of XML that shares nothing with ours. Found on the path, else installed where this process
//! may.

use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::sync::OnceLock;

/// Installs it on Debian.
const INSTALL: &str = include_str!("install-xmllint");

/// Whether documents validate against a schema; what is said about those that do not.
pub(crate) fn validate(schema: &Path, documents: &[PathBuf]) -> Result<(), String> {
    let ended = xmllint().arg("--noout").arg("--schema").arg(schema).args(documents).output().unwrap();
    if ended.status.success() { Ok(()) } else { Err(said(&ended)) }
}

/// The text that an expression of `XPath` finds in a document.
pub(crate) fn text_at(document: &Path, expression: &str) -> String {
    let ended = xmllint().arg("--xpath").arg(format!("string({expression})")).arg(document).output().unwrap();
    assert!(ended.status.success(), "{expression}: {}", said(&ended));
    let text = String::from_utf8(ended.stdout).unwrap();
    text.strip_suffix('\n').unwrap_or(&text).to_owned()
}

fn said(ended: &Output) -> String {
    let lines = String::from_utf8_lossy(&ended.stderr).into_owned();
    lines.lines().filter(|line| !line.ends_with(" validates")).take(20).collect::<Vec<_>>().join("\n")
}

fn xmllint() -> Command {
    static PROGRAM: OnceLock<PathBuf> = OnceLock::new();
    Command::new(PROGRAM.get_or_init(|| {
        let trouble = if found().is_none() { install().err() } else { None };
        let trouble = trouble.map(|trouble| format!(" ({trouble})")).unwrap_or_default();
        found().unwrap_or_else(|| panic!("no xmllint for the tests: install libxml2-utils{trouble}"))
    }))
}

fn found() -> Option<PathBuf> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    std::env::split_paths(&path).map(|folder| folder.join("xmllint")).find(|program| program.is_file())
}

fn install() -> Result<(), String> {
    if !Path::new("/etc/debian_version").exists() {
        return Err("installing it is not known on this system".to_owned());
    }
    let mut shell = Command::new("sh");
    shell.arg("-s").stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::piped());
    let mut shell = shell.spawn().map_err(|error| error.to_string())?;
    let mut input = shell.stdin.take().expect("it was asked for");
    input.write_all(INSTALL.as_bytes()).map_err(|error| error.to_string())?;
    drop(input);
    let ended = shell.wait_with_output().map_err(|error| error.to_string())?;
    let lines = String::from_utf8_lossy(&ended.stderr);
    let last = lines.lines().last().unwrap_or("no reason given");
    if ended.status.success() { Ok(()) } else { Err(format!("install-xmllint: {last}")) }
}
