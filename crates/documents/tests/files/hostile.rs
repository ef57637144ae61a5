//! Files that were made to do harm. Each ends with a clear word within the limits, this process does not grow by it,
//! and the next file is read as if nothing had been.

use std::time::{Duration, Instant};

use documents::Unreadable;

use crate::build::hostile::{Hostile, archives, pdfs};
use crate::build::pdf::pdf;
use crate::{read, reader};

const GROWTH: usize = 50 * 1024;
/// The child is given up after sixty.
const LONGEST: Duration = Duration::from_secs(65);

#[tokio::test]
async fn archives_that_unpack_to_more_than_they_should_are_refused() {
    check(archives()).await;
}

#[tokio::test]
async fn a_pdf_that_lies_about_itself_is_read_or_refused() {
    check(pdfs()).await;
}

async fn check(files: Vec<Hostile>) {
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
            (Err(reason), None)
                if expected
                    .reasons
                    .iter()
                    .any(|said| reason.to_string().contains(said)) => {}
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
