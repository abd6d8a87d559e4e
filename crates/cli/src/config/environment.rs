//! The environment as `main` hands it over: the one door through which variables reach the configuration.

use std::collections::BTreeMap;
use std::ffi::OsString;

/// What the variables that override a key begin with.
const OVERRIDE: &str = "SHIPBRIDGE__";

/// A snapshot of the process's environment. It has no `Debug`: it holds secrets.
#[derive(Clone, Default)]
pub(crate) struct Environment {
    variables: BTreeMap<String, OsString>,
}

/// Why a variable has no text to give.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum NoText {
    /// It is not set.
    NotSet,
    /// Its value is not UTF-8.
    NotUnicode,
}

impl Environment {
    /// The value of a variable.
    pub(crate) fn text(&self, name: &str) -> Result<&str, NoText> {
        self.variables.get(name).ok_or(NoText::NotSet)?.to_str().ok_or(NoText::NotUnicode)
    }

    /// The variables that override a key: their name, and the name without its beginning.
    pub(crate) fn overrides(&self) -> impl Iterator<Item = (&str, &str)> {
        let names = self.variables.keys();
        names.filter_map(|name| name.strip_prefix(OVERRIDE).map(|rest| (name.as_str(), rest)))
    }
}

impl FromIterator<(OsString, OsString)> for Environment {
    /// Takes variables as `std::env::vars_os` gives them; names that are not UTF-8 cannot be meant for us.
    fn from_iter<I: IntoIterator<Item = (OsString, OsString)>>(variables: I) -> Self {
        let named = variables.into_iter().filter_map(|(name, value)| Some((name.into_string().ok()?, value)));
        Self { variables: named.collect() }
    }
}
