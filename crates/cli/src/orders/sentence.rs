//! One sentence for every state: why the order is or is not in ShipStation, and what to do.

use domain::record::{Intake, OrderRecord, OrderState, Placed, Progress};
use domain::rule::{RuleId, Verdict};

use super::known::Known;

/// The first sentence of an explanation.
pub(super) fn sentence(known: &Known) -> String {
    let record = &known.record;
    let status = known.there.as_ref().map(|there| there.status.replace('_', " "));
    let place = || match (&record.placed, &status) {
        (Some(placed), Some(status)) => format!("{}, {status} there when last looked", as_order(placed)),
        (Some(placed), None) => as_order(placed),
        (None, _) => "not in ShipStation".to_owned(),
    };
    match record.state() {
        OrderState::Waiting if record.reading.intake == Intake::Eligible => {
            "It is not in ShipStation yet: all rules hold, and the next reading by a worker sends it."
                .to_owned()
        }
        OrderState::Waiting => {
            format!("It is not in ShipStation yet: its time has not come{}.", held_by(record))
        }
        OrderState::Excluded => {
            format!("It is not in ShipStation, because it is not this bridge's to ship{}.", held_by(record))
        }
        OrderState::Refused => format!(
            "It is not in ShipStation although it is at its stage: it must be mended in Cin7 first{}. The change \
             sends it.",
            held_by(record)
        ),
        OrderState::Imported => format!("It is {}, and waits to be shipped.", place()),
        OrderState::Held if first_failed(record).is_none() => {
            format!("It is {}, on hold as mapping.order_status says for its stage.", place())
        }
        OrderState::Held => format!(
            "It is {}, and was put on hold{}. Once the rule holds again in Cin7, it is released.",
            place(),
            held_by(record)
        ),
        OrderState::Cancelled => format!(
            "It is {}, and was cancelled{}. To ship it after all, restore it in Cin7, and in ShipStation by hand.",
            place(),
            held_by(record)
        ),
        OrderState::PartlyShipped => {
            format!("It is {}; part of it has shipped, and the rest is to be shipped there.", place())
        }
        OrderState::Shipped => {
            format!(
                "It is {}; all of it has shipped, and Cin7 does not show that yet: a worker writes it. If that lasts, \
                 look at `shipbridge parked list`.",
                place()
            )
        }
        OrderState::Dispatched => format!("It is {}; it has shipped, and Cin7 shows that.", place()),
        OrderState::Review => format!("A person must decide: {}", to_decide(record, &place())),
    }
}

/// Why an order is where it is, in a few words.
pub(super) fn why(record: &OrderRecord) -> String {
    if record.state() == OrderState::Review {
        return match (&record.reading.objection, first_failed(record)) {
            (Some(objection), _) => objection.clone(),
            (None, Some(verdict)) if record.placed.is_none() && record.progress != Progress::Review => {
                in_words(verdict)
            }
            _ => "a write failed for good, or a label was voided late".to_owned(),
        };
    }
    match (&record.placed, first_failed(record)) {
        (Some(Placed { shipstation_order: Some(id), .. }), _) => format!("ShipStation order {id}"),
        (Some(_), _) => "in the custom store's feed".to_owned(),
        (None, Some(verdict)) => in_words(verdict),
        (None, None) => "all rules hold".to_owned(),
    }
}

fn to_decide(record: &OrderRecord, place: &str) -> String {
    if record.progress == Progress::Review {
        let what = match record.placed {
            None => "ShipStation refused it for good",
            Some(_) => "writing back to Cin7 failed for good, or its shipping changed after the dispatch",
        };
        return format!(
            "it is {place}, and {what}. The timeline of `shipbridge orders show {id}` has the reason; if `shipbridge \
             parked list` names it, mend the cause and replay the event, or discard it.",
            id = record.reading.id
        );
    }
    if let Some(objection) = &record.reading.objection {
        return format!("it is {place}, and {objection}. Settle it in ShipStation or in Cin7.");
    }
    let advice = first_failed(record).and_then(|verdict| verdict.advice.as_deref()).unwrap_or_default();
    format!("it is {place}{}. {advice}", held_by(record)).trim_end().to_owned()
}

/// The rule that decides: what puts an order off comes before what it is refused for.
/// Where a placed order is.
fn as_order(placed: &Placed) -> String {
    placed
        .shipstation_order
        .map_or_else(|| "in the custom store's feed".to_owned(), |id| format!("in ShipStation as order {id}"))
}

fn first_failed(record: &OrderRecord) -> Option<&Verdict> {
    let failed = |verdict: &&Verdict| !verdict.passed;
    let puts_off = |verdict: &&Verdict| matches!(verdict.rule, RuleId::Approved | RuleId::Stage);
    let verdicts = || record.reading.verdicts.iter().filter(failed);
    verdicts().find(puts_off).or_else(|| verdicts().next())
}

fn held_by(record: &OrderRecord) -> String {
    first_failed(record).map_or_else(String::new, |verdict| format!(" ({})", in_words(verdict)))
}

fn in_words(verdict: &Verdict) -> String {
    format!("{}: {}", verdict.rule, verdict.value)
}

#[cfg(test)]
mod tests {
    use domain::effect::Fingerprint;
    use domain::ids::OrderId;
    use domain::record::Reading;
    use domain::shipment::ShipmentSet;

    use super::*;

    fn known(intake: Intake, progress: Progress, failed: &[RuleId]) -> Known {
        let verdict = |rule: &RuleId| Verdict {
            rule: *rule,
            passed: false,
            value: "so".to_owned(),
            expected: String::new(),
            advice: Some("Do this.".to_owned()),
        };
        let reading = Reading {
            id: OrderId(7),
            reference: "SO-7".to_owned(),
            stage: "New".to_owned(),
            version: jiff::Timestamp::UNIX_EPOCH,
            content: Fingerprint::of(&7),
            platform_time: None,
            intake,
            verdicts: failed.iter().map(verdict).collect(),
            reached_in_sight: false,
            dispatched: false,
            objection: None,
        };
        let record = OrderRecord { progress, ..OrderRecord::of(reading) };
        Known { record, set: ShipmentSet::default(), timeline: Vec::new(), there: None, fresh: false }
    }

    #[test]
    fn the_rule_that_puts_an_order_off_is_named_before_the_others() {
        let known = known(Intake::Waiting, Progress::Nothing, &[RuleId::Country, RuleId::Stage]);
        assert_eq!(sentence(&known), "It is not in ShipStation yet: its time has not come (stage: so).");
        assert_eq!(why(&known.record), "stage: so");
    }

    #[test]
    fn what_needs_a_person_says_what_to_do() {
        let failed = known(Intake::Eligible, Progress::Review, &[]);
        assert!(sentence(&failed).contains("parked list"), "{}", sentence(&failed));
        let doubled = known(Intake::Review, Progress::Nothing, &[RuleId::NoOtherIntegration]);
        let said = sentence(&doubled);
        assert_eq!(
            said,
            "A person must decide: it is not in ShipStation (no_other_integration: so). Do this."
        );
        let refused = known(Intake::Refused, Progress::Nothing, &[RuleId::Country]);
        assert!(sentence(&refused).contains("mended in Cin7 first (country: so)"), "{}", sentence(&refused));
    }
}
