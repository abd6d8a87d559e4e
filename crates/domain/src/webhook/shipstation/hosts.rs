//! The hosts that a `resource_url` may name: those of the configured `base_url` and `v2_base_url`, and ShipStation's
//! own of V1.

use std::str::FromStr;

use url::{Host, Url};

use super::resource_url::UrlFault;

/// ShipStation's V2 API.
const V2_BASE_URL: &str = "https://api.shipstation.com";

/// The hosts that a notification may name. Made from the connection's `base_url`:
/// `"https://ssapi.shipstation.com".parse()`. Addresses of V2 lie on ShipStation's host, or on that of
/// [`AllowedHosts::with_v2`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AllowedHosts {
    v1: Base,
    v2: Base,
}

/// Why a text is no base URL.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum InvalidBaseUrl {
    /// No URL.
    #[error("the base URL is no URL: {0}")]
    Url(#[from] url::ParseError),
    /// Another scheme, or no host.
    #[error("the base URL must start with https:// or http:// and name a host")]
    NotHttp,
}

impl FromStr for AllowedHosts {
    type Err = InvalidBaseUrl;

    fn from_str(base_url: &str) -> Result<Self, Self::Err> {
        Ok(Self { v1: base_url.parse()?, v2: V2_BASE_URL.parse()? })
    }
}

impl AllowedHosts {
    /// The same with the connection's `v2_base_url`, whose host alone V2 addresses may name then.
    pub fn with_v2(self, v2_base_url: &str) -> Result<Self, InvalidBaseUrl> {
        Ok(Self { v2: v2_base_url.parse()?, ..self })
    }

    /// Whether a V1 address lies on one of the hosts; `path` is its path as it was sent, `list` the one that is
    /// expected behind a prefix, such as `/shipments`.
    pub(super) fn check_v1(&self, url: &Url, path: &str, list: &'static str) -> Result<(), UrlFault> {
        if self.v1.is_host_of(url) {
            return self.v1.check(url, path, list);
        }
        if !url.host_str().is_some_and(is_shipstation) {
            return Err(foreign(url));
        }
        match (url.scheme(), url.port()) {
            ("https", None) if path == list => Ok(()),
            ("https", None) => Err(UrlFault::Path { expected: list }),
            ("https", Some(_)) => Err(UrlFault::Port),
            _ => Err(UrlFault::Scheme),
        }
    }

    /// The same of a V2 address, such as `/v2/labels`.
    pub(super) fn check_v2(&self, url: &Url, path: &str, list: &'static str) -> Result<(), UrlFault> {
        if !self.v2.is_host_of(url) {
            return Err(foreign(url));
        }
        self.v2.check(url, path, list)
    }
}

/// A configured address of an API.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Base {
    scheme: String,
    host: Host,
    port: Option<u16>,
    /// The path without its last slash: empty, or `/something`.
    prefix: String,
}

impl FromStr for Base {
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

impl Base {
    fn is_host_of(&self, url: &Url) -> bool {
        url.host().is_some_and(|host| host.to_owned() == self.host)
    }

    fn check(&self, url: &Url, path: &str, list: &'static str) -> Result<(), UrlFault> {
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

fn foreign(url: &Url) -> UrlFault {
    UrlFault::Host { host: url.host_str().unwrap_or_default().to_owned() }
}

/// `ssapi.shipstation.com`, with or without digits behind `ssapi`.
fn is_shipstation(host: &str) -> bool {
    let digits = host.strip_prefix("ssapi").and_then(|rest| rest.strip_suffix(".shipstation.com"));
    digits.is_some_and(|digits| digits.bytes().all(|byte| byte.is_ascii_digit()))
}
