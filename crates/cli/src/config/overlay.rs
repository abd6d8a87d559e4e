//! Lays `SHIPBRIDGE__SECTION__KEY` variables over the tree. Parts are in upper case; a connection goes by its
//! index or by its name with `_` for `-` (the name is looked for first). Whether a key exists is not known
//! here: an unknown one is refused with the rest, by the name of its variable.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::document::{Node, Value};
use super::environment::{Environment, NoText};
use super::error::{ConfigError, Problem};
use super::place::{Origin, Place, child};

/// Lays every override over the tree; returns those that lead nowhere.
pub(crate) fn apply(document: &mut Node, environment: &Environment) -> Vec<ConfigError> {
    let mut errors = Vec::new();
    for (name, steps) in environment.overrides() {
        let origin = Origin::Variable(Arc::from(name));
        let outcome = match environment.text(name) {
            Ok(value) => set(document, steps, value, &origin),
            Err(NoText::NotSet | NoText::NotUnicode) => {
                Err((String::new(), Problem::VariableNotUnicode(name.to_owned())))
            }
        };
        if let Err((path, problem)) = outcome {
            errors.push(ConfigError::Key { place: Place { origin, path }, problem });
        }
    }
    errors
}

fn set(root: &mut Node, steps: &str, value: &str, origin: &Origin) -> Result<(), (String, Problem)> {
    let mut node = root;
    for step in steps.split("__") {
        node = descend(node, &step.to_ascii_lowercase(), origin)?;
    }
    node.place.origin = origin.clone();
    node.value = Value::Given(value.to_owned());
    Ok(())
}

/// The entry of this name, made if need be.
fn descend<'n>(node: &'n mut Node, step: &str, origin: &Origin) -> Result<&'n mut Node, (String, Problem)> {
    let path = &node.place.path;
    match &mut node.value {
        Value::Table(entries) => {
            let made = || Node {
                place: Place { origin: origin.clone(), path: child(path, step) },
                value: Value::Table(BTreeMap::new()),
            };
            Ok(entries.entry(step.to_owned()).or_insert_with(made))
        }
        Value::List(items) => match position(items, step) {
            Some(position) => Ok(&mut items[position]),
            None => Err((format!("{path}[{step}]"), Problem::NoEntry { known: known(items) })),
        },
        _ => Err((path.clone(), Problem::NoTable)),
    }
}

fn position(items: &[Node], step: &str) -> Option<usize> {
    let named = items.iter().position(|item| name(item).is_some_and(|name| name.replace('-', "_") == step));
    named.or_else(|| step.parse().ok().filter(|index| *index < items.len()))
}

fn known(items: &[Node]) -> String {
    let label = |(index, item)| name(item).map_or_else(|| format!("{index}"), ToOwned::to_owned);
    items.iter().enumerate().map(label).collect::<Vec<_>>().join(", ")
}

/// The `name` of a table in a list, as it is written.
fn name(item: &Node) -> Option<&str> {
    let Value::Table(entries) = &item.value else { return None };
    match &entries.get("name")?.value {
        Value::Text(name) | Value::Given(name) => Some(name),
        _ => None,
    }
}
