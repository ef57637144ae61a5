//! When the next attempt is due.

use chrono::{DateTime, TimeDelta, Utc};
use kernel::secrets::random_bytes;

/// Before the second attempt, the third and so on, in seconds: three days in all.
const PAUSES: [i64; 9] = [
    5,
    5 * 60,
    30 * 60,
    2 * 3600,
    5 * 3600,
    10 * 3600,
    14 * 3600,
    20 * 3600,
    24 * 3600,
];

/// So much is added to each pause at most, so that what failed together does not come back together. Nothing is taken off,
/// and no more is added: each pause stays shorter than the next one.
const JITTER: f64 = 0.19;

/// After so long without a success an endpoint is switched off.
pub const FAILING_FOR: TimeDelta = TimeDelta::days(5);

/// The pause of an endpoint that is overloaded and does not say for how long.
const PAUSE: TimeDelta = TimeDelta::seconds(30);
const LONGEST_PAUSE: TimeDelta = TimeDelta::days(1);

/// After so many attempts that failed; none: it was the last one.
pub fn next_attempt(failed: i32, now: DateTime<Utc>) -> Option<DateTime<Utc>> {
    let index = usize::try_from(failed.checked_sub(1)?).ok()?;
    let random = f64::from(u32::from_be_bytes(random_bytes::<4>())) / f64::from(u32::MAX);
    Some(now + jittered(*PAUSES.get(index)?, random))
}

/// `random` lies between 0 and 1.
fn jittered(seconds: i64, random: f64) -> TimeDelta {
    let factor = 1.0 + JITTER * random;
    #[expect(
        clippy::cast_precision_loss,
        clippy::cast_possible_truncation,
        reason = "at most a day and a fifth, in milliseconds"
    )]
    TimeDelta::milliseconds((seconds as f64 * 1000.0 * factor) as i64)
}

/// Until when an endpoint is left alone that answered with this `Retry-After`: seconds or a date.
pub fn paused_until(retry_after: Option<&str>, now: DateTime<Utc>) -> DateTime<Utc> {
    let asked = retry_after.map(str::trim).and_then(|text| {
        let seconds = text.parse::<u32>().ok();
        let date = || Some(DateTime::parse_from_rfc2822(text).ok()?.to_utc());
        seconds.map_or_else(date, |seconds| Some(now + TimeDelta::seconds(seconds.into())))
    });
    asked.unwrap_or(now + PAUSE).clamp(now, now + LONGEST_PAUSE)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_pauses_grow_and_differ_by_a_fifth_at_most() {
        for pair in PAUSES.windows(2) {
            assert!(jittered(pair[0], 1.0) < jittered(pair[1], 0.0), "{pair:?}");
        }
        for seconds in PAUSES {
            let pause = TimeDelta::seconds(seconds);
            assert_eq!(jittered(seconds, 0.0), pause);
            assert!(jittered(seconds, 0.5) > pause && jittered(seconds, 1.0) * 5 < pause * 6);
        }
    }

    #[test]
    fn ten_attempts_are_made() {
        let now = DateTime::UNIX_EPOCH;
        let planned: Vec<_> = (0..=11)
            .map(|failed| next_attempt(failed, now).is_some())
            .collect();
        assert_eq!(planned, [&[false][..], &[true; 9], &[false; 2]].concat());
    }

    #[test]
    fn a_pause_is_what_was_asked_for_within_a_day() {
        let now = DateTime::from_timestamp(1_767_225_600, 0).unwrap();
        let pause = |text| (paused_until(text, now) - now).num_seconds();
        assert_eq!(pause(None), 30);
        assert_eq!(pause(Some("soon")), 30);
        assert_eq!(pause(Some("-5")), 30);
        assert_eq!(pause(Some(" 120 ")), 120);
        assert_eq!(pause(Some("4000000000")), 86_400);
        assert_eq!(pause(Some("Thu, 01 Jan 2026 00:10:00 GMT")), 600);
        assert_eq!(pause(Some("Thu, 01 Jan 2015 00:10:00 GMT")), 0);
    }
}
