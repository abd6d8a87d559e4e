//! The orders to be translated: generated, put into a simulated account, picked, and read back through the
//! real client, so that they are what a worker would see.

use std::collections::BTreeSet;
use std::sync::Arc;

use anyhow::{Context, ensure};
use jiff::Timestamp;

use domain::ids::{OrderId, OrderRef};
use domain::import::Catalogue;
use domain::sales_order::SalesOrder;
use domain::settings::Rules;
use platforms::cin7::BATCH_MAX;
use platforms::{CallPermit, Cin7Client, HttpResponse};
use sandbox::cin7::{Cin7, Cin7Settings};
use sandbox::generator::{Expected, Generator};

use super::rules::rules;
use crate::in_process::{InProcess, client};

/// How many orders: four pages.
const ORDERS: usize = 1000;
const SEED: u64 = 1;
/// The instant at which everything happens.
const NOW: &str = "2026-03-10T01:00:00Z";

/// Orders, and what is needed to decide about them.
pub(crate) struct Orders {
    pub(crate) all: Vec<SalesOrder>,
    /// Those that must be sent.
    pub(crate) ships: BTreeSet<OrderId>,
    pub(crate) catalogue: Catalogue,
    pub(crate) rules: Rules,
    pub(crate) now: Timestamp,
    /// What was asked for on the last page.
    pub(crate) page_refs: Vec<OrderRef>,
    /// Cin7's answer to that.
    pub(crate) page: HttpResponse,
}

impl Orders {
    /// Always the same ones.
    pub(crate) async fn generate() -> anyhow::Result<Self> {
        let now: Timestamp = NOW.parse()?;
        let mut account = Cin7::new(Cin7Settings { windows: Vec::new(), ..Cin7Settings::default() });
        let (refs, ships) = fill(&mut account, now);
        let transport = Arc::new(InProcess::new(account, now));
        let client = client(transport.clone(), now)?;
        let mut all = Vec::new();
        for page in refs.chunks(BATCH_MAX) {
            let listing = client.orders(CallPermit::granted(), page).await.outcome?;
            all.extend(listing.records);
        }
        ensure!(all.len() == refs.len(), "{} of {} orders were read", all.len(), refs.len());
        let page = transport.last().context("the last page has an answer")?;
        let page_refs = refs.chunks(BATCH_MAX).last().unwrap_or_default().to_vec();
        let catalogue = catalogue(&client, &all).await?;
        Ok(Self { all, ships, catalogue, rules: rules()?, now, page_refs, page })
    }
}

/// Puts products and orders in and picks the orders; answers their ids, and which of them must be sent.
fn fill(account: &mut Cin7, now: Timestamp) -> (Vec<OrderRef>, BTreeSet<OrderId>) {
    let mut generator = Generator::new(SEED, now);
    let products = generator.catalogue();
    products.iter().cloned().for_each(|product| account.add_product(product));
    let (mut refs, mut ships) = (Vec::new(), BTreeSet::new());
    for _ in 0..ORDERS {
        let generated = generator.order(&products);
        let id = account.add_order(generated.order, now);
        refs.push(OrderRef::Id(OrderId(id)));
        if generated.expected == Expected::Ships {
            ships.insert(OrderId(id));
        }
        if generated.expected != Expected::Stays("stage") {
            account.set_stage(id, "Fully Picked", now);
        }
    }
    (refs, ships)
}

async fn catalogue(client: &Cin7Client, orders: &[SalesOrder]) -> anyhow::Result<Catalogue> {
    let lines = orders.iter().flat_map(|order| &order.lines);
    let ids: BTreeSet<i64> = lines.filter_map(|line| line.product_id).collect();
    let ids: Vec<i64> = ids.into_iter().collect();
    let mut catalogue = Catalogue::new();
    for ids in ids.chunks(BATCH_MAX) {
        let listing = client.products(CallPermit::granted(), ids).await.outcome?;
        catalogue.extend(listing.records.into_iter().map(|product| (product.id, product)));
    }
    Ok(catalogue)
}
