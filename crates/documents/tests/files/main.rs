//! Files through the real child: what common programs write, and what enemies do.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on shall say where")]

mod build;
mod confined;
mod hostile;
mod samples;

use std::path::PathBuf;

use documents::{Error, Reader, Reading, Unreadable};

pub fn reader() -> Reader {
    Reader::new(PathBuf::from(env!("CARGO_BIN_EXE_read-document")))
}

pub async fn read(reader: &Reader, bytes: &[u8], name: &str) -> Result<Reading, Unreadable> {
    match documents::read(reader, bytes, name).await {
        Ok(reading) => Ok(reading),
        Err(Error::Unreadable(reason)) => Err(reason),
        Err(Error::Machine(error)) => panic!("{name}: {error}"),
    }
}
