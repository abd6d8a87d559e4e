//! `[api]`: who may call `/api/v1`.

use secrecy::SecretString;
use serde::{Deserialize, Serialize};

use super::secret;

/// `[api]`
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Api {
    /// The bearer token.
    #[serde(with = "secret")]
    pub(crate) token: SecretString,
}
