//! Files that were made to do harm. Each ends with a clear word within the limits, this process does not grow by it,
//! and the next file is read as if nothing had been.

use std::time::{Duration, Instant};

use documents::Unreadable;

use crate::build::pdf::{drawn, file, pdf, stream};
use crate::build::word::{self, word};
use crate::{read, reader};

const GROWTH: usize = 50 * 1024;
/// The child is given up after sixty.
const LONGEST: Duration = Duration::from_secs(65);

/// What may come of a file: its text, or one of these reasons.
struct Expected {
    text: Option<&'static str>,
    reasons: &'static [Unreadable],
}

const fn refused(reasons: &'static [Unreadable]) -> Expected {
    Expected { text: None, reasons }
}

const fn read_as(text: &'static str) -> Expected {
    Expected {
        text: Some(text),
        reasons: &[],
    }
}

#[tokio::test]
async fn archives_that_unpack_to_more_than_they_should_are_refused() {
    use Unreadable::{Bomb, Damaged, Protected, UnknownType};
    let whole = word(&word::paragraph("Oil it."));
    let mut locked = whole.clone();
    // the bit that says so, in the first entry and in the directory
    let directory = locked.windows(4).position(|four| four == b"PK\x01\x02").unwrap();
    (locked[6], locked[directory + 8]) = (1, 1);
    check(vec![
        (
            "10 MB that are 10 GB",
            "a.docx",
            word::zip_bomb(10_000),
            refused(&[Bomb]),
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
            refused(&[Damaged]),
        ),
        (
            "a symbolic link",
            "a.docx",
            word::symbolic_link(),
            refused(&[Damaged]),
        ),
        ("65,000 entries", "a.docx", word::crowd(65_000), refused(&[Bomb])),
        (
            "half a file",
            "a.docx",
            whole[..whole.len() / 2].to_vec(),
            refused(&[Damaged]),
        ),
        ("an encrypted entry", "a.docx", locked, refused(&[Protected])),
        (
            "a picture",
            "a.docx",
            b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR".to_vec(),
            refused(&[UnknownType]),
        ),
    ])
    .await;
}

#[tokio::test]
async fn a_pdf_that_lies_about_itself_is_read_or_refused() {
    use Unreadable::{Damaged, NoText, TooHungry, TooManyPages, TooSlow};
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
    check(vec![
        (
            "10,000 pages",
            "a.pdf",
            pdf(&vec!["Oil it."; 10_000]),
            refused(&[TooManyPages]),
        ),
        (
            "an array 10,380 deep",
            "a.pdf",
            replaced(
                "/Type /Catalog",
                &format!("/Type /Catalog /Deep {}", deep(10_380)),
            ),
            refused(&[Damaged]),
        ),
        (
            "an array 10,380 deep, drawn",
            "a.pdf",
            drawn(&[format!("{line} {} TJ", deep(10_380))], &[]),
            read_as("Oil it."),
        ),
        ("/W [0 0 0]", "a.pdf", zero_wide(), refused(&[Damaged, NoText])),
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
            refused(&[TooHungry, TooSlow, Damaged, NoText]),
        ),
        (
            "half a file",
            "a.pdf",
            good[..good.len() / 2].to_vec(),
            refused(&[Damaged, NoText]),
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
            refused(&[Damaged]),
        ),
    ])
    .await;
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

async fn check(files: Vec<(&str, &str, Vec<u8>, Expected)>) {
    let reader = reader();
    let good = pdf(&["Mend chairs on Tuesdays."]);
    let before = Memory::now();
    for (what, name, bytes, expected) in &files {
        let start = Instant::now();
        let said = read(&reader, bytes, name).await;
        assert!(start.elapsed() < LONGEST, "{what}: {:?}", start.elapsed());
        match (&said, expected.text) {
            (Ok(reading), Some(text)) => assert!(
                reading.pages.iter().any(|page| page.text.contains(text)),
                "{what}: {reading:?}"
            ),
            (Err(reason), None) if expected.reasons.contains(reason) => {}
            _ => panic!("{what}: {said:?}"),
        }
        let next = read(&reader, &good, "good.pdf")
            .await
            .unwrap_or_else(|error| panic!("after {what}: {error}"));
        assert_eq!(
            next.pages[0].text.trim(),
            "Mend chairs on Tuesdays.",
            "after {what}"
        );
    }
    before.check();
}

/// The most that this process has held, in kilobytes. Where nobody counts it, nothing is checked.
struct Memory(Option<usize>);

impl Memory {
    fn now() -> Self {
        // from here on the highest counts anew
        let counted = std::fs::write("/proc/self/clear_refs", "5").ok();
        Self(counted.and_then(|()| highest()))
    }

    fn check(self) {
        if let (Some(before), Some(after)) = (self.0, highest()) {
            assert!(after < before + GROWTH, "grew from {before} to {after} kB");
        }
    }
}

fn highest() -> Option<usize> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    line.trim().strip_suffix(" kB")?.parse().ok()
}

#[tokio::test]
async fn a_reader_that_is_ended_by_force_has_run_out_of_memory() {
    let ended = |signal: &str| {
        let program = format!("{}/tests/files/ended/by-{signal}", env!("CARGO_MANIFEST_DIR"));
        documents::Reader::new(program.into())
    };
    for (signal, reason) in [("KILL", Unreadable::TooHungry), ("XCPU", Unreadable::TooSlow)] {
        let said = read(&ended(signal), b"Oil it.", "care.txt").await;
        assert_eq!(said, Err(reason), "{signal}");
    }
}
