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
    if read.is_err() || confine().is_err() {
        return ExitCode::FAILURE;
    }
    match serde_json::to_writer(std::io::stdout().lock(), &convert(bytes)) {
        Ok(()) => ExitCode::SUCCESS,
        Err(_) => ExitCode::FAILURE,
    }
}

/// From here on no file or socket can be opened, and memory and time end where they should.
pub fn confine() -> nix::Result<()> {
    setrlimit(Resource::RLIMIT_CORE, 0, 0)?;
    // also in the place of one that is closed
    setrlimit(Resource::RLIMIT_NOFILE, 0, 0)?;
    // the first limit ends it with a signal of its own; the second one, like others, by force
    setrlimit(Resource::RLIMIT_CPU, CPU_SECONDS, CPU_SECONDS + 1)?;
    setrlimit(Resource::RLIMIT_AS, MEMORY, MEMORY)?;
    // where the system has no such filter, the limit of open files has to do
    let _ = network::close();
    Ok(())
}

#[cfg(target_os = "linux")]
mod network {
    use nix::libc;
    use seccompiler::{BpfProgram, Error, SeccompAction, SeccompFilter, TargetArch};

    /// The ways to the network, to other programs, and back out of the limits, which not even root is left.
    const CLOSED: [i64; 9] = [
        libc::SYS_socket,
        libc::SYS_socketpair,
        libc::SYS_connect,
        libc::SYS_io_uring_setup,
        libc::SYS_execve,
        libc::SYS_execveat,
        libc::SYS_ptrace,
        libc::SYS_setrlimit,
        libc::SYS_prlimit64,
    ];

    pub fn close() -> Result<(), Error> {
        let rules = CLOSED.map(|call| (call, Vec::new()));
        let denied = SeccompAction::Errno(libc::EPERM as u32);
        let architecture: TargetArch = std::env::consts::ARCH.try_into()?;
        let filter = SeccompFilter::new(rules.into(), SeccompAction::Allow, denied, architecture)?;
        let program: BpfProgram = filter.try_into()?;
        seccompiler::apply_filter(&program)
    }
}

#[cfg(not(target_os = "linux"))]
mod network {
    pub fn close() -> Result<(), ()> {
        Err(())
    }
}
