//! From a file to a [`Config`], step by step: TOML, overrides, what is filled in, types, checks. Several
//! errors are collected: a key that is wrong is taken out, and the rest is looked at again.

use std::collections::BTreeSet;
use std::io;
use std::path::Path;
use std::sync::Arc;
use std::{fs, str};

use super::document::Node;
use super::environment::Environment;
use super::error::{ConfigError, ConfigErrors, Problem};
use super::place::{Origin, Place, Places};
use super::{Config, availability, check, deserializer, document, interpolation, overlay};

/// As many errors are collected as a person reads at once.
const MOST_ERRORS: usize = 20;

/// Reads the configuration from a file.
pub(crate) fn load(path: &Path, environment: &Environment) -> Result<Config, ConfigErrors> {
    let bytes = fs::read(path).map_err(|source| ConfigErrors::one(unreadable(path, source)))?;
    match str::from_utf8(&bytes) {
        Ok(text) => parse(text, path, environment),
        Err(error) => {
            let line = bytes[..error.valid_up_to()].split(|byte| *byte == b'\n').count();
            let origin = Origin::Line(name(path), line);
            let place = Place { origin, path: String::new() };
            Err(ConfigErrors::one(ConfigError::Syntax { place, message: "the text is not UTF-8".to_owned() }))
        }
    }
}

/// Reads the configuration from a text; `path` names it in errors, and `file:` values are relative to its
/// folder.
pub(crate) fn parse(text: &str, path: &Path, environment: &Environment) -> Result<Config, ConfigErrors> {
    let mut document = document::parse(text, &name(path)).map_err(ConfigErrors::one)?;
    let mut errors = overlay::apply(&mut document, environment);
    let folder = path.parent().unwrap_or(Path::new(""));
    errors.extend(interpolation::apply(&mut document, folder, environment));
    let config = typed(&mut document, &mut errors);
    let (Some(mut config), true) = (config, errors.is_empty()) else {
        return Err(ConfigErrors::several(errors));
    };
    let places = Places::new(document.origins(), document.place.origin);
    errors.extend(check::errors(&config, &places));
    errors.extend(availability::errors(&config, &places));
    if !errors.is_empty() {
        return Err(ConfigErrors::several(errors));
    }
    config.warnings = availability::warnings(&config, &places);
    config.warnings.extend(check::warnings(&config, &places));
    Ok(config)
}

/// The typed configuration. Adds what is wrong to the errors; without a new error there is a configuration.
fn typed(document: &mut Node, errors: &mut Vec<ConfigError>) -> Option<Config> {
    let mut pruned: BTreeSet<String> = errors.iter().filter_map(key).map(ToOwned::to_owned).collect();
    for path in &pruned {
        document.prune(path);
    }
    while errors.len() < MOST_ERRORS {
        let (place, problem) = match deserializer::read(document) {
            Ok(config) => return Some(config),
            Err(refusal) => refusal,
        };
        let missing = matches!(problem, Problem::Missing);
        // The table around a missing key cannot be read without it.
        let wrong = if missing { parent(&place.path) } else { Some(place.path.clone()) };
        // What was taken out for its own error is not missing.
        if !(missing && pruned.contains(&place.path)) {
            errors.push(ConfigError::Key { place, problem });
        }
        let wrong = wrong?;
        if !document.prune(&wrong) {
            return None;
        }
        pruned.insert(wrong);
    }
    None
}

/// The path of the table around a key of ours.
fn parent(path: &str) -> Option<String> {
    path.rfind('.').map(|end| path[..end].to_owned())
}

fn key(error: &ConfigError) -> Option<&str> {
    match error {
        ConfigError::Key { place, .. } => Some(&place.path),
        _ => None,
    }
}

fn name(path: &Path) -> Arc<str> {
    Arc::from(path.display().to_string())
}

fn unreadable(path: &Path, source: io::Error) -> ConfigError {
    let path = path.to_owned();
    match source.kind() {
        io::ErrorKind::NotFound => ConfigError::NoFile { path },
        _ => ConfigError::Unreadable { path, source },
    }
}
