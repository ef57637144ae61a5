//! Limits in memory: so many events in a sliding window, or so many things at a time, for each key.
//!
//! Keys are what the server itself sees (an address, a signed visitor, a tenant), never what a client claims.

use std::collections::{HashMap, VecDeque};
use std::hash::Hash;
use std::sync::Arc;

use chrono::{DateTime, TimeDelta, Utc};
use parking_lot::Mutex;

use crate::error::{Error, Kind, Result, rate_limited};

/// At most `most` events in `window`, for each key of type `K`.
pub struct Limiter<K> {
    most: usize,
    window: TimeDelta,
    seen: Mutex<Seen<K>>,
}

struct Seen<K> {
    times: HashMap<K, VecDeque<DateTime<Utc>>>,
    swept_at: DateTime<Utc>,
}

/// Two threads may have read the clock so long before they get here, and no longer.
const SKEW: TimeDelta = TimeDelta::seconds(15);
/// Above this many keys the idle ones are dropped, at most once a second.
const KEYS_BEFORE_SWEEP: usize = 20_000;
/// Above this many everything is forgotten: memory has its limit too.
const MOST_KEYS: usize = 500_000;

impl<K: Hash + Eq> Limiter<K> {
    /// `most` 0 switches the limit off.
    pub fn new(most: usize, window: TimeDelta) -> Self {
        Self {
            most,
            window,
            seen: Mutex::new(Seen {
                times: HashMap::new(),
                swept_at: DateTime::UNIX_EPOCH,
            }),
        }
    }

    /// Counts one event, or says how many seconds to wait.
    pub fn check(&self, key: K, now: DateTime<Utc>) -> Result<()> {
        if self.most == 0 {
            return Ok(());
        }
        let mut seen = self.seen.lock();
        if seen.times.len() > KEYS_BEFORE_SWEEP && now - seen.swept_at >= TimeDelta::seconds(1) {
            seen.times
                .retain(|_, times| times.back().is_some_and(|last| *last + self.window > now));
            seen.swept_at = now;
        }
        if seen.times.len() > MOST_KEYS {
            seen.times.clear();
        }
        let times = seen.times.entry(key).or_default();
        // from before the clock was put back
        while times.back().is_some_and(|last| *last > now + SKEW) {
            times.pop_back();
        }
        while times.front().is_some_and(|first| *first + self.window <= now) {
            times.pop_front();
        }
        if let Some(first) = times.front()
            && times.len() >= self.most
        {
            let wait = (*first + self.window - now)
                .num_milliseconds()
                .max(0)
                .unsigned_abs()
                .div_ceil(1000);
            return Err(rate_limited(wait.max(1)));
        }
        times.push_back(now);
        Ok(())
    }

    /// The last one is not counted after all: whoever it was had every right.
    pub fn take_back(&self, key: &K) {
        let mut seen = self.seen.lock();
        if let Some(times) = seen.times.get_mut(key) {
            times.pop_back();
        }
    }
}

/// At most `most` at a time, for each key of type `K`: connections, live streams. Clones share the counts.
pub struct Places<K: Hash + Eq> {
    most: usize,
    taken: Arc<Mutex<HashMap<K, usize>>>,
}

impl<K: Hash + Eq> Clone for Places<K> {
    fn clone(&self) -> Self {
        Self {
            most: self.most,
            taken: self.taken.clone(),
        }
    }
}

impl<K: Hash + Eq + Clone> Places<K> {
    pub fn new(most: usize) -> Self {
        Self {
            most,
            taken: Arc::default(),
        }
    }

    /// A place for as long as it is kept.
    ///
    /// # Errors
    /// 429 if all are taken.
    pub fn take(&self, key: K) -> Result<Place<K>> {
        let mut taken = self.taken.lock();
        let count = taken.entry(key.clone()).or_default();
        if *count >= self.most {
            return Err(no_place());
        }
        *count += 1;
        Ok(Place {
            key,
            taken: self.taken.clone(),
        })
    }
}

const RETRY_FOR_A_PLACE_SECONDS: u64 = 10;

fn no_place() -> Error {
    let detail = format!(
        "Too many connections of this kind are open. Please close one, or try again in {RETRY_FOR_A_PLACE_SECONDS} seconds."
    );
    let kind = Kind::RateLimited {
        retry_after_seconds: RETRY_FOR_A_PLACE_SECONDS,
    };
    Error::new(kind, "rate_limited", detail)
}

/// Given back when it is dropped.
pub struct Place<K: Hash + Eq> {
    key: K,
    taken: Arc<Mutex<HashMap<K, usize>>>,
}

impl<K: Hash + Eq> Drop for Place<K> {
    fn drop(&mut self) {
        let mut taken = self.taken.lock();
        if let Some(count) = taken.get_mut(&self.key) {
            *count -= 1;
            if *count == 0 {
                taken.remove(&self.key);
            }
        }
    }
}

/// How much of a crew of workers each key may hold, so that one tenant's slow jobs keep no other tenant from its turn.
/// Clones share the counts.
pub struct Shares<K: Hash + Eq> {
    places: Places<K>,
    next: Arc<Mutex<HashMap<K, DateTime<Utc>>>>,
}

impl<K: Hash + Eq> Clone for Shares<K> {
    fn clone(&self) -> Self {
        Self {
            places: self.places.clone(),
            next: self.next.clone(),
        }
    }
}

/// Whoever finds no place comes back after this time at the earliest.
const BACK_AFTER: TimeDelta = TimeDelta::milliseconds(150);
/// Those who find none come back one after another, not all at once.
const BACK_APART: TimeDelta = TimeDelta::milliseconds(10);
/// Who is further back in this row, or was put there before the clock was put back, begins a new one.
const LONGEST_ROW: TimeDelta = TimeDelta::seconds(60);

impl<K: Hash + Eq + Clone> Shares<K> {
    pub fn new(most: usize) -> Self {
        Self {
            places: Places::new(most),
            next: Arc::default(),
        }
    }

    /// A place for as long as it is kept.
    ///
    /// # Errors
    /// If all are taken: the time at which to ask again.
    pub fn take(&self, key: K, now: DateTime<Utc>) -> std::result::Result<Place<K>, DateTime<Utc>> {
        if let Ok(place) = self.places.take(key.clone()) {
            return Ok(place);
        }
        let mut next = self.next.lock();
        if next.len() > MOST_KEYS {
            next.retain(|_, at| *at > now);
        }
        let earliest = now + BACK_AFTER;
        let last = next.get(&key).filter(|last| **last <= now + LONGEST_ROW);
        let at = last.map_or(earliest, |last| (*last + BACK_APART).max(earliest));
        next.insert(key, at);
        Err(at)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_eleventh_event_waits_until_the_first_has_left_the_window() {
        let limiter = Limiter::new(10, TimeDelta::seconds(60));
        let start = DateTime::UNIX_EPOCH;
        for second in 0..10 {
            limiter.check("a", start + TimeDelta::seconds(second)).unwrap();
        }
        let refused = limiter.check("a", start + TimeDelta::seconds(15)).unwrap_err();
        assert_eq!(
            refused.kind,
            Kind::RateLimited {
                retry_after_seconds: 45
            }
        );
        limiter.check("b", start + TimeDelta::seconds(15)).unwrap();
        limiter.check("a", start + TimeDelta::seconds(60)).unwrap();
    }

    #[test]
    fn what_happened_before_the_clock_was_put_back_does_not_count() {
        let (limiter, shares) = (Limiter::new(1, TimeDelta::seconds(60)), Shares::new(1));
        let now = DateTime::UNIX_EPOCH;
        let later = now + TimeDelta::hours(1);
        limiter.check("a", later).unwrap();
        limiter.check("a", now).unwrap();
        assert!(limiter.check("a", now).is_err());
        let _place = shares.take("a", later).ok().unwrap();
        assert!(shares.take("a", later).err().unwrap() > later);
        assert!(shares.take("a", now).err().unwrap() < now + TimeDelta::seconds(1));
    }

    #[test]
    fn what_is_taken_back_does_not_count() {
        let limiter = Limiter::new(1, TimeDelta::seconds(60));
        limiter.check("a", DateTime::UNIX_EPOCH).unwrap();
        limiter.take_back(&"a");
        limiter.check("a", DateTime::UNIX_EPOCH).unwrap();
        assert!(limiter.check("a", DateTime::UNIX_EPOCH).is_err());
    }

    #[test]
    fn a_place_is_free_again_when_it_is_left() {
        let places = Places::new(2);
        let first = places.take("a").unwrap();
        let second = places.take("a").unwrap();
        assert!(places.take("a").is_err());
        assert!(places.take("b").is_ok());
        drop(first);
        assert!(places.take("a").is_ok());
        drop(second);
        assert!(places.taken.lock().is_empty());
    }

    #[test]
    fn who_finds_no_place_comes_back_after_those_who_found_none_before() {
        let shares = Shares::new(1);
        let now = DateTime::UNIX_EPOCH;
        let first = shares.take("a", now).ok().unwrap();
        let times: Vec<_> = (0..3).map(|_| shares.take("a", now).err().unwrap()).collect();
        assert!(times[0] > now && times[0] < times[1] && times[1] < times[2]);
        assert!(shares.take("b", now).is_ok());
        drop(first);
        assert!(shares.take("a", times[0]).is_ok());
    }

    #[test]
    fn a_limit_of_zero_is_no_limit() {
        let limiter = Limiter::new(0, TimeDelta::seconds(60));
        assert!((0..1000).all(|_| limiter.check((), DateTime::UNIX_EPOCH).is_ok()));
    }
}
