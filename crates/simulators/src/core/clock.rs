//! The vendor's clock: the machine's, plus what a test has let pass.

use std::sync::Arc;

use chrono::{DateTime, TimeDelta, Utc};
use parking_lot::Mutex;

/// Clones go together.
#[derive(Clone)]
pub struct Clock(Arc<Mutex<Source>>);

enum Source {
    /// Ahead of the machine's by so much.
    Ahead(TimeDelta),
    Stopped(DateTime<Utc>),
}

impl Default for Clock {
    fn default() -> Self {
        Self(Arc::new(Mutex::new(Source::Ahead(TimeDelta::zero()))))
    }
}

impl Clock {
    #[expect(
        clippy::disallowed_methods,
        reason = "a vendor has a clock of its own, and knows nothing of the kernel's"
    )]
    pub fn now(&self) -> DateTime<Utc> {
        match *self.0.lock() {
            Source::Ahead(by) => Utc::now() + by,
            Source::Stopped(at) => at,
        }
    }

    /// Lets time pass for the vendor: windows close, addresses of media expire.
    pub fn advance(&self, by: TimeDelta) {
        match &mut *self.0.lock() {
            Source::Ahead(before) => *before += by,
            Source::Stopped(at) => *at += by,
        }
    }

    /// It is this time from now on.
    pub fn stop_at(&self, time: DateTime<Utc>) {
        *self.0.lock() = Source::Stopped(time);
    }

    pub fn seconds(&self) -> i64 {
        self.now().timestamp()
    }

    pub fn milliseconds(&self) -> i64 {
        self.now().timestamp_millis()
    }
}
