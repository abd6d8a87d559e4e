//! `rates quote`: what carriers ask for an order or a parcel now, and what would be charged. Nothing is written.

mod measures;

use anyhow::anyhow;

use domain::rates::charge::money;
use domain::rates::{Address, Ask, Sheet};

use crate::args::QuoteArgs;
use crate::assembly::{self, OpenLedger};
use crate::config::Config;
use crate::orders::the_connection;
use crate::outcome::CommandError;
use crate::output;

pub(crate) use measures::{dimensions, weight};

/// Quotes. Ends with 1 where no quote may be taken.
pub(crate) async fn quote(
    config: &Config,
    connection: Option<&str>,
    args: QuoteArgs,
    json: bool,
) -> Result<(), CommandError> {
    let connection = the_connection(config, connection)?;
    let ask = ask(args)?;
    let opened = OpenLedger::open(config).await?;
    let quoter = assembly::quoter(config, connection, &opened)?;
    let sheet = quoter.quote(&ask).await.map_err(|no_quote| anyhow!("{}: {no_quote}", connection.name))?;
    if json {
        output::json(&server::quotes_json(&sheet));
    } else {
        print(&sheet);
    }
    if sheet.chosen.is_some() { Ok(()) } else { Err(CommandError::NotSo) }
}

fn ask(args: QuoteArgs) -> Result<Ask, CommandError> {
    let QuoteArgs { order, country, postal_code, state, city, residential, weight, dimensions } = args;
    match (order, country, postal_code, weight) {
        (Some(order), ..) => Ok(Ask::Order(order)),
        (None, Some(country), Some(postal_code), Some(weight)) => {
            let (state, city) = (state.unwrap_or_default(), city.unwrap_or_default());
            Ok(Ask::Parcel {
                to: Address { country, postal_code, state, city, residential },
                weight,
                dimensions,
            })
        }
        _ => Err(CommandError::Usage(
            "what shall be quoted? give an order, or a parcel with --country, --postal-code and --weight"
                .to_owned(),
        )),
    }
}

fn print(sheet: &Sheet) {
    if !sheet.quotes.is_empty() {
        let currency = &sheet.currency;
        let days = sheet.quotes.iter().any(|priced| priced.quote.days.is_some());
        let insured = sheet.quotes.iter().any(|priced| !priced.charge.insurance.is_zero());
        let columns = [
            ("", true),
            ("service", true),
            ("carrier", true),
            ("code", true),
            ("days", days),
            ("cost", true),
            ("insurance", insured),
            ("markup", true),
            ("charge", true),
        ];
        let mut table = output::table(columns.iter().filter(|(_, shown)| *shown).map(|(name, _)| *name));
        for priced in &sheet.quotes {
            let mark = if sheet.chosen.as_ref() == Some(priced) { "*" } else { "" };
            let (quote, charge) = (&priced.quote, &priced.charge);
            let cells = [
                mark.to_owned(),
                quote.name.clone(),
                quote.carrier.clone(),
                quote.service.clone(),
                quote.days.map(|days| days.to_string()).unwrap_or_default(),
                money(charge.cost),
                money(charge.insurance),
                money(charge.markup),
                format!("{} {currency}", money(charge.amount)),
            ];
            let cells = cells.into_iter().zip(&columns).filter(|(_, (_, shown))| *shown);
            table.add_row(cells.map(|(cell, _)| cell));
        }
        output::line(&table.to_string());
    }
    if let Some(chosen) = &sheet.chosen {
        output::line(&format!("* {}", chosen.charge.steps.join("; ")));
    }
    for error in &sheet.errors {
        output::line(error);
    }
}
