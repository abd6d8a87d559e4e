//! Starts and stops everything that works: two lanes per connection, what looks for news there (watch, sweeps,
//! products, rules), and what looks after all of them. Every task is tracked; stopping waits for what is in hand.

use std::sync::Arc;
use std::time::Duration;

use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use broker::Broker;
use domain::clock::Clock;
use domain::event::Lane;
use domain::settings::Outlet;
use ledger::Ledger;

use crate::alerting::Alerting;
use crate::connection::Connection;
use crate::gate::Gate;
use crate::outage::Outage;
use crate::{
    alerting, full_pass, index, lane, leader, parking, products, rules_changed, store_refresh, subscriptions,
    sweep, unfinished, watch,
};

/// How often the rules are held against those of the open orders. They change with a start only; a failed round
/// comes again.
const RULES_EVERY: Duration = Duration::from_mins(1);
/// How often it is looked whether the weekly pass is due. A pass that failed is begun anew then.
const PASS_EVERY: Duration = Duration::from_hours(1);
/// How often a connection whose orders are fetched from us looks for what is unfinished.
const UNFINISHED_EVERY: Duration = Duration::from_mins(5);
/// How often the gauges are brought up to date.
const GAUGES_EVERY: Duration = Duration::from_secs(2);

/// What a worker needs beside its connections.
#[derive(Debug)]
pub struct WorkerConfig {
    /// The connections to work on.
    pub connections: Vec<Connection>,
    /// This worker's name in leases; unique among all workers.
    pub holder: String,
    /// Where events wait.
    pub broker: Arc<dyn Broker>,
    /// What was done.
    pub ledger: Arc<dyn Ledger>,
    /// The time.
    pub clock: Arc<dyn Clock>,
    /// How people are told of what they must see to.
    pub alerting: Alerting,
}

/// A worker at work.
#[derive(Debug)]
pub struct RunningWorker {
    tracker: TaskTracker,
    stop: CancellationToken,
    connections: Vec<Connection>,
}

/// Starts a worker on the current runtime.
pub fn start(config: WorkerConfig) -> RunningWorker {
    let (tracker, stop, outage) = (TaskTracker::new(), CancellationToken::new(), Outage::default());
    let share = |connection: Connection| connection.with_outage(&outage);
    let config = WorkerConfig { connections: config.connections.into_iter().map(share).collect(), ..config };
    for connection in &config.connections {
        for lane in Lane::ALL {
            tracker.spawn(lane::run(connection.clone(), lane, stop.clone()));
        }
        start_leader_work(&tracker, connection, &config.holder, &stop);
        if !config.alerting.channels.is_empty() {
            start_alerting(&tracker, connection, &config, &stop);
        }
    }
    let WorkerConfig { connections, broker, ledger, clock, .. } = config;
    let token = stop.clone();
    tracker.spawn(async move {
        parking::park_poison(broker.as_ref(), ledger.as_ref(), clock.as_ref(), &outage, &token).await;
    });
    tracker.spawn(gauges(connections.clone(), stop.clone()));
    tracker.close();
    RunningWorker { tracker, stop, connections }
}

fn start_leader_work(tracker: &TaskTracker, connection: &Connection, holder: &str, stop: &CancellationToken) {
    let every =
        |task, interval: Duration| (connection.clone(), task, holder.to_owned(), interval, stop.clone());
    let (ruled, task, holder, interval, token) = every("rules", RULES_EVERY);
    tracker.spawn(leader::every(ruled, task, holder, interval, token, async |connection| {
        rules_changed::look(&connection).await
    }));
    if let Some(interval) = connection.schedule.watch {
        let (connection, task, holder, interval, stop) = every("watch", interval);
        tracker.spawn(leader::every(connection, task, holder, interval, stop, async |connection| {
            watch::poll(&connection).await
        }));
    }
    if let Some(interval) = connection.schedule.sweep {
        let (sweeping, task, holder, interval, token) = every("sweep", interval);
        tracker.spawn(leader::every(sweeping, task, holder, interval, token, async |connection| {
            sweep::publish(&connection).await?;
            if connection.rules.outlet == Outlet::CustomStore {
                return Ok(());
            }
            unfinished::look(&connection).await
        }));
        let (passing, task, holder, _, token) = every("pass", interval);
        tracker.spawn(leader::every(passing, task, holder, PASS_EVERY, token, async |connection| {
            full_pass::look(&connection).await
        }));
        let (indexing, task, holder, interval, token) = every("index", interval);
        tracker.spawn(leader::every(indexing, task, holder, interval, token, async |connection| {
            index::sweep(&connection).await
        }));
    }
    if connection.rules.outlet == Outlet::CustomStore {
        // What was told is the only copy, whether or not there is something to sweep.
        let (seeking, task, holder, interval, token) = every("unfinished", UNFINISHED_EVERY);
        tracker.spawn(leader::every(seeking, task, holder, interval, token, async |connection| {
            unfinished::look(&connection).await
        }));
        let (refreshing, task, holder, interval, token) = every("refresh", store_refresh::EVERY);
        tracker.spawn(leader::every(refreshing, task, holder, interval, token, async |connection| {
            store_refresh::look(&connection).await
        }));
    }
    if let Some(interval) = connection.schedule.products {
        let (refreshing, task, holder, interval, token) = every("products", interval);
        tracker.spawn(leader::every(refreshing, task, holder, interval, token, async |connection| {
            products::refresh(&connection).await
        }));
    }
    if let Some(interval) = connection.subscriptions.as_ref().map(|subscriptions| subscriptions.every) {
        let (subscribing, task, holder, interval, token) = every("webhooks", interval);
        tracker.spawn(leader::every(subscribing, task, holder, interval, token, async |connection| {
            subscriptions::keep_right(&connection).await
        }));
    }
}

fn start_alerting(
    tracker: &TaskTracker,
    connection: &Connection,
    config: &WorkerConfig,
    stop: &CancellationToken,
) {
    let (connection, channels) = (connection.clone(), config.alerting.channels.clone());
    let round = move |connection: Connection| {
        let channels = channels.clone();
        async move { alerting::tell(&connection, &channels).await }
    };
    let (holder, interval) = (config.holder.clone(), config.alerting.every);
    tracker.spawn(leader::every(connection, "alerts", holder, interval, stop.clone(), round));
}

impl RunningWorker {
    /// Stops: takes nothing more, finishes or returns what is in hand, and waits for it.
    pub async fn stop(self) {
        self.stop.cancel();
        for connection in &self.connections {
            connection.gates().for_each(Gate::close);
        }
        self.tracker.wait().await;
    }
}

async fn gauges(connections: Vec<Connection>, stop: CancellationToken) {
    while !stop.is_cancelled() {
        for connection in &connections {
            if let Err(error) = update_gauges(connection).await {
                tracing::debug!(error, "the gauges could not be brought up to date");
            }
        }
        tokio::select! { () = stop.cancelled() => {}, () = tokio::time::sleep(GAUGES_EVERY) => {} }
    }
}

async fn update_gauges(connection: &Connection) -> Result<(), String> {
    for lane in Lane::ALL {
        let depth =
            connection.broker.depth(connection.name(), lane).await.map_err(|error| error.to_string())?;
        connection.metrics.depth(connection.name(), lane, depth);
    }
    let parked =
        connection.ledger.parked(Some(connection.name())).await.map_err(|error| error.to_string())?;
    connection.metrics.parked(connection.name(), parked.len());
    for gate in connection.gates() {
        gate.publish_left().await.map_err(|error| error.to_string())?;
    }
    Ok(())
}
