//! What no event announced: the watch finds orders, the sweep finds labels and voids. And what was announced
//! before it was there.

use std::sync::Arc;
use std::time::Duration;

use ledger::Products;
use rust_decimal::Decimal;
use sandbox::cin7::Product;
use sandbox::shipstation::LabelRequest;
use tokio::sync::Notify;

use super::{Line, Trouble, once};
use crate::bridge::connection;
use crate::story;
use crate::world::{Call, Site};

const OFTEN: Option<Duration> = Some(Duration::from_millis(60));

/// A line whose watch has found 600 orders that were entered in one second.
async fn after_a_bulk_edit() -> Line {
    let mut line = Line::new().await;
    let ids = story::enter(&line.world, 11, 600, |_| {});
    line.setup.schedule.watch = OFTEN;
    line.start();
    line.until("all orders are known", async |line| {
        line.bridge.records(&ids).await.iter().all(Option::is_some)
    })
    .await;
    line
}

#[tokio::test]
async fn the_watch_walks_a_bulk_edit_of_600_orders_in_one_second_to_its_end() {
    let line = after_a_bulk_edit().await;
    line.until("it rests", async |line| line.bridge.is_drained().await).await;
    let readings = line.world.count(Call::is_reading);
    assert!(readings <= 20, "{readings} readings of up to 250 orders for 600");
}

#[tokio::test]
async fn products_that_are_kept_are_brought_up_to_date_among_a_bulk_edit_and_others_stay_unread() {
    let (mut line, ids) = Line::with_imported(1).await;
    let kept = line.order(ids[0]).line_items[0].product_id;
    line.setup.schedule.products = OFTEN;
    line.start();
    // The first round only begins to count.
    line.until("a round has asked", async |line| line.world.calls("GET /Products") > 1).await;
    let modified_date = Some(line.world.now(Site::Cin7));
    for id in (900_000..900_600).chain([kept]) {
        let weight = Decimal::new(98_765, 4);
        line.world.cin7().add_product(Product { id, weight, modified_date, ..Product::default() });
    }
    let products = async |line: &Line| {
        let found = line.bridge.ledger().products(&connection(), &[kept, 900_000]).await.unwrap();
        found.into_iter().map(|found| found.and_then(|(product, _)| product.weight)).collect::<Vec<_>>()
    };
    let fresh = Some(Decimal::new(98_765, 4));
    line.until("the product is known anew", async |line| products(line).await == [fresh, None]).await;
}

#[tokio::test]
async fn a_bulk_edit_is_not_walked_again_once_the_watch_has_seen_it() {
    let line = after_a_bulk_edit().await;
    line.world.advance(jiff::SignedDuration::from_mins(5));
    let pages = |line: &Line| line.world.count(|call| call.is_poll() && call.asks("page", "2"));
    let polls = |line: &Line| line.world.count(Call::is_poll);
    let seen = polls(&line);
    line.until("it has polled after that", async |line| polls(line) > seen + 12).await;
    let (walked, polled) = (pages(&line), polls(&line));
    line.until("it has polled often", async |line| polls(line) > polled + 10).await;
    assert_eq!(pages(&line), walked, "one page is enough where nothing changes");
    let late = story::enter(&line.world, 12, 1, |_| {});
    line.until("a later order is found", async |line| line.bridge.records(&late).await[0].is_some()).await;
}

#[tokio::test]
async fn the_watch_leaves_its_calls_to_orders_that_wait_or_are_in_hand() {
    let (mut line, ids) = Line::with_picked(300).await;
    let let_go = Arc::new(Notify::new());
    line.trouble(once(Call::is_reading, Trouble::HeldBefore(let_go.clone())));
    line.tell(&ids).await;
    line.setup.schedule.watch = OFTEN;
    line.start();
    line.until("a reading hangs", async |line| line.world.count(Call::is_reading) > 0).await;
    // Time enough for a watch that does not wait.
    let mut looks = 0;
    let for_a_while = async |_: &Line| {
        looks += 1;
        looks > 100
    };
    line.until("it has had its time", for_a_while).await;
    assert_eq!(line.world.count(Call::is_poll), 0);
    let_go.notify_one();
    line.until("it polls", async |line| line.world.count(Call::is_poll) > 0).await;
    assert!(ids.iter().all(|id| line.sent(*id) == 1), "it came before its turn");
}

#[tokio::test]
async fn the_watch_reads_an_order_again_that_changed_twice_in_one_second() {
    let mut line = Line::new().await;
    let ids = story::enter(&line.world, 11, 1, |_| {});
    line.tell(&ids).await;
    line.step = jiff::SignedDuration::ZERO;
    line.start();
    line.until_drained().await;
    line.stop().await;
    assert_eq!(line.state(ids[0]).await, "waiting");
    // In the same second as the reading, and no webhook tells of it.
    line.world.cin7().set_stage(ids[0], "Fully Picked", line.world.now(Site::Cin7));
    line.setup.schedule.watch = OFTEN;
    line.step = super::STEP;
    line.start();
    line.until("it is imported", async |line| line.sent(ids[0]) == 1).await;
}

#[tokio::test]
async fn a_void_and_a_new_label_that_nobody_announced_are_found_and_corrected() {
    let (mut line, ids) = Line::with_imported(1).await;
    line.ship(&ids);
    line.notify().await;
    line.start();
    line.until_drained().await;
    line.stop().await;
    let first = line.order(ids[0]);
    let now = line.world.now(Site::ShipStation);
    let (order, void) = {
        let mut shipstation = line.world.shipstation();
        let label = shipstation.shipments().next().unwrap().clone();
        shipstation.void_label(label.shipment_id, now).unwrap();
        (label.order_id.unwrap(), label.tracking_number)
    };
    line.setup.schedule.sweep = OFTEN;
    line.start();
    line.until("the void shows", async |line| line.order(ids[0]).tracking_code != first.tracking_code).await;
    line.until("a person is asked", async |line| line.state(ids[0]).await == "review").await;
    let again = LabelRequest::whole(order).by("fedex", abroad_or_not(&line, order));
    line.world.shipstation().buy_label(&again, now).unwrap();
    // The order counts as dispatched as soon as it is covered again, which is before Cin7 shows it.
    line.until("the new label shows", async |line| {
        line.order(ids[0]).logistics_carrier.as_deref() == Some("FedEx")
    })
    .await;
    line.until("all is well again", async |line| line.state(ids[0]).await == "dispatched").await;
    let last = line.order(ids[0]);
    assert!(last.tracking_code.as_ref().is_some_and(|code| !code.is_empty() && *code != void));
    assert_eq!((last.stage, last.dispatched_date), (first.stage, first.dispatched_date));
    assert!(!last.internal_comments.unwrap().contains(&void));
}

#[tokio::test]
async fn a_notification_that_is_faster_than_the_list_is_asked_again() {
    let (mut line, ids) = Line::with_imported(1).await;
    line.ship(&ids);
    let empty = Trouble::status(200, r#"{"shipments":[],"total":0,"page":1,"pages":0}"#);
    line.trouble(once(|call| call.is("GET /shipments"), empty));
    line.notify().await;
    line.start();
    line.until_drained().await;
    assert!(line.is_dispatched(ids[0]));
}

#[tokio::test]
async fn one_worker_at_a_time_looks_out() {
    let mut line = Line::new().await;
    line.setup.workers = 3;
    line.setup.schedule.watch = Some(Duration::from_millis(100));
    line.step = jiff::SignedDuration::ZERO;
    line.start();
    line.until("it has looked a few times", async |line| line.world.count(Call::is_poll) >= 5).await;
    let (polls, begun) = (line.world.count(Call::is_poll), std::time::Instant::now());
    line.until("it has looked ten times more", async |line| line.world.count(Call::is_poll) >= polls + 10)
        .await;
    // Three workers that all looked would need a third of that.
    assert!(begun.elapsed() >= Duration::from_millis(600), "{:?}", begun.elapsed());
}

/// One of this carrier's services that reaches the order.
fn abroad_or_not(line: &Line, order: i64) -> &'static str {
    let country = line.world.shipstation().order(order).and_then(|order| order.ship_to.country.clone());
    let services = sandbox::shipstation::carriers::services_to(country.as_deref());
    let mut fedex = services.filter(|service| service.carrier == "fedex");
    fedex.next().expect("FedEx goes everywhere").code
}
