//! Evaluation cases as CSV: `question` and one of `expected_text`, `expected_source`, or neither for "must not be
//! answered".

use kernel::error::{Result, invalid};
use knowledge::qa_pairs::csv::{line_of, reader_of, text_of};

use super::{Expects, NewEvaluationCase};

const MOST_ROWS: usize = 5_000;

/// # Errors
/// A file that is not CSV, has no `question` column, or too many rows; the line is named.
pub fn read(bytes: &[u8]) -> Result<Vec<NewEvaluationCase>> {
    let text = text_of(bytes)?;
    let mut reader = reader_of(text, text.as_bytes());
    let headings = reader
        .headers()
        .map_err(|error| invalid("bad_csv", error.to_string()))?
        .clone();
    let place = |name: &str| {
        headings
            .iter()
            .position(|heading| heading.eq_ignore_ascii_case(name))
    };
    let Some(question) = place("question") else {
        return Err(invalid(
            "columns_missing",
            "The first line must name the column `question`, and may name `expected_text` and `expected_source`.",
        ));
    };
    let (words, source) = (place("expected_text"), place("expected_source"));
    let mut cases = Vec::new();
    for record in reader.records() {
        let record = record.map_err(|error| invalid("bad_csv", error.to_string()))?;
        let cell = |place: Option<usize>| {
            place
                .and_then(|place| record.get(place))
                .filter(|cell| !cell.is_empty())
        };
        let (expects, expected) = match (cell(words), cell(source)) {
            (Some(words), _) => (Expects::Text, Some(words)),
            (None, Some(source)) => (Expects::Source, Some(source)),
            (None, None) => (Expects::NoAnswer, None),
        };
        let case = NewEvaluationCase {
            question: record.get(question).unwrap_or_default().to_owned(),
            expects,
            expected_qa_id: None,
            expected_text: expected.map(str::to_owned),
        };
        let line = line_of(text, record.position());
        let case = case
            .checked()
            .map_err(|error| invalid(error.code, format!("Line {line}: {}", error.detail)))?;
        cases.push(case);
        if cases.len() > MOST_ROWS {
            return Err(invalid("too_many_rows", "A file may have 5,000 rows. Split it."));
        }
    }
    Ok(cases)
}
