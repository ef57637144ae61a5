//! Q&A pairs as CSV: columns `question,answer,category`, in any order, more columns allowed.
//!
//! Reading goes on after a bad row and names it; writing quotes cells that a spreadsheet would run as a formula.

use kernel::error::{Result, internal, invalid};
use serde::Serialize;

use super::{NewQaPair, QaPair};

/// A row that could not be used.
#[derive(Debug, Clone, Serialize, utoipa::ToSchema)]
pub struct RowError {
    /// Counts lines of the file from 1, the heading being line 1.
    pub line: u64,
    pub detail: String,
}

/// A file may have so many rows, and so many errors are told one by one.
const MOST_ROWS: usize = 20_000;
const MOST_ERRORS: usize = 100;

/// What a file holds.
#[derive(Debug, Default)]
pub struct Parsed {
    pub pairs: Vec<NewQaPair>,
    pub errors: Vec<RowError>,
}

/// Reads a CSV file. The separator may be a comma, a semicolon or a tab.
///
/// # Errors
/// A file without the columns `question` and `answer`, or one that is not UTF-8.
pub fn parse(bytes: &[u8]) -> Result<Parsed> {
    let text = std::str::from_utf8(bytes)
        .map_err(|_| invalid("not_utf8", "The file is not UTF-8 text. Save it as CSV UTF-8."))?;
    let text = text.trim_start_matches('\u{feff}');
    let mut reader = csv::ReaderBuilder::new()
        .delimiter(separator(text))
        .flexible(true)
        .trim(csv::Trim::All)
        .from_reader(text.as_bytes());
    let headers = reader
        .headers()
        .map_err(|error| invalid("bad_csv", error.to_string()))?
        .clone();
    let column = |name: &str| {
        headers
            .iter()
            .position(|header| header.eq_ignore_ascii_case(name))
    };
    let (Some(question), Some(answer)) = (column("question"), column("answer")) else {
        return Err(invalid(
            "columns_missing",
            "The first line must name the columns `question` and `answer` (and may name `category` and `language`).",
        ));
    };
    let (category, language) = (column("category"), column("language"));
    let mut parsed = Parsed::default();
    for (row, record) in reader.records().enumerate() {
        if row >= MOST_ROWS {
            return Err(invalid(
                "too_many_rows",
                "A file may have 20,000 rows. Split it and import the parts one by one.",
            ));
        }
        if parsed.errors.len() >= MOST_ERRORS {
            return Err(invalid(
                "too_many_errors",
                "More than 100 rows cannot be used. Is this the right file? Nothing was imported.",
            ));
        }
        match record {
            Ok(record) => {
                let cell = |index: Option<usize>| {
                    index
                        .and_then(|index| record.get(index))
                        .filter(|cell| !cell.is_empty())
                        .map(str::to_owned)
                };
                let line = line_of(text, record.position());
                let pair = NewQaPair {
                    question: cell(Some(question)).unwrap_or_default(),
                    answer: cell(Some(answer)).unwrap_or_default(),
                    category: cell(category),
                    language: cell(language),
                };
                match pair.check() {
                    Ok(()) => parsed.pairs.push(pair),
                    Err(error) => parsed.errors.push(RowError {
                        line,
                        detail: error.detail,
                    }),
                }
            }
            Err(error) => {
                let line = line_of(text, error.position());
                parsed.errors.push(RowError {
                    line,
                    detail: error.to_string(),
                });
            }
        }
    }
    Ok(parsed)
}

/// The line on which a record begins. The reader's own count stands before the line ends that it has yet to pass over:
/// the second half of CR LF, and empty lines.
fn line_of(text: &str, position: Option<&csv::Position>) -> u64 {
    let Some(position) = position else { return 0 };
    let begins = usize::try_from(position.byte()).unwrap_or(usize::MAX);
    let rest = text.as_bytes().get(begins..).unwrap_or_default();
    let line_ends = rest.iter().take_while(|byte| matches!(byte, b'\r' | b'\n'));
    let passed = line_ends.filter(|byte| **byte == b'\n').count();
    position.line() + u64::try_from(passed).unwrap_or(0)
}

fn separator(text: &str) -> u8 {
    let heading = text.lines().next().unwrap_or_default();
    let count = |separator: char| heading.matches(separator).count();
    [(b',', count(',')), (b';', count(';')), (b'\t', count('\t'))]
        .into_iter()
        .max_by_key(|(_, count)| *count)
        .map_or(b',', |(byte, _)| byte)
}

/// Writes pairs so that [`parse`] reads the same again.
pub fn write(pairs: &[QaPair]) -> Result<Vec<u8>> {
    let mut writer = csv::WriterBuilder::new()
        .quote_style(csv::QuoteStyle::Always)
        .from_writer(Vec::new());
    writer
        .write_record(["question", "answer", "category", "language"])
        .map_err(internal)?;
    for pair in pairs {
        let cells = [
            &pair.question,
            &pair.answer,
            &pair.category,
            pair.language.as_deref().unwrap_or_default(),
        ]
        .map(|cell: &str| defuse(cell));
        writer.write_record(&cells).map_err(internal)?;
    }
    writer.into_inner().map_err(|error| internal(error.to_string()))
}

/// A cell that a spreadsheet would take for a formula gets a leading apostrophe, also behind spaces and control
/// characters and in full-width forms.
fn defuse(cell: &str) -> String {
    let first = cell.chars().find(|c| !c.is_whitespace() && !c.is_control());
    let starts_with_control = cell.starts_with(['\t', '\r', '\0']);
    match first {
        Some('=' | '+' | '-' | '@' | '＝' | '＋' | '－' | '＠') => format!("'{cell}"),
        _ if starts_with_control => format!("'{cell}"),
        _ => cell.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bad_row_is_named_and_the_others_are_read() {
        let file = "\u{feff}Category;Question;Answer\nshipping;Do you ship?;Yes, we do.\n;;\nreturns;\"Can I\nreturn?\";\"30 days; free\"\n";
        let parsed = parse(file.as_bytes()).unwrap();
        assert_eq!(parsed.pairs.len(), 2);
        assert_eq!(parsed.pairs[1].question, "Can I\nreturn?");
        assert_eq!(parsed.pairs[1].answer, "30 days; free");
        assert_eq!(parsed.errors.len(), 1);
        assert_eq!(parsed.errors[0].line, 3);
        let as_windows_writes_it = parse(file.replace('\n', "\r\n").as_bytes()).unwrap();
        assert_eq!(as_windows_writes_it.errors[0].line, 3);
        let with_an_empty_line = parse(b"question,answer\n\n\nQ,\n").unwrap();
        assert_eq!(with_an_empty_line.errors[0].line, 4);
    }

    #[test]
    fn a_file_without_the_columns_says_which_are_missing() {
        assert_eq!(parse(b"a,b\n1,2\n").unwrap_err().code, "columns_missing");
        assert_eq!(parse(&[0xff, 0xfe]).unwrap_err().code, "not_utf8");
    }

    #[test]
    fn cells_that_spreadsheets_would_run_are_defused() {
        for (cell, written) in [
            ("=1+1", "'=1+1"),
            ("  =1", "'  =1"),
            ("\u{7f}@x", "'\u{7f}@x"),
            ("＝1", "'＝1"),
            ("\tx", "'\tx"),
            ("a=b", "a=b"),
        ] {
            assert_eq!(defuse(cell), written);
        }
    }
}
