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
