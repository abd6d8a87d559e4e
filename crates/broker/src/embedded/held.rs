//! An event in hand. Whatever happens to the holder, the index learns of it: dropping is returning.

use std::sync::Arc;

use super::index::{Index, Place};

/// One event in hand.
#[derive(Debug)]
pub(super) struct Held {
    index: Arc<Index>,
    place: Place,
    /// Deliveries before this one.
    before: u32,
    settled: bool,
}

impl Held {
    /// Only the index hands out.
    pub(super) fn new(index: Arc<Index>, place: Place, before: u32) -> Self {
        Self { index, place, before, settled: false }
    }

    /// Where it stood.
    pub(super) fn place(&self) -> Place {
        self.place
    }

    /// Its delivery is counted on the disk, as the number `deliveries`.
    pub(super) fn count(&mut self, deliveries: u32) {
        self.before = deliveries.saturating_sub(1);
        self.index.count(self.place);
    }

    /// It is no longer on the disk.
    pub(super) fn settled(mut self) {
        self.settled = true;
        self.index.release(self.place);
    }

    /// It is due again at `due`, on the disk as well.
    pub(super) fn postponed(mut self, due: i64) {
        self.settled = true;
        self.index.postpone(self.place, due);
    }
}

impl Drop for Held {
    fn drop(&mut self) {
        if !self.settled {
            // A worker that panics with the event in hand may do so each time: that one counts.
            self.index.give_back(self.place, self.before, std::thread::panicking());
        }
    }
}
