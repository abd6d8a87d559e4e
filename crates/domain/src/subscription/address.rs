//! The addresses of our webhooks: which ones are ours whatever their token is, and how one is shown without it.

use std::fmt;

use secrecy::{ExposeSecret, SecretString};
use url::Url;

use crate::ids::ConnectionName;

/// The query parameter that carries the token.
const TOKEN: &str = "token";

/// Where a platform calls us: scheme, host, port and path. It never holds a secret, so it may be shown.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HookAddress(Url);

impl HookAddress {
    /// `{public_url}/webhooks/cin7/{connection}`.
    pub fn of_cin7(public_url: &Url, connection: &ConnectionName) -> Self {
        Self::below(public_url, "cin7", connection)
    }

    /// `{public_url}/webhooks/shipstation/{connection}`.
    pub fn of_shipstation(public_url: &Url, connection: &ConnectionName) -> Self {
        Self::below(public_url, "shipstation", connection)
    }

    /// User, password, query and fragment of `public_url` do not travel: they have no place in a webhook's address.
    fn below(public_url: &Url, platform: &str, connection: &ConnectionName) -> Self {
        let mut url = bare(public_url);
        if let Ok(mut path) = url.path_segments_mut() {
            path.pop_if_empty().extend(["webhooks", platform, connection.as_str()]);
        }
        Self(url)
    }

    /// Whether a subscription with this address calls us, whatever its token is.
    pub fn is_called_by(&self, url: &SecretString) -> bool {
        Url::parse(url.expose_secret()).is_ok_and(|url| bare(&url) == self.0)
    }

    /// Whether an address carries this token.
    pub(super) fn carries(url: &SecretString, token: Option<&SecretString>) -> bool {
        let Ok(url) = Url::parse(url.expose_secret()) else { return false };
        let found = url.query_pairs().find(|(name, _)| name == TOKEN).map(|(_, value)| value);
        found.as_deref() == token.map(ExposeSecret::expose_secret)
    }

    /// The address with a token.
    pub(super) fn with_token(&self, token: Option<&SecretString>) -> SecretString {
        let mut url = self.0.clone();
        if let Some(token) = token {
            url.query_pairs_mut().append_pair(TOKEN, token.expose_secret());
        }
        String::from(url).into()
    }
}

impl fmt::Display for HookAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0.as_str())
    }
}

/// An address for people to see: without user and password, and with `***` for whatever its query says.
pub fn redacted(url: &SecretString) -> String {
    let Ok(url) = Url::parse(url.expose_secret()) else { return "no address".to_owned() };
    let token_only = url.query_pairs().map(|(name, _)| name).eq([TOKEN]);
    let query = match url.query() {
        None => "",
        Some(_) if token_only => "?token=***",
        Some(_) => "?***",
    };
    format!("{}{query}", bare(&url))
}

/// Scheme, host, port and path.
fn bare(url: &Url) -> Url {
    let mut url = url.clone();
    url.set_query(None);
    url.set_fragment(None);
    // Both fail for addresses without a host only, which carry no credentials.
    let _no_host = url.set_username("");
    let _no_host = url.set_password(None);
    url
}
