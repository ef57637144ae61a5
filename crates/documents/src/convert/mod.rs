//! One function for each kind of file: bytes in, Markdown out. These run in the child.

mod archive;
mod hidden;
mod html;
mod office;
mod pdf;
mod table;
mod text;
pub mod web;

use crate::{Format, Reading, Unreadable};

pub fn convert(format: Format, bytes: Vec<u8>) -> Result<Reading, Unreadable> {
    let mut reading = match format {
        Format::Pdf => pdf::convert(bytes)?,
        Format::Office => office::convert(bytes)?,
        Format::Html => html::convert(&bytes)?,
        Format::Csv => table::convert(&text::decode(&bytes))?,
        Format::Markdown | Format::Text => Reading::whole(None, text::decode(&bytes)),
    };
    for page in &mut reading.pages {
        page.text = hidden::visible(&page.text);
    }
    reading.title = reading.title.as_deref().map(hidden::visible);
    reading.check()
}
