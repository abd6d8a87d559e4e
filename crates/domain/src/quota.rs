//! The words of the platforms' budgets: windows and priorities. Counting is the ledger's business, so that
//! all workers share one budget.

use jiff::SignedDuration;
use serde::{Deserialize, Serialize};

/// One window of a budget: at most `limit` calls in any `length`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Window {
    /// Calls per window.
    pub limit: u32,
    /// The window's length.
    pub length: SignedDuration,
}

/// What a call is for. A lower one cannot touch the reserve of a higher one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Priority {
    /// Filling up history.
    Backfill,
    /// Looking for what no event announced.
    Watch,
    /// Quotes.
    Rates,
    /// Orders on their way out.
    Import,
    /// Shipments on their way back: a customer waits for the number.
    WriteBack,
}

impl Priority {
    /// The part of a window, in percent, that this priority leaves to the higher ones.
    pub fn reserve_percent(self) -> u32 {
        match self {
            Self::WriteBack => 0,
            Self::Import => 15,
            Self::Rates => 20,
            Self::Watch => 25,
            Self::Backfill => 50,
        }
    }

    /// How many of a window's calls this priority may use, at least one.
    pub fn share_of(self, limit: u32) -> u32 {
        (limit - limit * self.reserve_percent() / 100).max(1)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_higher_priority_never_has_a_smaller_share_and_everybody_has_one() {
        for limit in [1, 2, 3, 40, 60, 5000] {
            assert_eq!(Priority::WriteBack.share_of(limit), limit);
            assert!(Priority::Import.share_of(limit) >= Priority::Watch.share_of(limit));
            assert!(Priority::Backfill.share_of(limit) >= 1);
        }
        assert_eq!(Priority::Import.share_of(40), 34);
    }
}
