//! Waiting for what happens by itself, with a deadline. The only place in these tests where time just passes.

use std::fmt::Display;
use std::sync::mpsc;
use std::time::{Duration, Instant};

/// How long passes between two looks.
const TICK: Duration = Duration::from_millis(20);

/// Looks until there is an answer, and returns it. Panics once the time is up, with what was missing last.
pub(crate) fn eventually<T>(what: &str, within: Duration, mut look: impl FnMut() -> Result<T, String>) -> T {
    let deadline = Instant::now() + within;
    loop {
        match look() {
            Ok(found) => return found,
            Err(missing) => assert!(Instant::now() < deadline, "not within {within:?}: {what}: {missing}"),
        }
        tick();
    }
}

/// For `eventually`: whether something holds, and what to say while it does not.
pub(crate) fn holds(so: bool, otherwise: impl Display) -> Result<(), String> {
    if so { Ok(()) } else { Err(otherwise.to_string()) }
}

/// Lets a moment pass between two looks: nobody sends on this channel, so only the time-out ends the waiting.
pub(crate) fn tick() {
    let (_open, nothing) = mpsc::channel::<()>();
    let passed = nothing.recv_timeout(TICK);
    assert!(passed.is_err(), "nobody sends");
}
