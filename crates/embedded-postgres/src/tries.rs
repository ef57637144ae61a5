//! How often and how long starting has failed, and what follows from that.

use std::time::Duration;

use tokio::time::Instant;

/// Restarts are tried this long before they are called failed (and go on after that).
const GIVE_UP_AFTER: Duration = Duration::from_secs(45);

/// A server that ran this long was healthy: the next failure is a first one.
const HEALTHY_AFTER: Duration = Duration::from_secs(10);

/// A first start that fails this often for a reason of its own will not succeed by waiting.
const FIRST_START_ATTEMPTS: u32 = 3;

const LONGEST_PAUSE: Duration = Duration::from_secs(5);

/// Failures since the server was last healthy.
#[derive(Debug, Default)]
pub(crate) struct Tries {
    failed: u32,
    down_since: Option<Instant>,
    ready_since: Option<Instant>,
    was_ready: bool,
}

impl Tries {
    /// The server accepts connections.
    pub(crate) fn succeeded(&mut self) {
        self.was_ready = true;
        self.down_since = None;
        self.ready_since = Some(Instant::now());
    }

    /// The server ended or did not come up. Returns how often that has happened in a row.
    pub(crate) fn failed(&mut self) -> u32 {
        let was_healthy = self
            .ready_since
            .take()
            .is_some_and(|since| since.elapsed() > HEALTHY_AFTER);
        self.failed = if was_healthy {
            1
        } else {
            self.failed.saturating_add(1)
        };
        self.down_since.get_or_insert_with(Instant::now);
        self.failed
    }

    /// How long to wait before the next attempt.
    pub(crate) fn pause(&self) -> Duration {
        let doubled = Duration::from_millis(100) * 2_u32.pow(self.failed.saturating_sub(1).min(6));
        doubled.min(LONGEST_PAUSE)
    }

    /// What lets go by itself (an old lock file or shared memory) is worth waiting for, even at first.
    pub(crate) fn look_hopeless(&self, reason: &str) -> bool {
        let passing = ["lock file", "shared memory block"]
            .iter()
            .any(|sign| reason.contains(sign));
        let tired = self
            .down_since
            .is_some_and(|since| since.elapsed() > GIVE_UP_AFTER);
        tired || (!self.was_ready && !passing && self.failed >= FIRST_START_ATTEMPTS)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_grow_and_start_anew_when_the_server_is_ready_again_for_a_while() {
        let mut tries = Tries::default();
        let pauses: Vec<u128> = (0..9)
            .map(|_| (tries.failed(), tries.pause().as_millis()).1)
            .collect();
        assert_eq!(pauses, [100, 200, 400, 800, 1600, 3200, 5000, 5000, 5000]);
        tries.succeeded();
        assert_eq!(tries.failed(), 10, "it was ready for a moment only");
        tries.ready_since = Instant::now().checked_sub(HEALTHY_AFTER * 2);
        assert_eq!(tries.failed(), 1);
    }

    #[test]
    fn a_first_start_gives_up_soon_unless_something_will_let_go() {
        let mut tries = Tries::default();
        for _ in 0..FIRST_START_ATTEMPTS {
            assert!(!tries.look_hopeless("invalid value"));
            tries.failed();
        }
        assert!(tries.look_hopeless("invalid value"));
        assert!(!tries.look_hopeless("pre-existing shared memory block is still in use"));
        tries.down_since = Instant::now().checked_sub(GIVE_UP_AFTER * 2);
        assert!(tries.look_hopeless("pre-existing shared memory block is still in use"));
    }

    #[test]
    fn a_restart_is_not_hopeless_after_a_few_failures() {
        let mut tries = Tries::default();
        tries.succeeded();
        for _ in 0..9 {
            tries.failed();
        }
        assert!(!tries.look_hopeless("invalid value"));
    }
}
