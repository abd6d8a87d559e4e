//! Signals: the first asks to stop softly, the second ends the process at once.

use tokio::signal::unix::{SignalKind, signal};

/// Waits for the first signal to stop: TERM, INT or HUP.
pub(crate) async fn requested() -> std::io::Result<&'static str> {
    let mut terminate = signal(SignalKind::terminate())?;
    let mut interrupt = signal(SignalKind::interrupt())?;
    let mut hang_up = signal(SignalKind::hangup())?;
    Ok(tokio::select! {
        _ = terminate.recv() => "SIGTERM",
        _ = interrupt.recv() => "SIGINT",
        _ = hang_up.recv() => "SIGHUP",
    })
}

/// Does `stop`, unless a second signal comes first: then ends the process at once, with 1.
pub(crate) async fn softly(stop: impl Future<Output = ()>) {
    tokio::select! {
        () = stop => {}
        Ok(_) = requested() => {
            tracing::warn!("second signal: ending at once; what was accepted is on disk");
            std::process::exit(1);
        }
    }
}
