//! The child: takes its limits, reads the file from standard input, and writes what it found to standard output.

use std::io::Read as _;
use std::process::ExitCode;

use nix::sys::resource::{Resource, setrlimit};
use serde::Serialize;

use crate::{Format, LARGEST_FILE, Unreadable, convert};

/// The hidden command of the program that runs this.
pub const COMMAND: &str = "read-document";

const MEMORY: u64 = 512 * 1024 * 1024;
pub(crate) const CPU_SECONDS: u64 = 30;

/// In place of a format: a page of a web site.
pub(crate) const WEB_PAGE: &str = "web-page";

/// What the child says.
pub(crate) type Said<T> = Result<T, Unreadable>;

/// Must run before the program starts any thread. `arguments` are those after [`COMMAND`].
pub fn run(mut arguments: impl Iterator<Item = String>) -> ExitCode {
    let what = arguments.next().unwrap_or_default();
    if what == WEB_PAGE {
        let (address, charset) = (arguments.next().unwrap_or_default(), arguments.next());
        return answer(|bytes| convert::web::convert(&bytes, &address, charset.as_deref()));
    }
    match Format::by_name(&what) {
        Some(format) => answer(|bytes| convert::convert(format, bytes)),
        None => ExitCode::FAILURE,
    }
}

fn answer<T: Serialize>(convert: impl FnOnce(Vec<u8>) -> Said<T>) -> ExitCode {
    let mut bytes = Vec::new();
    let limit = LARGEST_FILE as u64 + 1;
    let read = std::io::stdin().take(limit).read_to_end(&mut bytes);
    if read.is_err() || limit_resources().is_err() {
        return ExitCode::FAILURE;
    }
    match serde_json::to_writer(std::io::stdout().lock(), &convert(bytes)) {
        Ok(()) => ExitCode::SUCCESS,
        Err(_) => ExitCode::FAILURE,
    }
}

/// From here on no file or socket can be opened, and memory and time end where they should.
fn limit_resources() -> nix::Result<()> {
    setrlimit(Resource::RLIMIT_CORE, 0, 0)?;
    setrlimit(Resource::RLIMIT_NOFILE, 3, 3)?;
    // the first limit ends it with a signal of its own; the second one, like others, by force
    setrlimit(Resource::RLIMIT_CPU, CPU_SECONDS, CPU_SECONDS + 1)?;
    setrlimit(Resource::RLIMIT_AS, MEMORY, MEMORY)
}
