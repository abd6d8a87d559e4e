//! The raw ceiling of everything durable: how often one writer can append to a file and see it on the disk.

use std::fs::OpenOptions;
use std::io::{self, Write};
use std::path::Path;
use std::time::{Duration, Instant};

use crate::figures::per_second;

/// What one append writes: a page of the database in its log, with the frame's header.
const FRAME: [u8; 4096 + 24] = [0x5a; 4096 + 24];

/// Appends and fsyncs alternately for so long; answers how many of both were done in a second.
pub(crate) fn fsyncs_per_second(folder: &Path, length: Duration) -> io::Result<f64> {
    let path = folder.join("ceiling");
    let mut file = OpenOptions::new().create(true).write(true).truncate(true).open(&path)?;
    let (started, mut done) = (Instant::now(), 0);
    while started.elapsed() < length {
        file.write_all(&FRAME)?;
        file.sync_all()?;
        done += 1;
    }
    let fsyncs = per_second(done, started.elapsed());
    drop(file);
    std::fs::remove_file(path)?;
    Ok(fsyncs)
}
