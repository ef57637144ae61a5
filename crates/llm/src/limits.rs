//! How long, how much and how often: the bounds of every call.

use std::time::Duration;

/// Bounds of time and size. The time to connect is the HTTP client's own setting (5 s).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// From sending the request to the first piece of the answer.
    pub first_token: Duration,
    /// Within any such span the answer must grow by `min_progress` bytes or end.
    pub idle: Duration,
    /// The whole call, tries and waits between them included.
    pub total: Duration,
    /// Bytes of content; stops a provider that dribbles.
    pub min_progress: usize,
    /// Bytes of one line on the wire.
    pub max_line: usize,
    /// Bytes of one answer on the wire.
    pub max_answer: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            first_token: Duration::from_secs(20),
            idle: Duration::from_secs(15),
            total: Duration::from_secs(90),
            min_progress: 32,
            max_line: 1 << 20,
            max_answer: 4 << 20,
        }
    }
}

/// When a failed call is tried again: only before anything of an answer was passed on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RetryPolicy {
    /// Tries in all, the first included.
    pub max_tries: u32,
    /// No try starts later than this after the first.
    pub budget: Duration,
    /// The wait before the second try; doubles, with jitter, unless the provider names one.
    pub backoff: Duration,
}

impl Default for RetryPolicy {
    fn default() -> Self {
        Self {
            max_tries: 3,
            budget: Duration::from_secs(60),
            backoff: Duration::from_millis(500),
        }
    }
}
