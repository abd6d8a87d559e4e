#![doc = include_str!("../README.md")]

mod args;
mod assembly;
mod backfill;
mod check;
mod clock;
mod config;
mod cost;
mod demo;
mod healthcheck;
mod logging;
mod migrate;
mod orders;
mod outcome;
mod output;
mod parked;
mod rates;
mod run;
mod sandbox_command;
mod shutdown;
mod webhooks;

use std::process::ExitCode;

use clap::Parser;

use args::{Cli, Command, Common, ConfigCommand, OrdersCommand, RatesCommand};
use assembly::Role;
use config::{Config, Environment};
use outcome::CommandError;

fn main() -> ExitCode {
    let cli = Cli::parse();
    platforms::install_tls();
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build();
    let ended = match runtime {
        Ok(runtime) => runtime.block_on(command(cli)),
        Err(error) => Err(CommandError::Failed(error.into())),
    };
    match ended {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            let text = error.to_string();
            if !text.is_empty() {
                complain(&text);
            }
            error.exit_code()
        }
    }
}

#[expect(clippy::print_stderr, reason = "the one line that says why a command failed")]
fn complain(text: &str) {
    eprintln!("{text}");
}

async fn command(cli: Cli) -> Result<(), CommandError> {
    let Cli { common, command } = cli;
    let connection = common.connection.as_deref();
    match command {
        Command::Run => run::run(Role::Run, &load(&common)?).await,
        Command::Serve => run::run(Role::Serve, &load(&common)?).await,
        Command::Work => run::run(Role::Work, &load(&common)?).await,
        Command::Migrate => migrate::migrate(&load(&common)?, common.json).await,
        Command::Healthcheck { url } => healthcheck::healthcheck(&url).await,
        Command::Demo(args) => demo::demo(&args, common.json).await,
        Command::Sandbox(args) => sandbox_command::sandbox(args).await,
        Command::Check { offline } => {
            logging::start_quiet();
            check::check(&load(&common)?, offline, common.json).await
        }
        Command::Config(ConfigCommand::Example) => {
            output::text(config::example());
            Ok(())
        }
        Command::Config(ConfigCommand::Show) => show_config(&load(&common)?, common.json),
        Command::Orders(command) => {
            logging::start_quiet();
            orders_command(&load(&common)?, connection, command, common.json).await
        }
        Command::Parked(command) => {
            logging::start_quiet();
            parked::parked(&load(&common)?, connection, command, common.json).await
        }
        Command::Webhooks(command) => {
            logging::start_quiet();
            webhooks::webhooks(&load(&common)?, connection, command, common.json).await
        }
        Command::Rates(RatesCommand::Quote(args)) => {
            logging::start_quiet();
            rates::quote(&load(&common)?, connection, args, common.json).await
        }
        Command::Backfill(args) => {
            logging::start_quiet();
            backfill::backfill(&load(&common)?, connection, &args, common.json).await
        }
    }
}

async fn orders_command(
    config: &Config,
    connection: Option<&str>,
    command: OrdersCommand,
    json: bool,
) -> Result<(), CommandError> {
    match command {
        OrdersCommand::List(args) => orders::list::list(config, connection, args, json).await,
        OrdersCommand::Sync(args) => orders::sync::sync(config, connection, &args, json).await,
        OrdersCommand::Show { order } => orders::show(config, connection, &order, json).await,
        OrdersCommand::Explain { order } => orders::explain(config, connection, &order, json).await,
    }
}

fn load(common: &Common) -> Result<Config, CommandError> {
    let environment: Environment = std::env::vars_os().collect();
    Ok(config::load(&common.config, &environment)?)
}

#[expect(clippy::unnecessary_wraps, reason = "one shape for all commands")]
fn show_config(config: &Config, json: bool) -> Result<(), CommandError> {
    if json {
        output::json(&config::show_json(config));
    } else {
        output::text(&config::show(config));
    }
    Ok(())
}
