//! CSV, as far as clients need it: the separator that the heading uses, lines by their number, and cells that no
//! spreadsheet takes for a formula.

use kernel::Result;
use kernel::cells::defuse;
use kernel::error::{internal, invalid};

use super::{LARGEST_FILE, MOST_ROWS};
use crate::sheet;

const MOST_COLUMNS: usize = 200;

/// A file that was taken apart.
#[derive(Debug, Default)]
pub struct Table {
    pub separator: char,
    pub columns: Vec<String>,
    /// With the line on which each begins; no lines without any text.
    pub rows: Vec<(u64, Vec<String>)>,
}

/// # Errors
/// 422 for a file that is too large, has too many rows or columns, or is no CSV.
pub fn read(text: &str) -> Result<Table> {
    if text.len() > LARGEST_FILE {
        return Err(invalid(
            "file_too_large",
            "A file may have 5 MB. Split it and import the parts one by one.",
        ));
    }
    let text = text.trim_start_matches('\u{feff}');
    let separator = separator(text);
    sheet::check_quotes(text, separator)?;
    let mut reader = ::csv::ReaderBuilder::new()
        .delimiter(separator)
        .flexible(true)
        .trim(::csv::Trim::All)
        .from_reader(text.as_bytes());
    let headers = reader
        .headers()
        .map_err(|error| invalid("bad_csv", error.to_string()))?;
    let columns: Vec<String> = headers.iter().map(str::to_owned).collect();
    if columns.len() > MOST_COLUMNS {
        return Err(invalid(
            "too_many_columns",
            "A file may have 200 columns. Is this the right file?",
        ));
    }
    let mut rows = Vec::new();
    for record in reader.records() {
        let record = record.map_err(|error| invalid("bad_csv", error.to_string()))?;
        if record.iter().all(str::is_empty) {
            continue;
        }
        if rows.len() >= MOST_ROWS {
            return Err(invalid(
                "too_many_rows",
                "A file may have 10,000 rows. Split it and import the parts one by one.",
            ));
        }
        let cells = record
            .iter()
            .take(columns.len())
            .map(|cell| armed(cell).to_owned());
        rows.push((line_of(text, record.position()), cells.collect()));
    }
    Ok(Table {
        separator: char::from(separator),
        columns,
        rows,
    })
}

/// The line on which a record begins; the reader's own count stands before the line ends that it has yet to pass over.
fn line_of(text: &str, position: Option<&::csv::Position>) -> u64 {
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
    [(b'\t', count('\t')), (b';', count(';')), (b',', count(','))]
        .into_iter()
        .max_by_key(|(_, count)| *count)
        .map_or(b',', |(byte, _)| byte)
}

/// # Errors
/// None that a caller could cause.
pub fn write(heading: &[String], rows: impl Iterator<Item = Vec<String>>) -> Result<Vec<u8>> {
    // so that spreadsheets know that it is UTF-8
    let mut writer = ::csv::WriterBuilder::new().from_writer("\u{feff}".as_bytes().to_vec());
    let defused = |cells: &[String]| cells.iter().map(|cell| defuse(cell)).collect::<Vec<_>>();
    writer.write_record(defused(heading)).map_err(internal)?;
    for row in rows {
        writer.write_record(defused(&row)).map_err(internal)?;
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
    fn what_is_written_is_read_again() {
        let cells = ["=1+1", "+33 6", "été; «ok»", "a\nb", " @x"].map(str::to_owned);
        let heading: Vec<String> = (0..cells.len()).map(|n| format!("c{n}")).collect();
        let file = write(&heading, std::iter::once(cells.to_vec())).unwrap();
        let text = String::from_utf8(file).unwrap();
        assert!(text.contains("'=1+1") && text.contains("'+33 6"), "{text}");
        let table = read(&text).unwrap();
        let again: Vec<&str> = table.rows[0].1.iter().map(String::as_str).collect();
        assert_eq!(again, cells);
    }

    #[test]
    fn the_heading_tells_the_separator_and_lines_are_counted() {
        let table = read("Nom;E-mail\r\nZoé;z@x.y\r\n\r\nBob;b@x.y\r\n").unwrap();
        assert_eq!((table.separator, table.columns.len()), (';', 2));
        assert_eq!(table.rows.iter().map(|row| row.0).collect::<Vec<_>>(), [2, 4]);
        assert_eq!(read("a\tb\n1\t2\n").unwrap().separator, '\t');
    }
}
