//! The `where` argument: a clause is read from text (`parse`), bound to the columns of a resource, and then
//! tested against wire forms. Comparison follows SQL: texts without case, anything against null is false.
//!
//! One documented pitfall is kept on purpose: `ModifiedDate > X` behaves as `>=`.

mod clause;
mod parse;
mod tokens;

use std::cmp::Ordering;

use jiff::Timestamp;
use rust_decimal::Decimal;
use serde_json::{Map, Value};

use super::columns::{Column, Kind, find};
use super::dates;
use clause::{Clause, Comparison, Literal, Test};

/// Why a `where` argument is refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(crate) enum WhereError {
    /// The text does not follow the grammar.
    #[error("syntax error near '{0}'")]
    Syntax(String),
    /// The resource has no such top-level scalar field.
    #[error("'{0}' is not a field that can be filtered")]
    UnknownField(String),
    /// A date field is compared with something else, a date without a time among it.
    #[error("'{0}' is not a valid date time")]
    NotADateTime(String),
    /// A number is compared with something else.
    #[error("'{0}' is not a valid number")]
    NotANumber(String),
    /// A flag is compared with something else.
    #[error("'{0}' is not a valid boolean")]
    NotAFlag(String),
    /// A text is compared with something that is not quoted.
    #[error("'{0}' must be in single quotes")]
    NotQuoted(String),
    /// LIKE on something else than text.
    #[error("LIKE cannot be used with '{0}'")]
    NotText(String),
}

/// A clause bound to the columns of a resource.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Filter {
    /// Any of these holds.
    Any(Vec<Filter>),
    /// All of these hold.
    All(Vec<Filter>),
    /// One field passes a test.
    Field(&'static str, Check),
}

/// What is asked of one field.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Check {
    Null(bool),
    Compare(Comparison, Operand),
    OneOf(Vec<Operand>),
    Like { negated: bool, pattern: Vec<char> },
}

/// A literal in the type of its field.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Operand {
    Number(Decimal),
    Instant(Timestamp),
    Text(String),
    Flag(bool),
}

impl Filter {
    /// Reads a `where` argument for a resource with these columns.
    pub(crate) fn parse(text: &str, columns: &'static [Column]) -> Result<Self, WhereError> {
        Self::bind(&parse::parse(text)?, columns)
    }

    fn bind(clause: &Clause, columns: &'static [Column]) -> Result<Self, WhereError> {
        let each = |clauses: &[Clause]| -> Result<Vec<Self>, WhereError> {
            clauses.iter().map(|clause| Self::bind(clause, columns)).collect()
        };
        match clause {
            Clause::Any(clauses) => Ok(Self::Any(each(clauses)?)),
            Clause::All(clauses) => Ok(Self::All(each(clauses)?)),
            Clause::Field(name, test) => {
                let column = find(columns, name).ok_or_else(|| WhereError::UnknownField(name.clone()))?;
                Ok(Self::Field(column.name, Check::bind(test, column)?))
            }
        }
    }

    /// Whether a record's wire form passes.
    pub(crate) fn matches(&self, wire: &Map<String, Value>) -> bool {
        match self {
            Self::Any(filters) => filters.iter().any(|filter| filter.matches(wire)),
            Self::All(filters) => filters.iter().all(|filter| filter.matches(wire)),
            Self::Field(name, check) => check.holds(wire.get(*name).unwrap_or(&Value::Null)),
        }
    }
}

impl Check {
    fn bind(test: &Test, column: &Column) -> Result<Self, WhereError> {
        match test {
            Test::Null(wanted) => Ok(Self::Null(*wanted)),
            Test::In(literals) => literals
                .iter()
                .map(|literal| Operand::bind(literal, column))
                .collect::<Result<_, _>>()
                .map(Self::OneOf),
            Test::Like { negated, pattern } if matches!(column.kind, Kind::Text | Kind::Choice(_)) => {
                Ok(Self::Like { negated: *negated, pattern: folded(pattern).chars().collect() })
            }
            Test::Like { .. } => Err(WhereError::NotText(column.name.to_owned())),
            Test::Compare(Comparison::Greater, literal) if column.name == "modifiedDate" => {
                Ok(Self::Compare(Comparison::GreaterOrEqual, Operand::bind(literal, column)?))
            }
            Test::Compare(comparison, literal) => {
                Ok(Self::Compare(*comparison, Operand::bind(literal, column)?))
            }
        }
    }

    fn holds(&self, value: &Value) -> bool {
        match self {
            Self::Null(wanted) => value.is_null() == *wanted,
            Self::Compare(comparison, operand) => {
                operand.against(value).is_some_and(|ordering| comparison.accepts(ordering))
            }
            Self::OneOf(operands) => {
                operands.iter().any(|operand| operand.against(value) == Some(Ordering::Equal))
            }
            Self::Like { negated, pattern } => value
                .as_str()
                .is_some_and(|text| like(&folded(text).chars().collect::<Vec<_>>(), pattern) != *negated),
        }
    }
}

impl Operand {
    fn bind(literal: &Literal, column: &Column) -> Result<Self, WhereError> {
        let text = literal.as_str();
        match column.kind {
            Kind::Int | Kind::Decimal => {
                text.trim().parse().map(Self::Number).map_err(|_| WhereError::NotANumber(text.to_owned()))
            }
            Kind::Date => {
                dates::parse(text).map(Self::Instant).ok_or_else(|| WhereError::NotADateTime(text.to_owned()))
            }
            Kind::Flag => flag(text).map(Self::Flag).ok_or_else(|| WhereError::NotAFlag(text.to_owned())),
            Kind::Text | Kind::Choice(_) => match literal {
                Literal::Quoted(text) => Ok(Self::Text(folded(text))),
                Literal::Bare(text) => Err(WhereError::NotQuoted(text.clone())),
            },
        }
    }

    /// How the stored value compares to this operand; none for null.
    fn against(&self, value: &Value) -> Option<Ordering> {
        match self {
            Self::Number(number) => Some(decimal(value)?.cmp(number)),
            Self::Instant(instant) => Some(value.as_str()?.parse::<Timestamp>().ok()?.cmp(instant)),
            Self::Text(text) => Some(folded(value.as_str()?).as_str().cmp(text)),
            Self::Flag(flag) => Some(value.as_bool()?.cmp(flag)),
        }
    }
}

/// A JSON number as a decimal.
pub(crate) fn decimal(value: &Value) -> Option<Decimal> {
    value.as_i64().map(Decimal::from).or_else(|| Decimal::try_from(value.as_f64()?).ok())
}

/// A text as the database compares it: without case, and without spaces at its end.
pub(crate) fn folded(text: &str) -> String {
    text.trim_end_matches(' ').to_lowercase()
}

fn flag(text: &str) -> Option<bool> {
    match text.to_ascii_lowercase().as_str() {
        "true" | "1" => Some(true),
        "false" | "0" => Some(false),
        _ => None,
    }
}

/// SQL's LIKE: `%` is any run of characters, `_` any one. Linear in practice: only the last `%` is retried.
fn like(text: &[char], pattern: &[char]) -> bool {
    let (mut at, mut next, mut retry) = (0, 0, None);
    while at < text.len() {
        match pattern.get(next) {
            Some('%') => {
                retry = Some((next, at));
                next += 1;
            }
            Some(wanted) if *wanted == '_' || *wanted == text[at] => {
                at += 1;
                next += 1;
            }
            _ => {
                let Some((percent, from)) = retry else { return false };
                retry = Some((percent, from + 1));
                (at, next) = (from + 1, percent + 1);
            }
        }
    }
    pattern[next..].iter().all(|rest| *rest == '%')
}

#[cfg(test)]
mod tests;
