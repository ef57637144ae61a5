//! What a file is, by its bytes. The name and the request's content type are not believed; only a text, which has no
//! mark of its own, is called a table when its name says so.
//!
//! SVG and HTML are not taken: they can hold scripts.

use kernel::Result;
use kernel::error::invalid;

use crate::{LARGEST_IMAGE, Purpose, Upload, images};

/// What was found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Detected {
    pub mime_type: &'static str,
    pub extension: &'static str,
    /// Width and height of an image.
    pub pixels: Option<(i32, i32)>,
}

/// A browser that decodes a larger one needs hundreds of megabytes.
const MOST_PIXELS_A_SIDE: i32 = 8192;

pub fn check(upload: &Upload<'_>) -> Result<Detected> {
    let found = image(upload.bytes);
    if let Some(found) = found {
        if found.pixels.is_some_and(|(width, height)| {
            !(1..=MOST_PIXELS_A_SIDE).contains(&width) || !(1..=MOST_PIXELS_A_SIDE).contains(&height)
        }) {
            return Err(invalid(
                "image_too_large",
                "An image has at most 8,192 pixels a side.",
            ));
        }
        return Ok(found);
    }
    if upload.purpose != Purpose::Attachment {
        return Err(invalid(
            "type_not_allowed",
            "This is not a PNG, JPEG, WebP or GIF image. SVG is not taken, because it can hold scripts.",
        ));
    }
    let other = marked(upload.bytes).or_else(|| text(upload.bytes, upload.file_name));
    other.map(|(mime_type, extension)| Detected { mime_type, extension, pixels: None }).ok_or_else(|| {
        invalid(
            "type_not_allowed",
            "Files of this type are not taken. Send an image, a PDF, a text, a table, an Office document, a sound or a video.",
        )
    })
}

fn image(bytes: &[u8]) -> Option<Detected> {
    type Read = fn(&[u8]) -> Option<(i32, i32)>;
    let readers: [(Read, &str, &str); 4] = [
        (images::png, "image/png", "png"),
        (images::jpeg, "image/jpeg", "jpg"),
        (images::webp, "image/webp", "webp"),
        (images::gif, "image/gif", "gif"),
    ];
    readers.into_iter().find_map(|(read, mime_type, extension)| {
        let pixels = read(bytes)?;
        Some(Detected {
            mime_type,
            extension,
            pixels: Some(pixels),
        })
    })
}

type Named = (&'static str, &'static str);

/// Formats that begin with a mark of their own.
fn marked(bytes: &[u8]) -> Option<Named> {
    let starts = |mark: &[u8]| bytes.starts_with(mark);
    let at = |from: usize, mark: &[u8]| bytes.get(from..).is_some_and(|rest| rest.starts_with(mark));
    let found = if starts(b"%PDF-") {
        ("application/pdf", "pdf")
    } else if starts(b"PK\x03\x04") {
        return office(bytes);
    } else if starts(b"ID3") || matches!(bytes, [0xff, 0xf2 | 0xf3 | 0xfa | 0xfb, ..]) {
        ("audio/mpeg", "mp3")
    } else if at(4, b"ftypM4A") {
        ("audio/mp4", "m4a")
    } else if at(4, b"ftypqt") {
        ("video/quicktime", "mov")
    } else if at(4, b"ftyp") {
        ("video/mp4", "mp4")
    } else if starts(b"OggS") {
        ("audio/ogg", "ogg")
    } else if starts(b"RIFF") && at(8, b"WAVE") {
        ("audio/wav", "wav")
    } else if starts(b"\x1a\x45\xdf\xa3") {
        ("video/webm", "webm")
    } else {
        return None;
    };
    Some(found)
}

/// Office documents are zip archives with a table of contents of a fixed name. Other archives are not taken: what is
/// in them is not checked.
fn office(bytes: &[u8]) -> Option<Named> {
    let holds = |name: &[u8]| bytes.windows(name.len()).any(|window| window == name);
    if !holds(b"[Content_Types].xml") || holds(b"vbaProject.bin") {
        return None;
    }
    let kinds: [(&[u8], Named); 3] = [
        (
            b"word/document.xml",
            (
                "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
                "docx",
            ),
        ),
        (
            b"xl/workbook.xml",
            (
                "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
                "xlsx",
            ),
        ),
        (
            b"ppt/presentation.xml",
            (
                "application/vnd.openxmlformats-officedocument.presentationml.presentation",
                "pptx",
            ),
        ),
    ];
    let found = kinds.into_iter().find(|(part, _)| holds(part));
    found.map(|(_, named)| named)
}

/// UTF-8 without control characters, that does not begin like markup.
fn text(bytes: &[u8], name: &str) -> Option<Named> {
    let text = std::str::from_utf8(bytes).ok()?;
    let is_odd = |c: char| c.is_control() && !matches!(c, '\n' | '\r' | '\t' | '\u{c}');
    let first = text.trim_start_matches('\u{feff}').trim_start().chars().next()?;
    if first == '<' || text.contains(is_odd) {
        return None;
    }
    let is_table = name.to_lowercase().ends_with(".csv");
    Some(if is_table {
        ("text/csv", "csv")
    } else {
        ("text/plain", "txt")
    })
}

const _: () = assert!(LARGEST_IMAGE <= crate::LARGEST_ATTACHMENT);

#[cfg(test)]
mod tests {
    use super::*;

    fn found(purpose: Purpose, bytes: &[u8], file_name: &str) -> Result<Detected> {
        check(&Upload {
            purpose,
            file_name,
            bytes,
            created_by: "user:x",
        })
    }

    fn png(width: u32, height: u32, after: &[u8]) -> Vec<u8> {
        let mut bytes = b"\x89PNG\r\n\x1a\n\0\0\0\x0dIHDR".to_vec();
        bytes.extend(width.to_be_bytes());
        bytes.extend(height.to_be_bytes());
        bytes.extend(b"\x08\x06\0\0\0crc!\0\0\0\0IENDcrc!");
        bytes.extend(after);
        bytes
    }

    #[test]
    fn the_bytes_decide_and_not_the_name() {
        let image = found(Purpose::Avatar, &png(64, 32, b""), "me.html").unwrap();
        assert_eq!(
            (image.mime_type, image.extension, image.pixels),
            ("image/png", "png", Some((64, 32)))
        );
        for (bytes, mime_type) in [
            (b"%PDF-1.7 ...".as_slice(), "application/pdf"),
            (b"ID3\x04 song", "audio/mpeg"),
            (b"\0\0\0\x20ftypisom", "video/mp4"),
            (
                b"PK\x03\x04[Content_Types].xml word/document.xml",
                "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
            ),
            ("Grüße\r\nund mehr".as_bytes(), "text/plain"),
            (b"GIF89a\x02\0\x01\0;", "image/gif"),
        ] {
            assert_eq!(
                found(Purpose::Attachment, bytes, "x.exe").unwrap().mime_type,
                mime_type
            );
        }
        assert_eq!(
            found(Purpose::Attachment, b"a,b\n", "Prices.CSV")
                .unwrap()
                .mime_type,
            "text/csv"
        );
    }

    #[test]
    fn what_can_hold_a_script_or_hides_something_is_refused() {
        let refused: [(&[u8], &str); 9] = [
            (b"<svg xmlns='http://www.w3.org/2000/svg'/>", "a.svg"),
            (b"\xef\xbb\xbf \n<!doctype html><script>", "a.txt"),
            (b"<?xml version='1.0'?><svg/>", "a.png"),
            (&png(1, 1, b"<script>alert(1)</script>"), "a.png"),
            (b"MZ\x90\0 this program", "a.pdf"),
            (b"PK\x03\x04 something.exe", "a.docx"),
            (
                b"PK\x03\x04[Content_Types].xml word/document.xml vbaProject.bin",
                "a.docx",
            ),
            (b"\x7fELF", "a.txt"),
            (b"", "a.txt"),
        ];
        for (bytes, name) in refused {
            let error = found(Purpose::Attachment, bytes, name).unwrap_err();
            assert_eq!(error.code, "type_not_allowed", "{name}");
        }
        assert_eq!(
            found(Purpose::Icon, b"%PDF-1.7", "a.png").unwrap_err().code,
            "type_not_allowed"
        );
        assert_eq!(
            found(Purpose::Icon, &png(9000, 1, b""), "a.png")
                .unwrap_err()
                .code,
            "image_too_large"
        );
    }

    #[test]
    fn images_cut_anywhere_are_refused_without_a_panic() {
        let jpeg = b"\xff\xd8\xff\xe0\0\x04ab\xff\xc0\0\x0b\x08\0\x10\0\x20\x03abc";
        assert_eq!(images::jpeg(jpeg), Some((32, 16)));
        let webp = b"RIFF\x16\0\0\0WEBPVP8X\x0a\0\0\0\0\0\0\0\x0f\0\0\x07\0\0";
        assert_eq!(images::webp(webp), Some((16, 8)));
        for whole in [
            png(3, 4, b""),
            jpeg.to_vec(),
            webp.to_vec(),
            b"GIF87a\x02\0\x01\0;".to_vec(),
        ] {
            for length in 0..whole.len() {
                let cut = whole.get(..length).unwrap();
                let _ = (
                    images::png(cut),
                    images::jpeg(cut),
                    images::gif(cut),
                    images::webp(cut),
                );
            }
        }
    }
}
