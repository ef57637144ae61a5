//! Chats exported from WhatsApp: `12/31/23, 9:15 PM - Name: text` on Android, `[31/12/2023, 21:15:03] Name: text` on iOS.
//! A message goes on over the lines that do not begin with a time; lines without a name are events.

use super::lines::{is_invisible, is_time};
use super::{Chat, Format, MOST_MESSAGES, MOST_PROBLEMS, Problem, Said, Transcript};

/// What stands in place of a file, or of a message that was taken back.
const NO_TEXT: &[&str] = &[
    "<media omitted>",
    "<médias omis>",
    "<media omitidos>",
    "<medien ausgeschlossen>",
    "image omitted",
    "video omitted",
    "audio omitted",
    "sticker omitted",
    "gif omitted",
    "document omitted",
    "contact card omitted",
    "image absente",
    "vidéo absente",
    "audio omis",
    "null",
    "this message was deleted",
    "you deleted this message",
    "ce message a été supprimé",
    "vous avez supprimé ce message",
    "missed voice call",
    "missed video call",
    "appel vocal manqué",
    "messages and calls are end-to-end encrypted",
];

pub fn looks_like(text: &str) -> bool {
    let lines = text.lines().filter(|line| !line.trim().is_empty()).take(10);
    lines.filter(|line| begin(line).is_some()).count() >= 1
}

pub fn read(text: &str) -> Transcript {
    let mut messages: Vec<Said> = Vec::new();
    let mut problems = Vec::new();
    let mut is_open = false;
    for (number, line) in text.lines().enumerate() {
        if messages.len() > MOST_MESSAGES {
            break;
        }
        match begin(line) {
            Some(Begins::Message {
                speaker,
                text,
                is_automatic,
            }) => {
                // kept for the lines that follow, emptied if it says nothing itself
                is_open = !is_automatic && !is_no_text(text);
                if is_open {
                    messages.push(Said {
                        speaker: plain(speaker),
                        side: None,
                        text: plain(text),
                    });
                }
            }
            Some(Begins::Event) => is_open = false,
            None if messages.is_empty() => {
                if !line.trim().is_empty() && problems.len() < MOST_PROBLEMS {
                    problems.push(Problem {
                        line: number as u64 + 1,
                        detail: "This line does not begin with a date and a name.".into(),
                    });
                }
            }
            None => {
                if let Some(last) = messages.last_mut().filter(|_| is_open) {
                    last.text.push('\n');
                    last.text.push_str(&plain(line));
                }
            }
        }
    }
    let chats = vec![Chat { name: None, messages }];
    Transcript {
        format: Format::Whatsapp,
        chats,
        problems,
    }
}

enum Begins<'a> {
    Message {
        speaker: &'a str,
        text: &'a str,
        is_automatic: bool,
    },
    Event,
}

fn begin(line: &str) -> Option<Begins<'_>> {
    let line = line.trim_start_matches(|c: char| is_invisible(c) || c == ' ');
    let rest = match line.strip_prefix('[') {
        Some(inside) => inside.split_once(']').filter(|(time, _)| is_moment(time))?.1,
        None => {
            let both = line.split_once(" - ").or_else(|| line.split_once(" – "));
            both.filter(|(time, _)| is_moment(time))?.1
        }
    };
    let rest = rest.trim_start();
    let Some((speaker, text)) = rest
        .split_once(": ")
        .or_else(|| rest.strip_suffix(':').map(|name| (name, "")))
    else {
        return Some(Begins::Event);
    };
    if speaker.chars().count() > 60 {
        return Some(Begins::Event);
    }
    // what iOS writes by itself begins with a mark that people do not type
    let is_automatic = text.starts_with('\u{200e}');
    Some(Begins::Message {
        speaker,
        text,
        is_automatic,
    })
}

/// A day and a time.
fn is_moment(text: &str) -> bool {
    let digits = text.chars().filter(char::is_ascii_digit).count();
    digits >= 6 && is_time(&plain(text))
}

fn plain(text: &str) -> String {
    let visible = text.chars().filter(|c| !is_invisible(*c));
    visible
        .map(|c| {
            if matches!(c, '\u{202f}' | '\u{a0}') {
                ' '
            } else {
                c
            }
        })
        .collect()
}

fn is_no_text(text: &str) -> bool {
    let text = plain(text).trim().to_lowercase();
    let bare = text.trim_end_matches('.');
    NO_TEXT
        .iter()
        .any(|known| bare.starts_with(known) && bare.len() <= known.len() + 120)
        || text.ends_with("(file attached)")
        || text.ends_with("(fichier joint)")
        || text.starts_with("<attached:")
        || text.starts_with("<pièce jointe")
}
