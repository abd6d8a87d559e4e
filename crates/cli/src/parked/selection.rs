//! Which parked events a command means.

use std::collections::BTreeSet;

use domain::ids::EventId;
use ledger::ParkedEvent;

use crate::args::{ParkedFilter, ParkedSelection};

/// The events that are meant.
#[derive(Debug)]
pub(super) struct Selected {
    /// Those that are parked.
    pub(super) events: Vec<ParkedEvent>,
    /// Those that were named and are not.
    pub(super) absent: Vec<EventId>,
}

impl ParkedFilter {
    /// Whether an event is meant.
    pub(super) fn fits(&self, parked: &ParkedEvent) -> bool {
        self.cause.as_ref().is_none_or(|cause| parked.cause == *cause)
            && self.lane.is_none_or(|lane| parked.lane == lane)
    }
}

impl ParkedSelection {
    /// The named ones that the filter lets through, or without names all that it does.
    pub(super) fn of(&self, parked: Vec<ParkedEvent>) -> Selected {
        let named: BTreeSet<EventId> = self.events.iter().copied().collect();
        let there: BTreeSet<EventId> = parked.iter().map(|parked| parked.event.id).collect();
        let meant = |parked: &ParkedEvent| {
            (named.is_empty() || named.contains(&parked.event.id)) && self.filter.fits(parked)
        };
        let absent = named.difference(&there).copied().collect();
        Selected { events: parked.into_iter().filter(meant).collect(), absent }
    }
}
