//! Business hours: when people are there, and when a target that counts only those hours is due.

use std::collections::HashSet;

use chrono::{DateTime, Datelike as _, Days, NaiveDate, NaiveTime, TimeDelta, TimeZone as _, Utc};
pub use chrono_tz::Tz;
use kernel::Result;
use kernel::error::{Error, invalid};
use serde::{Deserialize, Serialize};

/// From and to in local time, `HH:MM`; `24:00` is the end of the day.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[schema(as = OpeningHours)]
pub struct Span(pub String, pub String);

/// When people are there, by weekday. A day that is left out is closed.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(default)]
pub struct BusinessHours {
    pub monday: Vec<Span>,
    pub tuesday: Vec<Span>,
    pub wednesday: Vec<Span>,
    pub thursday: Vec<Span>,
    pub friday: Vec<Span>,
    pub saturday: Vec<Span>,
    pub sunday: Vec<Span>,
}

/// In a day. Targets are counted span by span.
const MOST_SPANS: usize = 6;

impl BusinessHours {
    /// Monday to Friday, nine to five.
    pub fn office() -> Self {
        let day = || vec![Span("09:00".into(), "17:00".into())];
        Self {
            monday: day(),
            tuesday: day(),
            wednesday: day(),
            thursday: day(),
            friday: day(),
            saturday: Vec::new(),
            sunday: Vec::new(),
        }
    }

    /// Monday first.
    fn days(&self) -> [&[Span]; 7] {
        [
            &self.monday,
            &self.tuesday,
            &self.wednesday,
            &self.thursday,
            &self.friday,
            &self.saturday,
            &self.sunday,
        ]
    }

    /// Times that are times, in order, and at least one of them.
    pub fn check(&self) -> Result<()> {
        for day in self.days() {
            if day.len() > MOST_SPANS {
                return Err(invalid(
                    "too_many_hours",
                    "A day can be opened at most 6 times. Join spans that follow each other.",
                ));
            }
            let mut end = 0;
            for span in day {
                let (from, to) = minutes(span).ok_or_else(bad_hours)?;
                if from < end || to <= from {
                    return Err(bad_hours());
                }
                end = to;
            }
        }
        if self.days().iter().all(|day| day.is_empty()) {
            return Err(invalid(
                "never_open",
                "Give opening hours for at least one day, or none at all for always open.",
            ));
        }
        Ok(())
    }
}

fn bad_hours() -> Error {
    invalid(
        "bad_hours",
        "Hours are pairs such as [\"09:00\", \"17:00\"], in order and without overlap.",
    )
}

fn minutes(Span(from, to): &Span) -> Option<(u32, u32)> {
    let read = |text: &str| {
        let (hour, minute) = text.split_once(':')?;
        let is_plain = [hour, minute]
            .iter()
            .all(|part| part.len() == 2 && part.bytes().all(|byte| byte.is_ascii_digit()));
        let (hour, minute): (u32, u32) = (hour.parse().ok()?, minute.parse().ok()?);
        let is_time = is_plain && minute < 60 && (hour < 24 || (hour, minute) == (24, 0));
        is_time.then_some(hour * 60 + minute)
    };
    Some((read(from)?, read(to)?))
}

/// The time zone of this IANA name.
pub fn find_zone(name: &str) -> Option<Tz> {
    name.parse().ok()
}

/// Opening hours in a place, ready to count with.
#[derive(Debug, Clone)]
pub struct Schedule {
    zone: Tz,
    /// Minutes of the day, Monday first; none: always open.
    week: Option<[Vec<(u32, u32)>; 7]>,
    holidays: HashSet<NaiveDate>,
}

/// Nobody waits longer for somebody to be there.
const LONGEST_SEARCH_DAYS: u64 = 800;

impl Schedule {
    pub fn new(zone: &str, hours: Option<&BusinessHours>, holidays: Vec<NaiveDate>) -> Self {
        let spans = |day: &[Span]| day.iter().filter_map(minutes).collect();
        Self {
            zone: find_zone(zone).unwrap_or(Tz::UTC),
            week: hours.map(|hours| hours.days().map(spans)),
            holidays: holidays.into_iter().collect(),
        }
    }

    /// The moment at which so many minutes of business hours have passed since `start`.
    pub fn after(&self, start: DateTime<Utc>, minutes: i32) -> DateTime<Utc> {
        let mut left = TimeDelta::minutes(minutes.into());
        for (from, to) in self.open_from(start) {
            let begin = from.max(start);
            if to - begin >= left {
                return begin + left;
            }
            left -= to - begin;
        }
        // closed for years, or always open
        start + TimeDelta::minutes(minutes.into())
    }

    pub fn is_open(&self, at: DateTime<Utc>) -> bool {
        self.week.is_none() || self.open_from(at).next().is_some_and(|(from, _)| from <= at)
    }

    /// When somebody is there again; none if it is open now, or for years not.
    pub fn next_opening(&self, at: DateTime<Utc>) -> Option<DateTime<Utc>> {
        let (from, _) = self.open_from(at).next()?;
        (from > at).then_some(from)
    }

    /// Open spans that overlap this time, whole, the nearest first; none if it is always open.
    pub fn spans(&self, from: DateTime<Utc>, to: DateTime<Utc>) -> Vec<(DateTime<Utc>, DateTime<Utc>)> {
        self.open_from(from)
            .take_while(|(begin, _)| *begin < to)
            .collect()
    }

    /// Open spans that end after `at`, the nearest first; none if it is always open.
    fn open_from(&self, at: DateTime<Utc>) -> impl Iterator<Item = (DateTime<Utc>, DateTime<Utc>)> + '_ {
        let first = at.with_timezone(&self.zone).date_naive();
        let days = self.week.iter().flat_map(move |week| {
            (0..LONGEST_SEARCH_DAYS)
                .filter_map(move |ahead| first.checked_add_days(Days::new(ahead)))
                .map(move |day| (week, day))
        });
        let open = days.filter(|(_, day)| !self.holidays.contains(day));
        open.flat_map(move |(week, day)| {
            let spans = &week[day.weekday().num_days_from_monday() as usize];
            let plain = if spans.is_empty() {
                None
            } else {
                self.plain_midnight(day)
            };
            let moment = move |minute: u32| match plain {
                Some(midnight) => midnight + TimeDelta::minutes(minute.into()),
                None => self.moment(day, minute),
            };
            spans.iter().map(move |&(from, to)| (moment(from), moment(to)))
        })
        .filter(move |(_, to)| *to > at)
    }

    /// When a day begins on which no clock is changed: its other times need no look at the rules of the zone.
    fn plain_midnight(&self, day: NaiveDate) -> Option<DateTime<Utc>> {
        let (begin, end) = (self.moment(day, 0), self.moment(day, 24 * 60));
        (end - begin == TimeDelta::days(1)).then_some(begin)
    }

    /// A local time as a moment. One that the clocks skip in spring is as late as it would have been without the change;
    /// of one that comes twice in autumn the first counts.
    fn moment(&self, day: NaiveDate, minute: u32) -> DateTime<Utc> {
        let midnight = day.and_time(NaiveTime::MIN);
        let local = midnight + TimeDelta::minutes(minute.into());
        let found = self.zone.from_local_datetime(&local).earliest();
        let moment = found.or_else(|| {
            let before = local - TimeDelta::hours(3);
            let before = self.zone.from_local_datetime(&before).earliest()?;
            Some(before + TimeDelta::hours(3))
        });
        moment.map_or_else(|| local.and_utc(), |moment| moment.with_timezone(&Utc))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn span([from, to]: [&str; 2]) -> Span {
        Span(from.into(), to.into())
    }

    fn office() -> BusinessHours {
        let day = || vec![span(["09:00", "12:00"]), span(["13:00", "17:00"])];
        BusinessHours {
            monday: day(),
            tuesday: day(),
            wednesday: day(),
            thursday: day(),
            friday: day(),
            ..BusinessHours::default()
        }
    }

    fn at(text: &str) -> DateTime<Utc> {
        text.parse().unwrap()
    }

    #[test]
    fn a_target_counts_business_hours_only() {
        let paris = Schedule::new(
            "Europe/Paris",
            Some(&office()),
            vec![NaiveDate::from_ymd_opt(2026, 5, 1).unwrap()],
        );
        for (start, minutes, due, why) in [
            (
                "2026-06-02T07:30:00Z",
                60,
                "2026-06-02T08:30:00Z",
                "inside of a morning",
            ),
            ("2026-06-02T09:30:00Z", 60, "2026-06-02T11:30:00Z", "over lunch"),
            (
                "2026-06-02T02:00:00Z",
                60,
                "2026-06-02T08:00:00Z",
                "before opening",
            ),
            (
                "2026-06-05T14:30:00Z",
                60,
                "2026-06-08T07:30:00Z",
                "over a weekend",
            ),
            (
                "2026-06-06T10:00:00Z",
                1,
                "2026-06-08T07:01:00Z",
                "from a weekend",
            ),
            (
                "2026-06-01T07:00:00Z",
                5 * 420,
                "2026-06-05T15:00:00Z",
                "a whole week, to its last minute",
            ),
            (
                "2026-04-30T14:30:00Z",
                60,
                "2026-05-04T07:30:00Z",
                "over a holiday and a weekend",
            ),
            // clocks go forward on 29 March and back on 25 October
            (
                "2026-03-27T15:30:00Z",
                60,
                "2026-03-30T07:30:00Z",
                "over the weekend on which summer time begins",
            ),
            (
                "2026-10-23T14:30:00Z",
                60,
                "2026-10-26T08:30:00Z",
                "over the weekend on which it ends",
            ),
        ] {
            assert_eq!(paris.after(at(start), minutes), at(due), "{why}");
        }
    }

    #[test]
    fn a_night_on_which_the_clocks_change_is_as_long_as_it_is() {
        let nights = BusinessHours {
            sunday: vec![span(["00:00", "24:00"])],
            ..BusinessHours::default()
        };
        let paris = Schedule::new("Europe/Paris", Some(&nights), Vec::new());
        // 23 hours in spring: the 24th is a week later
        assert_eq!(
            paris.after(at("2026-03-28T23:00:00Z"), 23 * 60),
            at("2026-03-29T22:00:00Z")
        );
        assert_eq!(
            paris.after(at("2026-03-28T23:00:00Z"), 24 * 60),
            at("2026-04-04T23:00:00Z")
        );
        // 25 in autumn
        assert_eq!(
            paris.after(at("2026-10-24T22:00:00Z"), 25 * 60),
            at("2026-10-25T23:00:00Z")
        );
    }

    #[test]
    fn what_is_counted_on_a_plain_day_is_what_the_clocks_say() {
        // changes at midnight, at night, by half an hour, in Ramadan, and a day that was left out
        for zone in [
            "Europe/Paris",
            "America/Santiago",
            "Africa/Cairo",
            "Australia/Lord_Howe",
            "Africa/Casablanca",
            "America/Havana",
            "Pacific/Apia",
        ] {
            let schedule = Schedule::new(zone, None, Vec::new());
            let first = NaiveDate::from_ymd_opt(2011, 1, 1).unwrap();
            for day in first.iter_days().take(16 * 366) {
                let Some(midnight) = schedule.plain_midnight(day) else {
                    continue;
                };
                for minute in (0..=24 * 60).step_by(30) {
                    let counted = midnight + TimeDelta::minutes(minute.into());
                    assert_eq!(counted, schedule.moment(day, minute), "{zone} {day} {minute}");
                }
            }
        }
    }

    #[test]
    fn opening_in_an_hour_that_the_clocks_skip_is_opening_all_the_same() {
        let early = BusinessHours {
            sunday: vec![span(["02:30", "06:00"])],
            ..BusinessHours::default()
        };
        let paris = Schedule::new("Europe/Paris", Some(&early), Vec::new());
        assert_eq!(
            paris.next_opening(at("2026-03-28T12:00:00Z")),
            Some(at("2026-03-29T01:30:00Z"))
        );
    }

    #[test]
    fn open_and_closed_are_told_apart() {
        let tokyo = Schedule::new("Asia/Tokyo", Some(&office()), Vec::new());
        assert!(tokyo.is_open(at("2026-06-02T00:30:00Z")));
        assert!(!tokyo.is_open(at("2026-06-02T03:30:00Z")), "lunch");
        assert_eq!(
            tokyo.next_opening(at("2026-06-02T03:30:00Z")),
            Some(at("2026-06-02T04:00:00Z"))
        );
        let always = Schedule::new("UTC", None, Vec::new());
        assert!(always.is_open(at("2026-06-06T03:30:00Z")));
        assert_eq!(
            always.after(at("2026-06-06T03:30:00Z"), 90),
            at("2026-06-06T05:00:00Z")
        );
    }

    #[test]
    fn hours_that_make_no_sense_are_refused() {
        let with = |spans: &[[&str; 2]]| BusinessHours {
            monday: spans.iter().map(|pair| span(*pair)).collect(),
            ..BusinessHours::default()
        };
        for spans in [
            &[["9:00", "17:00"]][..],
            &[["17:00", "09:00"]],
            &[["09:00", "24:30"]],
            &[["09:00", "12:00"], ["11:00", "13:00"]],
            &[["", ""]],
            &[["+1:+5", "17:00"]],
            &[["01:00", "02:00"]; 7],
            &[],
        ] {
            assert!(with(spans).check().is_err(), "{spans:?}");
        }
        assert!(with(&[["00:00", "12:00"], ["12:00", "24:00"]]).check().is_ok());
    }
}
