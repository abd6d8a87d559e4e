//! What the address of a mail server says: where it is, how it is spoken to, and who we are there.

use std::fmt;

use percent_encoding::percent_decode_str;
use secrecy::SecretString;
use url::{Host, Url};

use crate::error::SettingsError;
use crate::tls::is_loopback;

/// The ports of RFC 5321, RFC 6409 and RFC 8314.
const RELAY_PORT: u16 = 25;
const SUBMISSION_PORT: u16 = 587;
const SUBMISSIONS_PORT: u16 = 465;

/// A mail server, read from `smtp://` or `smtps://`.
#[derive(Clone)]
pub struct SmtpServer {
    pub(crate) host: String,
    pub(crate) port: u16,
    pub(crate) security: Security,
    pub(crate) credentials: Option<(String, SecretString)>,
}

/// How the conversation is kept private.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Security {
    /// Not at all: the server is on this machine.
    Plain,
    /// By STARTTLS, if the server offers it.
    StartTlsIfOffered,
    /// By STARTTLS, or there is no conversation.
    StartTls,
    /// TLS from the start.
    Tls,
}

impl SmtpServer {
    /// Reads an address. `smtp://` goes to port 587 with a user and to port 25 without one, `smtps://` to 465.
    pub fn parse(text: &str) -> Result<Self, SettingsError> {
        let url = Url::parse(text).map_err(|_| SettingsError::NoSmtpUrl)?;
        let bare = matches!(url.path(), "" | "/") && url.query().is_none() && url.fragment().is_none();
        if !bare {
            return Err(SettingsError::NoSmtpUrl);
        }
        // A scheme that the URL standard does not know keeps an IPv4 address as a name.
        let host = url.host_str().filter(|host| !host.is_empty()).ok_or(SettingsError::NoSmtpUrl)?;
        let host = Host::parse(host).map_err(|_| SettingsError::NoSmtpUrl)?;
        let credentials = credentials(&url)?;
        let (security, port) = match (url.scheme(), &credentials) {
            ("smtps", _) => (Security::Tls, SUBMISSIONS_PORT),
            ("smtp", Some(_)) if is_loopback(&host) => (Security::Plain, SUBMISSION_PORT),
            ("smtp", None) if is_loopback(&host) => (Security::Plain, RELAY_PORT),
            ("smtp", Some(_)) => (Security::StartTls, SUBMISSION_PORT),
            ("smtp", None) => (Security::StartTlsIfOffered, RELAY_PORT),
            _ => return Err(SettingsError::NoSmtpUrl),
        };
        let host = host.to_string().trim_matches(['[', ']']).to_owned();
        Ok(Self { host, port: url.port().unwrap_or(port), security, credentials })
    }
}

fn credentials(url: &Url) -> Result<Option<(String, SecretString)>, SettingsError> {
    let decoded = |text: &str| {
        let text = percent_decode_str(text).decode_utf8().map_err(|_| SettingsError::HalfCredentials)?;
        Ok::<_, SettingsError>(text.into_owned())
    };
    match (url.username(), url.password().unwrap_or_default()) {
        ("", "") => Ok(None),
        ("", _) | (_, "") => Err(SettingsError::HalfCredentials),
        (user, password) => Ok(Some((decoded(user)?, SecretString::from(decoded(password)?)))),
    }
}

impl fmt::Debug for SmtpServer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SmtpServer({}:{}, {:?})", self.host, self.port, self.security)
    }
}

#[cfg(test)]
mod tests {
    use secrecy::ExposeSecret;

    use super::*;

    #[test]
    fn an_address_says_where_and_how() {
        for (text, host, port, security) in [
            ("smtps://u:p@mail.example.com", "mail.example.com", 465, Security::Tls),
            ("smtp://u:p@mail.example.com", "mail.example.com", 587, Security::StartTls),
            ("smtp://mail.example.com/", "mail.example.com", 25, Security::StartTlsIfOffered),
            ("smtp://u:p@mail.example.com:2525", "mail.example.com", 2525, Security::StartTls),
            ("smtp://127.0.0.1:1025", "127.0.0.1", 1025, Security::Plain),
            ("smtp://u:p@localhost", "localhost", 587, Security::Plain),
            ("smtp://[::1]:26", "::1", 26, Security::Plain),
        ] {
            let server = SmtpServer::parse(text).unwrap();
            assert_eq!(
                (server.host.as_str(), server.port, server.security),
                (host, port, security),
                "{text}"
            );
        }
    }

    #[test]
    fn credentials_are_decoded_and_never_shown() {
        let server = SmtpServer::parse("smtps://ann%40example.com:p%3Aw%2F@mail.example.com").unwrap();
        let shown = format!("{server:?}");
        let (user, password) = server.credentials.unwrap();
        assert_eq!((user.as_str(), password.expose_secret()), ("ann@example.com", "p:w/"));
        assert!(!shown.contains("ann") && !shown.contains("p:w/") && !shown.contains("p%3A"), "{shown}");
    }

    #[test]
    fn other_addresses_are_refused() {
        for text in [
            "",
            "mail.example.com",
            "http://mail.example.com",
            "smtp://",
            "smtp://h/path",
            "smtp://h?tls=none",
        ] {
            assert_eq!(SmtpServer::parse(text).unwrap_err(), SettingsError::NoSmtpUrl, "{text}");
        }
        for text in ["smtp://user@h", "smtp://:password@h"] {
            assert_eq!(SmtpServer::parse(text).unwrap_err(), SettingsError::HalfCredentials, "{text}");
        }
    }
}
