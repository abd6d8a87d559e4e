//! Where a key stands: its path in the configuration, and the line or the variable that says it.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

/// What said it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Origin {
    /// A line of the file, from 1 on.
    Line(Arc<str>, usize),
    /// A `SHIPBRIDGE__…` variable.
    Variable(Arc<str>),
}

/// A key and what said it; shown as `shipbridge.toml:12: connections[0].cin7.base_url`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Place {
    /// What said it. First, so that places sort by lines.
    pub(crate) origin: Origin,
    /// The key's path, such as `connections[0].cin7.key`; empty for the whole file.
    pub(crate) path: String,
}

/// All that is written, by path.
pub(crate) struct Places {
    origins: BTreeMap<String, Origin>,
    whole: Origin,
}

impl Places {
    /// `whole` stands for keys whose surroundings are not written either.
    pub(crate) fn new(origins: BTreeMap<String, Origin>, whole: Origin) -> Self {
        Self { origins, whole }
    }

    /// Whether the key is written, in the file or by a variable.
    pub(crate) fn is_written(&self, path: &str) -> bool {
        self.origins.contains_key(path)
    }

    /// The place of a key; of a key that is not written, that of the nearest table around it.
    pub(crate) fn of(&self, path: &str) -> Place {
        let mut around = path;
        let origin = loop {
            if let Some(origin) = self.origins.get(around) {
                break origin;
            }
            match around.rfind(['.', '[']) {
                Some(end) => around = &around[..end],
                None => break &self.whole,
            }
        };
        Place { origin: origin.clone(), path: path.to_owned() }
    }
}

/// The path of a key in a table. Keys that are no bare keys are quoted, as TOML has them.
pub(crate) fn child(path: &str, key: &str) -> String {
    let bare = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == '-';
    let dot = if path.is_empty() { "" } else { "." };
    if !key.is_empty() && key.chars().all(bare) {
        format!("{path}{dot}{key}")
    } else {
        format!("{path}{dot}\"{}\"", key.escape_debug())
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.origin {
            Origin::Line(file, line) => write!(f, "{file}:{line}")?,
            Origin::Variable(name) => f.write_str(name)?,
        }
        if self.path.is_empty() { Ok(()) } else { write!(f, ": {}", self.path) }
    }
}
