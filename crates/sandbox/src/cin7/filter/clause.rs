//! A `where` clause as it was written, before it knows of any columns. Printing one gives text that parses
//! to the same clause.

use std::cmp::Ordering;
use std::fmt::{self, Display, Formatter};

/// A condition.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Clause {
    /// Joined with OR; at least two.
    Any(Vec<Clause>),
    /// Joined with AND; at least two.
    All(Vec<Clause>),
    /// A test of the named field.
    Field(String, Test),
}

/// What is asked of a field.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Test {
    /// `IS NULL` (true) or `IS NOT NULL`.
    Null(bool),
    /// A comparison with a literal.
    Compare(Comparison, Literal),
    /// `IN (...)`; at least one literal.
    In(Vec<Literal>),
    /// `LIKE` or `NOT LIKE`.
    Like {
        /// Whether it is `NOT LIKE`.
        negated: bool,
        /// With `%` and `_`.
        pattern: String,
    },
}

/// The comparing operators.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Comparison {
    Equal,
    NotEqual,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
}

impl Comparison {
    /// Whether a stored value that compares so to the literal passes.
    pub(crate) fn accepts(self, ordering: Ordering) -> bool {
        match self {
            Self::Equal => ordering.is_eq(),
            Self::NotEqual => ordering.is_ne(),
            Self::Less => ordering.is_lt(),
            Self::LessOrEqual => ordering.is_le(),
            Self::Greater => ordering.is_gt(),
            Self::GreaterOrEqual => ordering.is_ge(),
        }
    }
}

/// A value in the text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Literal {
    /// In single quotes, which are taken off and unescaped.
    Quoted(String),
    /// A number, a date-time or a boolean without quotes.
    Bare(String),
}

impl Literal {
    /// The text without its quotes.
    pub(crate) fn as_str(&self) -> &str {
        match self {
            Self::Quoted(text) | Self::Bare(text) => text,
        }
    }
}

impl Display for Clause {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let (clauses, joint) = match self {
            Self::Any(clauses) => (clauses, " OR "),
            Self::All(clauses) => (clauses, " AND "),
            Self::Field(name, test) => return write!(f, "{name} {test}"),
        };
        for (index, clause) in clauses.iter().enumerate() {
            let joint = if index == 0 { "" } else { joint };
            match clause {
                Self::Field(..) => write!(f, "{joint}{clause}")?,
                Self::Any(_) | Self::All(_) => write!(f, "{joint}({clause})")?,
            }
        }
        Ok(())
    }
}

impl Display for Test {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match self {
            Self::Null(true) => f.write_str("IS NULL"),
            Self::Null(false) => f.write_str("IS NOT NULL"),
            Self::Compare(comparison, literal) => write!(f, "{comparison} {literal}"),
            Self::In(literals) => {
                let literals: Vec<_> = literals.iter().map(ToString::to_string).collect();
                write!(f, "IN ({})", literals.join(", "))
            }
            Self::Like { negated, pattern } => {
                let not = if *negated { "NOT " } else { "" };
                write!(f, "{not}LIKE {}", Literal::Quoted(pattern.clone()))
            }
        }
    }
}

impl Display for Comparison {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Equal => "=",
            Self::NotEqual => "<>",
            Self::Less => "<",
            Self::LessOrEqual => "<=",
            Self::Greater => ">",
            Self::GreaterOrEqual => ">=",
        })
    }
}

impl Display for Literal {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match self {
            Self::Quoted(text) => write!(f, "'{}'", text.replace('\'', "''")),
            Self::Bare(text) => f.write_str(text),
        }
    }
}
