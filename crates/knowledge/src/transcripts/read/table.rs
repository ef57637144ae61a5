//! CSV: one message a row. Which column holds what is known by its name, in English or French.

use kernel::Result;
use kernel::error::invalid;

use super::records::{Record, group};
use super::{Format, MOST_PROBLEMS, Problem, Transcript};
use crate::retrieval::text::fold;

const TEXT: &[&str] = &[
    "message",
    "text",
    "content",
    "body",
    "texte",
    "contenu",
    "comment",
    "message_text",
    "plain_body",
    "msg",
];
const ROLE: &[&str] = &[
    "role",
    "sender_type",
    "author_type",
    "author_role",
    "from",
    "direction",
    "type",
    "speaker_type",
    "sender_role",
    "de",
];
const NAME: &[&str] = &[
    "sender",
    "author",
    "name",
    "speaker",
    "sender_name",
    "author_name",
    "agent",
    "user",
    "nom",
    "auteur",
    "expediteur",
    "nickname",
];
const CONVERSATION: &[&str] = &[
    "conversation_id",
    "conversation",
    "thread_id",
    "thread",
    "chat_id",
    "chat",
    "session_id",
    "session",
    "ticket_id",
    "ticket",
    "contact_id",
    "discussion",
    "id_conversation",
];
const TIME: &[&str] = &[
    "created_at",
    "timestamp",
    "time",
    "date",
    "sent_at",
    "datetime",
    "heure",
    "created",
];

const MOST_COLUMNS: usize = 100;

pub fn looks_like(text: &str) -> bool {
    Columns::of(&heading(text)).is_some_and(|columns| columns.role.is_some() || columns.name.is_some())
}

struct Columns {
    text: usize,
    role: Option<usize>,
    name: Option<usize>,
    conversation: Option<usize>,
    time: Option<usize>,
}

impl Columns {
    fn of(heading: &[String]) -> Option<Self> {
        let folded: Vec<String> = heading
            .iter()
            .map(|name| fold(name.trim()).replace([' ', '-'], "_"))
            .collect();
        let find = |names: &[&str]| {
            names
                .iter()
                .find_map(|name| folded.iter().position(|column| column == name))
        };
        Some(Self {
            text: find(TEXT)?,
            role: find(ROLE),
            name: find(NAME),
            conversation: find(CONVERSATION),
            time: find(TIME),
        })
    }
}

pub fn read(text: &str) -> Result<Transcript> {
    let heading = heading(text);
    if heading.len() > MOST_COLUMNS {
        return Err(invalid(
            "too_many_columns",
            "The first line may name 100 columns. Is this the right file?",
        ));
    }
    let columns = Columns::of(&heading).filter(|columns| columns.role.is_some() || columns.name.is_some());
    let Some(columns) = columns else {
        return Err(invalid(
            "columns_missing",
            "The first line must name a column `message`, and one that says who wrote it: `role`, `sender` or `author`. A column `conversation_id` keeps conversations apart.",
        ));
    };
    let mut records = Vec::new();
    let mut problems = Vec::new();
    for row in reader(text).records() {
        match row {
            Ok(row) => records.push(record(&row, &columns)),
            Err(error) if problems.len() < MOST_PROBLEMS => problems.push(Problem {
                line: error.position().map_or(0, csv::Position::line),
                detail: error.to_string(),
            }),
            Err(_) => {}
        }
        if records.len() > super::MOST_MESSAGES {
            return Err(super::too_long());
        }
    }
    Ok(Transcript {
        format: Format::Csv,
        chats: group(records),
        problems,
    })
}

fn record(row: &csv::StringRecord, columns: &Columns) -> Record {
    let cell = |place: Option<usize>| {
        let cell = place.and_then(|place| row.get(place)).map(str::trim);
        cell.filter(|cell| !cell.is_empty()).map(str::to_owned)
    };
    Record {
        conversation: cell(columns.conversation),
        role: cell(columns.role),
        name: cell(columns.name),
        side: None,
        text: cell(Some(columns.text)).unwrap_or_default(),
        at: cell(columns.time),
    }
}

fn reader(text: &str) -> csv::Reader<&[u8]> {
    csv::ReaderBuilder::new()
        .delimiter(separator(text))
        .flexible(true)
        .from_reader(text.as_bytes())
}

fn heading(text: &str) -> Vec<String> {
    let first = text.lines().next().unwrap_or_default();
    let first = first
        .get(..first.floor_char_boundary(64 * 1024))
        .unwrap_or_default();
    let mut reader = csv::ReaderBuilder::new()
        .delimiter(separator(text))
        .from_reader(first.as_bytes());
    reader
        .headers()
        .map(|names| names.iter().map(str::to_owned).collect())
        .unwrap_or_default()
}

fn separator(text: &str) -> u8 {
    let heading = text.lines().next().unwrap_or_default();
    let separators = [(b',', ','), (b';', ';'), (b'\t', '\t')];
    let most = separators
        .into_iter()
        .max_by_key(|(_, separator)| heading.matches(*separator).count());
    most.map_or(b',', |(byte, _)| byte)
}
