//! Orders out: from a Cin7 order to what shall happen to it. Pure: the same order, record and rules always
//! give the same decision. Verdicts come from [`rules`], the document from [`document`].

pub mod amounts;
pub mod document;
pub mod lines;
pub mod rules;

use std::collections::BTreeMap;

use jiff::Timestamp;

use crate::effect::Fingerprint;
use crate::event::Origin;
use crate::product::Product;
use crate::record::{Intake, OrderRecord, Progress, Reading};
use crate::rule::{RuleId, Verdict};
use crate::sales_order::SalesOrder;
use crate::settings::Rules;
use crate::shipping_order::ShippingOrder;

/// Products by their id, as far as they are known.
pub type Catalogue = BTreeMap<i64, Product>;

/// What shall happen to an order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Decision {
    /// Write this document to ShipStation.
    Import(Box<ShippingOrder>),
    /// Nothing yet: its time has not come.
    Waiting,
    /// Nothing: it is not ours to ship.
    Excluded,
    /// Nothing until a person mends the order in Cin7.
    Refused,
    /// It is in ShipStation as it should be.
    Unchanged,
    /// It is in ShipStation, and was edited in Cin7 since. Edits are not sent again by this version.
    Edited,
    /// It is in ShipStation, and no longer eligible. Withdrawing is not done by this version.
    Withdrawn,
    /// Its shipping is over.
    Closed,
}

/// A decision with its reasons.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Judgement {
    /// What shall happen.
    pub decision: Decision,
    /// What is to be remembered of this reading.
    pub reading: Reading,
}

/// One reading of an order, with what was known before it.
#[derive(Debug, Clone, Copy)]
pub struct Case<'a> {
    /// The order as read.
    pub order: &'a SalesOrder,
    /// What we remember of it.
    pub known: Option<&'a OrderRecord>,
    /// Who made us read it.
    pub origin: Origin,
    /// The platform's own time when it answered.
    pub platform_time: Option<Timestamp>,
}

/// Decides about one order.
pub fn decide(case: Case<'_>, catalogue: &Catalogue, rules: &Rules, now: Timestamp) -> Judgement {
    let order = case.order;
    let reached_in_sight = reached_in_sight(case, rules);
    let verdicts = rules::verdicts(order, rules, now);
    let intake = intake(&verdicts, reached_in_sight);
    let decision = match case.known.and_then(|known| known.placed.as_ref().map(|placed| (known, placed))) {
        Some((known, placed)) => {
            let document = || document::translate(order, catalogue, rules);
            after_import(order, known.progress, intake, || document() == placed.document)
        }
        None => before_import(intake, || document::translate(order, catalogue, rules)),
    };
    // Once an order is in ShipStation, the verdicts that let it in are what explains it.
    let kept = case.known.filter(|known| known.placed.is_some()).map(|known| &known.reading);
    let reading = Reading {
        id: order.id,
        reference: order.reference.clone(),
        stage: order.stage.clone(),
        version: order.modified,
        content: Fingerprint::of(order),
        platform_time: case.platform_time,
        intake: kept.map_or(intake, |kept| kept.intake),
        verdicts: kept.map_or(verdicts, |kept| kept.verdicts.clone()),
        reached_in_sight,
    };
    Judgement { decision, reading }
}

fn before_import(intake: Intake, document: impl FnOnce() -> ShippingOrder) -> Decision {
    match intake {
        Intake::Waiting => Decision::Waiting,
        Intake::Excluded => Decision::Excluded,
        Intake::Refused | Intake::Review => Decision::Refused,
        Intake::Eligible => Decision::Import(Box::new(document())),
    }
}

fn after_import(
    order: &SalesOrder,
    progress: Progress,
    intake: Intake,
    unchanged: impl FnOnce() -> bool,
) -> Decision {
    if progress != Progress::Nothing || (order.dispatched.is_some() && !order.void) {
        Decision::Closed
    } else if intake != Intake::Eligible {
        Decision::Withdrawn
    } else if unchanged() {
        Decision::Unchanged
    } else {
        Decision::Edited
    }
}

fn reached_in_sight(case: Case<'_>, rules: &Rules) -> bool {
    match case.known {
        Some(known) => known.reading.reached_in_sight || !rules::is_at_stage(&known.reading.stage, rules),
        None => case.origin == Origin::Webhook,
    }
}

/// From verdicts to what becomes of the order (contract: *From rules to state*).
fn intake(verdicts: &[Verdict], reached_in_sight: bool) -> Intake {
    let failed = |rule: RuleId| verdicts.iter().any(|verdict| verdict.rule == rule && !verdict.passed);
    let any = |rules: &[RuleId]| rules.iter().any(|rule| failed(*rule));
    if any(&[RuleId::Approved, RuleId::Stage]) {
        Intake::Waiting
    } else if any(&[RuleId::NotVoid, RuleId::NotDispatched, RuleId::Branch])
        || (failed(RuleId::Window) && !reached_in_sight)
    {
        Intake::Excluded
    } else if any(&[RuleId::Window, RuleId::Country, RuleId::Address, RuleId::Lines, RuleId::QtyDispatch]) {
        Intake::Refused
    } else if failed(RuleId::NoOtherIntegration) {
        Intake::Review
    } else {
        Intake::Eligible
    }
}
