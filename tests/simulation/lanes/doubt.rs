//! Writes of which nobody knows how they ended: they are looked up, and never made twice.

use sandbox::shipstation::LabelRequest;

use super::{Line, Trouble, once};
use crate::story;
use crate::world::Site;

const IMPORT: &str = "POST /orders/createorders";
const WRITE_BACK: &str = "PUT /SalesOrders";

#[tokio::test]
async fn an_import_that_arrived_without_an_answer_is_looked_up_and_not_sent_again() {
    for trouble in [Trouble::ResetAfter, Trouble::ErrorAfter, Trouble::CutDocument, Trouble::CutBody] {
        let (mut line, ids) = Line::with_picked(3).await;
        line.trouble(once(|call| call.is(IMPORT), trouble));
        line.tell(&ids).await;
        line.start();
        line.until_drained().await;
        assert_eq!(line.world.calls(IMPORT), 1);
        assert_eq!(line.world.calls("GET /orders"), 1, "one question for all of them");
        for id in ids {
            assert_eq!((line.sent(id), line.state(id).await), (1, "imported"));
        }
    }
}

#[tokio::test]
async fn an_import_that_never_arrived_is_looked_up_and_sent_again() {
    for trouble in [Trouble::ResetBefore, Trouble::status(502, "<html>502</html>")] {
        let (mut line, ids) = Line::with_picked(3).await;
        line.trouble(once(|call| call.is(IMPORT), trouble));
        line.tell(&ids).await;
        line.start();
        line.until_drained().await;
        assert_eq!((line.world.calls(IMPORT), line.world.calls("GET /orders")), (2, 1));
        assert!(ids.iter().all(|id| line.sent(*id) == 1));
    }
}

#[tokio::test]
async fn an_import_that_certainly_did_not_arrive_is_sent_again_without_a_question() {
    let (mut line, ids) = Line::with_picked(3).await;
    line.trouble(once(|call| call.is(IMPORT), Trouble::Refused));
    line.tell(&ids).await;
    line.start();
    line.until_drained().await;
    assert_eq!((line.world.calls(IMPORT), line.world.calls("GET /orders")), (2, 0));
    assert!(ids.iter().all(|id| line.sent(*id) == 1));
}

#[tokio::test]
async fn a_write_back_that_arrived_without_an_answer_is_read_back_and_not_written_again() {
    for trouble in [Trouble::ResetAfter, Trouble::ErrorAfter, Trouble::CutDocument, Trouble::CutBody] {
        let (mut line, ids) = Line::with_imported(3).await;
        line.ship(&ids);
        line.trouble(once(|call| call.is(WRITE_BACK), trouble));
        line.notify().await;
        line.start();
        line.until_drained().await;
        assert_eq!(line.world.calls(WRITE_BACK), 1);
        for id in ids {
            assert!(line.is_dispatched(id));
            assert_eq!(line.state(id).await, "dispatched");
            let timeline = line.bridge.timeline(id).await;
            assert!(timeline.iter().any(|entry| entry.contains("written: found in Cin7")), "{timeline:?}");
        }
    }
}

#[tokio::test]
async fn a_write_back_that_never_arrived_is_written_again() {
    let (mut line, ids) = Line::with_imported(3).await;
    line.ship(&ids);
    line.trouble(once(|call| call.is(WRITE_BACK), Trouble::ResetBefore));
    line.notify().await;
    line.start();
    line.until_drained().await;
    assert_eq!(line.world.calls(WRITE_BACK), 2);
    assert!(ids.iter().all(|id| line.world.cin7().calls().writes_of(*id) == 1));
}

#[tokio::test]
async fn a_label_bought_again_while_a_write_back_is_in_doubt_brings_its_own_carrier() {
    let (mut line, ids) = Line::with_imported(1).await;
    let id = ids[0];
    let order = line.world.shipstation().order_by_key(&story::key(id)).unwrap().order_id;
    let country = line.world.shipstation().order(order).unwrap().ship_to.country.clone();
    let services: Vec<_> = sandbox::shipstation::carriers::services_to(country.as_deref()).collect();
    let (first, second) = (services[0], services[services.len() - 1]);
    assert_ne!(first.carrier, second.carrier);
    let label = |service: &sandbox::shipstation::carriers::Service| {
        LabelRequest::whole(order).by(service.carrier, service.code)
    };
    let bought =
        line.world.shipstation().buy_label(&label(first), line.world.now(Site::ShipStation)).unwrap();
    line.trouble(once(|call| call.is(WRITE_BACK), Trouble::ResetAfter));
    line.notify().await;
    line.start();
    line.until("it is written", async |line| line.world.calls(WRITE_BACK) == 1).await;
    let now = line.world.now(Site::ShipStation);
    line.world.shipstation().void_label(bought, now).unwrap();
    let again = line.world.shipstation().buy_label(&label(second), now).unwrap();
    line.notify().await;
    line.until_drained().await;
    let tracking = line.world.shipstation().shipment(again).unwrap().tracking_number.clone();
    let shown = line.order(id);
    assert_eq!(shown.tracking_code, Some(tracking));
    let name = |carrier: &str| domain::carrier::name(carrier, &std::collections::BTreeMap::new());
    assert_eq!(shown.logistics_carrier, Some(name(second.carrier)));
}

/// Two picked orders are sent, the answer to which is lost; then the first goes back to an earlier stage.
async fn with_one_that_left_its_stage(trouble: Trouble) -> (Line, Vec<i64>) {
    let (mut line, ids) = Line::with_picked(2).await;
    line.trouble(once(|call| call.is(IMPORT), trouble));
    line.tell(&ids).await;
    line.start();
    line.until("they are sent", async |line| line.world.calls(IMPORT) == 1).await;
    line.world.advance(jiff::SignedDuration::from_secs(2));
    line.world.cin7().set_stage(ids[0], "Processing", line.world.now(Site::Cin7));
    (line, ids)
}

#[tokio::test]
async fn an_import_without_an_answer_is_looked_up_although_its_order_has_left_the_stage() {
    let (line, ids) = with_one_that_left_its_stage(Trouble::ResetAfter).await;
    line.until_drained().await;
    assert_eq!((line.sent(ids[0]), line.state(ids[0]).await), (2, "held"));
    assert_eq!((line.sent(ids[1]), line.state(ids[1]).await), (1, "imported"));
    let timeline = line.bridge.timeline(ids[0]).await;
    assert!(timeline.last().is_some_and(|last| last.contains("put on hold")), "{timeline:?}");
    line.ship(&ids[1..]);
    line.notify().await;
    line.until_drained().await;
    assert!(line.is_dispatched(ids[1]));
}

#[tokio::test]
async fn an_import_that_never_arrived_is_not_sent_any_more_once_its_order_has_left_the_stage() {
    let (line, ids) = with_one_that_left_its_stage(Trouble::ResetBefore).await;
    line.until_drained().await;
    assert_eq!((line.sent(ids[0]), line.state(ids[0]).await), (0, "waiting"));
    assert_eq!((line.sent(ids[1]), line.state(ids[1]).await), (1, "imported"));
    let questions = line.world.calls("GET /orders");
    line.tell(&ids).await;
    line.until_drained().await;
    assert_eq!(line.world.calls("GET /orders"), questions, "it is in doubt no more");
}

#[tokio::test]
async fn a_label_that_was_bought_while_an_import_was_in_doubt_is_found() {
    let (mut line, ids) = Line::with_picked(1).await;
    line.trouble(once(|call| call.is(IMPORT), Trouble::ResetAfter));
    line.tell(&ids).await;
    line.start();
    line.until("it has arrived", async |line| line.sent(ids[0]) == 1).await;
    line.ship(&ids);
    // Nobody tells of it.
    line.world.shipstation().take_outbox();
    line.until_drained().await;
    assert!(line.is_dispatched(ids[0]));
    assert_eq!(line.parked().await, []);
}

#[tokio::test]
async fn an_import_that_was_recorded_without_its_place_is_placed_although_its_order_has_left_the_stage() {
    let (mut line, ids) = Line::with_picked(1).await;
    line.step = jiff::SignedDuration::ZERO;
    line.bridge.ledger().cut_before_places().await;
    line.tell(&ids).await;
    line.start();
    line.until("its event waits", async |line| line.delayed(domain::event::Lane::Orders).await == 1).await;
    assert_eq!((line.sent(ids[0]), line.state(ids[0]).await), (1, "waiting"));
    line.bridge.ledger().give_back_all();
    line.world.advance(jiff::SignedDuration::from_secs(2));
    line.world.cin7().edit(ids[0], line.world.now(Site::Cin7), |order| {
        order.stage = Some("Processing".to_owned());
        order.delivery_first_name = Some("Newer".to_owned());
    });
    line.step = super::STEP;
    line.until_drained().await;
    assert_eq!((line.sent(ids[0]), line.state(ids[0]).await), (2, "held"));
    assert_eq!(line.world.calls("GET /orders"), 0, "the record says where it is");
}

#[tokio::test]
async fn a_write_back_that_was_recorded_and_not_told_is_told_once_afterwards() {
    let (mut line, ids) = Line::with_imported(1).await;
    line.ship(&ids);
    line.notify().await;
    line.bridge.ledger().cut_before_news("written").await;
    line.start();
    line.until("it failed to tell", async |line| line.bridge.ledger().news_refused() > 0).await;
    line.bridge.ledger().give_back_all();
    line.until_drained().await;
    let timeline = line.bridge.timeline(ids[0]).await;
    assert_eq!(timeline.iter().filter(|entry| entry.contains(" written: ")).count(), 1, "{timeline:#?}");
    assert_eq!((line.world.calls("PUT /SalesOrders"), line.state(ids[0]).await), (1, "dispatched"));
}

#[tokio::test]
async fn an_import_that_was_recorded_and_not_told_is_told_once_afterwards() {
    let (mut line, ids) = Line::with_picked(1).await;
    line.bridge.ledger().cut_before_news("sent").await;
    line.tell(&ids).await;
    line.start();
    line.until("it failed to tell", async |line| line.bridge.ledger().news_refused() > 0).await;
    line.bridge.ledger().give_back_all();
    line.until_drained().await;
    let timeline = line.bridge.timeline(ids[0]).await;
    assert_eq!(timeline.iter().filter(|entry| entry.contains(" sent: ")).count(), 1, "{timeline:#?}");
    assert_eq!((line.sent(ids[0]), line.state(ids[0]).await), (1, "imported"));
}
