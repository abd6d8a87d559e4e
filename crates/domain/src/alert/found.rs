//! Problems as they are found: in what is remembered of an order, in a parked event, in what a platform says to
//! our credentials.

use std::collections::BTreeSet;

use super::{AffectedOrder, Problem, ProblemKind};
use crate::event::{Event, EventKind};
use crate::ids::{ConnectionName, OrderId, OrderRef};
use crate::objection::against;
use crate::record::{Intake, OrderRecord, OrderState, Progress};
use crate::rule::Verdict;
use crate::text::{clean, cut};

/// The longest reason and the longest advice, in characters.
const LINE_MAX: usize = 400;

/// A sweep may find so many shipments in an hour that no notification told of. More of them mean that notifications do
/// not arrive.
pub const MISSED_MAX: u64 = 5;

/// The states of orders that a person must see to: those that [`Problem::of_order`] knows a problem of.
pub const FOR_PEOPLE: [OrderState; 2] = [OrderState::Refused, OrderState::Review];

/// The problems of orders, without those that a parked event tells of more exactly: an order whose write was
/// refused for good waits for that event.
pub fn of_orders<'a>(
    connection: &ConnectionName,
    records: impl IntoIterator<Item = &'a OrderRecord>,
    parked: &[Problem],
) -> Vec<Problem> {
    let told: BTreeSet<OrderId> =
        parked.iter().filter_map(|problem| Some(problem.order.as_ref()?.id)).collect();
    let records = records.into_iter();
    let untold = records.filter(|it| it.progress != Progress::Review || !told.contains(&it.reading.id));
    untold.filter_map(|record| Problem::of_order(connection, record)).collect()
}

impl Problem {
    /// What a person must see to in an order; `None` when nothing is.
    pub fn of_order(connection: &ConnectionName, record: &OrderRecord) -> Option<Self> {
        let (kind, (cause, reason, advice)) = match record.state() {
            OrderState::Refused => (ProblemKind::OrderRefused, failed_rule(record)),
            OrderState::Review => (ProblemKind::OrderReview, question(record)),
            _ => return None,
        };
        let reading = &record.reading;
        Some(Self {
            connection: connection.clone(),
            kind,
            subject: format!("order:{}", reading.id),
            order: Some(AffectedOrder { id: reading.id, reference: Some(line(&reading.reference)) }),
            cause: line(&cause),
            reason: line(&reason),
            advice: line(&advice),
        })
    }

    /// An event that waits for a person, with the cause and the text that it was parked with.
    pub fn of_parked(event: &Event, cause: &str, text: &str, order: Option<OrderId>) -> Self {
        let reference = match &event.kind {
            EventKind::OrderChanged { order: OrderRef::Reference(reference) }
            | EventKind::RateRequested { order: OrderRef::Reference(reference) } => Some(line(reference)),
            _ => None,
        };
        let named = match &event.kind {
            EventKind::OrderChanged { order: OrderRef::Id(id) }
            | EventKind::RateRequested { order: OrderRef::Id(id) } => Some(*id),
            _ => None,
        };
        Self {
            connection: event.connection.clone(),
            kind: ProblemKind::EventParked,
            subject: format!("event:{}", event.id),
            order: order.or(named).map(|id| AffectedOrder { id, reference }),
            cause: line(cause),
            reason: line(text),
            advice:
                "mend the cause, then let the event be tried again (`shipbridge parked replay`), or drop it \
                     (`shipbridge parked discard`)"
                    .to_owned(),
        }
    }

    /// Shipments that sweeps have found in the last hour, and that notifications should have told of; `None` for so
    /// few that they may be chance.
    pub fn of_missed_notifications(connection: &ConnectionName, missed: u64) -> Option<Self> {
        (missed > MISSED_MAX).then(|| Self {
            connection: connection.clone(),
            kind: ProblemKind::NotificationsMissed,
            subject: "notifications:shipstation".to_owned(),
            order: None,
            cause: "shipstation".to_owned(),
            reason: format!(
                "in the last hour {missed} shipments were found by sweeps alone: nothing is lost, and tracking \
                 numbers reach Cin7 some minutes late"
            ),
            advice: format!(
                "see whether ShipStation's webhooks reach this bridge (`shipbridge webhooks list --connection \
                 {connection}`, then the proxy before it)"
            ),
        })
    }

    /// A platform that refuses our credentials, with what it says. `platform` is its name in metrics.
    pub fn of_credential(connection: &ConnectionName, platform: &str, said: &str) -> Self {
        Self {
            connection: connection.clone(),
            kind: ProblemKind::CredentialRefused,
            subject: Self::credential_subject(platform),
            order: None,
            cause: platform.to_owned(),
            reason: line(said),
            advice: format!(
                "check the credentials and the permissions of {platform} in the configuration (`shipbridge check` \
                 tries them); nothing is lost meanwhile, everything waits"
            ),
        }
    }

    /// The subject of a platform's credentials.
    pub fn credential_subject(platform: &str) -> String {
        format!("platform:{platform}")
    }
}

/// Cause, reason and advice of an order that a rule refuses.
fn failed_rule(record: &OrderRecord) -> (String, String, String) {
    let explain = || format!("`shipbridge orders explain {}` shows every rule", record.reading.reference);
    let mut failed = record.reading.verdicts.iter().filter(|verdict| !verdict.passed);
    let Some(first) = failed.next() else {
        return ("unknown".to_owned(), "no rule says why".to_owned(), explain());
    };
    let reasons = std::iter::once(first).chain(failed).map(reason_of).collect::<Vec<_>>().join("; also ");
    (first.rule.as_str().to_owned(), reasons, first.advice.clone().unwrap_or_else(explain))
}

fn reason_of(verdict: &Verdict) -> String {
    let value = if verdict.value.trim().is_empty() { "nothing" } else { &verdict.value };
    format!("{}: {value}, where it takes {}", verdict.rule, verdict.expected)
}

/// Cause, reason and advice of an order that needs a decision.
fn question(record: &OrderRecord) -> (String, String, String) {
    let reading = &record.reading;
    if record.progress == Progress::Review {
        let reason = "what has shipped and what Cin7 shows as dispatched do not agree, or a write was refused for good";
        let advice = format!("`shipbridge orders explain {}` shows what happened", reading.reference);
        return ("shipping".to_owned(), reason.to_owned(), advice);
    }
    if let Some(objection) = &reading.objection {
        let cause = against(objection);
        let advice = "decide which of the two is right: change the order in ShipStation by hand, or take the change \
                      in Cin7 back";
        return (cause.to_owned(), objection.clone(), advice.to_owned());
    }
    debug_assert_eq!(reading.intake, Intake::Review, "no other way leads to this state");
    failed_rule(record)
}

/// A text as one line of bounded length.
fn line(text: &str) -> String {
    cut(&clean(text), LINE_MAX)
}
