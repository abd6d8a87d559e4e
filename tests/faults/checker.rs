//! The judge: a pure function of a history. It knows what must hold, and nothing of how a run is made.
//!
//! An announcement is *applied* when the platforms show what it told of, *lost* when it was accepted and is not
//! applied, and *recovered* when it is applied although nobody ever accepted it (a confirmation that was cut off
//! on its way leaves such events behind). One that was neither accepted nor applied is its sender's to repeat.

use std::collections::BTreeSet;
use std::time::Duration;

use crate::history::{Answer, Ends, Flow, History, OrderEnd, Post};

#[cfg(test)]
mod tests;

/// An answer comes within 4 s (see the contract); the rest is for the test's own machine, where everything runs
/// on the same few processors.
pub(crate) const LATEST_ANSWER: Duration = Duration::from_secs(8);

/// What the run did.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Verdict {
    pub(crate) orders: Row,
    pub(crate) shipments: Row,
    /// What must not be, in the order of the history.
    pub(crate) violations: Vec<Violation>,
}

/// The counts of one flow.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Row {
    /// Announcements.
    pub(crate) announced: usize,
    /// Posts: announcements, with copies and repetitions.
    pub(crate) attempted: usize,
    /// Posts that were answered 2xx.
    pub(crate) acknowledged: usize,
    /// Posts that were answered otherwise.
    pub(crate) refused: usize,
    /// Posts that were not answered.
    pub(crate) silent: usize,
    /// Announcements.
    pub(crate) applied: usize,
    /// Announcements.
    pub(crate) lost: usize,
    /// Announcements.
    pub(crate) recovered: usize,
    /// Orders with more than one effect.
    pub(crate) duplicated: usize,
}

/// Something that must not be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Violation {
    /// Accepted, and never applied.
    Lost { flow: Flow, orders: Vec<i64> },
    /// ShipStation has an order more than once.
    DuplicateOrder { order: i64, copies: usize },
    /// ShipStation was told an order again, which hid nothing: it was the same one.
    SentAgain { order: i64, times: u64 },
    /// Cin7 was told a shipment again.
    WrittenAgain { order: i64, times: u64 },
    /// A 2xx that does not stand for exactly one event of its own.
    Unaccounted { event_ids: Vec<String> },
    /// A refusal that no sender would understand as "come again later".
    Unclear { status: u16 },
    /// An answer that took too long.
    Late { took: Duration },
    /// An order that is not where it belongs in the end.
    Astray { order: i64, end: OrderEnd },
}

/// Judges a run.
pub(crate) fn check(history: &History) -> Verdict {
    let mut verdict = Verdict::default();
    let mut event_ids = BTreeSet::new();
    for announcement in &history.announcements {
        let applied =
            announcement.orders.iter().all(|order| is_applied(announcement.flow, *order, &history.ends));
        let accepted = announcement.is_accepted();
        let row = verdict.row(announcement.flow);
        row.announced += 1;
        row.applied += usize::from(applied);
        row.recovered += usize::from(applied && !accepted);
        row.lost += usize::from(accepted && !applied);
        announcement.posts.iter().for_each(|post| row.count(post));
        if accepted && !applied {
            let (flow, orders) = (announcement.flow, announcement.orders.clone());
            verdict.violations.push(Violation::Lost { flow, orders });
        }
        let faults = announcement.posts.iter().filter_map(|post| fault_of(post, &mut event_ids));
        verdict.violations.extend(faults);
    }
    for (order, end) in &history.finally {
        verdict.judge(*order, *end);
    }
    verdict
}

fn is_applied(flow: Flow, order: i64, ends: &Ends) -> bool {
    let end = ends.get(&order).copied().unwrap_or_default();
    match flow {
        Flow::Orders => end.copies > 0,
        Flow::Shipments => end.dispatched,
    }
}

fn fault_of(post: &Post, seen: &mut BTreeSet<String>) -> Option<Violation> {
    match &post.answer {
        Answer::Accepted(event_ids) => match event_ids.as_slice() {
            [one] if seen.insert(one.clone()) => {}
            _ => return Some(Violation::Unaccounted { event_ids: event_ids.clone() }),
        },
        Answer::Refused { status: 503, retry_after: true } => {}
        Answer::Refused { status, .. } => return Some(Violation::Unclear { status: *status }),
        Answer::Silent => {}
    }
    (post.took > LATEST_ANSWER).then_some(Violation::Late { took: post.took })
}

impl Verdict {
    fn row(&mut self, flow: Flow) -> &mut Row {
        match flow {
            Flow::Orders => &mut self.orders,
            Flow::Shipments => &mut self.shipments,
        }
    }

    /// Effects are counted at the very end: what comes late must not come twice either.
    fn judge(&mut self, order: i64, end: OrderEnd) {
        if end.copies > 1 {
            self.violations.push(Violation::DuplicateOrder { order, copies: end.copies });
        }
        if end.sent > 1 {
            self.violations.push(Violation::SentAgain { order, times: end.sent });
        }
        if end.written > 1 {
            self.violations.push(Violation::WrittenAgain { order, times: end.written });
        }
        if end.copies == 0 || !end.dispatched {
            self.violations.push(Violation::Astray { order, end });
        }
        self.orders.duplicated += usize::from(end.copies > 1);
        self.shipments.duplicated += usize::from(end.written > 1);
    }
}

impl Row {
    fn count(&mut self, post: &Post) {
        self.attempted += 1;
        match post.answer {
            Answer::Accepted(_) => self.acknowledged += 1,
            Answer::Refused { .. } => self.refused += 1,
            Answer::Silent => self.silent += 1,
        }
    }
}
