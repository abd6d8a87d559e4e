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

#[cfg(test)]
#[expect(dead_code, reason = "a check meets only some of its manners")]
#[path = "../../../../tests/support/mail_server.rs"]
mod mail_server;

#[cfg(test)]
mod tests {
    use std::ffi::OsString;
    use std::path::Path;

    use super::mail_server::{MailServer, Manners};
    use super::*;
    use crate::config::{Environment, parse};

    /// base64 of `\0ann\0hunter2`
    const LOGIN: &str = "AGFubgBodW50ZXIy";

    fn config(server: &MailServer, password: &str) -> Config {
        let text = format!(
            "[alerts.email]\nsmtp_url = \"smtp://ann:{password}@{}\"\nfrom = \"a@example.com\"\n\
             to = [\"b@example.com\"]\n[alerts.webhook]\nurl = \"https://hooks.example.com/x\"\n\
             [[connections]]\nname = \"acme\"\n[connections.cin7]\nusername = \"u\"\nkey = \"k\"\n\
             [connections.shipstation]\napi_key = \"a\"\napi_secret = \"s\"\n",
            server.addr()
        );
        let environment: Environment = std::iter::empty::<(OsString, OsString)>().collect();
        parse(&text, Path::new("shipbridge.toml"), &environment).unwrap()
    }

    #[tokio::test]
    async fn the_mail_server_is_asked_with_the_login_and_nothing_is_sent() {
        let server = MailServer::start(Manners::Wants(LOGIN)).await;
        let found = findings(&config(&server, "hunter2")).await;
        let said: Vec<_> = found.iter().map(|finding| (finding.what.as_str(), finding.ok)).collect();
        assert_eq!(said, [("alerts.email", true), ("alerts.webhook", true)]);
        assert!(found[0].found.contains("b@example.com"), "{:?}", found[0]);
        let wrong = findings(&config(&server, "hunter3")).await.remove(0);
        assert!(!wrong.ok && wrong.found.contains("535") && wrong.mend.is_some(), "{wrong:?}");
        assert!(!format!("{wrong:?}").contains("hunter3"));
        server.behave(Manners::Takes);
        let open = findings(&config(&server, "hunter2")).await.remove(0);
        assert!(!open.ok, "a login that the server does not offer fails: {open:?}");
        assert_eq!(server.mails(), []);
    }
}
