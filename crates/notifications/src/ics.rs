//! Invitations as calendars read them: iCalendar (RFC 5545) with the methods of iTIP. Only what an invitation needs.

use chrono::{DateTime, Utc};

/// What calendars are to do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Method {
    Request,
    Cancel,
}

impl Method {
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Request => "REQUEST",
            Self::Cancel => "CANCEL",
        }
    }

    /// Of an invitation that was written here.
    pub fn of(calendar: &str) -> Self {
        match calendar.contains("\r\nMETHOD:CANCEL\r\n") {
            true => Self::Cancel,
            false => Self::Request,
        }
    }
}

/// One meeting in one calendar. The same `uid` with a higher `sequence` takes the place of what was sent before.
pub struct Event<'a> {
    pub method: Method,
    pub uid: &'a str,
    pub sequence: i32,
    pub written_at: DateTime<Utc>,
    pub starts_at: DateTime<Utc>,
    pub ends_at: DateTime<Utc>,
    pub summary: &'a str,
    pub description: &'a str,
    pub url: Option<&'a str>,
    /// Name and address.
    pub organizer: (&'a str, &'a str),
    pub attendee: &'a str,
}

pub fn write(event: &Event<'_>) -> String {
    let status = match event.method {
        Method::Request => "CONFIRMED",
        Method::Cancel => "CANCELLED",
    };
    let mut lines = vec![
        "BEGIN:VCALENDAR".to_owned(),
        "PRODID:-//Rapport//Meetings//EN".to_owned(),
        "VERSION:2.0".to_owned(),
        "CALSCALE:GREGORIAN".to_owned(),
        format!("METHOD:{}", event.method.as_str()),
        "BEGIN:VEVENT".to_owned(),
        format!("UID:{}", text(event.uid)),
        format!("SEQUENCE:{}", event.sequence),
        format!("DTSTAMP:{}", time(event.written_at)),
        format!("DTSTART:{}", time(event.starts_at)),
        format!("DTEND:{}", time(event.ends_at)),
        format!("STATUS:{status}"),
        "TRANSP:OPAQUE".to_owned(),
        format!("SUMMARY:{}", text(event.summary)),
        format!("DESCRIPTION:{}", text(event.description)),
    ];
    if let Some(url) = event.url {
        lines.push(format!("LOCATION:{}", text(url)));
        lines.push(format!("URL:{}", address(url)));
    }
    let (name, from) = event.organizer;
    lines.push(format!(
        "ORGANIZER;CN=\"{}\":mailto:{}",
        parameter(name),
        address(from)
    ));
    lines.push(format!(
        "ATTENDEE;CUTYPE=INDIVIDUAL;ROLE=REQ-PARTICIPANT;PARTSTAT=NEEDS-ACTION;RSVP=FALSE:mailto:{}",
        address(event.attendee)
    ));
    lines.push("END:VEVENT".to_owned());
    lines.push("END:VCALENDAR".to_owned());
    lines.iter().map(|line| folded(line)).collect()
}

fn time(at: DateTime<Utc>) -> String {
    at.format("%Y%m%dT%H%M%SZ").to_string()
}

/// A value of the kind TEXT.
fn text(value: &str) -> String {
    let mut escaped = String::with_capacity(value.len());
    for letter in value.replace("\r\n", "\n").chars() {
        match letter {
            '\\' | ';' | ',' => escaped.extend(['\\', letter]),
            '\n' => escaped.push_str("\\n"),
            letter if letter.is_control() => {}
            letter => escaped.push(letter),
        }
    }
    escaped
}

/// A value between quotation marks, which has no way to write one.
fn parameter(value: &str) -> String {
    let kept = value.chars().filter(|letter| !letter.is_control());
    kept.map(|letter| if letter == '"' { '\'' } else { letter })
        .collect()
}

fn address(value: &str) -> String {
    let is_kept = |letter: &char| !letter.is_control() && !letter.is_whitespace();
    value.chars().filter(is_kept).collect()
}

/// Lines of at most 75 bytes; a longer one goes on behind a space. No letter is cut in two.
fn folded(line: &str) -> String {
    const LONGEST: usize = 75;
    let mut out = String::with_capacity(line.len() + 8);
    let mut length = 0;
    for letter in line.chars() {
        if length + letter.len_utf8() > LONGEST {
            out.push_str("\r\n ");
            length = 1;
        }
        out.push(letter);
        length += letter.len_utf8();
    }
    out.push_str("\r\n");
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    fn event<'a>(summary: &'a str, name: &'a str) -> Event<'a> {
        Event {
            method: Method::Cancel,
            uid: "0198@rapport",
            sequence: 2,
            written_at: DateTime::UNIX_EPOCH,
            starts_at: DateTime::UNIX_EPOCH,
            ends_at: DateTime::UNIX_EPOCH,
            summary,
            description: "One\nTwo",
            url: Some("https://meet.example.com/a b"),
            organizer: (name, "shop@example.com"),
            attendee: "mia@example.com\r\nX-EVIL:1",
        }
    }

    #[test]
    fn lines_are_folded_and_nothing_in_them_begins_another() {
        let long = "é".repeat(100);
        let summary = format!("Visit; oak, pine\\\r\nEND:VEVENT\u{7}{long}");
        let written = write(&event(&summary, "Shop \"Oak\"\r\nX-EVIL:1"));
        assert!(written.ends_with("END:VCALENDAR\r\n"));
        for line in written.split("\r\n") {
            assert!(line.len() <= 75, "{line}");
            assert!(!line.contains(['\r', '\n']), "{line:?}");
            assert!(!line.starts_with("X-EVIL"), "{line}");
        }
        let whole = written.replace("\r\n ", "");
        assert_eq!(whole.matches("\r\nEND:VEVENT").count(), 1);
        assert!(
            whole.contains(&format!(
                "SUMMARY:Visit\\; oak\\, pine\\\\\\nEND:VEVENT{long}\r\n"
            )),
            "{whole}"
        );
        assert!(whole.contains("DESCRIPTION:One\\nTwo\r\n"));
        assert!(whole.contains("ORGANIZER;CN=\"Shop 'Oak'X-EVIL:1\":mailto:shop@example.com\r\n"));
        assert!(whole.contains("DTSTART:19700101T000000Z\r\n"));
        assert_eq!(Method::of(&written), Method::Cancel);
    }
}
