//! `POST /api/v1/connections/{c}/rates`: a quote for an order or a parcel, while the caller waits. Nothing is written
//! anywhere.

use std::time::Duration;

use actix_web::http::Method;
use actix_web::http::header::{ALLOW, CACHE_CONTROL, RETRY_AFTER, WWW_AUTHENTICATE};
use actix_web::web::Payload;
use actix_web::{HttpRequest, HttpResponse};
use domain::rates::charge::money;
use domain::rates::{Address, Ask, Dimensions, NoQuote, Priced, Sheet};
use domain::settings::LengthUnit;
use domain::weight::{Weight, WeightUnit};
use jiff::Timestamp;
use rust_decimal::Decimal;
use serde::Deserialize;
use serde_json::{Number, Value, json};

use super::OpenApi;
use crate::app::Shared;
use crate::body;
use crate::problem::{Problem, ProblemType};
use crate::proof::bearer;

/// How long a caller waits for carriers.
const DEADLINE: Duration = Duration::from_secs(15);

/// The body of a question.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Question {
    order: Option<OrderName>,
    to: Option<To>,
    weight: Option<WeightOf>,
    dimensions: Option<DimensionsOf>,
}

#[derive(Debug, Deserialize)]
#[serde(untagged)]
enum OrderName {
    Text(String),
    Number(i64),
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct To {
    country: String,
    postal_code: String,
    #[serde(default)]
    state: String,
    #[serde(default)]
    city: String,
    #[serde(default)]
    residential: bool,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct WeightOf {
    value: Amount,
    units: String,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct DimensionsOf {
    length: Amount,
    width: Amount,
    height: Amount,
    units: String,
}

/// A number, or one in a text.
#[derive(Debug, Deserialize)]
#[serde(untagged)]
enum Amount {
    Number(Number),
    Text(String),
}

impl Amount {
    fn above_zero(&self, what: &str) -> Result<Decimal, String> {
        let text = match self {
            Self::Number(number) => number.to_string(),
            Self::Text(text) => text.trim().to_owned(),
        };
        let amount: Option<Decimal> = text.parse().ok();
        amount
            .filter(|amount| *amount > Decimal::ZERO)
            .ok_or_else(|| format!("{what} must be a number above 0"))
    }
}

/// Answers a question.
pub(crate) async fn answer(
    request: &HttpRequest,
    payload: &mut Payload,
    shared: &Shared,
    api: &OpenApi,
) -> HttpResponse {
    if request.method() != Method::POST {
        return Problem::new(ProblemType::MethodNotAllowed, "this path takes POST only").answer(|answer| {
            answer.insert_header((ALLOW, "POST"));
        });
    }
    if let Err(unproven) = bearer(request.headers(), &api.token) {
        return Problem::new(ProblemType::NotProven, unproven.to_string()).answer(|answer| {
            answer.insert_header((WWW_AUTHENTICATE, unproven.challenge()));
        });
    }
    let name = request.match_info().get("connection").unwrap_or_default();
    let Some(quotes) = api.quotes.get(name) else {
        let detail = "no connection of this name; compare the path with the `name` of the connection";
        return Problem::new(ProblemType::UnknownConnection, detail).answer(|_| {});
    };
    let Some(quotes) = quotes else {
        let detail = "this process only takes events in (`shipbridge serve`): quotes are given by those that work \
                      (`shipbridge work` or `run`), and by `shipbridge rates quote`";
        return Problem::new(ProblemType::NotHere, detail).answer(|_| {});
    };
    let body = match body::read(request.headers(), payload, shared.body_limit, shared.body_timeout).await {
        Ok(body) => body,
        Err(refusal) => return refusal.answer(refusal.to_string()),
    };
    let ask = match understood(&body) {
        Ok(ask) => ask,
        Err(detail) => return Problem::new(ProblemType::NotUnderstood, detail).answer(|_| {}),
    };
    // Independent of the thread that answers, and waited for when the server stops.
    let quote = shared.background.tasks.spawn_on(quotes.ask(ask), &shared.background.runtime);
    match tokio::time::timeout(DEADLINE, quote).await {
        Ok(Ok(Ok(sheet))) => {
            HttpResponse::Ok().insert_header((CACHE_CONTROL, "no-store")).json(quotes_json(&sheet))
        }
        Ok(Ok(Err(no_quote))) => refused(&no_quote, shared.clock.now()),
        Ok(Err(_panicked)) => {
            let detail = "a fault in this program, which has written down more";
            Problem::new(ProblemType::Internal, detail).answer(|_| {})
        }
        Err(_elapsed) => {
            let detail = format!("no answer within {} s; ask again", DEADLINE.as_secs());
            Problem::new(ProblemType::NotQuoted, detail).answer(|answer| {
                answer.insert_header((RETRY_AFTER, "5"));
            })
        }
    }
}

fn refused(no_quote: &NoQuote, now: Timestamp) -> HttpResponse {
    let (kind, retry) = match no_quote {
        NoQuote::UnknownOrder(_) => (ProblemType::UnknownOrder, None),
        NoQuote::Later { until, .. } => {
            (ProblemType::NotQuoted, Some(until.duration_since(now).as_secs().max(1)))
        }
        NoQuote::Failed(_) => (ProblemType::NotQuoted, None),
    };
    Problem::new(kind, no_quote.to_string()).answer(|answer| {
        if let Some(seconds) = retry {
            answer.insert_header((RETRY_AFTER, seconds.to_string()));
        }
    })
}

fn understood(body: &[u8]) -> Result<Ask, String> {
    const EXPECTED: &str = "expected {\"order\": …}, or {\"to\": {\"country\", \"postal_code\", …}, \"weight\": \
                            {\"value\", \"units\"}} with or without \"dimensions\"";
    let question: Question = serde_json::from_slice(body).map_err(|error| format!("{EXPECTED}: {error}"))?;
    match question {
        Question { order: Some(order), to: None, weight: None, dimensions: None } => {
            Ok(Ask::Order(match order {
                OrderName::Text(text) => text.trim().to_owned(),
                OrderName::Number(id) => id.to_string(),
            }))
        }
        Question { order: None, to: Some(to), weight: Some(weight), dimensions } => {
            let To { country, postal_code, state, city, residential } = to;
            let to = Address { country, postal_code, state, city, residential };
            let dimensions = dimensions.map(dimensions_of).transpose()?;
            Ok(Ask::Parcel { to, weight: weight_of(&weight)?, dimensions })
        }
        _ => Err(EXPECTED.to_owned()),
    }
}

fn weight_of(weight: &WeightOf) -> Result<Weight, String> {
    let unit = match weight.units.trim().to_lowercase().as_str() {
        "kg" | "kilograms" => WeightUnit::Kilograms,
        "g" | "grams" => WeightUnit::Grams,
        "lb" | "pounds" => WeightUnit::Pounds,
        "oz" | "ounces" => WeightUnit::Ounces,
        _ => return Err("weight.units must be kg, g, lb or oz".to_owned()),
    };
    let value = weight.value.above_zero("weight.value")?;
    unit.to_shipping(value).ok_or_else(|| "weight.value is beyond all reason".to_owned())
}

fn dimensions_of(dimensions: DimensionsOf) -> Result<Dimensions, String> {
    let DimensionsOf { length, width, height, units } = dimensions;
    let unit = match units.trim().to_lowercase().as_str() {
        "cm" | "centimeters" | "centimetres" => LengthUnit::Centimetres,
        "in" | "inches" => LengthUnit::Inches,
        _ => return Err("dimensions.units must be cm or in".to_owned()),
    };
    Ok(Dimensions {
        length: length.above_zero("dimensions.length")?,
        width: width.above_zero("dimensions.width")?,
        height: height.above_zero("dimensions.height")?,
        unit,
    })
}

/// A sheet as the API and the command line tell it: `{"quotes": [{"carrier", "service", "name", "days", "cost",
/// "insurance", "markup", "charge", "currency", "steps"}], "chosen": {…}|null, "errors": […]}`, cheapest first, amounts
/// as texts; `days` is null where nobody told it.
pub fn quotes_json(sheet: &Sheet) -> Value {
    let row = |priced: &Priced| {
        json!({
            "carrier": priced.quote.carrier,
            "service": priced.quote.service,
            "name": priced.quote.name,
            "days": priced.quote.days,
            "cost": money(priced.charge.cost),
            "insurance": money(priced.charge.insurance),
            "markup": money(priced.charge.markup),
            "charge": money(priced.charge.amount),
            "currency": sheet.currency,
            "steps": priced.charge.steps,
        })
    };
    let quotes: Vec<_> = sheet.quotes.iter().map(row).collect();
    json!({ "quotes": quotes, "chosen": sheet.chosen.as_ref().map(row), "errors": sheet.errors })
}
