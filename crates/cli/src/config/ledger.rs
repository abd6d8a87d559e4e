//! `[ledger]`: where the bridge remembers what it has done.

use std::fmt;
use std::path::PathBuf;

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

use super::address::Address;

/// `[ledger]`
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct Ledger {
    /// Which database.
    pub(crate) url: LedgerUrl,
}

/// Which database.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) enum LedgerUrl {
    /// `embedded`: SQLite under `data_dir`.
    #[default]
    Embedded,
    /// `sqlite:PATH`: SQLite elsewhere; relative to the working directory.
    Sqlite(PathBuf),
    /// `postgres://` or `postgresql://`.
    Postgres(Address),
}

impl fmt::Display for LedgerUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Embedded => f.write_str("embedded"),
            Self::Sqlite(path) => write!(f, "sqlite:{}", path.display()),
            Self::Postgres(address) => address.fmt(f),
        }
    }
}

impl Serialize for LedgerUrl {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for LedgerUrl {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        if text == "embedded" {
            return Ok(Self::Embedded);
        }
        if let Some(path) = text.strip_prefix("sqlite:").filter(|path| !path.is_empty()) {
            return Ok(Self::Sqlite(PathBuf::from(path.strip_prefix("//").unwrap_or(path))));
        }
        Address::parse(&text, &["postgres", "postgresql"])
            .map(Self::Postgres)
            .map_err(|_| de::Error::custom("expected \"embedded\", sqlite:PATH or a postgres:// URL"))
    }
}
