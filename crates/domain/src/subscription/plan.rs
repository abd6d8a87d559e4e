//! The decision: how each listed subscription stands to what is wanted, and what is missing.

use std::fmt;

use super::{EVENTS, HookAddress, Listed, Wanted};

/// How a listed subscription stands to what is wanted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Standing {
    /// Ours, and as it should be.
    Right,
    /// Ours, and to be removed; what it was for is made anew where it is needed.
    Differs(Difference),
    /// Somebody else's: left alone.
    Anothers,
}

/// Why a subscription of ours is not as it should be. Texts continue "subscription 5 ...".
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Difference {
    /// It is for nothing that is needed.
    Event,
    /// ShipStation does not call it.
    Inactive,
    /// It is of one store only.
    OneStore,
    /// It has another token, or none.
    Token,
    /// Another one does the same.
    Double,
}

impl Difference {
    /// The difference's name in results.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Event => "event",
            Self::Inactive => "inactive",
            Self::OneStore => "one_store",
            Self::Token => "token",
            Self::Double => "double",
        }
    }
}

impl fmt::Display for Difference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Event => "is for an event that is not needed",
            Self::Inactive => "is switched off",
            Self::OneStore => "is of one store only",
            Self::Token => "has another token",
            Self::Double => "is there twice",
        })
    }
}

/// What is to be done to an account's subscriptions.
#[derive(Debug, Clone)]
pub struct Plan<'a> {
    /// Each listed subscription with how it stands, by id.
    pub standings: Vec<(&'a Listed, Standing)>,
    /// The events that nothing right is there for: to be added, before anything is removed.
    pub missing: Vec<&'static str>,
}

/// Compares what is wanted with what is listed. Of several that are right for one event, the oldest stays.
pub fn plan<'a>(wanted: &Wanted, listed: &'a [Listed]) -> Plan<'a> {
    let mut by_id: Vec<&Listed> = listed.iter().collect();
    by_id.sort_by_key(|listed| listed.id);
    let mut missing = EVENTS.to_vec();
    let mut stand = |listed: &Listed| {
        if !wanted.address.is_called_by(&listed.url) {
            return Standing::Anothers;
        }
        if is_v2(&listed.event) {
            return Standing::Right;
        }
        if let Some(difference) = difference(wanted, listed) {
            return Standing::Differs(difference);
        }
        let before = missing.len();
        missing.retain(|event| !event.eq_ignore_ascii_case(&listed.event));
        if missing.len() < before { Standing::Right } else { Standing::Differs(Difference::Double) }
    };
    let standings = by_id.into_iter().map(|listed| (listed, stand(listed))).collect();
    Plan { standings, missing }
}

/// Subscriptions of the V2 API are made by people, since they take a key of their own; our address understands them.
/// Whether V1 lists them is documented nowhere, so that one that it lists is left as it is.
fn is_v2(event: &str) -> bool {
    event.to_ascii_lowercase().ends_with("_v2")
}

/// What is wrong with a subscription of ours, seen by itself.
fn difference(wanted: &Wanted, listed: &Listed) -> Option<Difference> {
    if !EVENTS.iter().any(|event| event.eq_ignore_ascii_case(&listed.event)) {
        return Some(Difference::Event);
    }
    if !listed.active {
        return Some(Difference::Inactive);
    }
    if listed.store_id.is_some() {
        return Some(Difference::OneStore);
    }
    (!HookAddress::carries(&listed.url, wanted.token.as_ref())).then_some(Difference::Token)
}

impl<'a> Plan<'a> {
    /// Ours that are as they should be.
    pub fn right(&self) -> impl Iterator<Item = &'a Listed> {
        self.standings.iter().filter(|(_, standing)| *standing == Standing::Right).map(|(listed, _)| *listed)
    }

    /// Ours that are to be removed, each with the reason.
    pub fn removals(&self) -> impl Iterator<Item = (&'a Listed, Difference)> {
        self.standings.iter().filter_map(|(listed, standing)| match standing {
            Standing::Differs(difference) => Some((*listed, *difference)),
            Standing::Right | Standing::Anothers => None,
        })
    }

    /// What is not as it should be, a sentence's part each; empty when all is well.
    pub fn faults(&self) -> Vec<String> {
        let missing = match self.missing.as_slice() {
            [] => None,
            missing => Some(format!("missing: {}", missing.join(", "))),
        };
        let differing = self.removals().map(|(listed, difference)| {
            format!("subscription {} ({}) {difference}", listed.id, listed.event)
        });
        missing.into_iter().chain(differing).collect()
    }
}
