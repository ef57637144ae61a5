//! CSV as a Markdown table, so that each row keeps the names of its columns.

use crate::{Reading, Unreadable};

pub fn convert(text: &str) -> Result<Reading, Unreadable> {
    let mut rows = csv::ReaderBuilder::new()
        .delimiter(delimiter(text))
        .has_headers(false)
        .flexible(true)
        .from_reader(text.as_bytes());
    let mut table = String::new();
    for (number, row) in rows.records().enumerate() {
        let row = row.map_err(|_| Unreadable::Damaged)?;
        let cells: Vec<String> = row.iter().map(cell).collect();
        table.push_str(&format!("| {} |\n", cells.join(" | ")));
        if number == 0 {
            table.push_str(&format!("|{}\n", " --- |".repeat(cells.len())));
        }
        if table.len() > crate::LONGEST_TEXT {
            return Err(Unreadable::TooMuchText);
        }
    }
    Ok(Reading::whole(None, table))
}

/// Whichever stands most often in the first line.
fn delimiter(text: &str) -> u8 {
    let first = text.lines().next().unwrap_or_default();
    let count = |delimiter: &u8| first.bytes().filter(|byte| byte == delimiter).count();
    [b';', b'\t', b','].into_iter().max_by_key(count).unwrap_or(b',')
}

fn cell(text: &str) -> String {
    let words: Vec<&str> = text.split_whitespace().collect();
    words.join(" ").replace('|', "\\|")
}
