//! Files that were made to do harm, with what may come of each.

use super::pdf::{drawn, file, pdf, stream};
use super::word::{self, word};

/// What it is, what it is called, what it holds, and what may come of it.
pub type Hostile = (&'static str, &'static str, Vec<u8>, Expected);

/// A text that is read from it, or what is said of it: one of these.
pub struct Expected {
    pub text: Option<&'static str>,
    pub reasons: &'static [&'static str],
}

const UNKNOWN: &str = "Files of this type cannot be read";
const PROTECTED: &str = "protected with a password";
const DAMAGED: &str = "The file is damaged";
const NO_TEXT: &str = "There is no text in this file";
const PAGES: &str = "more than 5,000 pages";
const BOMB: &str = "unpacks to more than 200 MB or 2,000 parts";
const SLOW: &str = "took more than 30 seconds";
const HUNGRY: &str = "more than 512 MB of memory";

const fn refused(reasons: &'static [&'static str]) -> Expected {
    Expected { text: None, reasons }
}

const fn read_as(text: &'static str) -> Expected {
    Expected {
        text: Some(text),
        reasons: &[],
    }
}

/// Archives that unpack to more than they should, or to somewhere else.
pub fn archives() -> Vec<Hostile> {
    let whole = word(&word::paragraph("Oil it."));
    let mut locked = whole.clone();
    // the bit that says so, in the first entry and in the directory
    let directory = locked.windows(4).position(|four| four == b"PK\x01\x02").unwrap();
    (locked[6], locked[directory + 8]) = (1, 1);
    vec![
        (
            "10 MB that are 10 GB",
            "a.docx",
            word::zip_bomb(10_000),
            refused(&[BOMB]),
        ),
        (
            "entities of entities",
            "a.docx",
            word::entity_bomb(),
            read_as("Oil it."),
        ),
        (
            "an entry outside",
            "a.docx",
            word::entry_outside(),
            refused(&[DAMAGED]),
        ),
        (
            "a symbolic link",
            "a.docx",
            word::symbolic_link(),
            refused(&[DAMAGED]),
        ),
        ("65,000 entries", "a.docx", word::crowd(65_000), refused(&[BOMB])),
        (
            "half a file",
            "a.docx",
            whole[..whole.len() / 2].to_vec(),
            refused(&[DAMAGED]),
        ),
        ("an encrypted entry", "a.docx", locked, refused(&[PROTECTED])),
        (
            "a picture",
            "a.docx",
            b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR".to_vec(),
            refused(&[UNKNOWN]),
        ),
    ]
}

/// PDF files that lie about themselves.
pub fn pdfs() -> Vec<Hostile> {
    let line = "BT /F1 12 Tf 72 700 Td (Oil it.) Tj ET".to_owned();
    let good = pdf(&["Oil it."]);
    let replaced = |from: &str, to: &str| {
        String::from_utf8(good.clone())
            .unwrap()
            .replace(from, to)
            .into_bytes()
    };
    let deep = |depth: usize| format!("{}1{}", "[".repeat(depth), "]".repeat(depth));
    let image = stream(
        "/Type /XObject /Subtype /Image /Width 1000000 /Height 1000000 /BitsPerComponent 8 /ColorSpace /DeviceRGB",
        "x",
    );
    let form = |content: &str| {
        let resources = "<< /XObject << /X0 4 0 R /X1 5 0 R >> >>";
        stream(
            &format!("/Type /XObject /Subtype /Form /BBox [0 0 9 9] /Resources {resources}"),
            content,
        )
    };
    vec![
        (
            "10,000 pages",
            "a.pdf",
            pdf(&vec!["Oil it."; 10_000]),
            refused(&[PAGES]),
        ),
        (
            "an array 10,380 deep",
            "a.pdf",
            replaced(
                "/Type /Catalog",
                &format!("/Type /Catalog /Deep {}", deep(10_380)),
            ),
            refused(&[DAMAGED]),
        ),
        (
            "an array 10,380 deep, drawn",
            "a.pdf",
            drawn(&[format!("{line} {} TJ", deep(10_380))], &[]),
            read_as("Oil it."),
        ),
        ("/W [0 0 0]", "a.pdf", zero_wide(), refused(&[DAMAGED, NO_TEXT])),
        (
            "an index before itself",
            "a.pdf",
            replaced("/Root 1 0 R", "/Root 1 0 R /Prev 400"),
            read_as("Oil it."),
        ),
        (
            "pages in themselves",
            "a.pdf",
            replaced("/Kids [4 0 R]", "/Kids [2 0 R 4 0 R 2 0 R]"),
            read_as("Oil it."),
        ),
        (
            "a stream of 9 TB",
            "a.pdf",
            replaced("/Length 39", "/Length 9999999999999"),
            read_as("Oil it."),
        ),
        (
            "a huge picture",
            "a.pdf",
            drawn(&[format!("/X0 Do {line}")], &[image]),
            read_as("Oil it."),
        ),
        (
            "drawings in themselves",
            "a.pdf",
            drawn(
                &[format!("{line} /X0 Do")],
                &[form(&"/X1 Do ".repeat(9)), form(&"/X0 Do ".repeat(9))],
            ),
            read_as("Oil it."),
        ),
        (
            "20,000 pages of one",
            "a.pdf",
            replaced("/Kids [4 0 R]", &format!("/Kids [{}]", "4 0 R ".repeat(20_000))),
            read_as("Oil it."),
        ),
        (
            "4 MB that are 4 GB",
            "a.pdf",
            deflated(4_000),
            refused(&[HUNGRY, SLOW, DAMAGED, NO_TEXT]),
        ),
        (
            "half a file",
            "a.pdf",
            good[..good.len() / 2].to_vec(),
            refused(&[DAMAGED, NO_TEXT]),
        ),
        (
            "no end",
            "a.pdf",
            good[..good.len() - 120].to_vec(),
            read_as("Oil it."),
        ),
        (
            "nothing but its name",
            "a.pdf",
            b"%PDF-1.7\n".to_vec(),
            refused(&[DAMAGED]),
        ),
    ]
}

/// An index of which each entry takes no room at all.
fn zero_wide() -> Vec<u8> {
    let index = stream(
        "/Type /XRef /Size 2000000000 /W [0 0 0] /Root 1 0 R /Index [0 2000000000]",
        "",
    );
    let body = file(&[
        "<< /Type /Catalog /Pages 2 0 R >>".to_owned(),
        "<< /Type /Pages /Kids [] /Count 0 >>".to_owned(),
    ]);
    let text = String::from_utf8(body).unwrap();
    let start = text.find("xref\n").unwrap();
    format!(
        "{}3 0 obj\n{index}\nendobj\nstartxref\n{start}\n%%EOF\n",
        &text[..start]
    )
    .into_bytes()
}

/// A page whose commands are zeros, a thousand for each byte.
fn deflated(megabytes: usize) -> Vec<u8> {
    let data = word::deflated_zeros(megabytes, true);
    let text = String::from_utf8(drawn(&["COMMANDS".to_owned()], &[])).unwrap();
    let head = format!("/Length {} /Filter /FlateDecode", data.len());
    let text = text.replace("/Length 8", &head);
    let (before, after) = text.split_once("COMMANDS").unwrap();
    [before.as_bytes(), &data, after.as_bytes()].concat()
}
