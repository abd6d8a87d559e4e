#![doc = include_str!("../README.md")]

mod channels;
mod email;
mod error;
mod smtp_server;
mod tls;
mod webhook;
mod webhook_url;

pub use channels::{Channel, Channels};
pub use email::{Email, MailAddress};
pub use error::{SendError, SettingsError};
pub use smtp_server::SmtpServer;
pub use webhook::ChatWebhook;
pub use webhook_url::WebhookUrl;
