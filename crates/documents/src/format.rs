//! What a file is: by its bytes where they say it, by its name where they cannot.

use crate::Unreadable;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    Pdf,
    /// Word, Excel or PowerPoint, new or old.
    Office,
    Html,
    Csv,
    Markdown,
    Text,
}

impl Format {
    /// # Errors
    /// Empty, or of a type that nobody reads here.
    pub fn of(bytes: &[u8], file_name: &str) -> Result<Self, Unreadable> {
        if bytes.iter().all(u8::is_ascii_whitespace) {
            return Err(Unreadable::Empty);
        }
        let head = &bytes[..bytes.len().min(1024)];
        // some programs write a line before it
        if head.windows(5).any(|five| five == b"%PDF-") {
            return Ok(Self::Pdf);
        }
        if head.starts_with(b"PK\x03\x04") || head.starts_with(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1") {
            return Ok(Self::Office);
        }
        if is_binary(head) {
            return Err(Unreadable::UnknownType);
        }
        let ending = file_name
            .rsplit_once('.')
            .map(|(_, ending)| ending.to_ascii_lowercase());
        Ok(match ending.as_deref() {
            Some("html" | "htm" | "xhtml") => Self::Html,
            Some("csv" | "tsv") => Self::Csv,
            Some("md" | "markdown") => Self::Markdown,
            _ if looks_like_html(head) => Self::Html,
            Some("pdf" | "docx" | "xlsx" | "pptx" | "doc" | "xls" | "ppt" | "odt") => {
                return Err(Unreadable::Damaged);
            }
            _ => Self::Text,
        })
    }

    pub fn mime_type(self) -> &'static str {
        match self {
            Self::Pdf => "application/pdf",
            Self::Office => "application/vnd.openxmlformats-officedocument",
            Self::Html => "text/html",
            Self::Csv => "text/csv",
            Self::Markdown => "text/markdown",
            Self::Text => "text/plain",
        }
    }

    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Pdf => "pdf",
            Self::Office => "office",
            Self::Html => "html",
            Self::Csv => "csv",
            Self::Markdown => "markdown",
            Self::Text => "text",
        }
    }

    pub(crate) fn by_name(name: &str) -> Option<Self> {
        [
            Self::Pdf,
            Self::Office,
            Self::Html,
            Self::Csv,
            Self::Markdown,
            Self::Text,
        ]
        .into_iter()
        .find(|format| format.name() == name)
    }
}

/// Text has no control characters but white space; UTF-16 says so by its mark.
fn is_binary(head: &[u8]) -> bool {
    let is_utf_16 = head.starts_with(b"\xff\xfe") || head.starts_with(b"\xfe\xff");
    let is_odd = |byte: &&u8| matches!(byte, 0..=8 | 14..=26 | 28..=31);
    !is_utf_16 && head.iter().filter(is_odd).count() > 0
}

fn looks_like_html(head: &[u8]) -> bool {
    let start = String::from_utf8_lossy(head).trim_start().to_ascii_lowercase();
    start.starts_with("<!doctype html") || start.starts_with("<html") || start.starts_with("<head")
}
