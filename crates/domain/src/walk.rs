//! Walking through rows by the date of their change, oldest first, while they go on changing. Each page begins a
//! new window at the date of the last row, so that rows that change meanwhile push nothing over a page's seam;
//! only where a whole page bears one date (a bulk edit) is the page number raised. Asking, and what becomes of
//! the rows, is the callers'.

use jiff::{SignedDuration, Timestamp};

/// Where a walk is: the page to be asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Walk {
    /// Rows that changed at or after this.
    pub since: Timestamp,
    /// The page of them, from 1.
    pub page: u32,
}

impl Walk {
    /// The first page of what changed since then.
    pub fn since(since: Timestamp) -> Self {
        Self { since, page: 1 }
    }

    /// The next page, after one whose last row changed then; `None` for a page without a row that says when.
    #[must_use]
    pub fn after(self, last: Option<Timestamp>) -> Self {
        match last.filter(|last| *last > self.since) {
            Some(last) => Self::since(last),
            None => Self { page: self.page + 1, ..self },
        }
    }
}

/// Rows may become visible so long after the date that they bear.
const SETTLING: SignedDuration = SignedDuration::from_secs(30);

/// Up to when a walk has seen everything, that came to its end and began then by the platform's own time. A bulk
/// edit, after which nothing changes, would be walked again and again if only its own date counted.
pub fn seen_until(began: Timestamp) -> Timestamp {
    began.checked_sub(SETTLING).unwrap_or(Timestamp::MIN)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(second).unwrap()
    }

    #[test]
    fn a_page_begins_at_the_last_rows_date_and_is_counted_only_within_one_date() {
        let mut walk = Walk::since(at(5));
        for (last, since, page) in [
            (Some(9), 9, 1),
            (Some(9), 9, 2),
            (Some(9), 9, 3),
            (None, 9, 4),
            (Some(8), 9, 5),
            (Some(10), 10, 1),
        ] {
            walk = walk.after(last.map(at));
            assert_eq!(walk, Walk { since: at(since), page });
        }
    }

    #[test]
    fn what_changed_just_before_a_walk_may_not_have_been_seen() {
        assert_eq!(seen_until(at(100)), at(70));
        assert_eq!(seen_until(Timestamp::MIN), Timestamp::MIN);
    }
}
