//! The child alone, as a program of its own: what the tests and `bench/documents` start in place of the server.

use std::process::ExitCode;

fn main() -> ExitCode {
    let mut arguments = std::env::args().skip(1);
    match arguments.next() {
        Some(command) if command == documents::child::COMMAND => documents::child::run(arguments),
        _ => ExitCode::FAILURE,
    }
}
