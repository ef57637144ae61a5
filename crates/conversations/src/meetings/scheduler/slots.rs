//! Which times are free: open hours cut into slots, less what stands in the calendars. No database and no clock here.

use std::iter::Peekable;
use std::vec::IntoIter;

use chrono::{DateTime, TimeDelta, Utc};
use kernel::ids::UserId;

use crate::settings::Schedule;

/// From and to.
pub type Span = (DateTime<Utc>, DateTime<Utc>);

/// A member's meetings.
#[derive(Debug, Clone)]
pub struct Calendar {
    pub user: UserId,
    pub busy: Vec<Span>,
}

/// A time that at least one member has.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Slot {
    pub starts_at: DateTime<Utc>,
    pub ends_at: DateTime<Utc>,
    pub free: Vec<UserId>,
}

/// How long a meeting takes, and how far it keeps away from others of the same member.
#[derive(Debug, Clone, Copy)]
pub struct Measure {
    pub duration: TimeDelta,
    pub buffer: TimeDelta,
}

/// The slots that begin in `wanted`, the nearest first. Each open span is cut from its beginning.
pub fn find(schedule: &Schedule, measure: Measure, calendars: &[Calendar], (from, to): Span) -> Vec<Slot> {
    let mut walks: Vec<Walk> = calendars.iter().map(Walk::new).collect();
    let mut slots = Vec::new();
    for (opens, closes) in schedule.spans(from, to) {
        let mut starts_at = opens;
        while starts_at < to && starts_at + measure.duration <= closes {
            let ends_at = starts_at + measure.duration;
            if starts_at >= from {
                let free: Vec<UserId> = walks
                    .iter_mut()
                    .filter_map(|walk| walk.free(measure.buffer, (starts_at, ends_at)))
                    .collect();
                if !free.is_empty() {
                    slots.push(Slot {
                        starts_at,
                        ends_at,
                        free,
                    });
                }
            }
            starts_at = ends_at;
        }
    }
    slots
}

/// Who has nothing at that time, nor so close to it.
pub fn free(calendars: &[Calendar], buffer: TimeDelta, (from, to): Span) -> Vec<UserId> {
    let is_free = |calendar: &&Calendar| {
        let mut busy = calendar.busy.iter();
        !busy.any(|(begin, end)| *begin < to + buffer && *end > from - buffer)
    };
    calendars
        .iter()
        .filter(is_free)
        .map(|calendar| calendar.user)
        .collect()
}

/// A member's meetings, walked along once while the times that are asked for grow.
struct Walk {
    user: UserId,
    /// Without overlap; those that are behind are left out.
    ahead: Peekable<IntoIter<Span>>,
}

impl Walk {
    fn new(calendar: &Calendar) -> Self {
        let mut busy = calendar.busy.clone();
        busy.sort_unstable();
        busy.dedup_by(|next, last| {
            let overlaps = next.0 <= last.1;
            if overlaps {
                last.1 = last.1.max(next.1);
            }
            overlaps
        });
        Self {
            user: calendar.user,
            ahead: busy.into_iter().peekable(),
        }
    }

    /// Like [`free`], for a time that begins no earlier than the one before.
    fn free(&mut self, buffer: TimeDelta, (from, to): Span) -> Option<UserId> {
        while self.ahead.next_if(|(_, end)| *end <= from - buffer).is_some() {}
        let next = self.ahead.peek();
        next.is_none_or(|(begin, _)| *begin >= to + buffer)
            .then_some(self.user)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::settings::BusinessHours;
    use crate::settings::hours::Span as Hours;

    fn at(text: &str) -> DateTime<Utc> {
        text.parse().unwrap()
    }

    fn sundays(from: &str, to: &str) -> BusinessHours {
        BusinessHours {
            sunday: vec![Hours(from.into(), to.into())],
            ..BusinessHours::default()
        }
    }

    fn half_hours() -> Measure {
        Measure {
            duration: TimeDelta::minutes(30),
            buffer: TimeDelta::zero(),
        }
    }

    fn nobody_busy() -> Vec<Calendar> {
        vec![Calendar {
            user: UserId::new(),
            busy: Vec::new(),
        }]
    }

    fn starts(zone: &str, hours: &BusinessHours, day: (&str, &str)) -> Vec<String> {
        let schedule = Schedule::new(zone, Some(hours), Vec::new());
        let found = find(&schedule, half_hours(), &nobody_busy(), (at(day.0), at(day.1)));
        found
            .iter()
            .map(|slot| slot.starts_at.format("%H:%M").to_string())
            .collect()
    }

    #[test]
    fn slots_are_right_on_the_days_on_which_clocks_change() {
        // Paris, 29 March: at two it is three
        let spring = starts(
            "Europe/Paris",
            &sundays("01:00", "04:00"),
            ("2026-03-28T12:00:00Z", "2026-03-29T12:00:00Z"),
        );
        assert_eq!(spring, ["00:00", "00:30", "01:00", "01:30"]);
        // 25 October: two comes twice
        let autumn = starts(
            "Europe/Paris",
            &sundays("01:00", "04:00"),
            ("2026-10-24T12:00:00Z", "2026-10-25T12:00:00Z"),
        );
        assert_eq!(
            autumn,
            [
                "23:00", "23:30", "00:00", "00:30", "01:00", "01:30", "02:00", "02:30"
            ]
        );
        // New York, 8 March and 1 November
        let spring = starts(
            "America/New_York",
            &sundays("01:00", "04:00"),
            ("2026-03-08T00:00:00Z", "2026-03-09T00:00:00Z"),
        );
        assert_eq!(spring, ["06:00", "06:30", "07:00", "07:30"]);
        let autumn = starts(
            "America/New_York",
            &sundays("01:00", "04:00"),
            ("2026-11-01T00:00:00Z", "2026-11-02T00:00:00Z"),
        );
        assert_eq!(
            autumn,
            [
                "05:00", "05:30", "06:00", "06:30", "07:00", "07:30", "08:00", "08:30"
            ]
        );
        // hours of the day stay where they are, whatever the clocks did at night
        for (day, first) in [
            (("2026-03-22T00:00:00Z", "2026-03-23T00:00:00Z"), "08:00"),
            (("2026-03-29T00:00:00Z", "2026-03-30T00:00:00Z"), "07:00"),
            (("2026-10-18T00:00:00Z", "2026-10-19T00:00:00Z"), "07:00"),
            (("2026-10-25T00:00:00Z", "2026-10-26T00:00:00Z"), "08:00"),
        ] {
            assert_eq!(
                starts("Europe/Paris", &sundays("09:00", "10:00"), day)[0],
                first,
                "{day:?}"
            );
        }
    }

    /// Small and repeatable: the failing case is named by its number.
    struct Dice(u64);

    impl Dice {
        fn roll(&mut self, sides: i64) -> i64 {
            self.0 ^= self.0 << 13;
            self.0 ^= self.0 >> 7;
            self.0 ^= self.0 << 17;
            i64::try_from(self.0 % u64::try_from(sides).unwrap()).unwrap()
        }
    }

    #[test]
    fn a_slot_never_overlaps_a_meeting_and_lies_inside_the_hours() {
        let zones = [
            "Europe/Paris",
            "America/New_York",
            "Australia/Lord_Howe",
            "Asia/Kathmandu",
            "UTC",
        ];
        for case in 1..400_u64 {
            let mut dice = Dice(case.wrapping_mul(0x9E37_79B9_7F4A_7C15));
            let zone = zones[usize::try_from(dice.roll(5)).unwrap()];
            let opens = dice.roll(20);
            let closes = opens + 1 + dice.roll(24 - opens);
            let day = || vec![Hours(format!("{opens:02}:15"), format!("{closes:02}:00"))];
            let hours = BusinessHours {
                monday: day(),
                wednesday: day(),
                saturday: day(),
                sunday: day(),
                ..BusinessHours::default()
            };
            let schedule = Schedule::new(zone, Some(&hours), Vec::new());
            // two weeks around a change of clocks
            let begin = [at("2026-03-20T00:00:00Z"), at("2026-10-20T00:00:00Z")]
                [usize::try_from(dice.roll(2)).unwrap()];
            let from = begin + TimeDelta::minutes(dice.roll(2000));
            let to = from + TimeDelta::days(1 + dice.roll(13));
            let measure = Measure {
                duration: TimeDelta::minutes(5 + dice.roll(90)),
                buffer: TimeDelta::minutes(dice.roll(40)),
            };
            let mut calendars = Vec::new();
            for _ in 0..=dice.roll(3) {
                let mut busy = Vec::new();
                for _ in 0..dice.roll(30) {
                    let start = begin + TimeDelta::minutes(dice.roll(20_000));
                    busy.push((start, start + TimeDelta::minutes(1 + dice.roll(300))));
                }
                calendars.push(Calendar {
                    user: UserId::new(),
                    busy,
                });
            }
            let slots = find(&schedule, measure, &calendars, (from, to));
            for slot in &slots {
                assert!(slot.starts_at >= from && slot.starts_at < to, "case {case}");
                assert_eq!(slot.ends_at - slot.starts_at, measure.duration, "case {case}");
                let last = slot.ends_at - TimeDelta::seconds(1);
                for moment in [slot.starts_at, last] {
                    assert!(schedule.is_open(moment), "case {case}: {moment}");
                }
                assert!(!slot.free.is_empty(), "case {case}");
                for calendar in &calendars {
                    let reach = |(begin, end): &Span| (*begin - measure.buffer, *end + measure.buffer);
                    let mut busy = calendar.busy.iter().map(reach);
                    let is_busy = busy.any(|(begin, end)| begin < slot.ends_at && end > slot.starts_at);
                    assert_eq!(is_busy, !slot.free.contains(&calendar.user), "case {case}");
                }
            }
            for (opens, closes) in schedule.spans(from, to) {
                let last = (closes - opens).num_minutes() / measure.duration.num_minutes();
                for number in 0..i32::try_from(last).unwrap() {
                    let starts_at = opens + measure.duration * number;
                    let span = (starts_at, starts_at + measure.duration);
                    let is_wanted = starts_at >= from && starts_at < to;
                    let expected = is_wanted && !free(&calendars, measure.buffer, span).is_empty();
                    let is_found = slots.iter().any(|slot| slot.starts_at == starts_at);
                    assert_eq!(is_found, expected, "case {case}: {starts_at}");
                }
            }
            for pair in slots.windows(2) {
                assert!(pair[0].ends_at <= pair[1].starts_at, "case {case}");
            }
        }
    }
}
