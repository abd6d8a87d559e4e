//! A number of requests, each once, as fast as they are answered.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use super::{Load, Tally, connect, gather};
use crate::http::Connection;

/// Sends the next `count` requests over so many connections.
pub(crate) async fn feed(load: &Load, connections: usize, count: u64) -> anyhow::Result<Tally> {
    let left = Arc::new(AtomicU64::new(count));
    let open = connect(load, connections).await?;
    gather(open.into_iter().map(|connection| draw(load.clone(), connection, left.clone())).collect()).await
}

async fn draw(load: Load, mut connection: Connection, left: Arc<AtomicU64>) -> Tally {
    let mut tally = Tally::default();
    let one_less = |left: u64| left.checked_sub(1);
    while left.fetch_update(Ordering::Relaxed, Ordering::Relaxed, one_less).is_ok() {
        let answer = connection.call(&load.next_request()).await;
        tally.heed(&load, &answer);
        if answer.is_err() {
            return tally;
        }
    }
    tally
}
