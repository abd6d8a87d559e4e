//! What every call takes and gives back: the permit that pays for it, its outcome, what it told us in passing
//! about the budget, and lists in which one bad record never blocks its neighbours.

use domain::failure::Failure;
use jiff::{SignedDuration, Timestamp};

/// The right to make one HTTP call, used up by making it. Every client method that calls takes one by value,
/// so a call past the budget does not compile. Only the budget gate of `worker` mints permits, and `check`,
/// which a person runs.
#[derive(Debug)]
#[must_use = "a granted call that is not made is lost to the budget"]
pub struct CallPermit(());

impl CallPermit {
    /// A permit. Whoever mints one has counted the call.
    pub fn granted() -> Self {
        Self(())
    }
}

/// The outcome of a call with what was heard on the way.
#[derive(Debug)]
pub struct Answer<T> {
    /// What came of it.
    pub outcome: Result<T, Failure>,
    /// What the platform told in passing.
    pub heard: Heard,
}

/// What an answer tells beside its content.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Heard {
    /// The call's name, for logs and metrics. How long it took is the caller's to measure.
    pub operation: &'static str,
    /// The HTTP status; `None` when there was no answer, or no call because there was nothing to send.
    pub status: Option<u16>,
    /// The platform's clock: the `Date` header.
    pub date: Option<Timestamp>,
    /// Calls per window: `X-Rate-Limit-Limit`.
    pub limit: Option<u32>,
    /// Calls left in the window: `X-Rate-Limit-Remaining`.
    pub remaining: Option<u32>,
    /// Time until the window is over: `X-Rate-Limit-Reset`.
    pub resets_in: Option<SignedDuration>,
}

impl Heard {
    /// Nothing was heard: no answer came, or no call was made.
    pub fn nothing(operation: &'static str) -> Self {
        Self { operation, status: None, date: None, limit: None, remaining: None, resets_in: None }
    }
}

/// A page of records. A record that cannot be read stands apart with its reason.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Listing<T> {
    /// What could be read, in the answer's order.
    pub records: Vec<T>,
    /// What could not.
    pub unreadable: Vec<Unreadable>,
    /// Where this page stands; `None` for a list that has no pages.
    pub paging: Option<Paging>,
}

/// A record that could not be read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unreadable {
    /// The record's id, where at least that can be read.
    pub id: Option<String>,
    /// What is wrong with it, naming the field.
    pub reason: String,
}

/// Where a page stands among its like.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Paging {
    /// This page, from 1.
    pub page: u32,
    /// How many records we asked for.
    pub page_size: u32,
    /// How many pages there are, where the platform says so.
    pub pages: Option<u32>,
    /// How many records there are, where the platform says so.
    pub total: Option<u64>,
}

impl<T> Listing<T> {
    /// Whether to ask for the next page.
    ///
    /// An empty page ends every list. Where the platform counts pages, the last one ends it. ShipStation's
    /// own examples say `pages: 0` beside a page of data, so zero counts as not said: then, as with Cin7, a
    /// page that is not full ends the list, and so does one that reaches the total.
    pub fn has_more(&self) -> bool {
        let received = self.records.len() + self.unreadable.len();
        let Some(paging) = self.paging else { return false };
        if received == 0 {
            return false;
        }
        match paging.pages {
            Some(pages) if pages > 0 => paging.page < pages,
            _ => received >= paging.page_size as usize && !paging.reaches_total(),
        }
    }
}

impl Paging {
    fn reaches_total(self) -> bool {
        let seen = u64::from(self.page) * u64::from(self.page_size);
        self.total.is_some_and(|total| total > 0 && seen >= total)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn more(received: usize, page: u32, pages: Option<u32>, total: Option<u64>) -> bool {
        let paging = Some(Paging { page, page_size: 2, pages, total });
        Listing { records: vec![(); received], unreadable: Vec::new(), paging }.has_more()
    }

    #[test]
    fn a_list_ends_with_its_last_page_and_never_runs_in_circles() {
        assert!(more(2, 1, Some(2), Some(3)), "a first page of two");
        assert!(!more(1, 2, Some(2), Some(3)), "the last page");
        assert!(!more(2, 3, Some(2), Some(3)), "past the end");
        assert!(!more(0, 1, Some(9), None), "an empty page, whatever is promised");
        assert!(more(1, 1, Some(2), None), "a page cut short by the platform");
        assert!(!more(1, 1, Some(0), Some(1)), "pages 0 beside data");
        assert!(more(2, 1, Some(0), Some(3)), "pages 0, but the total says more");
        assert!(!more(2, 1, Some(0), Some(2)), "pages 0, a full page that is all");
        assert!(more(2, 1, None, None), "a full page of a list that counts nothing");
        assert!(!more(1, 1, None, None), "a short page of such a list");
    }

    #[test]
    fn unreadable_records_count_towards_a_full_page() {
        let unreadable = vec![Unreadable { id: None, reason: String::new() }];
        let paging = Some(Paging { page: 1, page_size: 2, pages: None, total: None });
        assert!(Listing { records: vec![()], unreadable, paging }.has_more());
    }
}
