//! How fast an account may send, and how much of the server one tenant may hold: limits in memory, one an installation's
//! process. Whoever has to wait leaves its place to others and comes back at a time.

use std::collections::HashMap;
use std::sync::Arc;

use chrono::{DateTime, TimeDelta, Utc};
use kernel::TenantProof;
use kernel::ids::{ChannelId, TenantId};
use kernel::limits::{Place, Shares};
use parking_lot::Mutex;

use crate::connections::Connection;

/// Calls of one tenant at a time; a vendor that is slow for one keeps no other tenant from its turn.
const CALLS_OF_A_TENANT: usize = 4;
/// Above this many threads the idle ones are forgotten.
const MOST_THREADS: usize = 50_000;

/// Clones share it.
#[derive(Clone)]
pub struct Pace {
    tenants: Shares<TenantId>,
    next: Arc<Mutex<Next>>,
}

/// When the next message may go: of an account, and to a person.
#[derive(Default)]
struct Next {
    accounts: HashMap<ChannelId, DateTime<Utc>>,
    threads: HashMap<(ChannelId, String), DateTime<Utc>>,
}

impl Default for Pace {
    fn default() -> Self {
        Self {
            tenants: Shares::new(CALLS_OF_A_TENANT),
            next: Arc::default(),
        }
    }
}

/// What a person may get at once before the pace holds: an answer in some pieces.
const BURST: i32 = 5;

impl Pace {
    /// A place for one call, or the time at which to ask again.
    pub fn take(
        &self,
        connection: &Connection,
        thread: &str,
        now: DateTime<Utc>,
    ) -> Result<Place<TenantId>, DateTime<Utc>> {
        let place = self.tenants.take(connection.tenant_id(), now)?;
        let capabilities = &connection.connector.about().capabilities;
        let per_second = f64::from(capabilities.per_second.max(1));
        let per_thread = f64::from(capabilities.per_second_and_thread.max(0.01));
        let mut next = self.next.lock();
        if next.threads.len() > MOST_THREADS {
            next.threads.retain(|_, at| *at > now);
        }
        let account = (connection.channel_id, interval(per_second));
        let person = (connection.channel_id, thread.to_owned());
        let (step, allowed) = (interval(per_thread), interval(per_thread) * BURST);
        // an account may run ahead by a second's worth, a person by a burst; by more they do after the clock was put back
        let second = TimeDelta::seconds(1);
        let account_at = next.accounts.get(&account.0).copied().unwrap_or(now);
        let account_at = account_at.clamp(now, now + second + account.1);
        let person_at = next.threads.get(&person).copied().unwrap_or(now);
        let person_at = person_at.clamp(now, now + allowed + step);
        let account_wait = account_at - now - second;
        let person_wait = person_at - now - allowed;
        let wait = account_wait.max(person_wait);
        if wait > TimeDelta::zero() {
            return Err(now + wait);
        }
        next.accounts.insert(account.0, account_at + account.1);
        next.threads.insert(person, person_at + step);
        Ok(place)
    }
}

fn interval(per_second: f64) -> TimeDelta {
    TimeDelta::microseconds((1_000_000.0 / per_second) as i64)
}
