//! Whether people can be told: the mail server and its login, without sending anything. A chat's webhook cannot be
//! tried without posting to it.

use crate::config::Config;

use super::{Finding, finding};

/// What is found of each channel that is configured.
pub(super) async fn findings(config: &Config) -> Vec<Finding> {
    let channels = match config.alerts.channels() {
        Ok(channels) => channels,
        Err(error) => return vec![finding("alerts", Err(error.to_string()), "look at [alerts]")],
    };
    let mut findings = Vec::new();
    if let (Some(email), Some(settings)) = (&channels.email, &config.alerts.email) {
        let found = email.test().await.map_err(|error| error.to_string());
        let found =
            found.map(|()| format!("the mail server answers; {} will be told", settings.to.join(", ")));
        findings.push(finding(
            "alerts.email",
            found,
            "check alerts.email.smtp_url: host, port, user and password",
        ));
    }
    if channels.webhook.is_some() {
        findings.push(finding("alerts.webhook", Ok("not tried: it would post a message".to_owned()), ""));
    }
    findings
}
