//! ShipStation's *Test connection*, played against the public address of the custom store.

use jiff::{SignedDuration, Timestamp};
use url::Url;

use domain::clock::Clock;
use platforms::{PublicStore, StoreAnswer};

use super::{Finding, finding};
use crate::clock::SystemClock;
use crate::config::{Config, Connection, Mode};

/// The window that is asked for.
const WINDOW: SignedDuration = SignedDuration::from_hours(1);
/// How much of a strange answer is shown, in characters.
const SHOWN: usize = 120;

const FORM: &str = "in ShipStation's form: URL to custom XML page, user name and password as configured; the README has \
                    it field by field";

/// A line for a connection whose orders are fetched from us.
pub(super) async fn store(config: &Config, connection: &Connection) -> Option<Finding> {
    if connection.mode != Mode::CustomStore {
        return None;
    }
    let what = format!("{}: custom store", connection.name);
    let Some(url) = config.store_address(connection) else {
        let found = "http.public_url is not set, so that nobody can say where ShipStation calls".to_owned();
        return Some(finding(
            what,
            Err(found),
            "set http.public_url to the address that leads here from outside",
        ));
    };
    Some(match ask(connection, &url, SystemClock.now()).await {
        Ok(pages) => {
            finding(what, Ok(format!("{url} answers as ShipStation expects ({pages} to fetch)")), "")
        }
        Err((found, mend)) => finding(what, Err(found), mend),
    })
}

async fn ask(connection: &Connection, url: &Url, now: Timestamp) -> Result<String, (String, &'static str)> {
    let store = connection.inbound.store.as_ref().ok_or_else(|| ("no credentials".to_owned(), FORM))?;
    let store = PublicStore::new(url.clone(), store.username.clone(), store.password.clone());
    let store = store.map_err(|error| (error.to_string(), ""))?;
    let (from, until) = (minute(now - WINDOW), minute(now));
    let query = [("action", "export"), ("start_date", &from), ("end_date", &until), ("page", "1")];
    let answer = store.ask(&query).await.map_err(|error| {
        let mend = "see that http.public_url leads to this bridge from outside, over https, and that it runs";
        (format!("{url}: {error}"), mend)
    })?;
    judge(url, &answer)
}

/// As the custom store's guide writes dates, in UTC.
fn minute(at: Timestamp) -> String {
    at.strftime("%m/%d/%Y %H:%M").to_string()
}

fn judge(url: &Url, answer: &StoreAnswer) -> Result<String, (String, &'static str)> {
    let body = String::from_utf8_lossy(&answer.body);
    let shown: String = body.chars().take(SHOWN).collect();
    let told = |what: &str| format!("{url} {what}: {shown}");
    match answer.status {
        200 => {}
        401 => {
            return Err((
                told("refuses the configured credentials"),
                "a proxy before the bridge drops the Authorization header, or inbound.store was changed and the \
                 bridge not started again",
            ));
        }
        404 => {
            return Err((
                told("has no such store"),
                "see that http.public_url leads to this bridge, and start it again after a change of mode",
            ));
        }
        403 => {
            return Err((
                told("is closed (403)"),
                "a firewall or bot protection before the bridge lets nobody in",
            ));
        }
        300..=399 => {
            return Err((
                told("leads elsewhere"),
                "give ShipStation the address that it leads to, over https",
            ));
        }
        status => {
            return Err((
                told(&format!("answers {status}")),
                "look at the bridge's log, and what is before it",
            ));
        }
    }
    if !answer.content_type.contains("xml") {
        return Err((
            told(&format!("answers with {}", answer.content_type)),
            "something else than the bridge answers at this address",
        ));
    }
    let pages = body.split("<Orders pages=\"").nth(1).and_then(|rest| rest.split('"').next());
    match pages.map(str::parse::<u32>) {
        Some(Ok(1)) => Ok("1 page".to_owned()),
        Some(Ok(pages)) => Ok(format!("{pages} pages")),
        _ => Err((told("answers without a number of pages"), "something between changes the answer")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answer(status: u16, content_type: &str, body: &str) -> StoreAnswer {
        let (content_type, body) = (content_type.to_owned(), body.to_owned().into());
        StoreAnswer { status, content_type, body }
    }

    #[test]
    fn an_answer_is_what_shipstation_expects_or_says_what_is_in_the_way() {
        let url: Url = "https://b.example/store/acme".parse().unwrap();
        let xml = "application/xml; charset=utf-8";
        for (status, content_type, body, expected) in [
            (200, xml, "<?xml version=\"1.0\"?><Orders pages=\"1\"/>", Ok("1 page")),
            (200, xml, "<Orders pages=\"12\"><Order/></Orders>", Ok("12 pages")),
            (200, xml, "", Err("without a number of pages")),
            (200, "text/html", "<html>", Err("answers with text/html")),
            (401, "text/plain", "no", Err("refuses the configured credentials")),
            (403, "text/html", "bot?", Err("is closed (403)")),
            (404, "application/problem+json", "{}", Err("has no such store")),
            (301, "", "", Err("leads elsewhere")),
            (502, "text/html", "bad gateway", Err("answers 502: bad gateway")),
        ] {
            match (judge(&url, &answer(status, content_type, body)), expected) {
                (Ok(pages), Ok(expected)) => assert_eq!(pages, expected),
                (Err((found, mend)), Err(expected)) => {
                    assert!(found.contains(expected) && !mend.is_empty(), "{found}");
                }
                (found, expected) => panic!("{found:?} where {expected:?} was expected"),
            }
        }
    }

    #[test]
    fn dates_are_written_as_the_guide_has_them() {
        let at: Timestamp = "2026-03-01T09:05:59Z".parse().unwrap();
        assert_eq!(minute(at), "03/01/2026 09:05");
    }
}
