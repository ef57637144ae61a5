//! A time in words, in French or in English: for the chat and for mails.

use chrono::{DateTime, Datelike as _, NaiveDate, Utc};

use crate::settings::hours::Tz;

const DAYS: [[&str; 7]; 2] = [
    [
        "Monday",
        "Tuesday",
        "Wednesday",
        "Thursday",
        "Friday",
        "Saturday",
        "Sunday",
    ],
    [
        "lundi", "mardi", "mercredi", "jeudi", "vendredi", "samedi", "dimanche",
    ],
];
const SHORT_DAYS: [[&str; 7]; 2] = [
    ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"],
    ["lun.", "mar.", "mer.", "jeu.", "ven.", "sam.", "dim."],
];
const MONTHS: [[&str; 12]; 2] = [
    [
        "January",
        "February",
        "March",
        "April",
        "May",
        "June",
        "July",
        "August",
        "September",
        "October",
        "November",
        "December",
    ],
    [
        "janvier",
        "février",
        "mars",
        "avril",
        "mai",
        "juin",
        "juillet",
        "août",
        "septembre",
        "octobre",
        "novembre",
        "décembre",
    ],
];
const SHORT_MONTHS: [[&str; 12]; 2] = [
    [
        "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
    ],
    [
        "janv.", "févr.", "mars", "avr.", "mai", "juin", "juil.", "août", "sept.", "oct.", "nov.", "déc.",
    ],
];

/// `24 November 2026`.
pub fn date(day: NaiveDate, is_french: bool) -> String {
    let month = MONTHS[usize::from(is_french)][day.month0() as usize];
    format!("{} {month} {}", day.day(), day.year())
}

/// `Tuesday 24 November, 10:00 (CET)`.
pub fn long(at: DateTime<Utc>, zone: Tz, is_french: bool) -> String {
    let local = at.with_timezone(&zone);
    let list = usize::from(is_french);
    let day = DAYS[list][local.weekday().num_days_from_monday() as usize];
    let month = MONTHS[list][local.month0() as usize];
    format!("{day} {} {month}, {}", local.day(), local.format("%H:%M (%Z)"))
}

/// `Tue 24 Nov, 10:00`: short enough for a vendor's button.
pub fn short(at: DateTime<Utc>, zone: Tz, is_french: bool) -> String {
    let local = at.with_timezone(&zone);
    let list = usize::from(is_french);
    let day = SHORT_DAYS[list][local.weekday().num_days_from_monday() as usize];
    let month = SHORT_MONTHS[list][local.month0() as usize];
    format!("{day} {} {month}, {}", local.day(), local.format("%H:%M"))
}
