//! Leaves a provider alone that keeps failing: five outages in a row open its circuit for 30 s, then
//! one call may try.
//!
//! One circuit for each key; the caller chooses keys such as `tenant/provider`, so that one tenant's
//! dead endpoint never touches another tenant.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use parking_lot::Mutex;

use crate::error::ChatError;

const FAILURES: u32 = 5;
const OPEN_FOR: Duration = Duration::from_secs(30);

/// All circuits of this process. Clones share them.
#[derive(Clone)]
pub struct Breakers(Arc<Shared>);

struct Shared {
    now: Box<dyn Fn() -> Instant + Send + Sync>,
    circuits: Mutex<HashMap<String, Circuit>>,
}

/// Only circuits that have failed are kept.
struct Circuit {
    failures: u32,
    open_until: Option<Instant>,
    trial_running: bool,
}

impl Default for Breakers {
    fn default() -> Self {
        Self::new(Instant::now)
    }
}

impl Breakers {
    /// Circuits that take the time from `now`.
    pub fn new(now: impl Fn() -> Instant + Send + Sync + 'static) -> Self {
        Self(Arc::new(Shared {
            now: Box::new(now),
            circuits: Mutex::default(),
        }))
    }

    /// The circuit of this key.
    pub fn circuit(&self, key: impl Into<String>) -> Breaker {
        Breaker {
            shared: Arc::clone(&self.0),
            key: key.into(),
        }
    }
}

/// One circuit.
#[derive(Clone)]
pub struct Breaker {
    shared: Arc<Shared>,
    key: String,
}

impl Breaker {
    /// Allows a try, or says how long the circuit stays open.
    pub(crate) fn enter(&self) -> Result<Permit, ChatError> {
        let now = (self.shared.now)();
        let mut circuits = self.shared.circuits.lock();
        let mut is_trial = false;
        if let Some(circuit) = circuits.get_mut(&self.key)
            && let Some(until) = circuit.open_until
        {
            if now < until || circuit.trial_running {
                let retry_after = until.saturating_duration_since(now);
                return Err(ChatError::CircuitOpen { retry_after });
            }
            circuit.trial_running = true;
            is_trial = true;
        }
        Ok(Permit {
            breaker: self.clone(),
            is_trial,
        })
    }
}

/// A try in progress. Dropped without a verdict (the caller went away), it counts for nothing.
pub(crate) struct Permit {
    breaker: Breaker,
    is_trial: bool,
}

impl Permit {
    /// The provider answered: its past failures are forgotten.
    pub(crate) fn succeeded(&self) {
        self.breaker.shared.circuits.lock().remove(&self.breaker.key);
    }

    /// The try failed; only an outage counts.
    pub(crate) fn failed(&self, error: &ChatError) {
        if !error.is_outage() {
            return;
        }
        let now = (self.breaker.shared.now)();
        let mut circuits = self.breaker.shared.circuits.lock();
        let fresh = || Circuit {
            failures: 0,
            open_until: None,
            trial_running: false,
        };
        let circuit = circuits.entry(self.breaker.key.clone()).or_insert_with(fresh);
        circuit.failures += 1;
        if circuit.failures >= FAILURES {
            circuit.open_until = Some(now + OPEN_FOR);
        }
    }
}

impl Drop for Permit {
    fn drop(&mut self) {
        if !self.is_trial {
            return;
        }
        if let Some(circuit) = self.breaker.shared.circuits.lock().get_mut(&self.breaker.key) {
            circuit.trial_running = false;
        }
    }
}
