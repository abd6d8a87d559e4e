//! What of all problems is told now: each once, after a moment in which others may join it, and what is over.

use std::collections::{BTreeMap, BTreeSet};

use jiff::{SignedDuration, Timestamp};

use super::words::{Message, message};
use super::{Known, Problem, ProblemKey};

/// So long a problem must have been seen before it is told: what comes together is told together, and what is
/// mended at once is not told at all.
pub const GRACE: SignedDuration = SignedDuration::from_secs(30);

/// What is to be remembered and what to be forgotten.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Changes {
    /// To be kept, in place of what is known by the same key.
    pub keep: Vec<Known>,
    /// To be forgotten.
    pub forget: Vec<ProblemKey>,
}

impl Changes {
    /// Whether nothing changes.
    pub fn is_empty(&self) -> bool {
        self.keep.is_empty() && self.forget.is_empty()
    }
}

/// One look at all problems.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Digest {
    /// What to remember whatever becomes of the message.
    pub noticed: Changes,
    /// What is to be told; `None` for silence.
    pub message: Option<Message>,
    /// What to remember once the message has been delivered, and not before.
    pub delivered: Changes,
}

/// What is told now, given what is known and the problems that there are. All of one connection; `known` has each
/// key once, `problems` may repeat one.
pub fn digest(known: &[Known], problems: &[Problem], now: Timestamp) -> Digest {
    let known: BTreeMap<ProblemKey, &Known> =
        known.iter().map(|known| (known.problem.key(), known)).collect();
    let present: BTreeMap<ProblemKey, &Problem> =
        problems.iter().map(|problem| (problem.key(), problem)).collect();
    let mut sorting = Sorting { now, ..Sorting::default() };
    for (key, problem) in &present {
        sorting.present(problem, known.get(key).copied());
    }
    for (key, known) in known.iter().filter(|(key, _)| !present.contains_key(*key)) {
        sorting.gone(key, known);
    }
    sorting.finish()
}

/// The problems, sorted by what becomes of them.
#[derive(Default)]
struct Sorting<'a> {
    now: Timestamp,
    noticed: Changes,
    delivered: Changes,
    new: Vec<&'a Problem>,
    over: Vec<&'a Problem>,
    /// The subjects that have a problem of which somebody knows.
    told: BTreeSet<&'a str>,
    /// The subjects that have a problem which is told now.
    telling: BTreeSet<&'a str>,
    /// The subjects that have a problem which is not told yet.
    waiting: BTreeSet<&'a str>,
}

impl<'a> Sorting<'a> {
    fn present(&mut self, problem: &'a Problem, known: Option<&'a Known>) {
        let subject = problem.subject.as_str();
        let Some(known) = known else {
            self.noticed.keep.push(Known { problem: problem.clone(), first_seen: self.now, told: None });
            self.waiting.insert(subject);
            return;
        };
        if known.told.is_some() {
            self.told.insert(subject);
        } else if self.now.duration_since(known.first_seen) < GRACE {
            self.waiting.insert(subject);
        } else {
            self.telling.insert(subject);
            self.new.push(problem);
            let (problem, first_seen) = (problem.clone(), known.first_seen);
            self.delivered.keep.push(Known { problem, first_seen, told: Some(self.now) });
        }
    }

    /// A problem that is there no more. It is over, unless its subject has another problem in its place.
    fn gone(&mut self, key: &ProblemKey, known: &'a Known) {
        let subject = known.problem.subject.as_str();
        if known.told.is_none() || self.told.contains(subject) {
            self.noticed.forget.push(key.clone());
        } else if self.telling.contains(subject) {
            self.delivered.forget.push(key.clone());
        } else if !self.waiting.contains(subject) {
            self.over.push(&known.problem);
            self.delivered.forget.push(key.clone());
        }
    }

    fn finish(self) -> Digest {
        let message = message(&self.new, &self.over);
        Digest { noticed: self.noticed, message, delivered: self.delivered }
    }
}

#[cfg(test)]
mod tests;
