//! What differs between two JSON documents, field by field. Pure.

use std::collections::BTreeSet;

use serde::Serialize;
use serde_json::Value;

/// A field that differs.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub(super) struct Difference {
    /// Where it is, such as `items[0].quantity`.
    field: String,
    /// What it was; null when it was not there.
    old: Value,
    /// What it becomes; null when it goes away.
    new: Value,
}

impl Difference {
    /// For people.
    pub(super) fn line(&self) -> String {
        format!("{}: {} → {}", self.field, self.old, self.new)
    }
}

/// The fields in which two documents differ, in the order of their names.
pub(super) fn differences(old: &Value, new: &Value) -> Vec<Difference> {
    let mut found = Vec::new();
    compare("", old, new, &mut found);
    found
}

fn compare(field: &str, old: &Value, new: &Value, found: &mut Vec<Difference>) {
    match (old, new) {
        (Value::Object(before), Value::Object(after)) => {
            let names: BTreeSet<&String> = before.keys().chain(after.keys()).collect();
            for name in names {
                let inner = if field.is_empty() { name.clone() } else { format!("{field}.{name}") };
                compare(&inner, &old[name.as_str()], &new[name.as_str()], found);
            }
        }
        (Value::Array(before), Value::Array(after)) => {
            for index in 0..before.len().max(after.len()) {
                let at = |list: &[Value]| list.get(index).cloned().unwrap_or(Value::Null);
                compare(&format!("{field}[{index}]"), &at(before), &at(after), found);
            }
        }
        _ if old == new => {}
        _ => found.push(Difference { field: field.to_owned(), old: old.clone(), new: new.clone() }),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn lines(old: &Value, new: &Value) -> Vec<String> {
        differences(old, new).iter().map(Difference::line).collect()
    }

    #[test]
    fn only_the_fields_that_differ_are_told_each_with_its_place() {
        let old =
            json!({"a": 1, "ship": {"city": "Bonn", "zip": "1"}, "items": [{"sku": "A", "quantity": 1}]});
        let new =
            json!({"a": 1, "ship": {"city": "Köln", "zip": "1"}, "items": [{"sku": "A", "quantity": 2}]});
        assert_eq!(lines(&old, &new), ["items[0].quantity: 1 → 2", "ship.city: \"Bonn\" → \"Köln\""]);
        assert!(lines(&old, &old).is_empty());
    }

    #[test]
    fn what_comes_and_goes_is_null_on_the_other_side() {
        let old = json!({"tags": [1, 2], "note": "x"});
        let new = json!({"tags": [1], "gift": true});
        assert_eq!(lines(&old, &new), ["gift: null → true", "note: \"x\" → null", "tags[1]: 2 → null"]);
        assert_eq!(lines(&json!({"a": {"b": 1}}), &json!({"a": 1})), ["a: {\"b\":1} → 1"]);
    }
}
