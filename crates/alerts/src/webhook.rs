//! A chat's incoming webhook: one POST of `{"text": …}`, as Slack, Mattermost and others take it.

use std::fmt;
use std::time::Duration;

use reqwest::Client;
use reqwest::header::CONTENT_TYPE;
use serde_json::json;

use domain::alert::{Message, for_chat};

use crate::error::{SendError, SettingsError};
use crate::tls;
use crate::webhook_url::WebhookUrl;

/// Until the connection stands.
const CONNECT: Duration = Duration::from_secs(10);
/// From the start until the answer.
const DEADLINE: Duration = Duration::from_secs(30);

/// A chat's incoming webhook.
#[derive(Clone)]
pub struct ChatWebhook {
    client: Client,
    url: WebhookUrl,
    deadline: Duration,
}

impl ChatWebhook {
    /// A webhook with the usual deadline. Nobody is called yet.
    pub fn new(url: WebhookUrl) -> Result<Self, SettingsError> {
        tls::install();
        let client = Client::builder()
            .connect_timeout(CONNECT)
            .redirect(reqwest::redirect::Policy::none())
            .retry(reqwest::retry::never())
            .user_agent(concat!("shipbridge/", env!("CARGO_PKG_VERSION")))
            .no_proxy()
            .build()
            .map_err(|error| SettingsError::Tls(error.without_url().to_string()))?;
        Ok(Self { client, url, deadline: DEADLINE })
    }

    /// The same with another deadline.
    #[must_use]
    pub fn within(self, deadline: Duration) -> Self {
        Self { deadline, ..self }
    }

    /// Posts a message; done once the chat says so with a 2xx.
    pub async fn send(&self, message: &Message) -> Result<(), SendError> {
        let body = json!({ "text": for_chat(message) }).to_string();
        let post = self.client.post(self.url.expose()).header(CONTENT_TYPE, "application/json").body(body);
        match post.timeout(self.deadline).send().await {
            Ok(answer) if answer.status().is_success() => Ok(()),
            Ok(answer) => Err(SendError::Refused(format!("the webhook answered {}", answer.status()))),
            Err(error) if error.is_timeout() && !error.is_connect() => {
                Err(SendError::TimedOut(self.deadline))
            }
            Err(error) => Err(SendError::NotReached(causes(&error.without_url()))),
        }
    }
}

/// What an error says, with what is behind it. Causes below a call know hosts, never paths.
fn causes(error: &reqwest::Error) -> String {
    let mut text = error.to_string();
    let mut cause = std::error::Error::source(error);
    while let Some(below) = cause {
        text = format!("{text}: {below}");
        cause = below.source();
    }
    text
}

impl fmt::Debug for ChatWebhook {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ChatWebhook").field("url", &self.url).finish_non_exhaustive()
    }
}
