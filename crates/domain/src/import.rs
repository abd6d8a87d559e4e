//! Orders out: from a Cin7 order to what shall happen to it. Pure: the same order, record and rules always
//! give the same decision. Verdicts come from [`rules`], the document from [`mod@document`], and what becomes of an
//! order that is in ShipStation already from `life` and [`mod@outgoing`].

pub mod amounts;
pub mod document;
mod life;
pub mod lines;
pub mod outgoing;
pub mod rules;

use std::collections::BTreeMap;

use jiff::Timestamp;

use crate::effect::Fingerprint;
use crate::event::Origin;
use crate::placed_order::PlacedOrder;
use crate::product::Product;
use crate::record::{Intake, OrderRecord, Reading};
use crate::rule::{RuleId, Verdict};
use crate::sales_order::SalesOrder;
use crate::settings::Rules;
use crate::shipping_order::ShippingOrder;

pub use life::concerns;
use life::{Life, Outlook};

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
    /// It is in ShipStation and shall become something else there.
    Update(Box<Update>),
    /// It shall become something else, and ShipStation must be asked first how the order stands there now.
    LookFirst,
    /// It shall become something else and cannot: a person must decide. The reading's objection says why.
    Locked,
    /// It is in ShipStation and no longer eligible, which the settings say to ignore.
    Ignored,
    /// Its shipping is over.
    Closed,
}

/// An order in ShipStation that shall become something else.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Update {
    /// What is wanted, and remembered once it is written.
    pub wanted: ShippingOrder,
    /// What is sent: what is wanted, with what ShipStation's people have set.
    pub outgoing: ShippingOrder,
    /// What happened in Cin7, in words.
    pub event: String,
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
    /// How the order stands in ShipStation, if it is there.
    pub ours: Ours<'a>,
    /// Orders in ShipStation that bear its number and are another integration's.
    pub anothers: &'a [PlacedOrder],
}

impl<'a> Case<'a> {
    /// A reading of an order of which nothing is known at ShipStation.
    pub fn new(order: &'a SalesOrder, known: Option<&'a OrderRecord>, origin: Origin) -> Self {
        Self { order, known, origin, platform_time: None, ours: Ours::Unknown, anothers: &[] }
    }
}

/// What is known of how an order of ours stands in ShipStation.
#[derive(Debug, Clone, Copy, Default)]
pub enum Ours<'a> {
    /// Nothing.
    #[default]
    Unknown,
    /// This, some time ago.
    Remembered(&'a PlacedOrder),
    /// This, just now.
    Read(&'a PlacedOrder),
    /// It is not there any more.
    Gone,
    /// Nobody has to know: ShipStation fetches the order from the feed again whenever it changes.
    Fetched,
}

/// An order with what it comes to: its things, and its amounts. Rules and document go by the same.
#[derive(Debug, Clone, PartialEq)]
pub struct Parts<'a> {
    /// The order.
    pub order: &'a SalesOrder,
    /// Which of its lines are sent, and what of them cannot be.
    pub picked: lines::Picked<'a>,
    /// What all of it costs.
    pub amounts: amounts::Amounts,
}

impl<'a> Parts<'a> {
    /// What an order comes to.
    pub fn of(order: &'a SalesOrder, rules: &Rules) -> Self {
        let picked = lines::pick(order, rules);
        let amounts = amounts::amounts(order, &picked);
        Self { order, picked, amounts }
    }
}

/// Decides about one order.
pub fn decide(case: Case<'_>, catalogue: &Catalogue, rules: &Rules, now: Timestamp) -> Judgement {
    let order = case.order;
    let reached_in_sight = reached_in_sight(case, rules);
    let placed = case.known.and_then(|known| known.placed.as_ref().map(|placed| (known, placed)));
    let parts = Parts::of(order, rules);
    let mut verdicts = rules::verdicts(&parts, rules, now);
    verdicts.push(rules::no_other_integration(case.anothers, rules));
    if placed.is_some() {
        rules::pass_window(&mut verdicts);
    }
    let intake = intake(&verdicts, reached_in_sight);
    let document = || document::of(&parts, catalogue, rules);
    let Outlook { decision, objection } = match placed {
        Some((known, placed)) => {
            let (progress, ours, on_withdrawn) = (known.progress, case.ours, rules.import.on_withdrawn);
            let life = Life { order, placed, progress, verdicts: &verdicts, ours, on_withdrawn };
            life.outlook(document)
        }
        None => Outlook { decision: before_import(intake, document), objection: None },
    };
    // Once its shipping is over, the verdicts of that time are what explains an order.
    let kept = placed.filter(|_| decision == Decision::Closed).map(|(known, _)| &known.reading);
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
        dispatched: order.dispatched.is_some(),
        objection,
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
