//! How the work on a claimed freight went, and what follows from it: what is recorded, told and answered.

use domain::failure::Failure;
use domain::ids::OrderId;
use domain::rates::freight::Memory;
use jiff::Timestamp;
use ledger::Outcome;

use super::Job;
use crate::connection::Connection;
use crate::settlement::Ending;
use crate::{journal, note};

/// How the work on a claimed job went.
#[derive(Debug)]
pub(super) enum Step {
    /// It showed that already.
    Same,
    /// Cin7 shows it.
    Written,
    /// An earlier attempt had written this.
    Found(Memory),
    /// It is a person's by now.
    Theirs,
    Failed(Failure),
    /// Nothing was sent: its event comes again.
    Later,
}

impl Step {
    pub(super) fn outcome(&self, job: &Job) -> Outcome {
        match self {
            Self::Same | Self::Written => Outcome::Applied { note: note::write(&job.wanted) },
            Self::Found(memory) => Outcome::Applied { note: note::write(memory) },
            Self::Failed(Failure::Ambiguous { .. }) => Outcome::InDoubt,
            Self::Theirs | Self::Failed(Failure::Permanent { .. }) => Outcome::NotApplied,
            Self::Failed(_) | Self::Later => Outcome::Untouched,
        }
    }

    pub(super) fn may_have_landed(&self) -> bool {
        matches!(self, Self::Written | Self::Failed(Failure::Ambiguous { .. }))
    }

    pub(super) fn told(&self, job: &Job, now: Timestamp) -> Option<ledger::JournalEntry> {
        let order = job.order.id;
        match self {
            Self::Written => {
                let steps = job.chosen.as_ref().map_or(&[][..], |chosen| &chosen.charge.steps);
                Some(journal::freight(order, &job.wanted, steps, &job.errors, now))
            }
            Self::Found(memory) => Some(journal::found_freight(order, memory, now)),
            Self::Same | Self::Theirs | Self::Later | Self::Failed(Failure::RateLimited { .. }) => None,
            Self::Failed(failure) => Some(journal::failed(order, "writing freight to Cin7", failure, now)),
        }
    }

    pub(super) fn ending(self, connection: &Connection, order: OrderId) -> Ending {
        match self {
            Self::Same => Ending::Done("unchanged"),
            Self::Written | Self::Found(_) => Ending::Done("written"),
            Self::Theirs => Ending::Done("left_alone"),
            Self::Later => Ending::Busy(connection.clock.now()),
            Self::Failed(failure) => Ending::Failed(failure, Some(order)),
        }
    }
}
