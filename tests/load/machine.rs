//! What the figures were measured on, as far as `/proc` tells.

use std::fs::read_to_string;
use std::path::Path;

use crate::report::Report;

/// Prints what the figures depend on: processor, kernel, the file system of `folder`, the build, the load.
pub(crate) fn describe(folder: &Path, report: &Report) {
    let cores = std::thread::available_parallelism().map_or(0, std::num::NonZero::get);
    let processor = cpu_model().unwrap_or_else(|| "unknown processor".to_owned());
    report.line(&format!("machine      {cores} cores, {processor}"));
    report.line(&format!("system       {} {}", std::env::consts::OS, proc("sys/kernel/osrelease")));
    let file_system = file_system(folder).unwrap_or_else(|| "unknown".to_owned());
    report.line(&format!("file system  {file_system}, where queue and ledger lie"));
    let build =
        if cfg!(debug_assertions) { "DEBUG: the figures mean nothing" } else { "release, as `make demo`" };
    report.line(&format!("build        {build}"));
    report.line(&format!("load before  {} (1, 5, 15 minutes; others' work makes figures worse)", load()));
}

/// Prints the load after the last part.
pub(crate) fn load_after(report: &Report) {
    report.line(&format!("\nload after   {}", load()));
}

/// The load averages.
fn load() -> String {
    let text = proc("loadavg");
    text.split(' ').take(3).collect::<Vec<_>>().join(" ")
}

/// A file of `/proc`, trimmed; `unknown` where there is none.
fn proc(name: &str) -> String {
    read_to_string(Path::new("/proc").join(name))
        .map_or_else(|_| "unknown".to_owned(), |text| text.trim().to_owned())
}

fn cpu_model() -> Option<String> {
    let text = read_to_string("/proc/cpuinfo").ok()?;
    let line = text.lines().find(|line| line.starts_with("model name"))?;
    Some(line.split_once(':')?.1.trim().to_owned())
}

/// The type of the file system that is mounted nearest above `folder`.
fn file_system(folder: &Path) -> Option<String> {
    let mounts = read_to_string("/proc/mounts").ok()?;
    let folder = folder.canonicalize().ok()?;
    let above = mounts.lines().filter_map(|line| {
        let mut fields = line.split(' ').skip(1);
        let (place, kind) = (fields.next()?, fields.next()?);
        folder.starts_with(place).then_some((place.len(), kind))
    });
    above.max_by_key(|(length, _)| *length).map(|(_, kind)| kind.to_owned())
}
