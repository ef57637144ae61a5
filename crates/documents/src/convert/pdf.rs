//! PDF, page by page.

use pdf_oxide::PdfDocument;
use pdf_oxide::converters::ConversionOptions;

use crate::{LONGEST_TEXT, MOST_PAGES, Page, Reading, Unreadable};

pub fn convert(bytes: Vec<u8>) -> Result<Reading, Unreadable> {
    let document = PdfDocument::from_bytes(bytes).map_err(|_| Unreadable::Damaged)?;
    if document.is_encrypted() && !document.is_authenticated() {
        return Err(Unreadable::Protected);
    }
    let count = document.page_count().map_err(|_| Unreadable::Damaged)?;
    if count > MOST_PAGES {
        return Err(Unreadable::TooManyPages);
    }
    let options = ConversionOptions {
        detect_headings: true,
        include_images: false,
        strip_running_headers_footers: true,
        ..ConversionOptions::default()
    };
    let (mut pages, mut length, mut failed) = (Vec::new(), 0, 0);
    for index in 0..count {
        let Ok(text) = document.to_markdown(index, &options) else {
            failed += 1;
            continue;
        };
        // each word of a bold heading comes as bold by itself
        let text = text.replace("** **", " ");
        length += text.len();
        if length > LONGEST_TEXT {
            return Err(Unreadable::TooMuchText);
        }
        pages.push(Page {
            number: u32::try_from(index + 1).ok(),
            text,
        });
    }
    if count > 0 && failed == count {
        return Err(Unreadable::Damaged);
    }
    Ok(Reading { title: None, pages })
}
