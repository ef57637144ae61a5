//! Turns files into Markdown: PDF, Word, spreadsheets, slides, HTML, CSV, Markdown and plain text.
//!
//! Files come from strangers, and the libraries that read them have crashed on less. So they run in a child process
//! with hard limits on memory, time and open files ([`read`] starts it, [`child::run`] is what it does); whatever
//! happens there, the server only learns that the file could not be read, and why. No database, no network.

pub mod child;
mod convert;
mod format;
mod parent;
#[cfg(test)]
mod tests;

use serde::{Deserialize, Serialize};

pub use convert::web::robots_words;
pub use format::Format;
pub use parent::{Error, Reader, read, read_web_page};

/// The largest file that is taken.
pub const LARGEST_FILE: usize = 20 * 1024 * 1024;
/// The most text that one file may hold.
pub const LONGEST_TEXT: usize = 5 * 1024 * 1024;
const MOST_PAGES: usize = 5_000;

/// What was read from a file.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reading {
    /// What the file calls itself.
    pub title: Option<String>,
    pub pages: Vec<Page>,
}

/// A page; a file without pages is one without a number.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Page {
    /// Counts from 1.
    pub number: Option<u32>,
    /// Markdown.
    pub text: String,
}

/// What was read from a page of a web site. Addresses are as they stand there, relative or not.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct WebPage {
    pub title: Option<String>,
    /// Markdown of the main part; empty if there is none.
    pub text: String,
    pub language: Option<String>,
    /// Those that may be followed.
    pub links: Vec<String>,
    /// What the addresses are relative to, if not the page itself.
    pub base: Option<String>,
    /// The page of which this one is a copy.
    pub canonical: Option<String>,
    pub is_noindex: bool,
    pub is_nofollow: bool,
    pub look: Look,
}

/// What a page says of the site that it belongs to, for browsers and for those who link to it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Look {
    pub site_name: Option<String>,
    /// As it stands there: a colour of CSS.
    pub theme_color: Option<String>,
    /// Addresses, relative or not; the one that is meant for a large place first.
    pub icons: Vec<String>,
}

impl Reading {
    /// A file without pages.
    fn whole(title: Option<String>, text: String) -> Self {
        Self {
            title: title
                .map(|title| title.trim().to_owned())
                .filter(|title| !title.is_empty()),
            pages: vec![Page { number: None, text }],
        }
    }

    fn check(self) -> Result<Self, Unreadable> {
        let length: usize = self.pages.iter().map(|page| page.text.len()).sum();
        if length > LONGEST_TEXT {
            return Err(Unreadable::TooMuchText);
        }
        if self.pages.iter().all(|page| page.text.trim().is_empty()) {
            return Err(Unreadable::NoText);
        }
        Ok(self)
    }
}

/// Why a file cannot be read, in a sentence for whoever uploaded it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Unreadable {
    #[error(
        "Files of this type cannot be read. Send a PDF, Word, Excel, PowerPoint, HTML, Markdown, CSV or text file."
    )]
    UnknownType,
    #[error("The file is empty.")]
    Empty,
    #[error("The file is larger than 20 MB. Split it, or leave out the pictures.")]
    TooLarge,
    #[error("The file is protected with a password. Save it without one and send it again.")]
    Protected,
    #[error(
        "The file is damaged: no program could read it as what it says it is. Open it, save it anew and send it again."
    )]
    Damaged,
    #[error(
        "There is no text in this file; it may hold scanned pictures of pages. Send it with recognised text."
    )]
    NoText,
    #[error("The file holds more than 5 MB of text. Split it.")]
    TooMuchText,
    #[error("The file has more than 5,000 pages. Split it.")]
    TooManyPages,
    #[error(
        "The file unpacks to more than 200 MB or 2,000 parts, or a hundred times its size. Documents do not do that; it was not opened."
    )]
    Bomb,
    #[error("Reading the file took more than 30 seconds. Split it.")]
    TooSlow,
    #[error(
        "Reading the file needs more than 512 MB of memory, or the file is damaged. Split it, or save it anew."
    )]
    TooHungry,
}
