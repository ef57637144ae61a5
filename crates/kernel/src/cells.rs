//! Cells of tables that people open with a spreadsheet.

/// A cell that a spreadsheet would take for a formula gets a leading apostrophe, also behind spaces and control
/// characters and in full-width forms.
pub fn defuse(cell: &str) -> String {
    let first = cell.chars().find(|c| !c.is_whitespace() && !c.is_control());
    let starts_with_control = cell.starts_with(['\t', '\r', '\0']);
    match first {
        Some('=' | '+' | '-' | '@' | '＝' | '＋' | '－' | '＠') => format!("'{cell}"),
        _ if starts_with_control => format!("'{cell}"),
        _ => cell.to_owned(),
    }
}
