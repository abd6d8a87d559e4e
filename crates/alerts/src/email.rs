//! E-mail: one SMTP conversation per message. The only user of lettre.

use std::fmt;
use std::future::Future;
use std::str::FromStr;
use std::time::Duration;

use lettre::message::Mailbox;
use lettre::message::header::{ContentType, HeaderName, HeaderValue};
use lettre::transport::smtp;
use lettre::transport::smtp::authentication::Credentials;
use lettre::transport::smtp::client::{Tls, TlsParameters};
use lettre::{AsyncSmtpTransport, AsyncTransport, Tokio1Executor};
use secrecy::ExposeSecret;

use domain::alert::Message;

use crate::error::{SendError, SettingsError};
use crate::smtp_server::{Security, SmtpServer};
use crate::tls;

/// How long a whole conversation may take.
const DEADLINE: Duration = Duration::from_secs(30);

/// The address of a person: `ann@example.com` or `Ann <ann@example.com>`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MailAddress(Mailbox);

impl FromStr for MailAddress {
    type Err = SettingsError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        text.trim().parse().map(Self).map_err(|_| SettingsError::NoMailAddress)
    }
}

impl fmt::Display for MailAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// E-mail by one server, from one sender to some recipients.
#[derive(Clone)]
pub struct Email {
    transport: AsyncSmtpTransport<Tokio1Executor>,
    from: MailAddress,
    to: Vec<MailAddress>,
    deadline: Duration,
}

impl Email {
    /// E-mail with the usual deadline. Nobody is called yet.
    pub fn new(server: &SmtpServer, from: MailAddress, to: Vec<MailAddress>) -> Result<Self, SettingsError> {
        if to.is_empty() {
            return Err(SettingsError::NoRecipient);
        }
        tls::install();
        let mut builder = AsyncSmtpTransport::<Tokio1Executor>::builder_dangerous(server.host.as_str())
            .port(server.port)
            .tls(protection(server)?)
            .timeout(Some(DEADLINE));
        if let Some((user, password)) = &server.credentials {
            builder =
                builder.credentials(Credentials::new(user.clone(), password.expose_secret().to_owned()));
        }
        Ok(Self { transport: builder.build(), from, to, deadline: DEADLINE })
    }

    /// The same with another deadline for a whole conversation.
    #[must_use]
    pub fn within(self, deadline: Duration) -> Self {
        Self { deadline, ..self }
    }

    /// Sends a message; done once the server has taken it whole.
    pub async fn send(&self, message: &Message) -> Result<(), SendError> {
        let mail = self.mail(message)?;
        self.in_time(self.transport.send(mail)).await.map(drop)
    }

    /// Tries the server and the login without sending anything.
    pub async fn test(&self) -> Result<(), SendError> {
        let answers = self.in_time(self.transport.test_connection()).await?;
        if answers {
            Ok(())
        } else {
            Err(SendError::NotReached("the server broke off after the login".to_owned()))
        }
    }

    fn mail(&self, message: &Message) -> Result<lettre::Message, SendError> {
        let mut builder = lettre::Message::builder().from(self.from.0.clone());
        for recipient in &self.to {
            builder = builder.to(recipient.0.clone());
        }
        builder
            .subject(message.subject.as_str())
            .message_id(None)
            .header(ContentType::TEXT_PLAIN)
            // RFC 3834: no machine answers it.
            .raw_header(HeaderValue::new(
                HeaderName::new_from_ascii_str("Auto-Submitted"),
                "auto-generated".to_owned(),
            ))
            .body(message.text.clone())
            .map_err(|error| SendError::Refused(error.to_string()))
    }

    async fn in_time<T>(
        &self,
        conversation: impl Future<Output = Result<T, smtp::Error>>,
    ) -> Result<T, SendError> {
        match tokio::time::timeout(self.deadline, conversation).await {
            Ok(Ok(ended)) => Ok(ended),
            Ok(Err(error)) if error.is_timeout() => Err(SendError::TimedOut(self.deadline)),
            Ok(Err(error)) if error.is_permanent() || error.is_transient() || error.is_client() => {
                Err(SendError::Refused(error.to_string()))
            }
            Ok(Err(error)) => Err(SendError::NotReached(error.to_string())),
            Err(_) => Err(SendError::TimedOut(self.deadline)),
        }
    }
}

fn protection(server: &SmtpServer) -> Result<Tls, SettingsError> {
    let parameters =
        || TlsParameters::new(server.host.clone()).map_err(|error| SettingsError::Tls(error.to_string()));
    Ok(match server.security {
        Security::Plain => Tls::None,
        Security::StartTlsIfOffered => Tls::Opportunistic(parameters()?),
        Security::StartTls => Tls::Required(parameters()?),
        Security::Tls => Tls::Wrapper(parameters()?),
    })
}

impl fmt::Debug for Email {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Email").field("from", &self.from).field("to", &self.to).finish_non_exhaustive()
    }
}
