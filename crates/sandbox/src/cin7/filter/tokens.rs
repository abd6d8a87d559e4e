//! Splits a `where` text into tokens. Whether their order makes sense is the parser's business.

use super::WhereError;
use super::clause::Comparison;

/// One token.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Token {
    /// A field's name or a keyword.
    Word(String),
    /// A text that was in quotes.
    Quoted(String),
    /// A number or date-time without quotes.
    Bare(String),
    /// A comparing operator.
    Operator(Comparison),
    /// `(`
    Open,
    /// `)`
    Close,
    /// `,`
    Comma,
}

/// All tokens of the text.
pub(super) fn tokens(text: &str) -> Result<Vec<Token>, WhereError> {
    let mut rest = text.trim_start();
    let mut tokens = Vec::new();
    while let Some(first) = rest.chars().next() {
        let (token, length) = match first {
            '(' => (Token::Open, 1),
            ')' => (Token::Close, 1),
            ',' => (Token::Comma, 1),
            '\'' => quoted(rest)?,
            '=' | '<' | '>' | '!' => operator(rest)?,
            _ if first.is_ascii_alphabetic() || first == '_' => {
                let length = run(rest, |c| c.is_ascii_alphanumeric() || c == '_');
                (Token::Word(rest[..length].to_owned()), length)
            }
            _ if first.is_ascii_digit() || first == '-' || first == '.' => {
                let length = run(rest, |c| c.is_ascii_alphanumeric() || "-+:.".contains(c));
                (Token::Bare(rest[..length].to_owned()), length)
            }
            _ => return Err(near(rest)),
        };
        tokens.push(token);
        rest = rest[length..].trim_start();
    }
    Ok(tokens)
}

/// A syntax error that shows where it is.
pub(super) fn near(rest: &str) -> WhereError {
    WhereError::Syntax(rest.chars().take(20).collect())
}

fn run(text: &str, belongs: impl Fn(char) -> bool) -> usize {
    text.find(|c| !belongs(c)).unwrap_or(text.len())
}

fn operator(rest: &str) -> Result<(Token, usize), WhereError> {
    let operators = [
        ("<=", Comparison::LessOrEqual),
        (">=", Comparison::GreaterOrEqual),
        ("<>", Comparison::NotEqual),
        ("!=", Comparison::NotEqual),
        ("=", Comparison::Equal),
        ("<", Comparison::Less),
        (">", Comparison::Greater),
    ];
    let found = operators.into_iter().find(|(sign, _)| rest.starts_with(sign));
    found.map(|(sign, comparison)| (Token::Operator(comparison), sign.len())).ok_or_else(|| near(rest))
}

/// A quoted text and its length with quotes; `''` stands for one quote.
fn quoted(rest: &str) -> Result<(Token, usize), WhereError> {
    let mut text = String::new();
    let mut at = 1;
    loop {
        let end = at + rest[at..].find('\'').ok_or_else(|| near(rest))?;
        text.push_str(&rest[at..end]);
        if !rest[end + 1..].starts_with('\'') {
            return Ok((Token::Quoted(text), end + 1));
        }
        text.push('\'');
        at = end + 2;
    }
}
