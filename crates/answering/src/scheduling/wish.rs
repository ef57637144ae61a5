//! Reads which time somebody wants: "2", "Tuesday at 10", "mardi 10h", "24 nov., 15:30", "other times". No model.

use chrono::{DateTime, Datelike as _, Days, NaiveDate, Timelike as _, Utc, Weekday};
use conversations::settings::hours::Tz;
use knowledge::retrieval::text::fold;

use crate::intent::plain;

const OTHERS: &[&str] = &[
    "other times",
    "other time",
    "another time",
    "another day",
    "other slots",
    "other days",
    "more times",
    "others",
    "more",
    "different time",
    "none of these",
    "none of them",
    "autres creneaux",
    "autre creneau",
    "autres horaires",
    "autre horaire",
    "autre jour",
    "autre moment",
    "d autres",
    "autres",
    "aucun",
];

/// "Other times": none of those suits.
pub fn wants_others(text: &str) -> bool {
    let plain = plain(text);
    let padded = format!(" {plain} ");
    let has = |entry: &&str| padded.contains(&format!(" {entry} "));
    plain.split(' ').count() <= 8 && OTHERS.iter().any(has)
}

const STOPS: &[&str] = &[
    "cancel",
    "stop",
    "annuler",
    "annule",
    "laisse tomber",
    "laissez tomber",
];

/// Whether somebody who was offered times wants none at all.
pub fn is_stop(text: &str) -> bool {
    STOPS.contains(&plain(text).as_str())
}

/// Words that may stand beside a number without changing what it means.
const AROUND: &[&str] = &[
    "i", "ll", "will", "take", "would", "like", "the", "option", "number", "no", "n", "nr", "please", "one",
    "choose", "ok", "okay", "yes", "works", "for", "me", "je", "prends", "prefere", "choisis", "le", "la",
    "numero", "choix", "svp", "s", "il", "vous", "plait", "oui", "d", "accord", "va", "convient",
];
const ORDINALS: &[(&str, usize)] = &[
    ("first", 1),
    ("second", 2),
    ("third", 3),
    ("fourth", 4),
    ("fifth", 5),
    ("premier", 1),
    ("deuxieme", 2),
    ("troisieme", 3),
    ("quatrieme", 4),
    ("cinquieme", 5),
];

/// The number of what was offered, from 1 to `most`.
pub fn number(text: &str, most: usize) -> Option<usize> {
    let plain = plain(text);
    let mut rest = plain.split(' ').filter(|word| !AROUND.contains(word));
    let word = rest.next()?;
    if rest.next().is_some() {
        return None;
    }
    let ordinal = ORDINALS.iter().find(|(name, _)| *name == word);
    let number = ordinal.map_or_else(|| word.parse().ok(), |(_, number)| Some(*number))?;
    (1..=most).contains(&number).then_some(number)
}

/// A time, as far as somebody has named it.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Wish {
    day: Option<Day>,
    /// Minutes since midnight.
    time: Option<u32>,
    /// "At three" may be in the afternoon.
    is_twelve_hours: bool,
    half: Option<Half>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Day {
    Weekday(Weekday),
    /// From today.
    Ahead(u64),
    /// Of the month, 1 to 31, and the month if it was said.
    Date(u32, Option<u32>),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Half {
    Morning,
    Afternoon,
}

impl Wish {
    pub fn is_empty(&self) -> bool {
        self.day.is_none() && self.time.is_none() && self.half.is_none()
    }

    pub fn has_time(&self) -> bool {
        self.time.is_some()
    }

    /// Whether it is on the day that was named.
    pub fn fits_day(&self, at: DateTime<Utc>, zone: Tz, now: DateTime<Utc>) -> bool {
        let date = at.with_timezone(&zone).date_naive();
        let today = now.with_timezone(&zone).date_naive();
        let after = |days| today.checked_add_days(Days::new(days));
        match self.day {
            None => true,
            Some(Day::Weekday(day)) => date.weekday() == day,
            Some(Day::Ahead(days)) => after(days) == Some(date),
            Some(Day::Date(day, month)) => is_date(date, day, month),
        }
    }

    /// Whether it is what was named, in every part. `is_late`: "at three" is taken as in the afternoon.
    pub fn fits(&self, at: DateTime<Utc>, zone: Tz, now: DateTime<Utc>, is_late: bool) -> bool {
        let local = at.with_timezone(&zone);
        let minute = local.hour() * 60 + local.minute();
        let time = match (self.time, is_late && self.is_twelve_hours) {
            (Some(time), true) => Some((time + 12 * 60) % (24 * 60)),
            (time, _) => time,
        };
        let half = match self.half {
            None => true,
            Some(Half::Morning) => minute < 12 * 60,
            Some(Half::Afternoon) => minute >= 12 * 60,
        };
        self.fits_day(at, zone, now) && half && time.is_none_or(|time| time == minute)
    }
}

fn is_date(date: NaiveDate, day: u32, month: Option<u32>) -> bool {
    date.day() == day && month.is_none_or(|month| date.month() == month)
}

const WEEKDAYS: &[(&[&str], Weekday)] = &[
    (&["monday", "mon", "lundi", "lun"], Weekday::Mon),
    (&["tuesday", "tue", "tues", "mardi", "mar"], Weekday::Tue),
    (&["wednesday", "wed", "mercredi", "mer"], Weekday::Wed),
    (
        &["thursday", "thu", "thur", "thurs", "jeudi", "jeu"],
        Weekday::Thu,
    ),
    (&["friday", "fri", "vendredi", "ven"], Weekday::Fri),
    (&["saturday", "sat", "samedi", "sam"], Weekday::Sat),
    (&["sunday", "sun", "dimanche", "dim"], Weekday::Sun),
];
const MONTHS: &[&[&str]] = &[
    &["january", "jan", "janvier", "janv"],
    &["february", "feb", "fevrier", "fevr"],
    &["march", "mar", "mars"],
    &["april", "apr", "avril", "avr"],
    &["may", "mai"],
    &["june", "jun", "juin"],
    &["july", "jul", "juillet", "juil"],
    &["august", "aug", "aout"],
    &["september", "sep", "sept", "septembre"],
    &["october", "oct", "octobre"],
    &["november", "nov", "novembre"],
    &["december", "dec", "decembre"],
];

/// Reads a day and a time out of a short message; empty where neither is named.
pub fn read(text: &str) -> Wish {
    let folded = fold(text);
    let kept = |c: char| {
        if c.is_alphanumeric() || ":/".contains(c) {
            c
        } else {
            ' '
        }
    };
    let clean: String = folded.chars().map(kept).collect();
    let words: Vec<&str> = clean
        .split_whitespace()
        .map(|word| word.trim_matches([':', '/']))
        .filter(|word| !word.is_empty())
        .collect();
    if words.len() > 20 {
        return Wish::default();
    }
    let mut wish = Wish::default();
    for index in 0..words.len() {
        let at = |offset: isize| {
            let place = index.checked_add_signed(offset)?;
            words.get(place).copied()
        };
        read_word(&mut wish, at);
    }
    wish
}

/// Reads one word beside its neighbours.
fn read_word<'a>(wish: &mut Wish, at: impl Fn(isize) -> Option<&'a str>) {
    let Some(word) = at(0) else { return };
    let next = at(1).unwrap_or_default();
    let before = at(-1).unwrap_or_default();
    if let Some(time) = clock(word, next, at(2).unwrap_or_default()) {
        (wish.time, wish.is_twelve_hours) = (Some(time.0), time.1);
        return;
    }
    if let Some((day, month)) = slashed(word) {
        wish.day = Some(Day::Date(day, Some(month)));
        return;
    }
    let day_of_month = ordinal_day(word);
    if let Some(day) = day_of_month {
        let named = month(next).or_else(|| month(before));
        let is_ordinal = word.parse::<u32>().is_err();
        let is_hour_said = ["at", "around", "about", "a", "vers", "by"].contains(&before);
        if named.is_some() || is_ordinal || ["the", "le"].contains(&before) {
            wish.day = Some(Day::Date(day, named));
        } else if wish.time.is_none() && day <= 24 && (is_hour_said || weekday(before).is_some()) {
            (wish.time, wish.is_twelve_hours) = (Some(day % 24 * 60), day <= 12);
        }
        return;
    }
    if matches!(wish.day, Some(Day::Date(..))) {
        // "24 mar": the month was read with its number
    } else if let Some(day) =
        weekday(word).filter(|_| month(word).is_none() || before.parse::<u32>().is_err())
    {
        wish.day = Some(Day::Weekday(day));
    }
    match word {
        "today" | "aujourd" => wish.day = Some(Day::Ahead(0)),
        "tomorrow" | "demain" if ["after", "apres"].contains(&before) => wish.day = Some(Day::Ahead(2)),
        "tomorrow" | "demain" => wish.day = Some(Day::Ahead(1)),
        "noon" => (wish.time, wish.is_twelve_hours) = (Some(12 * 60), false),
        "midi" if before == "apres" => wish.half = Some(Half::Afternoon),
        "midi" => (wish.time, wish.is_twelve_hours) = (Some(12 * 60), false),
        "morning" | "matin" => wish.half = Some(Half::Morning),
        "afternoon" | "evening" | "soir" => wish.half = Some(Half::Afternoon),
        _ => {}
    }
}

fn weekday(word: &str) -> Option<Weekday> {
    let found = WEEKDAYS.iter().find(|(names, _)| names.contains(&word));
    found.map(|(_, day)| *day)
}

fn month(word: &str) -> Option<u32> {
    let found = MONTHS.iter().position(|names| names.contains(&word))?;
    u32::try_from(found + 1).ok()
}

/// `24`, `24th`, `1er`.
fn ordinal_day(word: &str) -> Option<u32> {
    let digits = word.trim_end_matches(|c: char| c.is_alphabetic());
    let suffix = word.get(digits.len()..).unwrap_or_default();
    let is_known = ["", "st", "nd", "rd", "th", "er"].contains(&suffix);
    let day: u32 = digits.parse().ok().filter(|_| is_known)?;
    (1..=31).contains(&day).then_some(day)
}

/// `24/11`, day first unless that makes no month.
fn slashed(word: &str) -> Option<(u32, u32)> {
    let mut parts = word.split('/');
    let one: u32 = parts.next()?.parse().ok()?;
    let two: u32 = parts.next()?.parse().ok()?;
    let (day, month) = if two > 12 { (two, one) } else { (one, two) };
    ((1..=31).contains(&day) && (1..=12).contains(&month)).then_some((day, month))
}

/// `10:30`, `10h`, `10h30`, `3pm`, `3 pm`, `3 p m`: minutes since midnight, and whether it may be in the afternoon as well.
fn clock(word: &str, next: &str, after: &str) -> Option<(u32, bool)> {
    let (number, suffix) = match word.find(|c: char| c.is_alphabetic() && c != 'h') {
        Some(at) => word.split_at(at),
        None => (word, ""),
    };
    let half = match (suffix, next, after) {
        ("am", _, _) | ("", "am", _) | ("", "a", "m") => Some(0),
        ("pm", _, _) | ("", "pm", _) | ("", "p", "m") => Some(12),
        ("", _, _) => None,
        _ => return None,
    };
    let (hour, minute) = match number.split_once([':', 'h']) {
        Some((hour, "")) if number.ends_with('h') => (hour, "0"),
        Some(parts) => parts,
        None if half.is_some() => (number, "0"),
        None => return None,
    };
    let (hour, minute): (u32, u32) = (hour.parse().ok()?, minute.parse().ok()?);
    let hour = match half {
        Some(add) if (1..=12).contains(&hour) => hour % 12 + add,
        Some(_) => return None,
        None => hour,
    };
    let is_open = half.is_none() && !number.contains('h') && (1..=11).contains(&hour);
    (hour < 24 && minute < 60).then_some((hour * 60 + minute, is_open))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn day(weekday: Weekday) -> Option<Day> {
        Some(Day::Weekday(weekday))
    }

    #[test]
    fn days_and_times_are_read_in_two_languages() {
        for (text, expected_day, time) in [
            ("Tuesday at 10", day(Weekday::Tue), Some(600)),
            ("mardi 10h", day(Weekday::Tue), Some(600)),
            ("mardi à 10h30 svp", day(Weekday::Tue), Some(630)),
            ("Tue 24 Nov, 10:00", Some(Day::Date(24, Some(11))), Some(600)),
            ("mar. 24 nov., 10:00", Some(Day::Date(24, Some(11))), Some(600)),
            ("mer. 3 mars, 14:30", Some(Day::Date(3, Some(3))), Some(870)),
            ("24/11 at 3pm", Some(Day::Date(24, Some(11))), Some(900)),
            ("November 24th at 9", Some(Day::Date(24, Some(11))), Some(540)),
            ("demain matin", Some(Day::Ahead(1)), None),
            ("the day after tomorrow", Some(Day::Ahead(2)), None),
            ("friday afternoon", day(Weekday::Fri), None),
            ("vendredi après-midi", day(Weekday::Fri), None),
            ("jeudi midi", day(Weekday::Thu), Some(720)),
            ("monday 10", day(Weekday::Mon), Some(600)),
            ("le 24", Some(Day::Date(24, None)), None),
            ("3 p.m. works", None, Some(900)),
            ("Can I book a call?", None, None),
            ("a table for 4 people", None, None),
            ("", None, None),
        ] {
            let wish = read(text);
            assert_eq!((wish.day, wish.time), (expected_day, time), "{text}");
        }
        assert_eq!(read("vendredi après-midi").half, Some(Half::Afternoon));
        assert!(read("at 3").is_twelve_hours && !read("15:00").is_twelve_hours);
    }

    #[test]
    fn numbers_of_what_was_offered_are_read() {
        for (text, expected) in [
            ("2", Some(2)),
            ("2.", Some(2)),
            ("I'll take the second one please", Some(2)),
            ("Je prends le 3", Some(3)),
            ("option 1", Some(1)),
            ("6", None),
            ("0", None),
            ("2 or 3", None),
            ("do you ship 2 tables?", None),
        ] {
            assert_eq!(number(text, 5), expected, "{text}");
        }
    }

    #[test]
    fn other_times_and_none_at_all_are_read() {
        assert!(wants_others("Other times") && wants_others("Autres créneaux ?"));
        assert!(!wants_others("2") && is_stop("Annuler"));
    }
}
