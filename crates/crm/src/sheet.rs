//! Tables that people bring and take: CSV with a first line of names, read under a mapping of columns to fields, written
//! so that no spreadsheet runs a cell.

use std::collections::{BTreeMap, HashMap, HashSet};

use axum::http::header;
use axum::response::{IntoResponse, Response};
use chrono::{DateTime, NaiveDate, NaiveDateTime, Utc};
pub use kernel::cells::defuse;
use kernel::error::{Error, Result, internal, invalid};
use kernel::money::Amount;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::words;

pub const MOST_ROWS: usize = 10_000;
pub const MOST_EXPORTED: i64 = 200_000;
/// Of a request that brings a table.
pub const LARGEST_BODY: usize = 6 * 1024 * 1024;
const LARGEST_FILE: usize = 5 * 1024 * 1024;
const MOST_COLUMNS: usize = 100;

/// Something that a column can hold, and what else such columns are called, in small letters without spaces.
#[derive(Debug, Clone, Copy)]
pub struct Field {
    pub name: &'static str,
    pub also: &'static [&'static str],
}

/// A table to import: `csv` with names in its first line, or `rows`.
#[derive(Debug, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct SheetInput {
    /// Separated by commas, semicolons or tabs.
    csv: Option<String>,
    /// The same as objects.
    #[schema(value_type = Option<Vec<Object>>)]
    rows: Option<Vec<BTreeMap<String, Value>>>,
    /// Column to field; `ignore` leaves one out. Columns that are not named are taken by their names.
    #[serde(default)]
    mapping: BTreeMap<String, String>,
    /// Tells what would be done, and does nothing.
    #[serde(default)]
    pub dry_run: bool,
}

/// A table that has been read.
pub struct Sheet {
    /// Column to field, as it was read; null where a column was left out.
    pub mapping: BTreeMap<String, Option<String>>,
    pub rows: Vec<Cells>,
}

/// A row by its fields.
pub struct Cells {
    /// The line in the file, the names being line 1; of rows their number.
    pub row: u64,
    cells: HashMap<&'static str, (String, String)>,
}

impl Cells {
    /// What stands in a field's column; none where it is empty.
    pub fn text(&self, field: &str) -> Option<&str> {
        let (_, cell) = self.cells.get(field)?;
        Some(cell.trim()).filter(|cell| !cell.is_empty())
    }

    pub fn owned(&self, field: &str) -> Option<String> {
        self.text(field).map(str::to_owned)
    }

    /// # Errors
    /// What `read` says, with the column's name.
    pub fn read<T>(&self, field: &str, read: impl Fn(&str) -> Result<T>) -> Result<Option<T>, CellError> {
        let Some(text) = self.text(field) else {
            return Ok(None);
        };
        let column = self.cells.get(field).map(|(column, _)| column.clone());
        read(text).map(Some).map_err(|error| CellError { column, error })
    }
}

/// A cell that cannot be used.
#[derive(Debug)]
pub struct CellError {
    pub column: Option<String>,
    pub error: Error,
}

impl From<Error> for CellError {
    fn from(error: Error) -> Self {
        Self { column: None, error }
    }
}

impl SheetInput {
    /// # Errors
    /// 422 for what is no table, or a mapping to fields that there are not.
    pub fn read(self, fields: &'static [Field]) -> Result<Sheet> {
        let (columns, rows) = match (self.csv, self.rows) {
            (Some(csv), None) => parse(&csv)?,
            (None, Some(rows)) => from_objects(rows),
            _ => {
                return Err(invalid(
                    "no_table",
                    "Send the table as `csv`, or as a list `rows`.",
                ));
            }
        };
        if rows.len() > MOST_ROWS {
            return Err(invalid(
                "too_many_rows",
                "A table has 10,000 rows at most. Send it in parts.",
            ));
        }
        let places = places(&columns, fields, &self.mapping)?;
        let mapping = columns.iter().zip(&places).map(|(column, place)| {
            let field = place.map(|field| field.name.to_owned());
            (column.clone(), field)
        });
        let mapping = mapping.collect();
        let named = |cells: Vec<String>| {
            let taken = columns.iter().zip(&places).zip(cells);
            taken
                .filter_map(|((column, place), cell)| place.map(|field| (field.name, (column.clone(), cell))))
                .collect()
        };
        let rows = rows.into_iter().map(|(row, cells)| Cells {
            row,
            cells: named(cells),
        });
        Ok(Sheet {
            mapping,
            rows: rows.collect(),
        })
    }
}

type Rows = Vec<(u64, Vec<String>)>;

fn parse(text: &str) -> Result<(Vec<String>, Rows)> {
    if text.len() > LARGEST_FILE {
        return Err(invalid(
            "file_too_large",
            "A table has 5 MB at most. Send it in parts.",
        ));
    }
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    check_quotes(text, separator(text))?;
    let mut reader = csv::ReaderBuilder::new()
        .delimiter(separator(text))
        .flexible(true)
        .from_reader(text.as_bytes());
    let headers = reader.headers().map_err(|_| no_heading())?;
    if headers.len() > MOST_COLUMNS || headers.iter().all(|name| name.trim().is_empty()) {
        return Err(no_heading());
    }
    let columns: Vec<String> = headers.iter().map(|name| name.trim().to_owned()).collect();
    let mut rows = Vec::new();
    for record in reader.records() {
        let record = record.map_err(|error| invalid("bad_csv", format!("This is no CSV: {error}.")))?;
        if record.iter().all(|cell| cell.trim().is_empty()) {
            continue;
        }
        let line = record.position().map_or(0, csv::Position::line);
        rows.push((line, record.iter().map(|cell| armed(cell).to_owned()).collect()));
        if rows.len() > MOST_ROWS {
            break;
        }
    }
    Ok((columns, rows))
}

/// # Errors
/// 422 for a quotation mark that is never closed: all that follows would be one cell.
pub fn check_quotes(text: &str, separator: u8) -> Result<()> {
    let (mut line, mut opened) = (1_u64, None);
    let mut begins = true;
    let mut bytes = text.bytes().peekable();
    while let Some(byte) = bytes.next() {
        line += u64::from(byte == b'\n');
        match (opened, byte) {
            (Some(_), b'"') if bytes.peek() == Some(&b'"') => {
                bytes.next();
            }
            (Some(_), b'"') => opened = None,
            (Some(_), _) => {}
            (None, b'"') if begins => opened = Some(line),
            (None, _) => {}
        }
        begins = opened.is_none() && (byte == separator || matches!(byte, b'\n' | b'\r'));
    }
    let Some(line) = opened else { return Ok(()) };
    Err(invalid(
        "unclosed_quote",
        format!("A quotation mark that opens on line {line} is never closed."),
    ))
}

fn no_heading() -> Error {
    invalid(
        "no_heading",
        "The first line must name the columns, 100 of them at most.",
    )
}

fn separator(text: &str) -> u8 {
    let heading = text.lines().next().unwrap_or_default();
    let count = |separator: char| heading.matches(separator).count();
    [(b',', count(',')), (b';', count(';')), (b'\t', count('\t'))]
        .into_iter()
        .max_by_key(|(byte, count)| (*count, *byte == b','))
        .map_or(b',', |(byte, _)| byte)
}

fn from_objects(rows: Vec<BTreeMap<String, Value>>) -> (Vec<String>, Rows) {
    let names: HashSet<&String> = rows.iter().flat_map(BTreeMap::keys).collect();
    let mut columns: Vec<String> = names.into_iter().cloned().collect();
    columns.sort();
    let cell = |value: Option<&Value>| match value {
        None | Some(Value::Null) => String::new(),
        Some(Value::String(text)) => text.clone(),
        Some(other) => other.to_string(),
    };
    let cells = |row: &BTreeMap<String, Value>| columns.iter().map(|name| cell(row.get(name))).collect();
    let read = rows
        .iter()
        .zip(1..)
        .map(|(row, number)| (number, cells(row)))
        .collect();
    (columns, read)
}

/// Which field each column holds.
fn places(
    columns: &[String],
    fields: &'static [Field],
    mapping: &BTreeMap<String, String>,
) -> Result<Vec<Option<&'static Field>>> {
    let find = |name: &str| fields.iter().find(|field| field.name == name);
    if let Some(stranger) = mapping
        .values()
        .find(|name| *name != "ignore" && find(name).is_none())
    {
        let names: Vec<&str> = fields.iter().map(|field| field.name).collect();
        return Err(invalid(
            "no_such_field",
            format!("`{stranger}` is none of the fields {}, ignore.", names.join(", ")),
        ));
    }
    let mut taken: HashSet<&str> = mapping.values().map(String::as_str).collect();
    let places = columns.iter().map(|column| match mapping.get(column) {
        Some(name) => find(name),
        None => {
            let field = fields.iter().find(|field| is_called(field, column))?;
            taken.insert(field.name).then_some(field)
        }
    });
    Ok(places.collect())
}

fn is_called(field: &Field, column: &str) -> bool {
    let letters = column.chars().filter(|letter| letter.is_alphanumeric());
    let folded: String = letters.flat_map(char::to_lowercase).collect();
    field.name.replace('_', "") == folded || field.also.contains(&folded.as_str())
}

/// # Errors
/// 422 for what is neither yes nor no.
pub fn yes_or_no(text: &str) -> Result<bool> {
    match text.to_lowercase().as_str() {
        "true" | "yes" | "y" | "1" | "oui" | "vrai" | "active" | "x" => Ok(true),
        "false" | "no" | "n" | "0" | "non" | "faux" | "inactive" => Ok(false),
        _ => Err(invalid("bad_yes_or_no", "Write yes or no.")),
    }
}

/// A time, or a day for its first moment in UTC.
///
/// # Errors
/// 422 for anything else.
pub fn time(text: &str) -> Result<DateTime<Utc>> {
    let time = any_time(text).filter(words::is_storable);
    time.ok_or_else(|| {
        invalid(
            "bad_time",
            "Write a day like 2026-03-31, or a time like 2026-03-31 14:30.",
        )
    })
}

fn any_time(text: &str) -> Option<DateTime<Utc>> {
    if let Ok(time) = DateTime::parse_from_rfc3339(text) {
        return Some(time.to_utc());
    }
    for form in [
        "%Y-%m-%d %H:%M:%S",
        "%Y-%m-%d %H:%M",
        "%Y-%m-%dT%H:%M:%S",
        "%Y-%m-%dT%H:%M",
    ] {
        if let Ok(time) = NaiveDateTime::parse_from_str(text, form) {
            return Some(time.and_utc());
        }
    }
    for form in ["%Y-%m-%d", "%d.%m.%Y", "%Y/%m/%d"] {
        if let Ok(day) = NaiveDate::parse_from_str(text, form) {
            return Some(day.and_time(chrono::NaiveTime::MIN).and_utc());
        }
    }
    None
}

/// A file to download.
///
/// # Errors
/// 500 if it cannot be written.
pub fn download(
    name: &'static str,
    columns: &[&str],
    rows: impl Iterator<Item = Vec<String>>,
) -> Result<Response> {
    let mut writer = csv::Writer::from_writer(Vec::new());
    writer.write_record(columns).map_err(internal)?;
    for row in rows {
        let cells = row.iter().map(|cell| defuse(cell));
        writer.write_record(cells).map_err(internal)?;
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

/// Without the apostrophe of [`defuse`].
fn armed(cell: &str) -> &str {
    let bare = cell.strip_prefix('\'');
    bare.filter(|bare| defuse(bare) == cell).unwrap_or(cell)
}

/// What became of a table, or of many things at once.
#[derive(Debug, Default, Serialize, utoipa::ToSchema)]
pub struct SalesImport {
    /// Nothing was stored.
    pub dry_run: bool,
    pub rows: usize,
    pub created: usize,
    pub updated: usize,
    /// Those that say what is there already.
    pub skipped: usize,
    pub failed: usize,
    /// The first 200.
    pub errors: Vec<SalesImportError>,
    /// What became of each, of the first 1,000.
    pub items: Vec<SalesImportItem>,
    /// Column to field, as it was read; empty without columns.
    pub mapping: BTreeMap<String, Option<String>>,
}

#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct SalesImportError {
    /// The line of the file, the names being line 1; of what has no lines its number, from 1.
    pub row: u64,
    pub column: Option<String>,
    pub code: &'static str,
    pub detail: String,
}

#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct SalesImportItem {
    pub row: u64,
    pub action: SalesImportAction,
    pub id: uuid::Uuid,
    /// The product's name, or the order's number.
    pub label: String,
    /// What it comes to: the product's price, or the order's total.
    pub amount: Amount,
    pub currency: kernel::money::Currency,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum SalesImportAction {
    Created,
    Updated,
    Skipped,
}

impl SalesImport {
    pub fn fail(&mut self, row: u64, error: CellError) {
        self.failed += 1;
        if self.errors.len() < 200 {
            self.errors.push(SalesImportError {
                row,
                column: error.column,
                code: error.error.code,
                detail: error.error.detail,
            });
        }
    }

    pub fn note(&mut self, item: SalesImportItem) {
        match item.action {
            SalesImportAction::Created => self.created += 1,
            SalesImportAction::Updated => self.updated += 1,
            SalesImportAction::Skipped => self.skipped += 1,
        }
        if self.items.len() < 1_000 {
            self.items.push(item);
        }
    }

    pub fn has_changes(&self) -> bool {
        self.created + self.updated > 0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const FIELDS: [Field; 2] = [
        Field {
            name: "name",
            also: &["nom"],
        },
        Field {
            name: "unit_price",
            also: &["prix"],
        },
    ];

    fn read(csv: &str, mapping: &[(&str, &str)]) -> Result<Sheet> {
        let mapping = mapping.iter().map(|(a, b)| ((*a).to_owned(), (*b).to_owned()));
        let input = SheetInput {
            csv: Some(csv.into()),
            rows: None,
            mapping: mapping.collect(),
            dry_run: true,
        };
        input.read(&FIELDS)
    }

    #[test]
    fn columns_are_known_by_their_names_or_by_the_mapping() {
        let sheet = read("\u{feff}Nom;Unit price;x\nVase;1,50;\n;;\n", &[]).unwrap();
        assert_eq!(sheet.rows.len(), 1);
        assert_eq!(sheet.rows[0].text("unit_price"), Some("1,50"));
        assert_eq!(sheet.mapping["x"], None);
        let sheet = read("a,name\nVase,Other\n", &[("a", "name"), ("name", "ignore")]).unwrap();
        assert_eq!(sheet.rows[0].text("name"), Some("Vase"));
        assert_eq!(
            read("a\n1\n", &[("a", "tenant_id")]).err().unwrap().code,
            "no_such_field"
        );
    }

    #[test]
    fn no_cell_runs_and_each_comes_back() {
        for cell in [
            "=1+1", " =cmd", "@x", "+33 1", "\tx", "-5", "＝1", "plain", "it's", "'quoted",
        ] {
            let written = defuse(cell);
            assert!(!written.trim_start().starts_with(['=', '+', '-', '@', '＝']));
            assert_eq!(armed(&written), cell);
        }
    }

    #[test]
    fn a_quotation_mark_that_is_never_closed_is_told_with_its_line() {
        let error = check_quotes("a,b\n\"1\n2\",3\nx,\"y\n4,5\n", b',').unwrap_err();
        assert_eq!(error.code, "unclosed_quote");
        assert!(error.detail.contains("line 4"), "{}", error.detail);
        for fine in ["a\n\"x\"\"y\"\n", "a,b\n5\" pipe,2\n", "a;b\n\"\";\"\"\n"] {
            let separator = if fine.contains(';') { b';' } else { b',' };
            assert!(check_quotes(fine, separator).is_ok(), "{fine}");
        }
    }

    #[test]
    fn a_day_is_a_time() {
        assert_eq!(time("2026-03-31").unwrap(), time("31.03.2026").unwrap());
        assert_eq!(
            time("2026-03-31 14:30").unwrap().to_rfc3339(),
            "2026-03-31T14:30:00+00:00"
        );
        for text in ["yesterday", "0000-01-01", "+12026-01-01", "10000-01-01T00:00:00Z"] {
            assert_eq!(time(text).unwrap_err().code, "bad_time", "{text}");
        }
    }
}
