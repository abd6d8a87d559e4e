//! Builds a clause from tokens: OR binds weaker than AND, parentheses bind strongest.

use super::WhereError;
use super::clause::{Clause, Literal, Test};
use super::tokens::{Token, near, tokens};

/// No real filter nests deeper; a request must not be able to exhaust the stack.
const DEEPEST: usize = 50;

/// Reads a whole `where` text.
pub(super) fn parse(text: &str) -> Result<Clause, WhereError> {
    let mut parser = Parser { tokens: tokens(text)?, next: 0, depth: 0 };
    let clause = parser.any()?;
    if parser.next < parser.tokens.len() { Err(parser.error()) } else { Ok(clause) }
}

struct Parser {
    tokens: Vec<Token>,
    next: usize,
    depth: usize,
}

impl Parser {
    fn any(&mut self) -> Result<Clause, WhereError> {
        let mut clauses = vec![self.all()?];
        while self.keyword("OR") {
            clauses.push(self.all()?);
        }
        Ok(single_or(clauses, Clause::Any))
    }

    fn all(&mut self) -> Result<Clause, WhereError> {
        let mut clauses = vec![self.one()?];
        while self.keyword("AND") {
            clauses.push(self.one()?);
        }
        Ok(single_or(clauses, Clause::All))
    }

    fn one(&mut self) -> Result<Clause, WhereError> {
        if self.take(&Token::Open) {
            self.depth += 1;
            if self.depth > DEEPEST {
                return Err(self.error());
            }
            let clause = self.any()?;
            self.depth -= 1;
            return if self.take(&Token::Close) { Ok(clause) } else { Err(self.error()) };
        }
        match self.advance() {
            Some(Token::Word(name)) => Ok(Clause::Field(name, self.test()?)),
            _ => Err(self.error_before()),
        }
    }

    fn test(&mut self) -> Result<Test, WhereError> {
        if self.keyword("IS") {
            let wanted = !self.keyword("NOT");
            return if self.keyword("NULL") { Ok(Test::Null(wanted)) } else { Err(self.error()) };
        }
        if self.keyword("IN") {
            return self.list();
        }
        let negated = self.keyword("NOT");
        if self.keyword("LIKE") {
            return match self.advance() {
                Some(Token::Quoted(pattern)) => Ok(Test::Like { negated, pattern }),
                _ => Err(self.error_before()),
            };
        }
        match self.advance() {
            Some(Token::Operator(comparison)) if !negated => Ok(Test::Compare(comparison, self.literal()?)),
            _ => Err(self.error_before()),
        }
    }

    fn list(&mut self) -> Result<Test, WhereError> {
        if !self.take(&Token::Open) {
            return Err(self.error());
        }
        let mut literals = vec![self.literal()?];
        while self.take(&Token::Comma) {
            literals.push(self.literal()?);
        }
        if self.take(&Token::Close) { Ok(Test::In(literals)) } else { Err(self.error()) }
    }

    fn literal(&mut self) -> Result<Literal, WhereError> {
        match self.advance() {
            Some(Token::Quoted(text)) => Ok(Literal::Quoted(text)),
            Some(Token::Bare(text)) => Ok(Literal::Bare(text)),
            Some(Token::Word(word)) if matches!(word.to_ascii_lowercase().as_str(), "true" | "false") => {
                Ok(Literal::Bare(word))
            }
            _ => Err(self.error_before()),
        }
    }

    fn advance(&mut self) -> Option<Token> {
        self.next += 1;
        self.tokens.get(self.next - 1).cloned()
    }

    fn take(&mut self, token: &Token) -> bool {
        let found = self.tokens.get(self.next) == Some(token);
        self.next += usize::from(found);
        found
    }

    fn keyword(&mut self, keyword: &str) -> bool {
        let found = matches!(self.tokens.get(self.next), Some(Token::Word(word)) if word.eq_ignore_ascii_case(keyword));
        self.next += usize::from(found);
        found
    }

    fn error(&self) -> WhereError {
        self.error_at(self.next)
    }

    fn error_before(&self) -> WhereError {
        self.error_at(self.next.saturating_sub(1))
    }

    fn error_at(&self, index: usize) -> WhereError {
        match self.tokens.get(index) {
            Some(Token::Word(text) | Token::Quoted(text) | Token::Bare(text)) => near(text),
            Some(Token::Operator(comparison)) => near(&comparison.to_string()),
            Some(Token::Open) => near("("),
            Some(Token::Close) => near(")"),
            Some(Token::Comma) => near(","),
            None => near("end of text"),
        }
    }
}

fn single_or(mut clauses: Vec<Clause>, join: fn(Vec<Clause>) -> Clause) -> Clause {
    if clauses.len() == 1 { clauses.remove(0) } else { join(clauses) }
}
