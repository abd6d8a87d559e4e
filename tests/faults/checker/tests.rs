//! The judge himself: a run without fault is clean, and every kind of fault turns it red.

use super::*;
use crate::history::Announcement;

fn post(answer: Answer) -> Post {
    Post { took: Duration::from_millis(3), answer }
}

fn accepted(event_id: &str) -> Post {
    post(Answer::Accepted(vec![event_id.to_owned()]))
}

fn refused(status: u16, retry_after: bool) -> Post {
    post(Answer::Refused { status, retry_after })
}

/// One order that went out and came back, told twice on its way out after a refusal.
fn fine() -> History {
    let told = |flow, posts| Announcement { flow, orders: vec![7], posts };
    let end = OrderEnd { copies: 1, sent: 1, written: 1, dispatched: true };
    History {
        announcements: vec![
            told(Flow::Orders, vec![refused(503, true), accepted("a"), accepted("b")]),
            told(Flow::Shipments, vec![post(Answer::Silent), accepted("c")]),
        ],
        ends: Ends::from([(7, end)]),
        finally: Ends::from([(7, end)]),
    }
}

/// What a change of the good history leads to.
fn spoilt(spoil: impl FnOnce(&mut History)) -> Verdict {
    let mut history = fine();
    spoil(&mut history);
    check(&history)
}

fn end(history: &mut History) -> &mut OrderEnd {
    history.finally.get_mut(&7).expect("it is there")
}

#[test]
fn a_good_run_is_counted_and_clean() {
    let verdict = check(&fine());
    assert_eq!(verdict.violations, []);
    let orders =
        Row { announced: 1, attempted: 3, acknowledged: 2, refused: 1, applied: 1, ..Row::default() };
    assert_eq!(verdict.orders, orders);
    let shipments =
        Row { announced: 1, attempted: 2, acknowledged: 1, silent: 1, applied: 1, ..Row::default() };
    assert_eq!(verdict.shipments, shipments);
}

#[test]
fn an_accepted_order_that_is_nowhere_is_lost() {
    let verdict = spoilt(|history| history.ends.clear());
    assert_eq!(verdict.violations[0], Violation::Lost { flow: Flow::Orders, orders: vec![7] });
    assert_eq!((verdict.orders.lost, verdict.orders.applied), (1, 0));
}

#[test]
fn an_accepted_notice_whose_labels_cin7_lacks_is_lost_even_in_part() {
    let verdict = spoilt(|history| {
        history.announcements[1].orders.push(8);
        history.ends.insert(8, OrderEnd { copies: 1, sent: 1, ..OrderEnd::default() });
    });
    assert_eq!(verdict.violations, [Violation::Lost { flow: Flow::Shipments, orders: vec![7, 8] }]);
    assert_eq!(verdict.shipments.lost, 1);
}

#[test]
fn what_nobody_accepted_is_recovered_when_applied_and_no_loss_when_not() {
    let recovered = spoilt(|history| history.announcements[0].posts = vec![post(Answer::Silent)]);
    assert_eq!((recovered.orders.recovered, recovered.violations), (1, vec![]));
    let forgotten = spoilt(|history| {
        history.announcements[0].posts = vec![refused(503, true)];
        history.announcements[1].posts = vec![];
        history.ends.clear();
    });
    assert_eq!((forgotten.orders.lost, forgotten.orders.recovered, forgotten.violations), (0, 0, vec![]));
}

#[test]
fn an_order_that_shipstation_has_twice_is_a_duplicate() {
    let verdict = spoilt(|history| end(history).copies = 2);
    assert_eq!(verdict.violations, [Violation::DuplicateOrder { order: 7, copies: 2 }]);
    assert_eq!(verdict.orders.duplicated, 1);
}

#[test]
fn an_order_that_is_sent_again_is_told() {
    let verdict = spoilt(|history| end(history).sent = 3);
    assert_eq!(verdict.violations, [Violation::SentAgain { order: 7, times: 3 }]);
}

#[test]
fn a_shipment_that_is_written_again_is_a_duplicate() {
    let verdict = spoilt(|history| end(history).written = 2);
    assert_eq!(verdict.violations, [Violation::WrittenAgain { order: 7, times: 2 }]);
    assert_eq!(verdict.shipments.duplicated, 1);
}

#[test]
fn an_acceptance_without_an_event_or_with_anothers_is_not_accounted_for() {
    let none = spoilt(|history| history.announcements[0].posts.push(post(Answer::Accepted(vec![]))));
    assert_eq!(none.violations, [Violation::Unaccounted { event_ids: vec![] }]);
    let twice = spoilt(|history| history.announcements[1].posts.push(accepted("a")));
    assert_eq!(twice.violations, [Violation::Unaccounted { event_ids: vec!["a".to_owned()] }]);
}

#[test]
fn a_refusal_must_be_a_503_that_says_when_to_come_again() {
    for (status, retry_after) in [(500, true), (503, false), (404, false)] {
        let verdict = spoilt(|history| history.announcements[0].posts.push(refused(status, retry_after)));
        assert_eq!(verdict.violations, [Violation::Unclear { status }]);
    }
}

#[test]
fn an_answer_or_a_silence_must_not_take_too_long() {
    let took = LATEST_ANSWER + Duration::from_millis(1);
    let verdict = spoilt(|history| history.announcements[1].posts[0].took = took);
    assert_eq!(verdict.violations, [Violation::Late { took }]);
}

#[test]
fn an_order_that_never_arrives_is_astray() {
    let verdict = spoilt(|history| end(history).dispatched = false);
    let left = OrderEnd { copies: 1, sent: 1, written: 1, dispatched: false };
    assert_eq!(verdict.violations, [Violation::Astray { order: 7, end: left }]);
}
