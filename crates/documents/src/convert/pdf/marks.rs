//! What a page says about its own letters: another text in their place, or that they are the furniture of a page.

use hayro_syntax::object::{Dict, Name, String as PdfString};

#[derive(Default)]
pub struct Marks {
    open: Vec<Mark>,
}

#[derive(Default)]
struct Mark {
    is_furniture: bool,
    /// Given away with the first letter.
    text: Option<Option<String>>,
}

impl Marks {
    pub fn begin_plain(&mut self) {
        self.open.push(Mark::default());
    }

    pub fn begin(&mut self, tag: &Name<'_>, properties: &Dict<'_>) {
        let kind = properties.get::<Name<'_>>(b"Type");
        self.open.push(Mark {
            is_furniture: tag.as_str() == "Artifact"
                && kind.is_some_and(|kind| kind.as_str() == "Pagination"),
            text: properties
                .get::<PdfString<'_>>(b"ActualText")
                .map(|text| Some(decode(text.as_bytes()))),
        });
    }

    pub fn end(&mut self) {
        self.open.pop();
    }

    /// `None` for a letter that is not to be read.
    pub fn instead_of(&mut self, letters: String) -> Option<String> {
        if self.open.iter().any(|mark| mark.is_furniture) {
            return None;
        }
        match self.open.iter_mut().find_map(|mark| mark.text.as_mut()) {
            Some(text) => Some(text.take().unwrap_or_default()),
            None => Some(letters),
        }
    }
}

fn decode(bytes: &[u8]) -> String {
    match bytes {
        [0xfe, 0xff, rest @ ..] => {
            let units = rest
                .as_chunks::<2>()
                .0
                .iter()
                .map(|pair| u16::from_be_bytes(*pair));
            char::decode_utf16(units).flatten().collect()
        }
        [0xef, 0xbb, 0xbf, rest @ ..] => String::from_utf8_lossy(rest).into_owned(),
        _ => bytes.iter().copied().map(char::from).collect(),
    }
}
