//! The error bodies of the ShipStation API, in the shapes that its layers really use.

use std::cell::RefCell;
use std::collections::BTreeMap;

use serde_json::json;

use super::operations::OperationError;
use crate::exchange::Reply;

/// The `ModelState` of a request that does not deserialise: texts by path.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct ModelState(BTreeMap<String, Vec<String>>);

impl ModelState {
    pub(crate) fn add(&mut self, path: &str, text: impl Into<String>) {
        self.0.entry(path.to_owned()).or_default().push(text.into());
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

/// A request that is refused as a whole.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Fault {
    /// 400, from model binding.
    Invalid(ModelState),
    /// A status and one text.
    Message(u16, String),
    /// 500 with an exception, which the platform also uses for data it cannot work with.
    Exception(String),
}

impl Fault {
    pub(crate) fn bad_request(text: impl Into<String>) -> Self {
        Self::Message(400, text.into())
    }

    pub(crate) fn not_found(text: impl Into<String>) -> Self {
        Self::Message(404, text.into())
    }

    /// What .NET says of a null that nobody expected.
    pub(crate) fn null_reference() -> Self {
        Self::Exception("Object reference not set to an instance of an object.".to_owned())
    }

    pub(crate) fn one(path: &str, text: impl Into<String>) -> Self {
        let mut state = ModelState::default();
        state.add(path, text);
        Self::Invalid(state)
    }

    /// Fails if anything was noted.
    pub(crate) fn check(state: RefCell<ModelState>) -> Result<(), Self> {
        let state = state.into_inner();
        if state.is_empty() { Ok(()) } else { Err(Self::Invalid(state)) }
    }

    /// V2's status of it: V2 has no exceptions.
    pub(crate) fn status(&self) -> u16 {
        match self {
            Self::Message(status, _) => *status,
            Self::Invalid(_) | Self::Exception(_) => 400,
        }
    }

    /// All of it in one text.
    pub(crate) fn text(&self) -> String {
        match self {
            Self::Invalid(state) => {
                let texts = state.0.iter().map(|(path, texts)| format!("{path}: {}", texts.join(" ")));
                texts.collect::<Vec<_>>().join("; ")
            }
            Self::Message(_, text) | Self::Exception(text) => text.clone(),
        }
    }

    pub(crate) fn reply(self) -> Reply {
        match self {
            Self::Invalid(state) => {
                Reply::json(400, &json!({ "Message": "The request is invalid.", "ModelState": state.0 }))
            }
            Self::Message(status, text) => Reply::json(status, &json!({ "message": text })),
            Self::Exception(text) => Reply::json(
                500,
                &json!({
                    "Message": "An error has occurred.",
                    "ExceptionMessage": text,
                    "ExceptionType": "System.Exception",
                    "StackTrace": "   at ShipStation.Sandbox",
                }),
            ),
        }
    }
}

impl From<OperationError> for Fault {
    fn from(error: OperationError) -> Self {
        match error {
            OperationError::UnknownOrder(_) | OperationError::UnknownShipment(_) => {
                Self::not_found(error.to_string())
            }
            OperationError::UnusableService { .. } => Self::Exception(error.to_string()),
            _ => Self::bad_request(error.to_string()),
        }
    }
}
