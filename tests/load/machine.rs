//! What the figures were measured on, and who used the processor meanwhile, as far as `/proc` tells.

use std::fs::read_to_string;
use std::path::Path;

use crate::figures::number;
use crate::report::Report;

/// Processor time is told in hundredths of a second, whatever the kernel counts in.
const TICK_US: f64 = 10_000.0;

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

/// Processor time for each message, in microseconds: of the broker, of the receiver (the bare publisher is one),
/// and of this process, the load generator. Zero where the system does not tell.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Cost {
    pub(crate) broker: f64,
    pub(crate) receiver: f64,
    pub(crate) generator: f64,
}

impl Cost {
    /// Of all together.
    pub(crate) fn in_all(self) -> f64 {
        self.broker + self.receiver + self.generator
    }
}

/// Measures the processor time of those who take part.
#[derive(Debug)]
pub(crate) struct Meter {
    processes: [Option<u32>; 3],
    before: [f64; 3],
}

impl Meter {
    /// Begins, for the processes of broker and receiver, and for this one.
    pub(crate) fn start(broker: Option<u32>, receiver: Option<u32>) -> Self {
        let processes = [broker, receiver, Some(std::process::id())];
        Self { processes, before: processes.map(processor_time) }
    }

    /// What each spent since, for each of so many messages.
    pub(crate) fn read(&self, messages: u64) -> Cost {
        let messages = number(usize::try_from(messages).unwrap_or(usize::MAX)).max(1.0);
        let after = self.processes.map(processor_time);
        let [broker, receiver, generator] =
            std::array::from_fn(|at| (after[at] - self.before[at]) / messages);
        Cost { broker, receiver, generator }
    }
}

/// The processor time of a process so far, in microseconds; zero where it is not told.
fn processor_time(process: Option<u32>) -> f64 {
    let stat = process.and_then(|id| read_to_string(format!("/proc/{id}/stat")).ok()).unwrap_or_default();
    // The name in brackets may hold anything; after it, user and system time are the 12th and 13th fields.
    let fields = stat.rsplit_once(')').map_or("", |(_, fields)| fields);
    let times = fields.split_whitespace().skip(11).take(2).filter_map(|ticks| ticks.parse::<f64>().ok());
    times.sum::<f64>() * TICK_US
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
pub(crate) fn file_system(folder: &Path) -> Option<String> {
    let mounts = read_to_string("/proc/mounts").ok()?;
    let folder = folder.canonicalize().ok()?;
    let above = mounts.lines().filter_map(|line| {
        let mut fields = line.split(' ').skip(1);
        let (place, kind) = (fields.next()?, fields.next()?);
        folder.starts_with(place).then_some((place.len(), kind))
    });
    above.max_by_key(|(length, _)| *length).map(|(_, kind)| kind.to_owned())
}
