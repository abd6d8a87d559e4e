//! The address of a chat's incoming webhook: a secret as a whole.

use std::fmt;

use secrecy::{ExposeSecret, SecretString};
use url::Url;

use crate::error::SettingsError;
use crate::tls::is_loopback;

/// An address that may be posted to.
#[derive(Clone)]
pub struct WebhookUrl(SecretString);

impl WebhookUrl {
    /// Reads an address: `https://`, or `http://` on this machine.
    pub fn parse(text: &str) -> Result<Self, SettingsError> {
        let url = Url::parse(text.trim()).map_err(|_| SettingsError::NoWebhookUrl)?;
        let host = url.host().map(|host| host.to_owned()).ok_or(SettingsError::NoWebhookUrl)?;
        let private = url.scheme() == "https" || (url.scheme() == "http" && is_loopback(&host));
        if !private || !url.username().is_empty() || url.password().is_some() {
            return Err(SettingsError::NoWebhookUrl);
        }
        Ok(Self(SecretString::from(String::from(url))))
    }

    /// The address itself.
    pub(crate) fn expose(&self) -> Url {
        self.0.expose_secret().parse().expect("it was a URL when it was read")
    }
}

impl fmt::Debug for WebhookUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("WebhookUrl([REDACTED])")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_encrypted_or_on_this_machine() {
        for good in [
            "https://hooks.example.com/T0/B0/x",
            "http://127.0.0.1:8080/hook",
            "http://localhost/",
            "http://[::1]/h",
        ] {
            assert!(WebhookUrl::parse(good).is_ok(), "{good}");
        }
        for bad in
            ["", "hooks.example.com", "http://hooks.example.com/x", "ftp://127.0.0.1/", "https://u:p@h/x"]
        {
            assert_eq!(WebhookUrl::parse(bad).unwrap_err(), SettingsError::NoWebhookUrl, "{bad}");
        }
    }

    #[test]
    fn an_address_is_never_shown() {
        let url = WebhookUrl::parse("https://hooks.example.com/T0/B0/hidden").unwrap();
        assert!(!format!("{url:?}").contains("hidden"));
    }
}
