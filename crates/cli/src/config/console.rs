//! `[console]`: who may open the console.

use secrecy::SecretString;
use serde::{Deserialize, Serialize};

use super::{secret, text};

/// `[console]`
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Console {
    /// The user name.
    #[serde(default = "default_username", deserialize_with = "text::filled")]
    pub(crate) username: String,
    /// The password; without it the console answers local clients only.
    #[serde(default, with = "secret::optional", skip_serializing_if = "Option::is_none")]
    pub(crate) password: Option<SecretString>,
}

fn default_username() -> String {
    "operator".to_owned()
}
