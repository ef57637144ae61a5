//! Word, Excel and PowerPoint, of today and of 1997.

use undoc::render::{RenderOptions, to_markdown};

use super::archive;
use crate::{Reading, Unreadable};

/// A new file with a password is an old container that holds a stream of this name, in UTF-16.
const ENCRYPTED: &[u8] = b"E\0n\0c\0r\0y\0p\0t\0e\0d\0P\0a\0c\0k\0a\0g\0e\0";

pub fn convert(bytes: Vec<u8>) -> Result<Reading, Unreadable> {
    if bytes.starts_with(b"PK") {
        archive::check(&bytes)?;
    } else if bytes.windows(ENCRYPTED.len()).any(|part| part == ENCRYPTED) {
        return Err(Unreadable::Protected);
    }
    let document = undoc::parse_bytes(&bytes).map_err(|error| match error {
        undoc::Error::UnsupportedFormat(_) | undoc::Error::UnknownFormat => Unreadable::UnknownType,
        undoc::Error::Encrypted => Unreadable::Protected,
        _ => Unreadable::Damaged,
    })?;
    let options = RenderOptions {
        include_images: false,
        escape_special_chars: false,
        ..RenderOptions::default()
    };
    let markdown = to_markdown(&document, &options).map_err(|_| Unreadable::Damaged)?;
    // its own title is that of a template, more often than not
    Ok(Reading::whole(None, markdown))
}
