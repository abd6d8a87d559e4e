//! Waiting for what happens by itself, with a deadline. The only place of the bench where time just passes.

use std::time::{Duration, Instant};

use anyhow::bail;
use tokio::time::{MissedTickBehavior, interval};

/// Between two looks at something that is about to happen.
const TICK: Duration = Duration::from_millis(1);
/// Between two readings of something that settles.
const READING: Duration = Duration::from_millis(200);

/// Looks every millisecond until there is an answer, and returns it.
pub(crate) async fn until<T>(
    what: &str,
    within: Duration,
    mut look: impl AsyncFnMut() -> anyhow::Result<Option<T>>,
) -> anyhow::Result<T> {
    let (deadline, mut ticks) = (Instant::now() + within, interval(TICK));
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        ticks.tick().await;
        if let Some(found) = look().await? {
            return Ok(found);
        }
        if Instant::now() > deadline {
            bail!("{what}: not within {} s", within.as_secs());
        }
    }
}

/// Reads a figure until it has stayed within `spread` for so long, and returns its last reading; once the
/// deadline is over, whatever it is then. `None` as soon as there is none to be read.
pub(crate) async fn settled(
    spread: f64,
    unchanged_for: Duration,
    within: Duration,
    mut read: impl FnMut() -> Option<f64>,
) -> Option<f64> {
    let (deadline, mut readings) = (Instant::now() + within, interval(READING));
    let (mut since, mut reference) = (Instant::now(), read()?);
    loop {
        readings.tick().await;
        let reading = read()?;
        if (reading - reference).abs() > spread {
            (since, reference) = (Instant::now(), reading);
        }
        if since.elapsed() >= unchanged_for || Instant::now() > deadline {
            return Some(reading);
        }
    }
}
