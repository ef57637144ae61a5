//! What can go wrong with a provider, in words for a person and in a code for a trace.
//!
//! No error holds a key, a prompt or more than 200 characters of what a provider said.

use std::time::Duration;

use crate::chat::Usage;

/// Longest piece of a provider's own words that is kept, in characters.
const MAX_DETAIL: usize = 200;

/// Why there is no (whole) answer.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ChatError {
    #[error("the model provider was too slow: {0}")]
    Timeout(Wait),
    #[error("the model provider asks to slow down; try again later")]
    RateLimited { retry_after: Option<Duration> },
    #[error("the account at the model provider has no credit left; top it up or change its limit")]
    QuotaSpent,
    #[error(
        "the model provider does not accept the API key, or not for this model; check both in the settings"
    )]
    Unauthorised,
    #[error("the model provider refused the request (HTTP {status}): {detail}")]
    Refused { status: u16, detail: String },
    #[error("the model provider has a problem of its own{}", status.map(|status| format!(" (HTTP {status})")).unwrap_or_default())]
    Overloaded { status: Option<u16> },
    #[error("the model provider sent something that is not an answer: {0}")]
    InvalidResponse(String),
    #[error("the model called a tool that it was not offered: {0}")]
    UnknownTool(String),
    #[error("the answer broke off before its end")]
    Cut {
        /// What was spent until then; estimated where the provider had not said.
        usage: Usage,
    },
    #[error("the model provider cannot be reached: {0}")]
    Network(String),
    #[error("the model provider has failed repeatedly and is left alone for {} s", retry_after.as_secs().max(1))]
    CircuitOpen { retry_after: Duration },
    #[error("the budget for model calls is spent")]
    BudgetSpent,
}

/// Which limit of time was reached.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Wait {
    Connect,
    FirstToken,
    /// Between two pieces, or too little in too long a time.
    Idle,
    Total,
}

impl std::fmt::Display for Wait {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Connect => "it did not accept a connection",
            Self::FirstToken => "the answer did not begin",
            Self::Idle => "the answer stood still",
            Self::Total => "the answer took too long",
        })
    }
}

impl ChatError {
    /// A stable short code: why the approved text was used instead.
    pub fn fallback_reason(&self) -> &'static str {
        match self {
            Self::Timeout(_) => "timeout",
            Self::RateLimited { .. } => "rate_limited",
            Self::QuotaSpent => "quota_spent",
            Self::Unauthorised => "unauthorised",
            Self::Refused { .. } => "refused",
            Self::Overloaded { .. } => "overloaded",
            Self::InvalidResponse(_) => "invalid_response",
            Self::UnknownTool(_) => "unknown_tool",
            Self::Cut { .. } => "cut",
            Self::Network(_) => "network",
            Self::CircuitOpen { .. } => "circuit_open",
            Self::BudgetSpent => "budget_spent",
        }
    }

    pub(crate) fn invalid(what: impl std::fmt::Display) -> Self {
        Self::InvalidResponse(shorten(&what.to_string()))
    }

    /// Whether the same call may succeed a little later.
    pub(crate) fn is_passing(&self) -> bool {
        matches!(
            self,
            Self::RateLimited { .. } | Self::Overloaded { .. } | Self::Network(_) | Self::Cut { .. }
        )
    }

    /// Whether the provider as such is in trouble, which opens its circuit.
    pub(crate) fn is_outage(&self) -> bool {
        matches!(
            self,
            Self::Timeout(_) | Self::Overloaded { .. } | Self::Network(_)
        )
    }
}

/// At most 200 characters of a text that others wrote, on one line.
pub(crate) fn shorten(text: &str) -> String {
    text.chars()
        .map(|char| if char.is_control() { ' ' } else { char })
        .take(MAX_DETAIL)
        .collect()
}
