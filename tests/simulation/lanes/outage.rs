//! A ledger that cannot be used for a while: nothing is lost by it, and nothing spends an attempt on it.

use std::sync::Arc;
use std::time::Duration;

use domain::event::Lane;
use tokio::sync::Notify;

use super::{Line, Trouble, once};
use crate::world::Call;

#[tokio::test]
async fn while_the_ledger_is_away_nothing_is_taken_and_afterwards_all_goes_on_by_itself() {
    let (mut line, ids) = Line::with_picked(5).await;
    line.bridge.ledger().cut().await;
    line.tell(&ids).await;
    line.start();
    line.until("it has looked for the ledger", async |line| line.bridge.ledger().budgets_asked() > 1).await;
    let depth = line.bridge.depth(Lane::Orders).await;
    assert_eq!(depth.ready, 5, "{depth:?}");
    assert_eq!(line.world.count(|_| true), 0);
    line.bridge.ledger().give_back_all();
    line.until_drained().await;
    assert!(ids.iter().all(|id| line.sent(*id) == 1));
    assert_eq!(line.parked().await, []);
}

#[tokio::test]
async fn what_is_in_hand_when_the_ledger_goes_away_comes_back_at_no_attempt() {
    for operation in ["GET /SalesOrders", "POST /orders/createorders"] {
        let (mut line, ids) = Line::with_picked(5).await;
        let let_go = Arc::new(Notify::new());
        line.trouble(once(move |call| call.is(operation), Trouble::HeldBefore(let_go.clone())));
        line.step = jiff::SignedDuration::ZERO;
        line.tell(&ids).await;
        line.start();
        line.until("a call is under way", async |line| line.world.calls(operation) == 1).await;
        line.bridge.ledger().cut().await;
        let_go.notify_one();
        line.until("all are returned", async |line| line.bridge.depth(Lane::Orders).await.in_hand == Some(0))
            .await;
        line.bridge.ledger().give_back_all();
        line.stop().await;
        line.world.advance(jiff::SignedDuration::from_secs(10));
        assert_eq!(line.bridge.attempts(Lane::Orders).await, [0; 5], "{operation}");
        assert_eq!(line.parked().await, []);
        line.step = super::STEP;
        line.start();
        line.until_drained().await;
        assert!(ids.iter().all(|id| line.sent(*id) == 1), "{operation}");
    }
}

#[tokio::test]
async fn the_watch_and_the_sweep_rest_while_the_ledger_is_away_and_come_back_by_themselves() {
    let mut line = Line::new().await;
    let often = Some(Duration::from_millis(60));
    (line.setup.schedule.watch, line.setup.schedule.sweep) = (often, often);
    line.start();
    let polls = |line: &Line| line.world.count(Call::is_poll);
    line.until("the watch has come round", async |line| polls(line) > 2).await;
    line.bridge.ledger().cut().await;
    // Both have asked for their leases then, each in vain; and then once more.
    let leases = |line: &Line| line.bridge.ledger().leases_asked();
    let asked = leases(&line);
    line.until("the rounds under way have ended", async |line| leases(line) >= asked + 2).await;
    let (before, asked) = (polls(&line), leases(&line));
    line.until("they have asked again", async |line| leases(line) >= asked + 2).await;
    assert_eq!(polls(&line), before);
    line.bridge.ledger().give_back_all();
    line.until("the watch comes round again", async |line| polls(line) > before + 2).await;
}
