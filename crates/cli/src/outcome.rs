//! How commands end: with an exit code that scripts rely on, and one clear line on standard error.

use std::process::ExitCode;

/// Why a command did not end with 0.
#[derive(Debug, thiserror::Error)]
pub(crate) enum CommandError {
    /// 1: the thing asked about is not so, or failed. What there is to say has been said.
    #[error("")]
    NotSo,
    /// 1: it failed.
    #[error("{0:#}")]
    Failed(#[from] anyhow::Error),
    /// 2: usage or configuration.
    #[error("{0}")]
    Usage(String),
}

impl CommandError {
    /// The exit code.
    pub(crate) fn exit_code(&self) -> ExitCode {
        match self {
            Self::NotSo | Self::Failed(_) => ExitCode::from(1),
            Self::Usage(_) => ExitCode::from(2),
        }
    }
}

impl From<crate::config::ConfigErrors> for CommandError {
    fn from(errors: crate::config::ConfigErrors) -> Self {
        Self::Usage(errors.to_string())
    }
}
