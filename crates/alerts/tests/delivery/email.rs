//! E-mail, in real SMTP conversations.

use std::time::Duration;

use alerts::{Email, SendError, SmtpServer};
use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use domain::alert::Message;

use crate::mail_server::{MailServer, Manners};

fn message() -> Message {
    Message {
        subject: "Shipbridge acme: 2 orders refused – Zürich".into(),
        text: ".first line begins with a dot\n..and one with two\n.\nSO-1: Côte d'Ivoire\n".into(),
    }
}

fn email_as(user: &str, server: &MailServer) -> Email {
    let url = format!("smtp://{user}{}", server.addr());
    let recipients = ["Warehouse <warehouse@example.com>", "ann@example.com"];
    let to = recipients.into_iter().map(|to| to.parse().unwrap()).collect();
    let server = SmtpServer::parse(&url).unwrap();
    Email::new(&server, "Shipbridge <shipbridge@example.com>".parse().unwrap(), to)
        .unwrap()
        .within(Duration::from_secs(20))
}

fn email(server: &MailServer) -> Email {
    email_as("", server)
}

/// A header's value, with its folded lines put together.
fn header(mail: &str, name: &str) -> String {
    let (headers, _) = mail.split_once("\r\n\r\n").unwrap();
    let unfolded = headers.replace("\r\n ", " ");
    let found = unfolded.lines().find_map(|line| line.strip_prefix(&format!("{name}: ")));
    found.unwrap_or_else(|| panic!("no {name} in {headers}")).to_owned()
}

/// Takes RFC 2047's base64 words out of a header. The space between two of them is none.
fn decoded(header: &str) -> String {
    let (mut text, mut after_encoded) = (String::new(), true);
    for word in header.split(' ') {
        let encoded = word.strip_prefix("=?utf-8?b?").and_then(|word| word.strip_suffix("?="));
        if !(text.is_empty() || after_encoded && encoded.is_some()) {
            text.push(' ');
        }
        after_encoded = encoded.is_some();
        match encoded {
            Some(word) => text.push_str(&String::from_utf8(BASE64_STANDARD.decode(word).unwrap()).unwrap()),
            None => text.push_str(word),
        }
    }
    text
}

/// The body as its transfer encoding says.
fn body(mail: &str) -> String {
    let (_, body) = mail.split_once("\r\n\r\n").unwrap();
    let bytes = match header(mail, "Content-Transfer-Encoding").as_str() {
        "7bit" | "8bit" => body.as_bytes().to_vec(),
        "base64" => BASE64_STANDARD.decode(body.replace("\r\n", "")).unwrap(),
        "quoted-printable" => unquoted(body),
        other => panic!("an encoding that nobody reads: {other}"),
    };
    String::from_utf8(bytes).unwrap()
}

fn unquoted(body: &str) -> Vec<u8> {
    let body = body.replace("=\r\n", "");
    let mut bytes = Vec::new();
    let mut rest = body.as_bytes();
    while let [first, tail @ ..] = rest {
        rest = if *first == b'=' {
            bytes.push(u8::from_str_radix(std::str::from_utf8(&tail[..2]).unwrap(), 16).unwrap());
            &tail[2..]
        } else {
            bytes.push(*first);
            tail
        };
    }
    bytes
}

#[tokio::test]
async fn a_message_arrives_with_envelope_headers_and_every_dot_of_its_text() {
    let server = MailServer::start(Manners::Takes).await;
    email(&server).send(&message()).await.unwrap();
    let [mail] = &server.mails()[..] else { panic!("one message") };
    assert!(mail.from.starts_with("MAIL FROM:<shipbridge@example.com>"), "{}", mail.from);
    assert_eq!(mail.to, ["RCPT TO:<warehouse@example.com>", "RCPT TO:<ann@example.com>"]);
    assert_eq!(header(&mail.text, "From"), "Shipbridge <shipbridge@example.com>");
    assert_eq!(header(&mail.text, "To"), "Warehouse <warehouse@example.com>, ann@example.com");
    assert!(header(&mail.text, "Subject").is_ascii());
    assert_eq!(decoded(&header(&mail.text, "Subject")), message().subject);
    assert_eq!(header(&mail.text, "Content-Type"), "text/plain; charset=utf-8");
    assert_eq!(header(&mail.text, "Auto-Submitted"), "auto-generated");
    assert!(header(&mail.text, "Message-ID").ends_with('>'));
    assert!(!header(&mail.text, "Date").is_empty());
    assert_eq!(body(&mail.text).replace("\r\n", "\n").trim_end(), message().text.trim_end());
}

#[tokio::test]
async fn plain_text_with_dots_arrives_as_it_is() {
    let server = MailServer::start(Manners::Takes).await;
    let plain = Message { subject: "plain".into(), text: ".a\n..b\n.\nc\n".into() };
    email(&server).send(&plain).await.unwrap();
    let mail = server.mails().remove(0);
    assert_eq!(body(&mail.text).replace("\r\n", "\n").trim_end(), plain.text.trim_end());
}

#[tokio::test]
async fn a_login_is_given_and_a_wrong_one_is_refused_without_being_shown() {
    let login = Box::leak(BASE64_STANDARD.encode("\0ann@example.com\0s3cret:word").into_boxed_str());
    let server = MailServer::start(Manners::Wants(login)).await;
    let right = email_as("ann%40example.com:s3cret%3Aword@", &server);
    right.test().await.unwrap();
    right.send(&message()).await.unwrap();
    assert_eq!(server.mails().len(), 1);
    let wrong = email_as("ann%40example.com:oth3r@", &server);
    for error in [wrong.test().await.unwrap_err(), wrong.send(&message()).await.unwrap_err()] {
        assert!(matches!(&error, SendError::Refused(reason) if reason.contains("535")), "{error:?}");
        assert!(!format!("{error} {error:?} {wrong:?}").contains("oth3r"));
    }
    assert_eq!(server.mails().len(), 1);
}

#[tokio::test]
async fn a_server_that_refuses_for_good_or_for_now_has_taken_nothing() {
    let server = MailServer::start(Manners::Takes).await;
    for (answer, code) in [("550 No such user", "550"), ("451 Come back later", "451")] {
        server.behave(Manners::AnswersRecipients(answer));
        let error = email(&server).send(&message()).await.unwrap_err();
        assert!(matches!(&error, SendError::Refused(reason) if reason.contains(code)), "{error:?}");
        assert_eq!(server.mails(), []);
    }
    server.behave(Manners::Takes);
    email(&server).send(&message()).await.unwrap();
    assert_eq!(server.mails().len(), 1);
}

#[tokio::test]
async fn a_server_that_hangs_is_given_up_in_time() {
    let server = MailServer::start(Manners::HangsAtData).await;
    let deadline = Duration::from_millis(300);
    let error = email(&server).within(deadline).send(&message()).await.unwrap_err();
    assert_eq!(error, SendError::TimedOut(deadline));
}

#[tokio::test]
async fn a_server_that_breaks_off_or_is_not_there_was_not_reached() {
    let server = MailServer::start(Manners::BreaksOffAfterText).await;
    let email = email(&server);
    let error = email.send(&message()).await.unwrap_err();
    assert!(matches!(error, SendError::NotReached(_) | SendError::Refused(_)), "{error:?}");
    assert_eq!(server.mails(), []);
    let nobody = SmtpServer::parse("smtp://127.0.0.1:1").unwrap();
    let email = Email::new(&nobody, "a@example.com".parse().unwrap(), vec!["b@example.com".parse().unwrap()]);
    let error = email.unwrap().test().await.unwrap_err();
    assert!(matches!(error, SendError::NotReached(_)), "{error:?}");
}

#[tokio::test]
async fn a_password_never_leaves_for_another_machine_without_tls() {
    let server = MailServer::start(Manners::Takes).await;
    // Another name of this machine, which the address's reader takes for another machine.
    let elsewhere = format!("smtp://ann:s3cret@0.0.0.0:{}", server.addr().port());
    let elsewhere = SmtpServer::parse(&elsewhere).unwrap();
    let email =
        Email::new(&elsewhere, "a@example.com".parse().unwrap(), vec!["b@example.com".parse().unwrap()]);
    let error = email.unwrap().send(&message()).await.unwrap_err();
    assert!(matches!(error, SendError::Refused(_) | SendError::NotReached(_)), "{error:?}");
    assert_eq!(server.mails(), []);
}
