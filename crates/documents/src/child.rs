//! The child: takes its limits, reads the file from standard input, and writes what it found to standard output.

use std::io::Read as _;
use std::process::ExitCode;

use nix::sys::resource::{Resource, setrlimit};

use crate::{Format, LARGEST_FILE, Reading, Unreadable, convert};

/// The hidden command of the program that runs this.
pub const COMMAND: &str = "read-document";

const MEMORY: u64 = 512 * 1024 * 1024;
pub(crate) const CPU_SECONDS: u64 = 30;

/// What the child says.
pub(crate) type Said = Result<Reading, Unreadable>;

/// Must run before the program starts any thread. `format` is the argument after [`COMMAND`].
pub fn run(format: &str) -> ExitCode {
    let Some(format) = Format::by_name(format) else {
        return ExitCode::FAILURE;
    };
    let mut bytes = Vec::new();
    let limit = LARGEST_FILE as u64 + 1;
    let read = std::io::stdin().take(limit).read_to_end(&mut bytes);
    if read.is_err() || limit_resources().is_err() {
        return ExitCode::FAILURE;
    }
    let said: Said = convert::convert(format, bytes);
    match serde_json::to_writer(std::io::stdout().lock(), &said) {
        Ok(()) => ExitCode::SUCCESS,
        Err(_) => ExitCode::FAILURE,
    }
}

/// From here on no file or socket can be opened, and memory and time end where they should.
fn limit_resources() -> nix::Result<()> {
    setrlimit(Resource::RLIMIT_CORE, 0, 0)?;
    setrlimit(Resource::RLIMIT_NOFILE, 3, 3)?;
    setrlimit(Resource::RLIMIT_CPU, CPU_SECONDS, CPU_SECONDS)?;
    setrlimit(Resource::RLIMIT_AS, MEMORY, MEMORY)
}
