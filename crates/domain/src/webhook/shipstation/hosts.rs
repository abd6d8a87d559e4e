//! The hosts that a `resource_url` may name: that of the configured `base_url`, and ShipStation's own.

use std::str::FromStr;

use url::{Host, Url};

use super::resource_url::UrlFault;

/// The hosts that a notification may name. Made from the connection's `base_url`:
/// `"https://ssapi.shipstation.com".parse()`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AllowedHosts {
    scheme: String,
    host: Host,
    port: Option<u16>,
    /// The path of `base_url` without its last slash: empty, or `/something`.
    prefix: String,
}

/// Why a text is no base URL.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum InvalidBaseUrl {
    /// No URL.
    #[error("`base_url` is no URL: {0}")]
    Url(#[from] url::ParseError),
    /// Another scheme, or no host.
    #[error("`base_url` must start with https:// or http:// and name a host")]
    NotHttp,
}

impl FromStr for AllowedHosts {
    type Err = InvalidBaseUrl;

    fn from_str(base_url: &str) -> Result<Self, Self::Err> {
        let url = Url::parse(base_url)?;
        let (true, Some(host)) = (matches!(url.scheme(), "http" | "https"), url.host()) else {
            return Err(InvalidBaseUrl::NotHttp);
        };
        Ok(Self {
            scheme: url.scheme().to_owned(),
            host: host.to_owned(),
            port: url.port(),
            prefix: url.path().trim_end_matches('/').to_owned(),
        })
    }
}

impl AllowedHosts {
    /// Whether this address lies on one of the hosts; `path` is its path as it was sent, `list` the one that
    /// is expected behind a prefix, such as `/shipments`.
    pub(super) fn check(&self, url: &Url, path: &str, list: &'static str) -> Result<(), UrlFault> {
        if url.host().is_some_and(|host| host.to_owned() == self.host) {
            return self.check_own(url, path, list);
        }
        if !url.host_str().is_some_and(is_shipstation) {
            return Err(UrlFault::Host { host: url.host_str().unwrap_or_default().to_owned() });
        }
        match (url.scheme(), url.port()) {
            ("https", None) if path == list => Ok(()),
            ("https", None) => Err(UrlFault::Path { expected: list }),
            ("https", Some(_)) => Err(UrlFault::Port),
            _ => Err(UrlFault::Scheme),
        }
    }

    fn check_own(&self, url: &Url, path: &str, list: &'static str) -> Result<(), UrlFault> {
        if url.scheme() != "https" && url.scheme() != self.scheme {
            return Err(UrlFault::Scheme);
        }
        if url.port().is_some() && url.port() != self.port {
            return Err(UrlFault::Port);
        }
        if path != list && path.strip_prefix(self.prefix.as_str()) != Some(list) {
            return Err(UrlFault::Path { expected: list });
        }
        Ok(())
    }
}

/// `ssapi.shipstation.com`, with or without digits behind `ssapi`.
fn is_shipstation(host: &str) -> bool {
    let digits = host.strip_prefix("ssapi").and_then(|rest| rest.strip_suffix(".shipstation.com"));
    digits.is_some_and(|digits| digits.bytes().all(|byte| byte.is_ascii_digit()))
}
