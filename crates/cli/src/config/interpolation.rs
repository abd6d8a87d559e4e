//! Fills in what stands elsewhere: `${NAME}` inside a string is a variable's value, `$${` is a literal `${`,
//! and a string `file:PATH` is the content of that file without the line break at its end. What is filled in
//! is taken as it is and not looked at again.

use std::fs;
use std::path::Path;

use super::document::{Node, Value};
use super::environment::{Environment, NoText};
use super::error::{ConfigError, Problem};

/// What a string begins with that names a file.
const FILE: &str = "file:";

/// Fills in all strings below the node; paths are relative to `folder`.
pub(crate) fn apply(node: &mut Node, folder: &Path, environment: &Environment) -> Vec<ConfigError> {
    match &mut node.value {
        Value::Text(text) | Value::Given(text) => match resolve(text, folder, environment) {
            Ok(None) => {}
            Ok(Some(resolved)) => node.value = Value::Given(resolved),
            Err(problem) => return vec![ConfigError::Key { place: node.place.clone(), problem }],
        },
        Value::List(items) => {
            return items.iter_mut().flat_map(|item| apply(item, folder, environment)).collect();
        }
        Value::Table(entries) => {
            return entries.values_mut().flat_map(|entry| apply(entry, folder, environment)).collect();
        }
        _ => {}
    }
    Vec::new()
}

/// The text with everything filled in; `None` when there is nothing to fill in.
fn resolve(text: &str, folder: &Path, environment: &Environment) -> Result<Option<String>, Problem> {
    if let Some(path) = text.strip_prefix(FILE) {
        return read(&folder.join(expand(path, environment)?)).map(Some);
    }
    if !text.contains("${") {
        return Ok(None);
    }
    expand(text, environment).map(Some)
}

fn read(path: &Path) -> Result<String, Problem> {
    let mut text =
        fs::read_to_string(path).map_err(|source| Problem::File { path: path.to_owned(), source })?;
    text.truncate(text.trim_end_matches(['\r', '\n']).len());
    Ok(text)
}

fn expand(text: &str, environment: &Environment) -> Result<String, Problem> {
    let mut expanded = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(start) = rest.find("${") {
        let (before, reference) = (&rest[..start], &rest[start + 2..]);
        if let Some(before) = before.strip_suffix('$') {
            expanded.push_str(before);
            expanded.push_str("${");
            rest = reference;
            continue;
        }
        expanded.push_str(before);
        let (name, after) = reference.split_once('}').ok_or(Problem::NoVariableName)?;
        expanded.push_str(variable(name, environment)?);
        rest = after;
    }
    expanded.push_str(rest);
    Ok(expanded)
}

fn variable<'e>(name: &str, environment: &'e Environment) -> Result<&'e str, Problem> {
    if name.is_empty() || !name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_') {
        return Err(Problem::NoVariableName);
    }
    environment.text(name).map_err(|missing| match missing {
        NoText::NotSet => Problem::VariableNotSet(name.to_owned()),
        NoText::NotUnicode => Problem::VariableNotUnicode(name.to_owned()),
    })
}
