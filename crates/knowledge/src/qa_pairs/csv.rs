//! Q&A pairs as CSV: columns `question,answer,category,language` under English or French names, in any order, more
//! columns allowed.
//!
//! Reading goes on after a bad row and names it; writing quotes cells that a spreadsheet would run as a formula.

use axum::body::Bytes;
use kernel::cells::defuse;
use kernel::error::{Result, internal, invalid};
use serde::{Deserialize, Serialize};

use super::{NewQaPair, QaPair};
use crate::retrieval::text::fold;

/// A row that could not be used.
#[derive(Debug, Clone, Serialize, utoipa::ToSchema)]
pub struct RowError {
    /// Counts lines of the file from 1, the heading being line 1.
    pub line: u64,
    pub detail: String,
}

/// What the first line may hold, and how long any line may be: a line of nothing but separators costs many times its
/// length in memory.
const MOST_COLUMNS: usize = 100;
const LONGEST_HEADING: usize = 64 * 1024;
const LONGEST_LINE: usize = 1024 * 1024;

/// A file may have so many rows, and so many errors are told one by one.
const MOST_ROWS: usize = 20_000;
const MOST_ERRORS: usize = 100;

/// Which column of the file holds what, by the name in its first line.
#[derive(Debug, Clone, Default, Serialize, Deserialize, utoipa::ToSchema)]
#[schema(as = CsvMapping)]
pub struct Mapping {
    pub question: Option<String>,
    pub answer: Option<String>,
    pub category: Option<String>,
    pub language: Option<String>,
}

/// A row that can be used.
#[derive(Debug, Clone)]
pub struct Row {
    pub line: u64,
    pub pair: NewQaPair,
}

/// What a file holds.
#[derive(Debug, Default)]
pub struct Parsed {
    /// The names in its first line.
    pub columns: Vec<String>,
    /// What was read from which of them.
    pub mapping: Mapping,
    pub rows: Vec<Row>,
    pub errors: Vec<RowError>,
}

impl Parsed {
    /// Whether question and answer were found; without them there are no rows.
    pub fn is_mapped(&self) -> bool {
        self.mapping.question.is_some() && self.mapping.answer.is_some()
    }

    /// # Errors
    /// A file without the columns `question` and `answer`.
    pub fn mapped(self) -> Result<Self> {
        if self.is_mapped() {
            return Ok(self);
        }
        Err(invalid(
            "columns_missing",
            "The first line must name the columns `question` and `answer` (and may name `category` and `language`).",
        ))
    }
}

/// How columns are called, without accents and in lower case.
const NAMES: [&[&str]; 4] = [
    &[
        "question",
        "questions",
        "q",
        "demande",
        "prompt",
        "title",
        "titre",
    ],
    &[
        "answer", "answers", "a", "reponse", "reponses", "response", "r", "text", "texte",
    ],
    &[
        "category",
        "categories",
        "categorie",
        "topic",
        "theme",
        "sujet",
        "rubrique",
    ],
    &["language", "langue", "lang", "locale"],
];

/// Reads a CSV file. The separator may be a comma, a semicolon or a tab. `wanted` names columns that are called
/// differently.
///
/// # Errors
/// A file that is not UTF-8, or that has too many columns, rows or errors.
pub fn parse(bytes: &[u8], wanted: &Mapping) -> Result<Parsed> {
    let text = text_of(bytes)?;
    if text.split('\n').any(|line| line.len() > LONGEST_LINE) {
        return Err(invalid(
            "line_too_long",
            "A line of the file is longer than 1 MB. Is this the right file?",
        ));
    }
    let columns = heading(text)?;
    let mut reader = reader_of(text, text.as_bytes());
    let [question, answer, category, language] = places(&columns, wanted);
    let name = |place: Option<usize>| place.and_then(|place| columns.get(place).cloned());
    let mut parsed = Parsed {
        mapping: Mapping {
            question: name(question),
            answer: name(answer),
            category: name(category),
            language: name(language),
        },
        columns,
        ..Parsed::default()
    };
    if !parsed.is_mapped() {
        return Ok(parsed);
    }
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
        let read = record.map(|record| {
            let cell = |place: Option<usize>| {
                let cell = place.and_then(|place| record.get(place));
                cell.map(armed).filter(|cell| !cell.is_empty()).map(str::to_owned)
            };
            let pair = NewQaPair {
                question: cell(question).unwrap_or_default(),
                answer: cell(answer).unwrap_or_default(),
                category: cell(category),
                language: cell(language).map(|code| code.to_lowercase()),
                phrasings: Vec::new(),
                is_active: None,
            };
            (line_of(text, record.position()), pair)
        });
        match read {
            Ok((line, pair)) => match pair.check() {
                Ok(()) => parsed.rows.push(Row { line, pair }),
                Err(error) => parsed.errors.push(RowError {
                    line,
                    detail: error.detail,
                }),
            },
            Err(error) => parsed.errors.push(RowError {
                line: line_of(text, error.position()),
                detail: error.to_string(),
            }),
        }
    }
    Ok(parsed)
}

/// The text of a file, without the mark that some programs begin it with.
///
/// # Errors
/// A file that is not UTF-8.
pub fn text_of(bytes: &[u8]) -> Result<&str> {
    let text = std::str::from_utf8(bytes)
        .map_err(|_| invalid("not_utf8", "The file is not UTF-8 text. Save it as CSV UTF-8."))?;
    Ok(text.trim_start_matches('\u{feff}'))
}

/// Reads with the separator that the first line uses.
pub fn reader_of<'a>(text: &str, bytes: &'a [u8]) -> csv::Reader<&'a [u8]> {
    csv::ReaderBuilder::new()
        .delimiter(separator(text))
        .flexible(true)
        .trim(csv::Trim::All)
        .from_reader(bytes)
}

/// The names in the first line; no more is read than it may hold.
fn heading(text: &str) -> Result<Vec<String>> {
    let most = text.floor_char_boundary(LONGEST_HEADING);
    let mut reader = reader_of(text, text.as_bytes().get(..most).unwrap_or_default());
    let columns: Vec<String> = reader
        .headers()
        .map_err(|error| invalid("bad_csv", error.to_string()))?
        .iter()
        .map(str::to_owned)
        .collect();
    let is_cut = most < text.len() && reader.position().byte() >= u64::try_from(most).unwrap_or(u64::MAX);
    if is_cut || columns.len() > MOST_COLUMNS {
        return Err(invalid(
            "too_many_columns",
            "The first line may name 100 columns and be 64 KB long. Is this the right file?",
        ));
    }
    Ok(columns)
}

/// [`parse`] beside the threads that answer requests.
///
/// # Errors
/// The same.
pub async fn parse_aside(bytes: Bytes, wanted: Mapping) -> Result<Parsed> {
    let parsed = tokio::task::spawn_blocking(move || parse(&bytes, &wanted));
    parsed.await.map_err(internal)?
}

/// The same, for those who cannot be asked which column is meant.
///
/// # Errors
/// Also a file without the columns `question` and `answer`.
pub fn read(bytes: &[u8], wanted: &Mapping) -> Result<Parsed> {
    parse(bytes, wanted)?.mapped()
}

/// Where question, answer, category and language stand.
fn places(columns: &[String], wanted: &Mapping) -> [Option<usize>; 4] {
    let named = [
        &wanted.question,
        &wanted.answer,
        &wanted.category,
        &wanted.language,
    ];
    let folded: Vec<String> = columns.iter().map(|column| fold(column.trim())).collect();
    std::array::from_fn(|field| match named.get(field).copied().and_then(Option::as_ref) {
        Some(name) => columns.iter().position(|column| column == name),
        None => {
            let names = NAMES.get(field).copied().unwrap_or_default();
            let found = names
                .iter()
                .find_map(|name| folded.iter().position(|column| column == name));
            found.filter(|place| !named.iter().any(|name| name.as_ref() == columns.get(*place)))
        }
    })
}

/// The line on which a record begins. The reader's own count stands before the line ends that it has yet to pass over:
/// the second half of CR LF, and empty lines.
pub fn line_of(text: &str, position: Option<&csv::Position>) -> u64 {
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

/// Without the apostrophe of [`defuse`].
fn armed(cell: &str) -> &str {
    let bare = cell.strip_prefix('\'');
    bare.filter(|bare| defuse(bare) == cell).unwrap_or(cell)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bad_row_is_named_and_the_others_are_read() {
        let file = "\u{feff}Category;Question;Answer\nshipping;Do you ship?;Yes, we do.\n;;\nreturns;\"Can I\nreturn?\";\"30 days; free\"\n";
        let parsed = read(file.as_bytes(), &Mapping::default()).unwrap();
        assert_eq!(parsed.rows.len(), 2);
        assert_eq!(parsed.rows[1].pair.question, "Can I\nreturn?");
        assert_eq!(parsed.rows[1].pair.answer, "30 days; free");
        assert_eq!(parsed.errors.len(), 1);
        assert_eq!(parsed.errors[0].line, 3);
        let as_windows_writes_it = read(file.replace('\n', "\r\n").as_bytes(), &Mapping::default()).unwrap();
        assert_eq!(as_windows_writes_it.errors[0].line, 3);
        let with_an_empty_line = read(b"question,answer\n\n\nQ,\n", &Mapping::default()).unwrap();
        assert_eq!(with_an_empty_line.errors[0].line, 4);
    }

    #[test]
    fn a_file_without_the_columns_says_which_are_missing() {
        let error = |bytes: &[u8]| read(bytes, &Mapping::default()).unwrap_err().code;
        assert_eq!(error(b"x,y\n1,2\n"), "columns_missing");
        assert_eq!(error(&[0xff, 0xfe]), "not_utf8");
        assert_eq!(error(",".repeat(200_000).as_bytes()), "too_many_columns");
        let in_quotes = format!("question,answer,\"{}\"\nQ,A\n", "x\n".repeat(40_000));
        assert_eq!(error(in_quotes.as_bytes()), "too_many_columns");
    }

    #[test]
    fn columns_are_known_by_their_french_names_or_by_what_the_reader_says() {
        let french = "R\u{e9}ponse\tLangue\tQuestion\tCat\u{e9}gorie\nOui.\tFR\tLivrez-vous ?\tlivraison\n";
        let parsed = read(french.as_bytes(), &Mapping::default()).unwrap();
        let pair = &parsed.rows[0].pair;
        assert_eq!(
            (pair.question.as_str(), pair.answer.as_str()),
            ("Livrez-vous ?", "Oui.")
        );
        assert_eq!(
            (pair.category.as_deref(), pair.language.as_deref()),
            (Some("livraison"), Some("fr"))
        );

        let own = b"Was?,Question\nHow?,Like so.\n";
        let wanted = Mapping {
            question: Some("Was?".into()),
            answer: Some("Question".into()),
            ..Mapping::default()
        };
        let parsed = read(own, &wanted).unwrap();
        assert_eq!(
            (parsed.rows[0].line, parsed.rows[0].pair.answer.as_str()),
            (2, "Like so.")
        );
        assert!(
            !parse(own, &Mapping::default()).unwrap().is_mapped(),
            "no answer is guessed"
        );
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
