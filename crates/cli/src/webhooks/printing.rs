//! Subscriptions for people and for scripts. No address is shown with its token.

use domain::ids::ConnectionName;
use domain::subscription::{Difference, EVENTS, HookAddress, Listed, Plan, Standing, redacted};
use serde::Serialize;
use worker::Registered;

use crate::config::Unregistrable;
use crate::output;

/// What `list` tells.
#[derive(Debug, Serialize)]
pub(super) struct Told {
    connection: ConnectionName,
    /// Where ShipStation shall call; `None` where nobody knows.
    address: Option<String>,
    /// Whether all that is needed is there, and nothing that differs.
    pub(super) complete: bool,
    /// What is not as it should be.
    faults: Vec<String>,
    /// Why none can be registered.
    problem: Option<String>,
    webhooks: Vec<Row>,
}

/// A subscription.
#[derive(Debug, Serialize)]
struct Row {
    id: i64,
    event: String,
    store_id: Option<i64>,
    name: String,
    active: bool,
    /// `ours` or `another's`.
    whose: &'static str,
    /// What is wrong with one of ours: `event`, `inactive`, `one_store`, `token`, `double`.
    differs: Option<&'static str>,
    /// Without its token.
    address: String,
}

impl Row {
    fn of(listed: &Listed, standing: Standing) -> Self {
        let (whose, differs) = match standing {
            Standing::Right => ("ours", None),
            Standing::Differs(difference) => ("ours", Some(difference.as_str())),
            Standing::Anothers => ("another's", None),
        };
        Self {
            id: listed.id,
            event: listed.event.clone(),
            store_id: listed.store_id,
            name: listed.name.clone(),
            active: listed.active,
            whose,
            differs,
            address: redacted(&listed.url),
        }
    }
}

impl Told {
    /// What stands there compared with what is needed.
    pub(super) fn of(connection: &ConnectionName, address: &HookAddress, plan: &Plan<'_>) -> Self {
        let faults = plan.faults();
        Self {
            connection: connection.clone(),
            address: Some(address.to_string()),
            complete: faults.is_empty(),
            faults,
            problem: None,
            webhooks: plan.standings.iter().map(|(listed, standing)| Row::of(listed, *standing)).collect(),
        }
    }

    /// What stands there where nothing can be registered.
    pub(super) fn without_want(
        connection: &ConnectionName,
        address: Option<&HookAddress>,
        listed: &[Listed],
        problem: &Unregistrable,
    ) -> Self {
        let row = |listed: &Listed| {
            let ours = address.is_some_and(|address| address.is_called_by(&listed.url));
            Row::of(listed, if ours { Standing::Right } else { Standing::Anothers })
        };
        Self {
            connection: connection.clone(),
            address: address.map(ToString::to_string),
            complete: false,
            faults: Vec::new(),
            problem: Some(problem.to_string()),
            webhooks: listed.iter().map(row).collect(),
        }
    }

    /// A table, and a sentence on whether what is needed is there.
    pub(super) fn print(&self) {
        if !self.webhooks.is_empty() {
            let mut table = output::table(["id", "event", "store", "name", "active", "whose", "address"]);
            for row in &self.webhooks {
                table.add_row([
                    row.id.to_string(),
                    row.event.clone(),
                    row.store_id.map_or_else(|| "all".to_owned(), |id| id.to_string()),
                    row.name.clone(),
                    if row.active { "yes" } else { "no" }.to_owned(),
                    row.whose.to_owned(),
                    row.address.clone(),
                ]);
            }
            output::keep_whole(&mut table, 2);
            output::line(&table.to_string());
        }
        output::line(&self.sentence());
    }

    fn sentence(&self) -> String {
        let address = self.address.as_deref().unwrap_or("no address");
        match &self.problem {
            Some(problem) => format!("None can be registered for {}: {problem}.", self.connection),
            None if self.complete => {
                format!("All {} that {} needs are there, at {address}.", EVENTS.len(), self.connection)
            }
            None => format!(
                "Not as {} needs it at {address}: {}. `shipbridge webhooks register --connection {}` sets it right.",
                self.connection,
                self.faults.join("; "),
                self.connection
            ),
        }
    }
}

/// What `register` and `remove` did.
#[derive(Debug, Serialize)]
pub(super) struct Changed {
    connection: ConnectionName,
    address: String,
    added: Vec<&'static str>,
    removed: Vec<Removed>,
    kept: Vec<Kept>,
}

#[derive(Debug, Serialize)]
struct Removed {
    id: i64,
    event: String,
    /// What was wrong with it; `None`: it was asked for.
    differs: Option<&'static str>,
    #[serde(skip)]
    why: String,
}

#[derive(Debug, Serialize)]
struct Kept {
    id: i64,
    event: String,
}

impl Removed {
    fn of(listed: &Listed, difference: Option<Difference>) -> Self {
        let why = difference.map_or_else(String::new, |difference| format!(": it {}", past(difference)));
        let differs = difference.map(Difference::as_str);
        Self { id: listed.id, event: listed.event.clone(), differs, why }
    }
}

/// A difference of something that is gone.
fn past(difference: Difference) -> String {
    let present = difference.to_string();
    let past = present.strip_prefix("is ").map(|rest| format!("was {rest}"));
    past.or_else(|| present.strip_prefix("has ").map(|rest| format!("had {rest}"))).unwrap_or(present)
}

impl Changed {
    pub(super) fn by_registering(
        connection: &ConnectionName,
        address: &HookAddress,
        done: &Registered,
    ) -> Self {
        let removed = done.removed.values().map(|(listed, why)| Removed::of(listed, Some(*why))).collect();
        let kept = done.kept.iter().map(|listed| Kept { id: listed.id, event: listed.event.clone() });
        Self {
            connection: connection.clone(),
            address: address.to_string(),
            added: done.added.iter().copied().collect(),
            removed,
            kept: kept.collect(),
        }
    }

    pub(super) fn by_removing(connection: &ConnectionName, address: &HookAddress, gone: &[Listed]) -> Self {
        Self {
            connection: connection.clone(),
            address: address.to_string(),
            added: Vec::new(),
            removed: gone.iter().map(|listed| Removed::of(listed, None)).collect(),
            kept: Vec::new(),
        }
    }

    /// A line for each subscription, and how many there are of each.
    pub(super) fn print(&self) {
        output::line(&format!("ShipStation, {}:", self.address));
        for event in &self.added {
            output::line(&format!("  added    {event}"));
        }
        for Removed { id, event, why, .. } in &self.removed {
            output::line(&format!("  removed  {event} ({id}){why}"));
        }
        for Kept { id, event } in &self.kept {
            output::line(&format!("  kept     {event} ({id})"));
        }
        let (added, removed, kept) = (self.added.len(), self.removed.len(), self.kept.len());
        output::line(&format!("Added {added}, removed {removed}, kept {kept}."));
    }
}
