//! Pages and lists as files, written so that no spreadsheet runs a cell.

use axum::http::{HeaderMap, header};
use axum::response::{IntoResponse, Response};
use kernel::Result;
use kernel::error::{internal, not_found};
use kernel::extract::Json;

use super::filter::{AnalyticsQuery, Format};
use super::report::{Chart, Figure, Page};

/// One cell.
pub enum Cell {
    Text(String),
    Number(f64),
    Empty,
}

impl From<Option<f64>> for Cell {
    fn from(value: Option<f64>) -> Self {
        value.map_or(Self::Empty, Self::Number)
    }
}

impl From<Option<String>> for Cell {
    fn from(value: Option<String>) -> Self {
        value.map_or(Self::Empty, Self::Text)
    }
}

impl From<&str> for Cell {
    fn from(value: &str) -> Self {
        Self::Text(value.to_owned())
    }
}

impl Cell {
    fn written(&self) -> String {
        match self {
            Self::Text(text) => defuse(text),
            Self::Number(number) => number.to_string(),
            Self::Empty => String::new(),
        }
    }
}

/// Whether a file is wanted.
pub fn is_wanted(query: &AnalyticsQuery, headers: &HeaderMap) -> bool {
    let accepts = headers.get(header::ACCEPT).and_then(|value| value.to_str().ok());
    match query.format {
        Some(format) => format == Format::Csv,
        None => accepts.is_some_and(|types| types.starts_with("text/csv")),
    }
}

/// The page, or its figures or one of its charts as a file.
///
/// # Errors
/// 404 for a chart that it does not have.
pub fn answer(
    page: Page,
    name: &'static str,
    query: &AnalyticsQuery,
    headers: &HeaderMap,
) -> Result<Response> {
    if !is_wanted(query, headers) {
        return Ok(Json(page).into_response());
    }
    let Some(wanted) = &query.chart else {
        return download(name, &FIGURE_COLUMNS, page.figures.iter().map(figure));
    };
    let found = page.charts.iter().find(|chart| chart.chart == wanted);
    let chart = found.ok_or_else(|| not_found("chart"))?;
    let columns = columns_of(chart);
    let columns: Vec<&str> = columns.iter().map(String::as_str).collect();
    download(
        chart.chart,
        &columns,
        chart.rows.iter().map(|row| {
            let mut cells = vec![Cell::from(row.key.as_str()), Cell::from(row.label.clone())];
            cells.extend(row.values.iter().copied().map(Cell::from));
            if has_previous(chart) {
                let none = vec![None; chart.series.len()];
                let previous = row.previous.as_ref().unwrap_or(&none);
                cells.extend(previous.iter().copied().map(Cell::from));
            }
            cells
        }),
    )
}

const FIGURE_COLUMNS: [&str; 10] = [
    "metric",
    "currency",
    "unit",
    "value",
    "part",
    "whole",
    "reason",
    "previous",
    "change",
    "change_unit",
];

fn figure(figure: &Figure) -> Vec<Cell> {
    let change_unit = match figure.change_unit {
        super::report::ChangeUnit::Points => "points",
        super::report::ChangeUnit::Percent => "percent",
    };
    vec![
        figure.metric.into(),
        figure.currency.clone().into(),
        figure.unit.as_str().into(),
        figure.value.into(),
        figure.part.into(),
        figure.whole.into(),
        figure.reason.map_or(Cell::Empty, Cell::from),
        figure.previous.into(),
        figure.change.into(),
        change_unit.into(),
    ]
}

fn has_previous(chart: &Chart) -> bool {
    chart.rows.iter().any(|row| row.previous.is_some())
}

fn columns_of(chart: &Chart) -> Vec<String> {
    let shown = |series: &super::report::Series| series.label.clone().unwrap_or_else(|| series.key.clone());
    let mut columns = vec![chart.dimension.to_owned(), "label".to_owned()];
    columns.extend(chart.series.iter().map(shown));
    if has_previous(chart) {
        columns.extend(
            chart
                .series
                .iter()
                .map(|series| format!("previous_{}", shown(series))),
        );
    }
    columns
}

/// A file to download.
///
/// # Errors
/// 500 if it cannot be written.
pub fn download(name: &str, columns: &[&str], rows: impl Iterator<Item = Vec<Cell>>) -> Result<Response> {
    let mut writer = csv::Writer::from_writer(Vec::new());
    writer
        .write_record(columns.iter().map(|column| defuse(column)))
        .map_err(internal)?;
    for row in rows {
        writer
            .write_record(row.iter().map(Cell::written))
            .map_err(internal)?;
    }
    let bytes = writer.into_inner().map_err(|error| internal(error.to_string()))?;
    let headers = [
        (header::CONTENT_TYPE, "text/csv; charset=utf-8".to_owned()),
        (
            header::CONTENT_DISPOSITION,
            format!("attachment; filename=\"{name}.csv\""),
        ),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff".to_owned()),
    ];
    Ok((headers, bytes).into_response())
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
