//! URLs whose password is never printed.

use std::fmt;

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};
use url::Url;

use super::secret::MASK;

/// The schemes of a web address.
const HTTP: [&str; 2] = ["http", "https"];

/// A URL with a host. Its `Debug`, `Display` and `Serialize` mask the password.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct Address(Url);

/// Why a text is no address: it is no URL, or of another scheme.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("expected a URL that begins with {}", .schemes.iter().map(|s| format!("{s}://")).collect::<Vec<_>>().join(" or "))]
pub(crate) struct NoAddress {
    schemes: Vec<&'static str>,
}

impl Address {
    /// The URL, with its password.
    pub(crate) fn url(&self) -> &Url {
        &self.0
    }

    /// Reads a URL that has a host and one of these schemes.
    pub(crate) fn parse(text: &str, schemes: &[&'static str]) -> Result<Self, NoAddress> {
        let refused = || NoAddress { schemes: schemes.to_vec() };
        let url = Url::parse(text).map_err(|_| refused())?;
        if !url.has_host() || !schemes.contains(&url.scheme()) {
            return Err(refused());
        }
        Ok(Self(url))
    }

    /// A web address that we write ourselves.
    pub(in crate::config) fn of_constant(text: &str) -> Self {
        Self::parse(text, &HTTP).expect("a constant of this program is a URL")
    }
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut url = self.0.clone();
        if url.password().is_some() {
            url.set_password(Some(MASK)).map_err(|()| fmt::Error)?;
        }
        f.write_str(url.as_str())
    }
}

impl fmt::Debug for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl Serialize for Address {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

/// A web address: `http` or `https`.
impl<'de> Deserialize<'de> for Address {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Self::parse(&String::deserialize(deserializer)?, &HTTP).map_err(de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_password_in_a_url_is_never_printed() {
        let address = Address::parse("amqps://user:pa%40ss@mq.example.com:5671/v", &["amqps"]).unwrap();
        assert_eq!(address.to_string(), "amqps://user:********@mq.example.com:5671/v");
        assert_eq!(format!("{address:?}"), address.to_string());
        assert_eq!(address.url().password(), Some("pa%40ss"));
    }

    #[test]
    fn an_address_has_a_host_and_an_expected_scheme() {
        for bad in ["", "example.com", "ftp://example.com", "http:", "mailto:a@example.com", "/path"] {
            let error = Address::parse(bad, &HTTP).unwrap_err();
            assert_eq!(error.to_string(), "expected a URL that begins with http:// or https://", "{bad}");
        }
    }
}
