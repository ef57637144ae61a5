//! The child alone, as a program of its own: what the tests and `bench/documents` start in place of the server.

use std::process::ExitCode;

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    match arguments.as_slice() {
        [command, format] if command == documents::child::COMMAND => documents::child::run(format),
        _ => ExitCode::FAILURE,
    }
}
