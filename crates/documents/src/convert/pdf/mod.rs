//! PDF, page by page: `content` finds the letters, `lines` and `blocks` put them together, `furniture` takes the
//! headers and footers away. The file format itself, its fonts and its encryption are `hayro`'s.

mod blocks;
mod content;
mod furniture;
mod glyph;
mod lines;
mod marks;
mod script;

use hayro_syntax::{DecryptionError, LoadPdfError, Pdf};

use crate::{LONGEST_TEXT, MOST_PAGES, Page, Reading, Unreadable};
use lines::Line;

pub fn convert(bytes: Vec<u8>) -> Result<Reading, Unreadable> {
    let document = Pdf::new(bytes).map_err(|error| match error {
        LoadPdfError::Decryption(DecryptionError::PasswordProtected) => Unreadable::Protected,
        LoadPdfError::Decryption(_) | LoadPdfError::Invalid => Unreadable::Damaged,
    })?;
    if document.pages().is_empty() {
        return Err(Unreadable::Damaged);
    }
    if document.pages().len() > MOST_PAGES {
        return Err(Unreadable::TooManyPages);
    }
    let mut pages = lines_of(&document)?;
    furniture::remove(&mut pages);
    let look = blocks::Look::of(pages.iter().flatten());
    let written = pages.iter().zip(1..).map(|(lines, number)| Page {
        number: Some(number),
        text: blocks::markdown(lines, &look),
    });
    Ok(Reading {
        title: None,
        pages: written.collect(),
    })
}

fn lines_of(document: &Pdf) -> Result<Vec<Vec<Line>>, Unreadable> {
    let fonts = content::Fonts::new();
    let (mut pages, mut length) = (Vec::new(), 0);
    for page in document.pages().iter() {
        let lines = lines::lines(content::glyphs(page, &fonts));
        length += lines
            .iter()
            .flat_map(|line| &line.cells)
            .map(|cell| cell.text.len())
            .sum::<usize>();
        if length > LONGEST_TEXT {
            return Err(Unreadable::TooMuchText);
        }
        pages.push(lines);
    }
    Ok(pages)
}
