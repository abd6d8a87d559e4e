//! An export: a page of what changed within a window, from the ledger alone. It calls nobody and changes no order.

use jiff::Timestamp;
use tokio::time::timeout;

use ledger::FeedPage;

use super::Endpoint;
use super::query::Parameters;
use super::refusal::Refusal;
use super::window::asked;
use super::xml;
use crate::app::Shared;
use crate::log::WindowByDefault;

/// Orders on a page.
const PAGE_SIZE: u32 = 100;
/// The most pages that `pages` can tell: it is a `short`.
const PAGES_MAX: u32 = 32_767;

/// A page, written.
pub(super) struct Exported {
    pub(super) xml: Vec<u8>,
    pub(super) orders: usize,
}

pub(super) async fn export(
    endpoint: &Endpoint,
    shared: &Shared,
    parameters: &Parameters,
    now: Timestamp,
) -> Result<Exported, Refusal> {
    let asked = asked(parameters, now).map_err(Refusal::NotAsked)?;
    if asked.by_default {
        WindowByDefault { connection: endpoint.connection.as_str(), window: asked.window }.emit();
    }
    let page = FeedPage { number: asked.page, size: PAGE_SIZE };
    let read = endpoint.ledger.get()?.feed_page(&endpoint.connection, asked.window, page, now);
    let read = timeout(shared.publish_deadline, read).await;
    let read = read.map_err(|_| Refusal::not_in_time(shared.publish_deadline))?;
    let found = read.map_err(|error| Refusal::Unavailable(error.to_string()))?;
    let xml = xml::page(told(found.pages)?, &found.orders);
    Ok(Exported { xml, orders: found.orders.len() })
}

/// The number of pages as it is told: at least one, also where nothing was found, since ShipStation reads none without
/// the number, and no more than fit.
fn told(pages: u32) -> Result<u32, Refusal> {
    if pages > PAGES_MAX { Err(Refusal::TooManyPages) } else { Ok(pages.max(1)) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_of_pages_is_at_least_one_and_a_short() {
        for (pages, expected) in [(0, Some(1)), (1, Some(1)), (32_767, Some(32_767)), (32_768, None)] {
            assert_eq!(told(pages).ok(), expected);
        }
    }
}
