//! What batches cost.

use std::sync::Arc;

use tokio::sync::Notify;

use super::Line;

#[tokio::test]
async fn a_batch_of_250_orders_costs_one_read_and_three_writes() {
    let (mut line, ids) = Line::with_picked(250).await;
    line.tell(&ids).await;
    line.start();
    line.until_drained().await;
    let calls = |operation: &str| line.world.calls(operation);
    assert_eq!(calls("GET /SalesOrders"), 1);
    assert_eq!(calls("POST /orders/createorders"), 3);
    assert_eq!(calls("GET /Products"), 1, "their weights are read once and kept");
    assert_eq!(line.world.count(|_| true), 5);
    assert!(ids.iter().all(|id| line.sent(*id) == 1));
}

#[tokio::test]
async fn the_shipments_of_250_orders_come_back_with_one_read_one_write_and_one_look_at_it() {
    let (mut line, ids) = Line::with_imported(250).await;
    for batch in ids.chunks(50) {
        line.ship(batch);
    }
    let before = line.world.count(|_| true);
    line.notify().await;
    line.start();
    line.until_drained().await;
    assert_eq!(line.world.calls("PUT /SalesOrders"), 1);
    assert_eq!(line.world.calls("GET /shipments"), 5, "one for each batch of labels, told twice as it was");
    assert_eq!(line.world.count(|_| true) - before, 8);
    assert!(ids.iter().all(|id| line.is_dispatched(*id)));
}

#[tokio::test]
async fn an_event_that_comes_a_hundred_times_costs_one_read_and_one_write() {
    let (mut line, ids) = Line::with_picked(1).await;
    for _ in 0..100 {
        line.tell(&ids).await;
    }
    line.start();
    line.until_drained().await;
    assert_eq!(line.world.calls("GET /SalesOrders"), 1);
    assert_eq!(line.world.calls("POST /orders/createorders"), 1);
}

#[tokio::test]
async fn our_own_echo_ends_silently() {
    let (mut line, ids) = Line::with_imported(3).await;
    line.ship(&ids);
    line.notify().await;
    line.start();
    line.until_drained().await;
    let echo = line.world.cin7().take_changed();
    assert_eq!(echo, ids, "our write-back moves the orders' modified dates");
    let (writes, reads) = (line.world.count(super::Call::is_write), line.world.calls("GET /SalesOrders"));
    line.tell(&echo).await;
    line.until_drained().await;
    assert_eq!(line.world.count(super::Call::is_write), writes);
    assert_eq!(line.world.calls("GET /SalesOrders"), reads + 1);
    assert_eq!(line.world.cin7().take_changed(), Vec::<i64>::new());
    assert_eq!(line.state(ids[0]).await, "dispatched");
}

#[tokio::test]
async fn a_worker_that_is_stopped_finishes_what_it_has_in_hand() {
    let (mut line, ids) = Line::with_picked(5).await;
    line.tell(&ids).await;
    let let_go = Arc::new(Notify::new());
    line.trouble(super::once(super::Call::is_reading, super::Trouble::Held(let_go.clone())));
    line.start();
    line.until("it reads", async |line| line.world.calls("GET /SalesOrders") == 1).await;
    // The answer comes once the stop has been asked for.
    tokio::join!(line.stop(), async { let_go.notify_one() });
    assert!(line.bridge.is_drained().await);
    assert!(ids.iter().all(|id| line.sent(*id) == 1));
}
