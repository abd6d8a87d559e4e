//! The command line as typed. Turning it into work is the business of the command modules.

use std::net::SocketAddr;
use std::path::PathBuf;

use clap::{Args, Parser, Subcommand};

use domain::event::Lane;
use domain::ids::EventId;
use domain::rates::Dimensions;
use domain::record::OrderState;
use domain::weight::Weight;

use crate::rates;

/// Connects Cin7 Omni with ShipStation: picked orders go out, their shipments come back.
#[derive(Debug, Parser)]
#[command(name = "shipbridge", version, propagate_version = true, arg_required_else_help = true)]
pub(crate) struct Cli {
    #[command(flatten)]
    pub(crate) common: Common,
    #[command(subcommand)]
    pub(crate) command: Command,
}

/// What every command takes.
#[derive(Debug, Args)]
pub(crate) struct Common {
    /// The configuration file
    #[arg(
        long,
        global = true,
        env = "SHIPBRIDGE_CONFIG",
        default_value = "shipbridge.toml",
        value_name = "FILE"
    )]
    pub(crate) config: PathBuf,
    /// The connection, where the configuration has several
    #[arg(long, global = true, value_name = "NAME")]
    pub(crate) connection: Option<String>,
    /// Print results as JSON
    #[arg(long, global = true)]
    pub(crate) json: bool,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Run every role in one process: HTTP, workers, watch and sweeps
    Run,
    /// Answer HTTP only: any number of these may share a RabbitMQ
    Serve,
    /// Work only: workers, watch and sweeps; any number of these may share a RabbitMQ and a PostgreSQL
    Work,
    /// Bring the ledger's schema up to date (the embedded one does it by itself)
    Migrate,
    /// Ask a running bridge for its health, as a container's health check does: 0 healthy, 1 not
    Healthcheck {
        /// The address to ask, with http:// and on this machine
        #[arg(long, default_value = "http://127.0.0.1:8080/healthz", value_name = "URL")]
        url: String,
    },
    /// Show the whole line at work against simulated platforms
    Demo(DemoArgs),
    /// Start only the simulated platforms, to test an integration against
    Sandbox(SandboxArgs),
    /// Look at the configuration, the stores, the credentials and the clock; a line each, with the mend
    Check {
        /// Ask no platform
        #[arg(long)]
        offline: bool,
    },
    /// An example of the configuration, or the effective one
    #[command(subcommand)]
    Config(ConfigCommand),
    /// Search orders, show and explain them, push them through
    #[command(subcommand)]
    Orders(OrdersCommand),
    /// Events that wait for a person
    #[command(subcommand)]
    Parked(ParkedCommand),
    /// The webhook subscriptions at ShipStation, and what to enter for Cin7
    #[command(subcommand)]
    Webhooks(WebhooksCommand),
    /// Have the orders of a time range looked at again
    Backfill(BackfillArgs),
    /// What carriers ask for an order or a parcel, and what would be charged
    #[command(subcommand)]
    Rates(RatesCommand),
}

#[derive(Debug, Args)]
#[expect(clippy::struct_excessive_bools, reason = "each is a flag of its own on the command line")]
pub(crate) struct DemoArgs {
    /// How many orders
    #[arg(long, default_value_t = 50, value_parser = clap::value_parser!(u32).range(1..=100_000))]
    pub(crate) orders: u32,
    /// Exit when every order is where it belongs: 0 if all are, else 1
    #[arg(long)]
    pub(crate) once: bool,
    /// The seed of orders, warehouse and faults: the same seed, the same story
    #[arg(long, default_value_t = 1)]
    pub(crate) seed: u64,
    /// What goes wrong: a profile such as webhooks-noisy, or kinds such as slow=0.1 (`none` for nothing)
    #[arg(long, default_value = "none", value_name = "PROFILE")]
    pub(crate) faults: String,
    /// Import only: all orders are picked at once and nothing ships. Ends when all of them are where they belong,
    /// and compares the time with the least that the platforms' quotas allow
    #[arg(long, requires = "once")]
    pub(crate) drain: bool,
    /// Measure the way back: every order is there to be shipped and is imported first; then the warehouse buys all
    /// labels, 50 at a time and a batch every 2 s. Tells calls per shipment and the time from label to Cin7's tracking
    #[arg(long, requires = "once", conflicts_with = "drain")]
    pub(crate) ship_back: bool,
    /// With --ship-back: so many further orders are picked together with the first label, so that their imports want
    /// the budget too
    #[arg(long, default_value_t = 0, requires = "ship_back", value_name = "ORDERS", value_parser = clap::value_parser!(u32).range(0..=100_000))]
    pub(crate) backlog: u32,
    /// Orders are entered without freight, and nobody picks one before it has some, or says why not. Tells calls per
    /// quoted order
    #[arg(long, conflicts_with_all = ["drain", "ship_back"])]
    pub(crate) rates: bool,
    /// With --once: give up after so many seconds
    #[arg(long, default_value_t = 900, value_name = "SECONDS")]
    pub(crate) give_up_after: u64,
}

#[derive(Debug, Args)]
pub(crate) struct SandboxArgs {
    /// Where the simulated Cin7 listens
    #[arg(long, default_value = "127.0.0.1:9071", value_name = "ADDRESS")]
    pub(crate) cin7_listen: SocketAddr,
    /// Where the simulated ShipStation listens
    #[arg(long, default_value = "127.0.0.1:9072", value_name = "ADDRESS")]
    pub(crate) shipstation_listen: SocketAddr,
    /// The seed of orders, warehouse and faults
    #[arg(long, default_value_t = 1)]
    pub(crate) seed: u64,
    /// How many orders to start with; they are picked one wave a second
    #[arg(long, default_value_t = 50)]
    pub(crate) orders: u32,
    /// What goes wrong: a profile, or kinds such as slow=0.1
    #[arg(long, default_value = "none", value_name = "PROFILE")]
    pub(crate) faults: String,
    /// Where to tell of changed Cin7 orders, as {"id": N}
    #[arg(long, value_name = "URL")]
    pub(crate) cin7_webhook: Option<String>,
    /// Where to send the notifications of labels and fulfilments
    #[arg(long, value_name = "URL")]
    pub(crate) shipstation_webhook: Option<String>,
    /// Leave the labels to you: no warehouse buys them
    #[arg(long)]
    pub(crate) no_warehouse: bool,
}

#[derive(Debug, Subcommand)]
pub(crate) enum ConfigCommand {
    /// Print a commented example
    Example,
    /// Print the effective configuration, secrets masked
    Show,
}

#[derive(Debug, Subcommand)]
pub(crate) enum WebhooksCommand {
    /// What ShipStation calls; exit 1 unless all that the connection needs is there
    List,
    /// Subscribe to what is missing, replace what is ours and differs, and print what to enter for Cin7
    Register,
    /// Take away what is ours
    Remove,
}

#[derive(Debug, Args)]
pub(crate) struct BackfillArgs {
    /// Orders modified from then on: a date in the account's time zone, or an instant such as 2026-03-01T08:00:00Z
    #[arg(long, value_name = "TIME")]
    pub(crate) since: String,
    /// Orders modified until then; a date means its end. Without it: until now
    #[arg(long, value_name = "TIME")]
    pub(crate) until: Option<String>,
    /// Publish and write nothing; print what would be written, and how it differs from what was sent last
    #[arg(long)]
    pub(crate) dry_run: bool,
}

#[derive(Debug, Subcommand)]
pub(crate) enum RatesCommand {
    /// All services, cheapest first; exit 1 where none may be taken. Nothing is written
    Quote(QuoteArgs),
}

#[derive(Debug, Args)]
pub(crate) struct QuoteArgs {
    /// Cin7 id or reference
    #[arg(value_name = "ORDER", conflicts_with_all = ["country", "postal_code", "state", "city", "residential", "weight", "dimensions"])]
    pub(crate) order: Option<String>,
    /// A parcel instead of an order: the country that it goes to, by code or name
    #[arg(long, value_name = "COUNTRY", requires_all = ["postal_code", "weight"])]
    pub(crate) country: Option<String>,
    /// Its postal code
    #[arg(long, value_name = "CODE", requires = "country")]
    pub(crate) postal_code: Option<String>,
    /// Its state, on which some carriers insist
    #[arg(long, value_name = "STATE", requires = "country")]
    pub(crate) state: Option<String>,
    /// Its city
    #[arg(long, value_name = "CITY", requires = "country")]
    pub(crate) city: Option<String>,
    /// People live there
    #[arg(long, requires = "country")]
    pub(crate) residential: bool,
    /// The parcel's weight, such as 1.25kg or 12oz
    #[arg(long, value_name = "WEIGHT", value_parser = rates::weight, requires = "country")]
    pub(crate) weight: Option<Weight>,
    /// Its length, width and height, such as 30x20x10cm
    #[arg(long, value_name = "SIZE", value_parser = rates::dimensions, requires = "country")]
    pub(crate) dimensions: Option<Dimensions>,
}

#[derive(Debug, Subcommand)]
pub(crate) enum ParkedCommand {
    /// What is parked, oldest first
    List {
        #[command(flatten)]
        filter: ParkedFilter,
    },
    /// Everything about one event, and what to do
    Show {
        /// The event's id
        #[arg(value_parser = event_id)]
        event: EventId,
    },
    /// Have events worked on again
    Replay(ReleaseArgs),
    /// Give events up
    Discard(ReleaseArgs),
}

#[derive(Debug, Args)]
pub(crate) struct ReleaseArgs {
    #[command(flatten)]
    pub(crate) selection: ParkedSelection,
    /// Why: it stands in the order's timeline
    #[arg(long, value_name = "TEXT")]
    pub(crate) reason: Option<String>,
}

#[derive(Debug, Args)]
pub(crate) struct ParkedSelection {
    /// The events' ids
    #[arg(value_name = "EVENT", value_parser = event_id, required_unless_present_any = ["cause", "lane", "all"])]
    pub(crate) events: Vec<EventId>,
    #[command(flatten)]
    pub(crate) filter: ParkedFilter,
    /// Everything that is parked
    #[arg(long, conflicts_with_all = ["events", "cause", "lane"])]
    pub(crate) all: bool,
}

/// Some of the parked events.
#[derive(Debug, Args)]
pub(crate) struct ParkedFilter {
    /// Only those with this cause, such as permanent
    #[arg(long)]
    pub(crate) cause: Option<String>,
    /// Only those of this lane: orders, shipments or rates
    #[arg(long, value_parser = lane)]
    pub(crate) lane: Option<Lane>,
}

fn event_id(text: &str) -> Result<EventId, String> {
    text.parse().map(EventId).map_err(|_| "no event id: `shipbridge parked list` shows them".to_owned())
}

fn lane(text: &str) -> Result<Lane, String> {
    let lane = Lane::ALL.into_iter().find(|lane| lane.as_str() == text);
    lane.ok_or_else(|| "there are the lanes orders, shipments and rates".to_owned())
}

fn state(text: &str) -> Result<OrderState, String> {
    let state = OrderState::ALL.into_iter().find(|state| state.as_str() == text);
    state.ok_or_else(|| format!("there are: {}", OrderState::ALL.map(OrderState::as_str).join(", ")))
}

#[derive(Debug, Args)]
pub(crate) struct OrdersListArgs {
    /// Only orders in this state; several may be given
    #[arg(long, value_name = "STATE", value_parser = state)]
    pub(crate) state: Vec<OrderState>,
    /// Only orders whose reference holds this text, or whose Cin7 id it is
    #[arg(long, value_name = "TEXT")]
    pub(crate) query: Option<String>,
    /// The most orders to show
    #[arg(long, value_name = "N", default_value_t = 50, value_parser = clap::value_parser!(u32).range(1..=10_000))]
    pub(crate) limit: u32,
}

#[derive(Debug, Args)]
pub(crate) struct SyncArgs {
    /// Cin7 ids or references
    #[arg(value_name = "ORDER", required = true)]
    pub(crate) orders: Vec<String>,
    /// Do not wait until a worker has done it
    #[arg(long)]
    pub(crate) no_wait: bool,
    /// The longest wait
    #[arg(long, value_name = "SECONDS", default_value_t = 60, conflicts_with = "no_wait")]
    pub(crate) wait: u64,
}

#[derive(Debug, Subcommand)]
pub(crate) enum OrdersCommand {
    /// Search orders, newest first, with how many are in which state and at which stage
    List(OrdersListArgs),
    /// Push orders through now
    Sync(SyncArgs),
    /// Everything known of an order
    Show {
        /// Cin7 id or reference
        order: String,
    },
    /// Why an order is, or is not, in ShipStation; reads it from Cin7 if it was never seen
    Explain {
        /// Cin7 id or reference
        order: String,
    },
}
