//! Why the API refuses a whole request: the status and the text, which travels as a bare JSON string.

use super::filter::WhereError;
use crate::exchange::Reply;

/// A request that is refused as a whole.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Refusal {
    /// Wrong or no credentials.
    #[error("Unauthorized access")]
    Unauthorized,
    /// The key lacks the permission.
    #[error("Access is forbidden")]
    Forbidden,
    /// No such resource or record.
    #[error("Resource not found")]
    NotFound,
    /// The resource does not know the method.
    #[error("The requested resource does not support this http method.")]
    MethodNotAllowed,
    /// A quota window is full.
    #[error("Rate limit exceeded. Retry after some time.")]
    RateLimited,
    /// `rows` over 250.
    #[error("The rows argument cannot be greater than 250.")]
    TooManyRows,
    /// `page` under 1.
    #[error("The page number is out of range; the value must be greater than or equal to 1.")]
    PageOutOfRange,
    /// `page` or `rows` is not a positive number.
    #[error("The {0} argument is not a valid number.")]
    NotANumber(&'static str),
    /// More than 250 records in one write.
    #[error("Batch limit is 250.")]
    BatchLimit,
    /// The body is not an array of objects.
    #[error("Missing or malformed JSON data; please see the documentation for examples.")]
    Malformed,
    /// `order` names no field, or no direction.
    #[error("The order argument is not valid: '{0}'.")]
    Order(String),
    /// `where` cannot be read.
    #[error("The where argument is not valid: {0}.")]
    Where(#[from] WhereError),
    /// A carton breaks a rule.
    #[error("{0}")]
    Carton(String),
}

impl Refusal {
    /// The HTTP status.
    pub(crate) fn status(&self) -> u16 {
        match self {
            Self::Unauthorized => 401,
            Self::Forbidden => 403,
            Self::NotFound => 404,
            Self::MethodNotAllowed => 405,
            Self::RateLimited => 429,
            Self::TooManyRows
            | Self::PageOutOfRange
            | Self::NotANumber(_)
            | Self::BatchLimit
            | Self::Malformed
            | Self::Order(_)
            | Self::Where(_)
            | Self::Carton(_) => 400,
        }
    }

    /// The answer.
    pub(crate) fn reply(&self) -> Reply {
        Reply::json(self.status(), &self.to_string())
    }
}
