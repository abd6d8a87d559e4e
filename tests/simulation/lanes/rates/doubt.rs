//! Writes whose end is not known, or was not told.

use std::sync::Arc;

use domain::event::Lane;
use jiff::SignedDuration;
use rust_decimal::Decimal;
use tokio::sync::Notify;

use super::super::{STEP, Trouble, once};
use super::{cheapest, edit, enter, freight, is_write, line, settle, told, writes};

#[tokio::test]
async fn freight_that_was_recorded_and_not_told_is_told_once_afterwards() {
    let mut line = line().await;
    let id = enter(&line, "SO-1", |_| {});
    line.bridge.ledger().cut_before_news("freight").await;
    line.tell(&[id]).await;
    line.start();
    line.until("it failed to tell", async |line| line.bridge.ledger().news_refused() > 0).await;
    line.bridge.ledger().give_back_all();
    line.until_drained().await;
    settle(&line, &[id]).await;
    line.stop().await;
    assert_eq!((writes(&line), freight(&line, id)), (1, cheapest()));
    assert_eq!(told(&line, id, "freight 8.90").await, 1, "{:#?}", line.bridge.timeline(id).await);
}

#[tokio::test]
async fn a_write_whose_answer_is_lost_is_looked_up_and_not_written_again() {
    for trouble in [Trouble::ResetAfter, Trouble::ErrorAfter, Trouble::CutDocument] {
        let mut line = line().await;
        let id = enter(&line, "SO-1", |_| {});
        line.trouble(once(is_write, trouble));
        line.start();
        settle(&line, &[id]).await;
        assert_eq!((freight(&line, id), writes(&line)), (cheapest(), 1));
        assert_eq!(told(&line, id, "found in Cin7, as an earlier attempt wrote it: freight 8.90").await, 1);
        // It counts as ours: a changed order is quoted again.
        edit(&line, id, |order| order.line_items[1].qty = Decimal::from(16));
        settle(&line, &[id]).await;
        line.stop().await;
        assert_eq!(freight(&line, id).0, "16.1");
    }
}

#[tokio::test]
async fn a_write_that_cin7_did_not_do_is_done_again() {
    for trouble in [Trouble::ResetBefore, Trouble::Swallowed, Trouble::status(502, "bad gateway")] {
        let mut line = line().await;
        let id = enter(&line, "SO-1", |_| {});
        line.trouble(once(is_write, trouble));
        line.start();
        settle(&line, &[id]).await;
        line.stop().await;
        assert_eq!((freight(&line, id), writes(&line)), (cheapest(), 2));
    }
}

#[tokio::test]
async fn freight_that_a_person_types_while_a_write_is_in_doubt_stays() {
    let mut line = line().await;
    let id = enter(&line, "SO-1", |_| {});
    line.trouble(once(is_write, Trouble::ResetBefore));
    line.tell(&[id]).await;
    line.step = SignedDuration::ZERO;
    line.start();
    line.until("it waits for another attempt", async |line| line.delayed(Lane::Rates).await == 1).await;
    edit(&line, id, |order| order.freight_total = Decimal::from(12));
    line.step = STEP;
    line.until_drained().await;
    settle(&line, &[id]).await;
    line.stop().await;
    assert_eq!((freight(&line, id).0.as_str(), writes(&line)), ("12", 1));
}

#[tokio::test]
async fn a_write_that_lands_after_its_lease_gives_way_to_what_was_recorded_since() {
    let mut line = line().await;
    line.setup.workers = 2;
    let id = enter(&line, "SO-1", |_| {});
    let let_go = Arc::new(Notify::new());
    line.trouble(once(is_write, Trouble::HeldBefore(let_go.clone())));
    line.tell(&[id]).await;
    line.start();
    line.until("one of them hangs", async |line| writes(line) == 1).await;
    edit(&line, id, |order| order.line_items[1].qty = Decimal::from(16));
    line.tell(&[id]).await;
    line.world.advance(SignedDuration::from_secs(60));
    line.until("the other has written", async |line| freight(line, id).0 == "16.1").await;
    let_go.notify_one();
    line.until("the late one has landed and was mended", async |line| writes(line) == 3).await;
    line.until_drained().await;
    line.stop().await;
    assert_eq!(freight(&line, id).0, "16.1");
}
