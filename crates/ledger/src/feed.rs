//! What both engines do alike about the custom store's feed: stamps that no window misses, and for how long a
//! frozen window is good.

use std::collections::BTreeMap;

use jiff::{SignedDuration, Timestamp};

use domain::feed::{FeedOrder, FeedWindow};

use crate::column::micros;
use crate::document;
use crate::error::LedgerError;
use crate::types::FeedPage;

/// For so long the pages of a window show what its first page has shown.
const FROZEN: SignedDuration = SignedDuration::from_mins(30);
/// So far ahead of ours may the clock be of somebody who reads windows to their end.
const AHEAD: SignedDuration = SignedDuration::from_mins(6);

/// A feed's clock: the latest change, its stamp, and until when windows have been read. Whoever reads it in order
/// to move it holds the feed's lock.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct FeedClock {
    pub(crate) change: i64,
    pub(crate) changed: i64,
    pub(crate) read_until: i64,
}

/// From when on a change shows: when it was made, and no later than its stamp.
pub(crate) fn since(clock: FeedClock, now: Timestamp) -> i64 {
    micros(now).min(clock.changed)
}

impl FeedClock {
    /// The clock of a feed that nothing has come into.
    pub(crate) const NEW: Self = Self { change: 0, changed: i64::MIN, read_until: i64::MIN };

    /// The next change: after every stamp before it, and after every window that was read.
    pub(crate) fn next(self, now: Timestamp) -> Self {
        let changed = micros(now).max(self.changed.saturating_add(1)).max(self.read_until.saturating_add(1));
        Self { change: self.change + 1, changed, ..self }
    }

    /// A window is read: what changes from now on must not fall into it. One that ends far ahead is not meant to
    /// be read to its end.
    pub(crate) fn read(self, window: FeedWindow, now: Timestamp) -> Self {
        let until = micros(window.until).min(micros(now + AHEAD));
        Self { read_until: self.read_until.max(until), ..self }
    }
}

/// A window as it was frozen.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct FrozenWindow {
    pub(crate) change: i64,
    pub(crate) orders: i64,
    pub(crate) frozen_at: i64,
}

impl FrozenWindow {
    /// Whether a page is still read from it.
    pub(crate) fn is_good_for(self, page: FeedPage, now: Timestamp) -> bool {
        page.number > 1 && self.frozen_at > forgotten_until(now)
    }

    /// How many pages it has.
    pub(crate) fn pages(self, page: FeedPage) -> u32 {
        let orders = u64::try_from(self.orders).unwrap_or_default();
        let pages = orders.div_ceil(u64::from(page.size.max(1))).max(1);
        u32::try_from(pages).unwrap_or(u32::MAX)
    }
}

/// So many orders of a frozen window lie between two seams.
pub(crate) const SEAM_EVERY: i64 = 100;

/// Behind which position of its window a page begins.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Seam {
    pub(crate) changed: i64,
    pub(crate) order: i64,
}

impl Seam {
    /// Before the first position of a window.
    pub(crate) fn before(window: FeedWindow) -> Self {
        Self { changed: micros(window.from).saturating_sub(1), order: i64::MAX }
    }
}

/// Where a page is found: at which seam, counted in orders, and after how many orders behind that.
pub(crate) fn place(page: FeedPage) -> (i64, i64) {
    let before = i64::from(page.number.saturating_sub(1)).saturating_mul(i64::from(page.size));
    let rest = before % SEAM_EVERY;
    (before - rest, rest)
}

/// What is older than this is read by nobody any more.
pub(crate) fn forgotten_until(now: Timestamp) -> i64 {
    micros(now - FROZEN)
}

/// The orders of a call as they are stored, of an order that stands twice the last one; sorted by id.
pub(crate) fn bodies(orders: &[FeedOrder]) -> BTreeMap<i64, String> {
    orders.iter().map(|order| (order.id.0, document::encode(order))).collect()
}

/// The order behind a stored text.
pub(crate) fn order(body: &str) -> Result<FeedOrder, LedgerError> {
    document::decode("order of the feed", body)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: i64) -> Timestamp {
        Timestamp::from_second(1_790_000_000 + seconds).unwrap()
    }

    #[test]
    fn a_page_is_found_from_the_seam_before_it() {
        let of = |number, size| place(FeedPage { number, size });
        assert_eq!([of(1, 100), of(2, 100), of(1_000, 100)], [(0, 0), (100, 0), (99_900, 0)]);
        assert_eq!([of(2, 30), of(5, 30), of(0, 30)], [(0, 30), (100, 20), (0, 0)]);
        assert_eq!(of(u32::MAX, u32::MAX), (i64::MAX - 7, 7), "past every end");
    }

    #[test]
    fn a_change_is_stamped_after_every_window_that_was_read_unless_that_ends_far_ahead() {
        let window = |until| FeedWindow { from: at(0), until: at(until) };
        let stamp = |clock: FeedClock, now| clock.next(at(now)).changed;
        assert_eq!(stamp(FeedClock::NEW, 5), micros(at(5)));
        let read = FeedClock::NEW.next(at(5)).read(window(59), at(10));
        assert_eq!(stamp(read, 20), micros(at(59)) + 1);
        assert_eq!(stamp(read, 70), micros(at(70)));
        assert_eq!(stamp(read.next(at(70)), 30), micros(at(70)) + 1, "stamps never go back");
        let whole = FeedClock::NEW.read(window(1_000_000), at(10));
        assert_eq!(stamp(whole, 20), micros(at(10) + AHEAD) + 1);
    }
}
