//! Decides whether and when a failed try is repeated.

use std::time::Duration;

use tokio::time::Instant;

use crate::error::ChatError;
use crate::limits::RetryPolicy;

/// Longest wait that is chosen here; a provider may ask for more.
const MAX_BACKOFF: Duration = Duration::from_secs(8);

/// The tries of one call.
pub(crate) struct Tries {
    policy: RetryPolicy,
    started: Instant,
    done: u32,
}

impl Tries {
    pub(crate) fn new(policy: RetryPolicy) -> Self {
        Self {
            policy,
            started: Instant::now(),
            done: 0,
        }
    }

    /// Notes a failed try. When to begin the next one, or `None` to give up.
    pub(crate) fn next_after(&mut self, error: &ChatError) -> Option<Instant> {
        self.done += 1;
        if self.done >= self.policy.max_tries || !error.is_passing() {
            return None;
        }
        let wait = match error {
            ChatError::RateLimited {
                retry_after: Some(named),
            } => *named + jitter(self.policy.backoff / 4),
            _ => {
                let longest = self
                    .policy
                    .backoff
                    .saturating_mul(2_u32.saturating_pow(self.done - 1))
                    .min(MAX_BACKOFF);
                longest / 2 + jitter(longest / 2)
            }
        };
        let next = Instant::now() + wait;
        (next <= self.started + self.policy.budget).then_some(next)
    }
}

/// Somewhere between nothing and `longest`, so that many callers do not return at once.
fn jitter(longest: Duration) -> Duration {
    let share = getrandom::u32().unwrap_or(u32::MAX / 2);
    longest.mul_f64(f64::from(share) / f64::from(u32::MAX))
}
