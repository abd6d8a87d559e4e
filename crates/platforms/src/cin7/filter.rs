//! The `where` clauses that we ask with: plain text, encoded later with the rest of the query.

use std::collections::BTreeSet;

use domain::ids::OrderRef;

/// `id IN(1,2) OR Reference='a' OR …`, every order once. `orders` must not be empty.
pub(super) fn orders(orders: &[OrderRef]) -> String {
    let distinct: BTreeSet<_> = orders.iter().collect();
    let by_id = distinct.iter().filter_map(|order| match order {
        OrderRef::Id(id) => Some(id.0),
        OrderRef::Reference(_) => None,
    });
    let by_id: Vec<_> = by_id.collect();
    let by_reference = distinct.iter().filter_map(|order| match order {
        OrderRef::Id(_) => None,
        OrderRef::Reference(reference) => Some(format!("Reference={}", quoted(reference))),
    });
    let by_id = (!by_id.is_empty()).then(|| ids(by_id));
    by_id.into_iter().chain(by_reference).collect::<Vec<_>>().join(" OR ")
}

/// `id IN(1,2,3)`.
pub(super) fn ids(ids: impl IntoIterator<Item = i64>) -> String {
    let ids: Vec<_> = ids.into_iter().map(|id| id.to_string()).collect();
    format!("id IN({})", ids.join(","))
}

fn quoted(text: &str) -> String {
    format!("'{}'", text.replace('\'', "''"))
}

#[cfg(test)]
mod tests {
    use domain::ids::OrderId;

    use super::*;

    #[test]
    fn orders_are_named_by_id_and_by_reference_with_quotes_doubled() {
        let id = |id| OrderRef::Id(OrderId(id));
        let reference = |text: &str| OrderRef::Reference(text.to_owned());
        assert_eq!(orders(&[id(3), id(1), id(3)]), "id IN(1,3)");
        assert_eq!(orders(&[reference("O'Neil #1")]), "Reference='O''Neil #1'");
        assert_eq!(
            orders(&[reference("b"), id(7), reference("a' OR 1=1")]),
            "id IN(7) OR Reference='a'' OR 1=1' OR Reference='b'"
        );
    }
}
