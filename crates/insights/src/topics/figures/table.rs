//! The same as CSV, written so that no spreadsheet runs a cell.

use axum::http::header;
use axum::response::{IntoResponse, Response};
use kernel::Result;
use kernel::error::internal;

use super::{Daily, Topic};

const TOPICS: [&str; 14] = [
    "number",
    "label",
    "keywords",
    "messages",
    "share",
    "previous_messages",
    "change",
    "bot_share",
    "satisfaction",
    "thumbs_up",
    "thumbs_down",
    "open_gaps",
    "conversations",
    "visitors",
];

pub fn topics(topics: &[Topic]) -> Result<Response> {
    let rows = topics.iter().map(|topic| {
        vec![
            topic.number.to_string(),
            defused(&topic.label),
            defused(&topic.keywords.join(", ")),
            topic.messages.to_string(),
            rate(Some(topic.share)),
            topic.previous_messages.to_string(),
            rate(topic.change),
            rate(topic.bot_share),
            rate(topic.satisfaction),
            topic.feedback.up.to_string(),
            topic.feedback.down.to_string(),
            topic.open_gaps.to_string(),
            topic.conversations.to_string(),
            topic.visitors.to_string(),
        ]
    });
    download("topics.csv", &TOPICS, rows)
}

const DAILY: [&str; 7] = [
    "date",
    "topic_id",
    "topic_label",
    "keywords",
    "message_count",
    "percentage",
    "sample_messages",
];

pub fn daily(rows: &[Daily]) -> Result<Response> {
    let rows = rows.iter().map(|row| {
        let samples: Vec<String> = row.sample_messages.iter().map(ToString::to_string).collect();
        vec![
            row.date.to_string(),
            row.topic_id.to_string(),
            defused(row.topic_label.as_deref().unwrap_or_default()),
            defused(&row.keywords.join(", ")),
            row.message_count.to_string(),
            format!("{:.2}", row.percentage),
            samples.join(" "),
        ]
    });
    download("topics-daily.csv", &DAILY, rows)
}

fn rate(rate: Option<f64>) -> String {
    rate.map_or_else(String::new, |rate| format!("{rate:.4}"))
}

fn download(name: &str, columns: &[&str], rows: impl Iterator<Item = Vec<String>>) -> Result<Response> {
    let mut writer = csv::Writer::from_writer(Vec::new());
    writer.write_record(columns).map_err(internal)?;
    for row in rows {
        writer.write_record(row).map_err(internal)?;
    }
    let bytes = writer.into_inner().map_err(|error| internal(error.to_string()))?;
    let headers = [
        (header::CONTENT_TYPE, "text/csv; charset=utf-8".to_owned()),
        (
            header::CONTENT_DISPOSITION,
            format!("attachment; filename=\"{name}\""),
        ),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff".to_owned()),
    ];
    Ok((headers, bytes).into_response())
}

/// A spreadsheet takes a cell that begins like this for a formula.
fn defused(cell: &str) -> String {
    let first = cell.chars().find(|c| !c.is_whitespace() && !c.is_control());
    match first {
        Some('=' | '+' | '-' | '@' | '＝' | '＋' | '－' | '＠') => format!("'{cell}"),
        _ if cell.starts_with(['\t', '\r', '\0']) => format!("'{cell}"),
        _ => cell.to_owned(),
    }
}
