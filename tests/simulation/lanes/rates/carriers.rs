//! What carriers are asked, and what follows from their answers.

use domain::event::Lane;
use jiff::SignedDuration;
use sandbox::cin7::Branch;

use super::super::STEP;
use super::{QUOTE, cheapest, edit, enter, freight, line, orders, settle, told, writes};

#[tokio::test]
async fn equal_parcels_are_asked_about_once_for_a_while() {
    let mut line = line().await;
    let ids: Vec<_> = (0..5).map(|number| enter(&line, &format!("SO-{number}"), |_| {})).collect();
    line.start();
    settle(&line, &ids).await;
    assert_eq!((line.world.calls(QUOTE), writes(&line)), (2, 1), "one write for all of them");
    line.world.advance(SignedDuration::from_mins(11));
    let late = enter(&line, "SO-9", |_| {});
    settle(&line, &[late]).await;
    line.stop().await;
    assert_eq!(line.world.calls(QUOTE), 4, "what carriers said is forgotten by then");
}

#[tokio::test]
async fn parcels_leave_from_a_warehouse_or_a_branchs_own_address_where_the_settings_say_so() {
    let mut line = line().await;
    let rates = &mut line.setup.rules.rates;
    (rates.from_postal_code, rates.from_warehouse, rates.from_branches) = (String::new(), Some(47_110), true);
    let branch = Branch { id: 4, post_code: Some("89101".to_owned()), ..Branch::default() };
    line.world.cin7().add_branch(branch);
    let main = enter(&line, "SO-1", |_| {});
    let branch = enter(&line, "SO-2", |order| order.branch_id = 4);
    line.start();
    settle(&line, &[main, branch]).await;
    line.stop().await;
    for code in ["94607", "89101"] {
        let from = format!(r#""fromPostalCode":"{code}""#);
        assert_eq!(line.world.count(|call| call.is(QUOTE) && call.body.contains(&from)), 2, "{code}");
    }
    assert_eq!(
        (line.world.calls("GET /warehouses"), line.world.calls("GET /Branches")),
        (1, 1),
        "they are kept"
    );
    assert_eq!((freight(&line, main), freight(&line, branch)), (cheapest(), cheapest()));
}

#[tokio::test]
async fn a_carrier_that_fails_does_not_fail_the_quote_and_sets_no_platform_aside() {
    let mut line = line().await;
    line.world.shipstation().fail_rates_of("stamps_com", true);
    let ids: Vec<_> = (0..8)
        .map(|number| {
            let code = format!("9720{number}");
            enter(&line, &format!("SO-{number}"), |order| order.delivery_postal_code = Some(code))
        })
        .collect();
    line.start();
    settle(&line, &ids).await;
    line.stop().await;
    for id in &ids {
        assert_eq!(freight(&line, *id).1, "UPS® Ground");
        assert_eq!(told(&line, *id, "(without an answer: stamps_com: ").await, 1);
    }
    assert_eq!(line.world.calls(QUOTE), 16, "eight failures in a row open no circuit");
}

#[tokio::test]
async fn while_no_carrier_answers_an_order_waits_and_gets_its_freight_afterwards() {
    let mut line = line().await;
    for carrier in ["stamps_com", "ups_walleted"] {
        line.world.shipstation().fail_rates_of(carrier, true);
    }
    let id = enter(&line, "SO-1", |_| {});
    line.tell(&[id]).await;
    line.step = SignedDuration::ZERO;
    line.start();
    line.until("it waits for another attempt", async |line| line.delayed(Lane::Rates).await == 1).await;
    assert_eq!(freight(&line, id).0, "0");
    for carrier in ["stamps_com", "ups_walleted"] {
        line.world.shipstation().fail_rates_of(carrier, false);
    }
    line.step = STEP;
    line.until_drained().await;
    line.stop().await;
    assert_eq!(freight(&line, id), cheapest());
}

#[tokio::test]
async fn what_no_carrier_will_ever_answer_is_for_a_person_and_holds_nothing_else_back() {
    let mut line = line().await;
    line.setup.rules.rates.carriers = vec!["pigeon".to_owned()];
    let id = enter(&line, "SO-1", |_| {});
    line.start();
    settle(&line, &[id]).await;
    assert_eq!(line.parked().await, [(Some(id), "permanent".to_owned())]);
    edit(&line, id, |order| *order = orders::picked(order.clone()));
    settle(&line, &[id]).await;
    line.stop().await;
    assert_eq!((line.sent(id), line.state(id).await), (1, "imported"));
}

#[tokio::test]
async fn what_is_missing_for_a_quote_is_said_once_and_nothing_is_asked() {
    let mut line = line().await;
    let weightless = enter(&line, "SO-1", |order| order.line_items[0].product_id = 999);
    let abroad = enter(&line, "SO-2", |order| order.currency_code = Some("NZD".to_owned()));
    line.start();
    for _ in 0..3 {
        for id in [weightless, abroad] {
            edit(&line, id, |order| order.internal_comments = Some("again".to_owned()));
        }
        settle(&line, &[weightless, abroad]).await;
    }
    line.stop().await;
    assert_eq!((line.world.calls(QUOTE), writes(&line)), (0, 0));
    assert_eq!(told(&line, weightless, "no freight: no weight on SKU MUG-BLUE").await, 1);
    let currency = "no freight: the order is in NZD and carriers' prices are in AUD: nothing is converted";
    assert_eq!(told(&line, abroad, currency).await, 1);
}
