//! What people have been told of.

use domain::alert::{Changes, Known, Problem, ProblemKind};

use super::samples::{acme, at};
use crate::Home;

fn known(subject: &str, seen: i64, told: Option<i64>) -> Known {
    let problem = Problem {
        connection: acme(),
        kind: ProblemKind::OrderRefused,
        subject: subject.into(),
        order: None,
        cause: "country".into(),
        reason: format!("seen at {seen}"),
        advice: "Correct it.\0".into(),
    };
    Known { problem, first_seen: at(seen), told: told.map(at) }
}

fn keeping(keep: Vec<Known>) -> Changes {
    Changes { keep, forget: Vec::new() }
}

pub(crate) async fn what_is_known_is_kept_replaced_and_forgotten(home: &impl Home) {
    let ledger = home.open().await;
    let first =
        keeping(vec![known("order:2", 5, None), known("order:1", 3, None), known("order:3", 4, None)]);
    ledger.keep_alerts(&acme(), "email", &first).await.unwrap();
    let then = Changes {
        keep: vec![known("order:1", 3, Some(40)), known("order:4", 40, None)],
        forget: vec![known("order:2", 5, None).problem.key(), known("order:9", 5, None).problem.key()],
    };
    ledger.keep_alerts(&acme(), "email", &then).await.unwrap();
    ledger.keep_alerts(&acme(), "email", &Changes::default()).await.unwrap();
    let kept = home.open().await.alerts(&acme(), "email").await.unwrap();
    let mut expected =
        vec![known("order:1", 3, Some(40)), known("order:3", 4, None), known("order:4", 40, None)];
    expected.sort_by_key(|known| known.problem.key());
    assert_eq!(kept, expected);
}

pub(crate) async fn channels_and_connections_are_told_apart(home: &impl Home) {
    let ledger = home.open().await;
    let other = "other".parse().unwrap();
    ledger.keep_alerts(&acme(), "email", &keeping(vec![known("order:1", 1, None)])).await.unwrap();
    ledger.keep_alerts(&acme(), "webhook", &keeping(vec![known("order:1", 2, Some(9))])).await.unwrap();
    ledger.keep_alerts(&other, "email", &keeping(vec![known("order:1", 3, None)])).await.unwrap();
    let forget = Changes { keep: Vec::new(), forget: vec![known("order:1", 1, None).problem.key()] };
    ledger.keep_alerts(&acme(), "email", &forget).await.unwrap();
    assert_eq!(ledger.alerts(&acme(), "email").await.unwrap(), []);
    assert_eq!(ledger.alerts(&acme(), "webhook").await.unwrap(), [known("order:1", 2, Some(9))]);
    assert_eq!(ledger.alerts(&other, "email").await.unwrap(), [known("order:1", 3, None)]);
}

pub(crate) async fn of_a_problem_that_stands_twice_in_a_call_the_later_counts(home: &impl Home) {
    let ledger = home.open().await;
    let twice = keeping(vec![known("order:1", 1, None), known("order:1", 2, None)]);
    ledger.keep_alerts(&acme(), "email", &twice).await.unwrap();
    assert_eq!(ledger.alerts(&acme(), "email").await.unwrap(), [known("order:1", 2, None)]);
}
