//! Somebody is told: once for each problem, by a real message, and again when it is over.

use std::time::Duration;

use alerts::{Channels, Email, SmtpServer};
use domain::event::Lane;
use jiff::SignedDuration;
use ledger::Alerts;
use worker::Alerting;

use super::{Line, Trouble};
use crate::bridge::connection;
use crate::mail_server::{Mail, MailServer, Manners};
use crate::story;
use crate::world::Site;

/// Rounds come as fast as in no real bridge: the clock moves as fast, too.
const EVERY: Duration = Duration::from_millis(20);

fn by_email(server: &MailServer) -> Alerting {
    let address = SmtpServer::parse(&format!("smtp://{}", server.addr())).unwrap();
    let to = vec!["ann@example.com".parse().unwrap()];
    let email = Email::new(&address, "shipbridge@example.com".parse().unwrap(), to).unwrap();
    Alerting { channels: Channels { email: Some(email), webhook: None }, every: EVERY }
}

/// The text of a mail that is short enough to come as it is, with its folded lines put together.
fn plain(mail: &Mail) -> String {
    mail.text.replace("=\r\n", "").replace("\r\n", "\n").replace("=3D", "=")
}

/// Waits until so much time has passed by the clock: many rounds.
async fn let_pass(line: &Line, length: SignedDuration) {
    let until = line.world.now(Site::Cin7) + length;
    line.until("time has passed", async |line| line.world.now(Site::Cin7) >= until).await;
}

#[tokio::test]
async fn refused_orders_are_told_once_together_and_once_when_they_are_mended() {
    let server = MailServer::start(Manners::AnswersRecipients("451 Not now")).await;
    let (mut line, ids) = Line::with_picked(3).await;
    line.setup.alerting = by_email(&server);
    let now = line.world.now(Site::Cin7);
    for id in &ids[..2] {
        let strand = |order: &mut sandbox::cin7::SalesOrder| {
            order.delivery_country = Some("Atlantis".to_owned());
        };
        assert!(line.world.cin7().edit(*id, now, strand));
    }
    line.tell(&ids).await;
    line.start();
    line.until_drained().await;
    assert_eq!((line.state(ids[0]).await, line.state(ids[2]).await), ("refused", "imported"));
    let_pass(&line, SignedDuration::from_mins(2)).await;
    assert_eq!(server.mails(), [], "the server takes nothing yet");
    server.behave(Manners::Takes);
    line.until("somebody is told", async |_| !server.mails().is_empty()).await;
    let_pass(&line, SignedDuration::from_mins(2)).await;
    let mails = server.mails();
    let [told] = &mails[..] else { panic!("one message for two orders: {mails:?}") };
    let told = plain(told);
    assert!(told.contains("Subject: Shipbridge acme: 2 orders refused"), "{told}");
    assert!(told.contains("(country)") && told.contains("Atlantis"), "{told}");
    let reference = line.order(ids[1]).reference;
    assert!(told.contains(&format!("{reference} (Cin7 order {})", ids[1])), "{told}");

    let now = line.world.now(Site::Cin7);
    for id in &ids[..2] {
        assert!(
            line.world.cin7().edit(*id, now, |order| order.delivery_country = Some("Australia".to_owned()))
        );
    }
    line.tell(&ids[..2]).await;
    line.until_drained().await;
    line.until("it is over", async |_| server.mails().len() > 1).await;
    let_pass(&line, SignedDuration::from_mins(2)).await;
    let over = server.mails();
    assert!((2..=3).contains(&over.len()), "an all-clear for each or for both: {over:?}");
    assert!(over[1..].iter().all(|mail| plain(mail).contains("over: ")), "{over:?}");
    assert_eq!(line.bridge.ledger().alerts(&connection(), "email").await.unwrap(), []);
    line.stop().await;
}

#[tokio::test]
async fn a_refused_credential_is_told_and_a_start_is_no_all_clear() {
    let server = MailServer::start(Manners::Takes).await;
    let (mut line, ids) = Line::with_picked(3).await;
    line.setup.alerting = by_email(&server);
    line.trouble(|call| (call.site == Site::Cin7).then(|| Trouble::status(401, "")));
    line.tell(&ids).await;
    line.start();
    // What was told and not recorded would be told again after a stop.
    let is_recorded = async |line: &Line| {
        let known = line.bridge.ledger().alerts(&connection(), "email").await.unwrap();
        known.iter().any(|known| known.told.is_some())
    };
    line.until("somebody is told, and that is recorded", is_recorded).await;
    line.stop().await;
    let told = plain(&server.mails()[0]);
    assert!(told.contains("Subject: Shipbridge acme: 1 credential refused"), "{told}");
    assert!(story_is_waiting(&line).await, "no event is lost");

    line.start();
    let_pass(&line, SignedDuration::from_secs(20)).await;
    assert_eq!(server.mails().len(), 1, "nobody knows yet that it is over");
    line.world.trouble(None);
    line.until_drained().await;
    line.until("it is over", async |_| server.mails().len() == 2).await;
    assert!(plain(&server.mails()[1]).contains("over: 1 credential refused (cin7)"));
    assert!(ids.iter().all(|id| line.sent(*id) == 1));
    line.stop().await;
}

async fn story_is_waiting(line: &Line) -> bool {
    let depth = line.bridge.depth(Lane::Orders).await;
    depth.ready + depth.delayed.unwrap_or_default() == 3
}

#[tokio::test]
async fn an_order_that_is_mended_at_once_is_never_told() {
    let server = MailServer::start(Manners::Takes).await;
    let mut line = Line::new().await;
    let ids = story::enter(&line.world, 11, 1, |order| {
        order.stage = Some("Fully Picked".to_owned());
        order.delivery_country = Some("Atlantis".to_owned());
    });
    line.setup.alerting = by_email(&server);
    line.step = SignedDuration::ZERO;
    line.tell(&ids).await;
    line.start();
    line.until_drained().await;
    line.until("a round has seen it", async |line| {
        !line.bridge.ledger().alerts(&connection(), "email").await.unwrap().is_empty()
    })
    .await;
    line.world.advance(SignedDuration::from_secs(20));
    let now = line.world.now(Site::Cin7);
    assert!(line.world.cin7().edit(ids[0], now, |order| order.delivery_country = Some("NZ".to_owned())));
    line.tell(&ids).await;
    line.until("it is mended", async |line| line.state(ids[0]).await == "imported").await;
    line.until("a round has seen that", async |line| {
        line.bridge.ledger().alerts(&connection(), "email").await.unwrap().is_empty()
    })
    .await;
    line.stop().await;
    assert_eq!(server.mails(), []);
}

#[tokio::test]
async fn shipments_that_sweeps_alone_have_found_are_told_together_when_they_are_many() {
    let server = MailServer::start(Manners::Takes).await;
    let (mut line, ids) = Line::with_imported(12).await;
    line.setup.alerting = by_email(&server);
    line.setup.schedule.sweep = Some(Duration::from_millis(60));
    line.ship(&ids[..5]);
    line.world.advance(SignedDuration::from_mins(3));
    line.start();
    let dispatched = |line: &Line, count: usize| ids[..count].iter().all(|id| line.is_dispatched(*id));
    line.until("five are dispatched", async |line| dispatched(line, 5)).await;
    let_pass(&line, SignedDuration::from_mins(2)).await;
    assert_eq!(server.mails(), [], "five may be chance");
    line.stop().await;
    line.ship(&ids[5..]);
    line.world.advance(SignedDuration::from_mins(3));
    line.start();
    line.until("somebody is told", async |_| !server.mails().is_empty()).await;
    let told = plain(&server.mails()[0]);
    assert!(told.contains("Subject: Shipbridge acme: notifications do not arrive"), "{told}");
    assert!(told.contains("12 shipments were found by sweeps alone"), "{told}");
    line.step = SignedDuration::from_secs(10);
    line.until("it is over", async |_| server.mails().len() > 1).await;
    assert_eq!(server.mails().len(), 2);
    line.stop().await;
}
