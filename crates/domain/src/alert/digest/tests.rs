//! What is told when, and in which words.

use super::super::{MISSED_MAX, ProblemKind, for_chat, of_orders};
use super::*;
use crate::effect::Fingerprint;
use crate::event::{Event, EventKind, Origin};
use crate::ids::{ConnectionName, OrderId};
use crate::ids::{EventId, OrderRef};
use crate::record::{Intake, OrderRecord, Placed, Progress, Reading};
use crate::rule::{RuleId, Verdict};
use crate::shipping_order::{ShippingAddress, ShippingOrder, ShippingStatus};
use rust_decimal::Decimal;

fn at(seconds: i64) -> Timestamp {
    Timestamp::from_second(1_790_000_000 + seconds).unwrap()
}

fn acme() -> ConnectionName {
    "acme".parse().unwrap()
}

fn record(order: i64, intake: Intake, rule: RuleId, value: &str) -> OrderRecord {
    let verdict = Verdict {
        rule,
        passed: false,
        value: value.into(),
        expected: "a country".into(),
        advice: Some("Correct the country in Cin7.".into()),
    };
    OrderRecord::of(Reading {
        id: OrderId(order),
        reference: format!("SO-{order}"),
        stage: "Fully Picked".into(),
        version: at(0),
        content: Fingerprint::of(&order),
        platform_time: None,
        intake,
        verdicts: vec![verdict],
        reached_in_sight: true,
        dispatched: false,
        objection: None,
    })
}

fn placed() -> Placed {
    let document = ShippingOrder {
        order_key: "sb-acme-1".into(),
        order_number: "SO-1".into(),
        order_date: at(0),
        status: ShippingStatus::AwaitingShipment,
        customer_username: String::new(),
        customer_email: String::new(),
        bill_to: ShippingAddress::default(),
        ship_to: ShippingAddress::default(),
        items: Vec::new(),
        amount_paid: Decimal::ZERO,
        tax_amount: Decimal::ZERO,
        shipping_amount: Decimal::ZERO,
        customer_notes: String::new(),
        internal_notes: String::new(),
        payment_method: String::new(),
        requested_service: String::new(),
        weight: None,
        store_id: None,
        custom_fields: Default::default(),
        gift: false,
        source: String::new(),
        replaces: None,
        currency: String::new(),
        service: None,
        tags: Vec::new(),
    };
    Placed { shipstation_order: Some(70), document, attempt: None }
}

fn refused(order: i64) -> Problem {
    Problem::of_order(&acme(), &record(order, Intake::Refused, RuleId::Country, "Atlantis")).unwrap()
}

/// A channel's memory, as the ledger keeps it.
#[derive(Default)]
struct Memory(BTreeMap<ProblemKey, Known>);

impl Memory {
    fn apply(&mut self, changes: Changes) {
        for key in changes.forget {
            assert!(self.0.remove(&key).is_some(), "only what is known is forgotten");
        }
        self.0.extend(changes.keep.into_iter().map(|known| (known.problem.key(), known)));
    }

    /// One round; what it would have told.
    fn round(&mut self, problems: &[Problem], second: i64, delivers: bool) -> Option<Message> {
        let known: Vec<_> = self.0.values().cloned().collect();
        let Digest { noticed, message, delivered } = digest(&known, problems, at(second));
        self.apply(noticed);
        if message.is_none() {
            assert!(delivered.is_empty(), "nothing is told, and nothing hangs on it");
        } else if delivers {
            self.apply(delivered);
        }
        message
    }
}

#[test]
fn a_problem_is_told_once_after_its_grace_and_once_when_it_is_over() {
    let mut memory = Memory::default();
    assert_eq!(memory.round(&[refused(1)], 0, true), None);
    assert_eq!(memory.round(&[refused(1)], 29, true), None);
    let told = memory.round(&[refused(1)], 30, true).expect("it is told");
    assert_eq!(told.subject, "Shipbridge acme: 1 order refused");
    assert_eq!(
        told.text,
        "acme: 1 order refused (country)\n\
         - SO-1 (Cin7 order 1): country: Atlantis, where it takes a country.\n\
         To do: Correct the country in Cin7.\n"
    );
    assert_eq!(memory.round(&[refused(1)], 60, true), None);
    let over = memory.round(&[], 90, true).expect("its end is told");
    assert_eq!(over.subject, "Shipbridge acme: 1 problem over");
    assert_eq!(over.text, "acme: over: 1 order refused (country)\n- SO-1 (Cin7 order 1)\n");
    assert_eq!(memory.round(&[], 120, true), None);
    assert!(memory.0.is_empty());
}

#[test]
fn what_is_mended_at_once_is_never_told() {
    let mut memory = Memory::default();
    assert_eq!(memory.round(&[refused(1)], 0, true), None);
    assert_eq!(memory.round(&[], 30, true), None);
    assert!(memory.0.is_empty());
    assert_eq!(memory.round(&[refused(1)], 60, true), None, "it begins anew");
    assert!(memory.round(&[refused(1)], 90, true).is_some());
}

#[test]
fn what_was_not_delivered_is_told_again_until_it_is() {
    let mut memory = Memory::default();
    memory.round(&[refused(1)], 0, true);
    let first = memory.round(&[refused(1)], 30, false);
    assert!(first.is_some());
    let both = memory.round(&[refused(1), refused(2)], 60, false);
    assert_eq!(both, first, "the second has its grace");
    let told = memory.round(&[refused(1), refused(2)], 90, true).unwrap();
    assert_eq!(told.subject, "Shipbridge acme: 2 orders refused");
    assert!(memory.round(&[], 120, false).is_some());
    assert_eq!(memory.round(&[], 150, true).unwrap().subject, "Shipbridge acme: 2 problems over");
    assert_eq!(memory.round(&[], 180, true), None);
}

#[test]
fn a_cause_that_many_share_is_one_paragraph_with_the_first_twenty() {
    let mut memory = Memory::default();
    let mut problems: Vec<_> = (100..125).map(refused).collect();
    problems.push(Problem::of_credential(&acme(), "cin7", "401 Unauthorized"));
    memory.round(&problems, 0, true);
    let told = memory.round(&problems, 30, true).unwrap();
    assert_eq!(told.subject, "Shipbridge acme: 1 credential refused, 25 orders refused");
    assert_eq!(told.text.matches("25 orders refused (country)").count(), 1);
    assert_eq!(told.text.matches("Cin7 order").count(), 20);
    assert_eq!(told.text.matches("To do: Correct the country in Cin7.").count(), 1);
    assert!(
        told.text.contains("- and 5 more\n") && told.text.contains("- 401 Unauthorized.\n"),
        "{}",
        told.text
    );
}

#[test]
fn another_problem_in_the_place_of_a_told_one_is_no_all_clear() {
    let elsewhere =
        Problem::of_order(&acme(), &record(1, Intake::Review, RuleId::NoOtherIntegration, "another store"))
            .unwrap();
    let mut memory = Memory::default();
    memory.round(&[refused(1)], 0, true);
    memory.round(&[refused(1)], 30, true);
    assert_eq!(memory.round(std::slice::from_ref(&elsewhere), 60, true), None);
    let told = memory.round(std::slice::from_ref(&elsewhere), 90, true).unwrap();
    assert_eq!(told.subject, "Shipbridge acme: 1 order needs a decision");
    assert_eq!(memory.0.len(), 1, "the first is forgotten");
    assert_eq!(memory.round(&[], 120, true).unwrap().subject, "Shipbridge acme: 1 problem over");
}

#[test]
fn another_problem_that_goes_before_it_is_told_leaves_the_all_clear_of_the_first() {
    let elsewhere =
        Problem::of_order(&acme(), &record(1, Intake::Review, RuleId::NoOtherIntegration, "another store"))
            .unwrap();
    let mut memory = Memory::default();
    memory.round(&[refused(1)], 0, true);
    memory.round(&[refused(1)], 30, true);
    memory.round(&[elsewhere], 60, true);
    let over = memory.round(&[], 70, true).unwrap();
    assert_eq!(over.subject, "Shipbridge acme: 1 problem over");
    assert!(memory.0.is_empty());
}

#[test]
fn a_refusal_with_another_value_is_the_same_and_a_question_put_differently_is_another() {
    let twice =
        |value| Problem::of_order(&acme(), &record(1, Intake::Refused, RuleId::Country, value)).unwrap();
    assert_eq!(twice("Atlantis").key(), twice("Utopia").key());
    let objected = |objection: &str| {
        let mut record = record(1, Intake::Eligible, RuleId::Country, "");
        record.reading.objection = Some(objection.to_owned());
        record.progress = Progress::Partly;
        record.placed = Some(placed());
        Problem::of_order(&acme(), &record).unwrap()
    };
    let edited = objected("edited in Cin7 (items), but a label was bought for it in ShipStation");
    let void = objected("void in Cin7, but a label was bought for it in ShipStation");
    assert_ne!(edited.key(), void.key());
    assert_eq!((edited.kind, edited.cause.as_str()), (ProblemKind::OrderReview, void.cause.as_str()));
}

#[test]
fn a_message_is_never_longer_than_a_chat_shows_and_its_markup_is_escaped() {
    let said = |order: i64| {
        let reference = format!("<!channel> & {}", "é".repeat(500));
        let mut record = record(order, Intake::Refused, RuleId::Country, &"x".repeat(500));
        record.reading.reference = reference;
        record.reading.verdicts[0].advice = Some(format!("{order} {}", "y".repeat(500)));
        record.reading.verdicts[0].rule = [RuleId::Country, RuleId::Address, RuleId::Lines, RuleId::Window]
            [usize::try_from(order % 4).unwrap()];
        Problem::of_order(&acme(), &record).unwrap()
    };
    let problems: Vec<_> = (0..400).map(said).collect();
    let all: Vec<_> = problems.iter().collect();
    let message = message(&all, &[]).unwrap();
    assert!(message.text.chars().count() <= 30_000);
    assert!(message.text.contains("This message was cut"));
    let chat = for_chat(&message);
    assert!(chat.contains("&lt;!channel&gt; &amp; é") && !chat.contains("<!channel>"));
}

#[test]
fn an_order_that_waits_for_its_parked_event_is_told_of_once() {
    let mut waits = record(1, Intake::Eligible, RuleId::Lines, "");
    waits.progress = Progress::Review;
    let alone = OrderRecord { reading: Reading { id: OrderId(2), ..waits.reading.clone() }, ..waits.clone() };
    let event = Event {
        id: EventId(uuid::Uuid::nil()),
        connection: acme(),
        kind: EventKind::OrderChanged { order: OrderRef::Id(OrderId(1)) },
        origin: Origin::Webhook,
        received_at: at(0),
    };
    let parked = Problem::of_parked(&event, "permanent", "400: no such\nstore", None);
    assert_eq!(
        (parked.reason.as_str(), parked.order.as_ref().unwrap().id),
        ("400: no such store", OrderId(1))
    );
    let problems =
        of_orders(&acme(), [&waits, &alone, &record(3, Intake::Waiting, RuleId::Stage, "")], &[parked]);
    let subjects: Vec<_> = problems.iter().map(|problem| problem.subject.as_str()).collect();
    assert_eq!(subjects, ["order:2"]);
}

#[test]
fn more_than_a_few_missed_notifications_are_one_problem_whose_number_may_change() {
    let missed = |count| Problem::of_missed_notifications(&acme(), count);
    assert_eq!(missed(MISSED_MAX), None);
    let (few, many) = (missed(MISSED_MAX + 1).unwrap(), missed(90).unwrap());
    assert_eq!(few.key(), many.key());
    assert!(many.reason.contains("90 shipments"), "{}", many.reason);
    let mut known = Memory::default();
    let told = [few, many.clone(), many].map(|problem| known.round(&[problem], 0, true));
    assert_eq!(told.iter().flatten().count(), 0, "not within its grace");
}
