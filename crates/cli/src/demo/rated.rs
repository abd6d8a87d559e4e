//! Rates: orders that are entered without freight get it before they are picked. Nobody picks an order of which it is not
//! settled what its shipping costs.

use serde::Serialize;

use domain::ids::{ConnectionName, OrderId};
use domain::quota::Priority;
use ledger::Ledger;
use sandbox::generator::Expected;
use sandbox::serve::Sandbox;
use worker::{FREIGHT, Platform, WorkerMetrics};

use super::Stage;
use super::summary::ratio;
use super::truth::CONNECTION;

/// What rating the orders took.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct Rated {
    /// Orders that had freight when they were picked.
    with_freight: usize,
    /// Orders that cannot be quoted, and say why.
    explained: usize,
    /// Calls for quotes and freight, at each platform.
    cin7_calls: u64,
    shipstation_calls: u64,
    calls_per_quoted_order: f64,
}

/// How an order stands before it is picked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Freight {
    /// It has some.
    Written,
    /// The bridge says why it has none, or it is none that gets any.
    Explained,
    /// Not yet.
    Open,
}

/// Picks a wave of those orders of which freight is settled, when its time has come.
pub(super) async fn pick_wave(stage: &mut Stage, ledger: &dyn Ledger) -> anyhow::Result<()> {
    let (candidates, most) = stage.story.candidates();
    let connection: ConnectionName = CONNECTION.parse()?;
    let mut wave = Vec::new();
    for id in candidates {
        if wave.len() >= most {
            break;
        }
        let freight = freight(&stage.sandbox, ledger, &connection, id, stage.story.expected()[&id]).await?;
        if freight != Freight::Open {
            stage.rated.0 += usize::from(freight == Freight::Written);
            stage.rated.1 += usize::from(freight == Freight::Explained);
            wave.push(id);
        }
    }
    stage.story.pick_these(&stage.sandbox, &wave);
    Ok(())
}

async fn freight(
    sandbox: &Sandbox,
    ledger: &dyn Ledger,
    connection: &ConnectionName,
    id: i64,
    expected: Expected,
) -> anyhow::Result<Freight> {
    let has_any = sandbox.cin7().order(id).is_some_and(|order| order.freight_description.is_some());
    if has_any {
        return Ok(Freight::Written);
    }
    if matches!(expected, Expected::Stays("approved" | "not_void" | "not_dispatched")) {
        return Ok(Freight::Explained);
    }
    let timeline = ledger.timeline(connection, OrderId(id)).await?;
    let is_told = timeline.iter().any(|entry| entry.kind == FREIGHT);
    Ok(if is_told { Freight::Explained } else { Freight::Open })
}

impl Rated {
    /// So many orders had freight when they were picked, and so many said why not.
    pub(crate) fn of((with_freight, explained): (usize, usize), worker: &WorkerMetrics) -> Self {
        let calls = |platform| worker.calls_to(platform, Priority::Rates);
        let (cin7_calls, shipstation_calls) = (calls(Platform::Cin7), calls(Platform::ShipStation));
        let calls_per_quoted_order = ratio(cin7_calls + shipstation_calls, with_freight);
        Self { with_freight, explained, cin7_calls, shipstation_calls, calls_per_quoted_order }
    }

    /// For people.
    pub(crate) fn describe(&self) -> [[String; 3]; 2] {
        let calls = self.cin7_calls + self.shipstation_calls;
        [
            [
                "freight".to_owned(),
                self.with_freight.to_string(),
                format!("orders had it before they were picked; {} say why they have none", self.explained),
            ],
            [
                "  quotes".to_owned(),
                calls.to_string(),
                format!(
                    "{} per quoted order: {} to Cin7, {} to ShipStation",
                    self.calls_per_quoted_order, self.cin7_calls, self.shipstation_calls
                ),
            ],
        ]
    }
}
