//! What is in ShipStation.

use domain::placed_order::PlacedOrder;

use super::samples::{acme, at};
use crate::Home;

fn order(id: i64, number: &str, second: i64, status: &str) -> PlacedOrder {
    PlacedOrder {
        order_id: id,
        order_key: format!("key-{id}"),
        order_number: number.into(),
        status: status.into(),
        modified: Some(at(second)),
        ..PlacedOrder::default()
    }
}

pub(crate) async fn an_order_is_found_by_its_id_and_by_its_number(home: &impl Home) {
    let ledger = home.open().await;
    let (one, two, three) =
        (order(1, "SO-1", 1, "shipped"), order(2, "SO-1", 2, "on_hold"), order(3, "SO\u{0}3", 3, "on_hold"));
    ledger.keep_indexed(&acme(), &[two.clone(), three, one.clone()]).await.unwrap();
    let reopened = home.open().await;
    assert_eq!(
        reopened.indexed(&acme(), &[2, 9, 1]).await.unwrap(),
        [Some(two.clone()), None, Some(one.clone())]
    );
    let numbers = ["SO-9".to_owned(), "SO-1".to_owned(), "so-1".to_owned()];
    let found = reopened.indexed_by_number(&acme(), &numbers).await.unwrap();
    assert_eq!(found, [vec![], vec![one, two], vec![]]);
    assert_eq!(reopened.indexed(&acme(), &[]).await.unwrap(), []);
}

pub(crate) async fn an_older_reading_of_shipstations_order_changes_nothing(home: &impl Home) {
    let ledger = home.open().await;
    for (second, status, expected) in
        [(5, "on_hold", "on_hold"), (4, "old", "on_hold"), (5, "shipped", "shipped")]
    {
        ledger.keep_indexed(&acme(), &[order(1, "SO-1", second, status)]).await.unwrap();
        assert_eq!(ledger.indexed(&acme(), &[1]).await.unwrap()[0].as_ref().unwrap().status, expected);
    }
    let batch = [order(2, "SO-2", 9, "newest"), order(2, "SO-2", 8, "older")];
    ledger.keep_indexed(&acme(), &batch).await.unwrap();
    assert_eq!(ledger.indexed(&acme(), &[2]).await.unwrap()[0].as_ref().unwrap().status, "newest");
}

pub(crate) async fn connections_have_an_index_of_their_own(home: &impl Home) {
    let ledger = home.open().await;
    ledger.keep_indexed(&acme(), &[order(1, "SO-1", 1, "shipped")]).await.unwrap();
    let other = "other".parse().unwrap();
    assert_eq!(ledger.indexed(&other, &[1]).await.unwrap(), [None]);
    assert_eq!(ledger.indexed_by_number(&other, &["SO-1".to_owned()]).await.unwrap(), [vec![]]);
}
