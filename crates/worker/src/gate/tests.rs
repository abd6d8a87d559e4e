//! Permits that lie for a while before they are used.

use domain::clock::FixedClock;
use ledger::SqliteLedger;
use tempfile::TempDir;

use super::*;

/// A gate over so many calls a minute.
async fn gate(limit: u32) -> (Gate, TempDir) {
    let folder = tempfile::tempdir().unwrap();
    let ledger = SqliteLedger::open(&folder.path().join("ledger.db")).await.unwrap();
    let clock = FixedClock::at("2026-06-10T03:30:00Z".parse().unwrap());
    let gate = Gate::new(
        "acme".parse().unwrap(),
        Platform::Cin7,
        "cin7".to_owned(),
        vec![Window { limit, length: MINUTE }],
        Arc::new(ledger),
        Arc::new(clock),
        WorkerMetrics::register(&mut prometheus_client::registry::Registry::default()),
    );
    (gate, folder)
}

/// A permit that has lain for so long.
async fn lain(gate: &Gate, length: Duration) -> Permit {
    let permit = gate.permit(Priority::WriteBack, None).await.unwrap();
    Permit { granted: permit.granted.checked_sub(length).expect("the machine is up for longer"), ..permit }
}

async fn call(gate: &Gate, permit: Permit) -> Result<(), Failure> {
    gate.call_with(permit, async |_| Answer { outcome: Ok(()), heard: Heard::nothing("read") }).await
}

async fn left(gate: &Gate) -> u32 {
    let left = gate.ledger.left(&gate.credential, &gate.windows, gate.clock.now()).await.unwrap();
    left[0].remaining
}

#[tokio::test]
async fn a_call_whose_permit_has_lain_too_long_counts_anew() {
    let (gate, _folder) = gate(10).await;
    let permit = lain(&gate, Duration::ZERO).await;
    call(&gate, permit).await.unwrap();
    assert_eq!(left(&gate).await, 9);
    let permit = lain(&gate, 2 * STALE).await;
    call(&gate, permit).await.unwrap();
    assert_eq!(left(&gate).await, 7);
}

#[tokio::test]
async fn a_call_whose_permit_has_lain_too_long_is_not_made_without_room_for_another() {
    let (gate, _folder) = gate(1).await;
    let permit = lain(&gate, 2 * STALE).await;
    let refused = call(&gate, permit).await;
    assert!(matches!(refused, Err(Failure::RateLimited { .. })), "{refused:?}");
    assert_eq!(gate.metrics.calls_for(Priority::WriteBack), 0);
}

#[tokio::test]
async fn while_the_worker_stops_nobody_waits_but_for_a_call_that_finishes_what_has_begun() {
    let (mut gate, _folder) = gate(1).await;
    let clock = Arc::new(FixedClock::at(gate.clock.now()));
    gate.clock = Arc::clone(&clock) as Arc<dyn Clock>;
    gate.windows = vec![Window { limit: 1, length: SignedDuration::from_millis(1) }];
    let made = async |_| Answer { outcome: Ok(()), heard: Heard::nothing("read") };
    gate.call(Priority::WriteBack, made).await.unwrap();
    gate.close();
    let refused = gate.call(Priority::WriteBack, made).await;
    assert!(matches!(refused, Err(Failure::RateLimited { .. })), "{refused:?}");
    let (finished, ()) = tokio::join!(gate.call_to_finish(Priority::WriteBack, made), async {
        let mut passing = tokio::time::interval(Duration::from_millis(5));
        for _ in 0..40 {
            passing.tick().await;
            clock.advance(SignedDuration::from_millis(50));
        }
    });
    finished.unwrap();
    // Not for as long as a minute.
    gate.windows = vec![Window { limit: 1, length: MINUTE }];
    let refused = gate.call_to_finish(Priority::WriteBack, made).await;
    assert!(matches!(refused, Err(Failure::RateLimited { .. })), "{refused:?}");
    assert_eq!(gate.metrics.calls_for(Priority::WriteBack), 2);
}
