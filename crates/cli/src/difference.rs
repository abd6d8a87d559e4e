//! What differs between two JSON documents, value by value. Nothing here knows what the documents mean.

use serde::Serialize;
use serde_json::Value;

/// One value that differs. `None` where there is none.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub(crate) struct Difference {
    /// Where: `shipTo.city`, `items[2].quantity`.
    pub(crate) path: String,
    /// The value before.
    pub(crate) old: Option<Value>,
    /// The value after.
    pub(crate) new: Option<Value>,
}

/// Every value that differs, in the order of the paths.
pub(crate) fn differences(old: &Value, new: &Value) -> Vec<Difference> {
    let mut found = Vec::new();
    compare("", Some(old), Some(new), &mut found);
    found
}

fn compare(path: &str, old: Option<&Value>, new: Option<&Value>, found: &mut Vec<Difference>) {
    match (old, new) {
        (Some(Value::Object(old)), Some(Value::Object(new))) => {
            let mut names: Vec<&String> = old.keys().chain(new.keys()).collect();
            names.sort();
            names.dedup();
            for name in names {
                let inner = if path.is_empty() { name.clone() } else { format!("{path}.{name}") };
                compare(&inner, old.get(name), new.get(name), found);
            }
        }
        (Some(Value::Array(old)), Some(Value::Array(new))) => {
            for index in 0..old.len().max(new.len()) {
                compare(&format!("{path}[{index}]"), old.get(index), new.get(index), found);
            }
        }
        (old, new) if old != new => {
            found.push(Difference { path: path.to_owned(), old: old.cloned(), new: new.cloned() });
        }
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn each_value_that_differs_is_named_by_its_path() {
        let old =
            json!({"a": 1, "to": {"city": "Perth", "zip": "1"}, "items": [{"q": 1}, {"q": 2}], "gone": true});
        let new = json!({"a": 1, "to": {"city": "Hobart", "zip": "1"}, "items": [{"q": 3}], "came": null});
        let told: Vec<_> =
            differences(&old, &new).into_iter().map(|found| (found.path, found.old, found.new)).collect();
        assert_eq!(
            told,
            [
                ("came".to_owned(), None, Some(json!(null))),
                ("gone".to_owned(), Some(json!(true)), None),
                ("items[0].q".to_owned(), Some(json!(1)), Some(json!(3))),
                ("items[1]".to_owned(), Some(json!({"q": 2})), None),
                ("to.city".to_owned(), Some(json!("Perth")), Some(json!("Hobart"))),
            ]
        );
        assert_eq!(differences(&old, &old), []);
    }
}
