//! What a platform refuses, by the record or as a whole, and what cannot be read: the culprit waits for a
//! person, and its neighbours go.

use super::{Line, Trouble, once};
use crate::story;
use crate::world::{Call, Site};

const BAD_REQUEST: &str = r#"{"Message":"The request is invalid."}"#;

/// Refuses every such call whose body or query has this text in it.
fn refusing(operation: &'static str, text: String) -> impl FnMut(&Call) -> Option<Trouble> + Send + 'static {
    move |call| {
        let named = call.body.contains(&text) || call.asks("where", &text);
        (call.is(operation) && named).then(|| Trouble::status(400, BAD_REQUEST))
    }
}

#[tokio::test]
async fn an_order_that_shipstation_refuses_parks_its_own_event_only() {
    let (mut line, ids) = Line::with_picked(6).await;
    let now = line.world.now(Site::ShipStation);
    let culprit = ids[2];
    {
        // Somebody has put the order in by hand, under our key, and cancelled it: it is locked.
        let mut shipstation = line.world.shipstation();
        let locked = story::post_order(&mut shipstation, &story::key(culprit), "X", "1:1", now);
        shipstation.cancel(locked, now).unwrap();
    }
    line.tell(&ids).await;
    line.start();
    line.until_drained().await;
    assert_eq!(line.parked().await, [(Some(culprit), "permanent".to_owned())]);
    let text = line.bridge.parked().await.pop().unwrap().text;
    assert!(text.contains("its status is cancelled"), "{text}");
    assert_eq!(line.state(culprit).await, "review");
    for id in ids.iter().filter(|id| **id != culprit) {
        assert_eq!((line.sent(*id), line.state(*id).await), (1, "imported"));
    }
    assert_eq!(line.world.calls("POST /orders/createorders"), 1);
}

#[tokio::test]
async fn an_import_that_is_refused_as_a_whole_is_halved_until_the_culprit_is_alone() {
    let (mut line, ids) = Line::with_picked(100).await;
    let culprit = ids[41];
    line.trouble(refusing("POST /orders/createorders", story::key(culprit)));
    line.tell(&ids).await;
    line.start();
    line.until_drained().await;
    assert_eq!(line.parked().await, [(Some(culprit), "permanent".to_owned())]);
    assert!(ids.iter().all(|id| line.sent(*id) == u64::from(*id != culprit)));
    let calls = line.world.calls("POST /orders/createorders");
    assert!(calls <= 15, "{calls} calls: seven halvings are two calls each");
}

#[tokio::test]
async fn a_write_back_that_is_refused_as_a_whole_is_halved_until_the_culprit_is_alone() {
    let (mut line, ids) = Line::with_imported(40).await;
    let culprit = ids[7];
    line.ship(&ids);
    line.trouble(refusing("PUT /SalesOrders", format!(r#""id":{culprit}"#)));
    line.notify().await;
    line.start();
    line.until_drained().await;
    let undone: Vec<i64> = ids.iter().copied().filter(|id| !line.is_dispatched(*id)).collect();
    assert_eq!(undone, [culprit]);
    let parked = line.parked().await;
    assert!(parked.iter().all(|parked| *parked == (Some(culprit), "permanent".to_owned())), "{parked:?}");
    assert_eq!(line.state(culprit).await, "review");
    let calls = line.world.calls("PUT /SalesOrders");
    assert!(calls <= 13, "{calls} calls: six halvings are two calls each");
}

#[tokio::test]
async fn a_reading_that_is_refused_as_a_whole_is_halved_until_the_culprit_is_alone() {
    let (mut line, ids) = Line::with_picked(40).await;
    let culprit = ids[30];
    line.trouble(refusing("GET /SalesOrders", culprit.to_string()));
    line.tell(&ids).await;
    line.start();
    line.until_drained().await;
    assert!(ids.iter().all(|id| line.sent(*id) == u64::from(*id != culprit)));
    assert_eq!(line.parked().await.len(), 1);
}

#[tokio::test]
async fn an_order_that_cannot_be_read_is_parked_and_its_neighbours_go() {
    let (mut line, ids) = Line::with_picked(5).await;
    line.trouble(spoiling(ids[2]));
    line.tell(&ids).await;
    line.start();
    line.until_drained().await;
    assert_eq!(line.parked().await, [(Some(ids[2]), "permanent".to_owned())]);
    let text = line.bridge.parked().await.pop().unwrap().text;
    assert!(text.contains("modifiedDate"), "{text}");
    assert!(ids.iter().all(|id| line.sent(*id) == u64::from(*id != ids[2])));
}

#[tokio::test]
async fn an_order_that_cannot_be_read_is_parked_once_however_often_the_watch_sees_it() {
    let (mut line, ids) = Line::with_picked(5).await;
    line.setup.schedule.watch = Some(std::time::Duration::from_millis(50));
    line.trouble(spoiling(ids[2]));
    line.start();
    line.until("the watch has come round often", async |line| line.world.count(Call::is_poll) >= 12).await;
    line.stop().await;
    assert_eq!(line.parked().await, [(Some(ids[2]), "permanent".to_owned())]);
}

#[tokio::test]
async fn a_shipment_that_cannot_be_read_is_parked_and_its_neighbours_go() {
    let (mut line, ids) = Line::with_imported(4).await;
    line.ship(&ids);
    let spoil = |body: String| body.replacen(r#""quantity":"#, r#""quantity":0.5,"was":"#, 1);
    line.trouble(move |call| call.is("GET /shipments").then(|| Trouble::Rewritten(Box::new(spoil))));
    line.notify().await;
    line.start();
    line.until_drained().await;
    let undone = ids.iter().filter(|id| !line.is_dispatched(**id)).count();
    assert_eq!(undone, 1);
    let parked = line.bridge.parked().await;
    assert!(!parked.is_empty() && parked.iter().all(|parked| parked.text.contains("quantity")), "{parked:?}");
}

#[tokio::test]
async fn an_order_that_failed_for_good_and_was_mended_leaves_the_review() {
    let (mut line, ids) = Line::with_picked(1).await;
    let refusal = Trouble::status(400, BAD_REQUEST);
    line.trouble(once(|call| call.is("POST /orders/createorders"), refusal));
    line.tell(&ids).await;
    line.start();
    line.until_drained().await;
    assert_eq!(line.state(ids[0]).await, "review");
    line.tell(&ids).await;
    line.until_drained().await;
    assert_eq!((line.sent(ids[0]), line.state(ids[0]).await), (1, "imported"));
}

/// Makes one order's date unreadable, each time that it is read.
fn spoiling(order: i64) -> impl FnMut(&Call) -> Option<Trouble> + Send + 'static {
    let spoil = move |body: String| {
        let mut orders: Vec<serde_json::Value> = serde_json::from_str(&body).unwrap();
        for row in orders.iter_mut().filter(|row| row["id"] == order) {
            row["modifiedDate"] = "soon".into();
        }
        serde_json::to_string(&orders).unwrap()
    };
    move |call| call.is_reading().then(|| Trouble::Rewritten(Box::new(spoil)))
}

/// Rewrites the answer so that one order of it is what no order should be.
fn poisoning(culprit: i64) -> impl FnMut(&Call) -> Option<Trouble> + Send + 'static {
    move |call| {
        (call.is_reading() && call.asks("where", &culprit.to_string())).then(|| {
            Trouble::Rewritten(Box::new(move |answer| {
                let mut orders: Vec<serde_json::Value> = serde_json::from_str(&answer).unwrap();
                for order in orders.iter_mut().filter(|order| order["id"] == culprit) {
                    order["deliveryCountry"] = "Atlantis".into();
                    order["deliveryFirstName"] = "🧨".repeat(300).into();
                    order["lineItems"][0]["qtyShipped"] = 1e30.into();
                    order["memberEmail"] = serde_json::Value::Null;
                    order["lineItems"].as_array_mut().unwrap().push(serde_json::Value::Null);
                }
                serde_json::to_string(&orders).unwrap()
            }))
        })
    }
}

#[tokio::test]
async fn one_poison_order_among_500_is_refused_with_its_reason_and_499_arrive() {
    let (mut line, ids) = Line::with_picked(500).await;
    let culprit = ids[123];
    line.trouble(poisoning(culprit));
    line.tell(&ids).await;
    line.start();
    line.until_drained().await;
    assert!(ids.iter().all(|id| line.sent(*id) == u64::from(*id != culprit)));
    assert!(line.world.calls("POST /orders/createorders") <= 6, "499 orders in two readings of up to 250");
    let record = line.bridge.records(&[culprit]).await.pop().flatten();
    let failed: Vec<String> = record
        .iter()
        .flat_map(|record| record.reading.verdicts.iter().filter(|verdict| !verdict.passed))
        .map(|verdict| format!("{}: {}", verdict.rule, verdict.value))
        .collect();
    assert_eq!(line.state(culprit).await, "refused");
    assert!(failed.contains(&"country: Atlantis".to_owned()), "{failed:?}");
    assert!(
        failed.iter().any(|rule| rule.starts_with("lines: ") && rule.contains("no quantity")),
        "{failed:?}"
    );
    assert_eq!(line.parked().await, []);
}
