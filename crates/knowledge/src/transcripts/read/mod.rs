//! From the bytes of an export to chats: who said what, in order. One file a format; [`detect`] tells them apart.
//!
//! Nothing is guessed silently: a line that cannot be read is named with its number, and a format that gives no sides
//! leaves it to a person to say who speaks for the business.

mod crisp;
pub mod html;
mod intercom;
mod json;
mod lines;
mod records;
mod roles;
mod table;
mod text;
mod tidio;
mod whatsapp;
mod zendesk;

#[cfg(test)]
mod tests;

use kernel::Result;
use kernel::error::{Error, Kind, invalid};
use serde::{Deserialize, Serialize};

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, sqlx::Type, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = TranscriptFormat)]
#[sqlx(type_name = "text", rename_all = "snake_case")]
pub enum Format {
    /// `Name: text`, one message a line; `---` between chats.
    Text,
    /// A chat exported from WhatsApp, on Android or iOS.
    Whatsapp,
    Csv,
    /// A message or a conversation a line; also one JSON list.
    Jsonl,
    Crisp,
    Tidio,
    Intercom,
    Zendesk,
}

/// On whose side somebody speaks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = TranscriptSide)]
pub enum Side {
    Customer,
    Business,
    /// Left out: nobody learns from what a bot said.
    Bot,
}

/// One message.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Said {
    pub speaker: String,
    /// None: the format does not tell, see [`super::speakers`].
    pub side: Option<Side>,
    pub text: String,
}

/// One conversation, in order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Chat {
    /// What the export calls it, if anything.
    pub name: Option<String>,
    pub messages: Vec<Said>,
}

/// Something that could not be read.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[schema(as = TranscriptProblem)]
pub struct Problem {
    /// Counts from 1.
    pub line: u64,
    pub detail: String,
}

/// What an export holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Transcript {
    pub format: Format,
    pub chats: Vec<Chat>,
    pub problems: Vec<Problem>,
}

/// The largest export that is taken.
pub const LARGEST: usize = 20 * 1024 * 1024;
const MOST_MESSAGES: usize = 50_000;
const MOST_CHATS: usize = 10_000;
const LONGEST_LINE: usize = 4 * 1024 * 1024;
/// Longer messages are cut: they are no answers any more.
pub const LONGEST_MESSAGE: usize = 8_000;
const LONGEST_NAME: usize = 80;
pub const MOST_PROBLEMS: usize = 100;
/// The beginning of a text tells its format.
const SNIFFED_BYTES: usize = 64 * 1024;

/// Reads an export, in the format that it is said to have or seems to have.
///
/// # Errors
/// What is not text, in no known format, too large, or without any conversation.
pub fn read(bytes: &[u8], format: Option<Format>) -> Result<Transcript> {
    if bytes.len() > LARGEST {
        let detail = "An export may be 20 MB large. Split it, and add the parts one by one.";
        return Err(Error::new(Kind::TooLarge, "transcript_too_large", detail));
    }
    let text = decode(bytes)?;
    let text = text.trim_start_matches('\u{feff}');
    if text.trim().is_empty() {
        return Err(invalid("transcript_empty", "There is no text in it."));
    }
    if let Some(line) = text.split('\n').position(|line| line.len() > LONGEST_LINE) {
        return Err(invalid(
            "line_too_long",
            format!("Line {} is longer than 4 MB. Is this the right file?", line + 1),
        ));
    }
    let format = match format {
        Some(format) => format,
        None => detect(text)?.ok_or_else(unknown)?,
    };
    let mut transcript = match format {
        Format::Text => text::read(text),
        Format::Whatsapp => whatsapp::read(text),
        Format::Csv => table::read(text)?,
        Format::Jsonl | Format::Crisp | Format::Tidio | Format::Intercom | Format::Zendesk => {
            json::read(text, format)?
        }
    };
    // before what is empty is left out: reading stops when there is too much, and nothing is cut off silently
    check_size(&transcript)?;
    tidy(&mut transcript);
    check(&transcript)?;
    Ok(transcript)
}

/// UTF-8, or UTF-16 with its mark as some Windows programs write it.
fn decode(bytes: &[u8]) -> Result<String> {
    let pairs = |from: fn([u8; 2]) -> u16| {
        let units = bytes.get(2..).unwrap_or_default().chunks_exact(2);
        let units: Vec<u16> = units
            .map(|pair| {
                from([
                    pair.first().copied().unwrap_or(0),
                    pair.get(1).copied().unwrap_or(0),
                ])
            })
            .collect();
        String::from_utf16(&units).ok()
    };
    let text = match bytes {
        [0xff, 0xfe, ..] => pairs(u16::from_le_bytes),
        [0xfe, 0xff, ..] => pairs(u16::from_be_bytes),
        _ => std::str::from_utf8(bytes).ok().map(str::to_owned),
    };
    let text = text.filter(|text| !text.contains('\0'));
    text.ok_or_else(|| {
        invalid(
            "not_text",
            "This is not text in UTF-8. If it is an archive, unpack it first and add the file in it.",
        )
    })
}

fn detect(text: &str) -> Result<Option<Format>> {
    if text.trim_start().starts_with(['{', '['])
        && let Some(format) = json::detect(text)?
    {
        return Ok(Some(format));
    }
    let beginning = cut_bytes(text, SNIFFED_BYTES);
    Ok(match () {
        () if whatsapp::looks_like(beginning) => Some(Format::Whatsapp),
        () if table::looks_like(beginning) => Some(Format::Csv),
        () if text::looks_like(beginning) => Some(Format::Text),
        () => None,
    })
}

fn cut_bytes(text: &str, most: usize) -> &str {
    text.get(..text.floor_char_boundary(most)).unwrap_or_default()
}

/// The messages that an object holds.
fn json_messages(value: &serde_json::Value) -> Option<&Vec<serde_json::Value>> {
    ["messages", "data"]
        .iter()
        .find_map(|name| value[name].as_array())
}

fn unknown() -> Error {
    invalid(
        "unknown_format",
        "No messages were recognised. Write each message as `Name: text` on a line of its own, or choose the format that the export has.",
    )
}

/// Without what is empty; names and texts of a sensible length.
fn tidy(transcript: &mut Transcript) {
    for chat in &mut transcript.chats {
        for said in &mut chat.messages {
            said.text = cut(said.text.trim(), LONGEST_MESSAGE);
            said.speaker = cut(said.speaker.trim(), LONGEST_NAME);
        }
        chat.messages.retain(|said| !said.text.is_empty());
        chat.name = chat.name.take().map(|name| cut(name.trim(), LONGEST_NAME));
    }
    transcript.chats.retain(|chat| !chat.messages.is_empty());
    transcript.problems.truncate(MOST_PROBLEMS);
}

fn cut(text: &str, most: usize) -> String {
    text.chars().filter(|c| *c != '\0').take(most).collect()
}

fn check(transcript: &Transcript) -> Result<()> {
    let messages: usize = transcript.chats.iter().map(|chat| chat.messages.len()).sum();
    if messages == 0 {
        return Err(match transcript.problems.first() {
            Some(problem) => invalid(
                "transcript_unreadable",
                format!("Nothing could be read. Line {}: {}", problem.line, problem.detail),
            ),
            None => unknown(),
        });
    }
    if transcript.chats.len() > MOST_CHATS {
        return Err(too_long());
    }
    Ok(())
}

fn check_size(transcript: &Transcript) -> Result<()> {
    let messages: usize = transcript.chats.iter().map(|chat| chat.messages.len()).sum();
    if messages > MOST_MESSAGES {
        return Err(too_long());
    }
    Ok(())
}

fn too_long() -> Error {
    invalid(
        "transcript_too_long",
        "At most 50,000 messages in 10,000 conversations are taken at once. Split the file, and add the parts one by one.",
    )
}
