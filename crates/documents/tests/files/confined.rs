//! What the child can still do once it has taken its limits: nothing outside of itself.

use std::fs::File;
use std::io::ErrorKind;
use std::net::{TcpListener, TcpStream, UdpSocket};
use std::os::unix::net::UnixStream;
use std::process::{Command, Output};

const ADDRESS: &str = "RAPPORT_TEST_ADDRESS";
const IS_CONFINED: &str = "RAPPORT_TEST_IS_CONFINED";

/// This test program once more, for the next test alone.
fn child(address: &str, is_confined: bool) -> Output {
    let mut child = Command::new(std::env::current_exe().unwrap());
    child.args([
        "--exact",
        "confined::tries_to_get_out",
        "--ignored",
        "--nocapture",
    ]);
    child.env(ADDRESS, address);
    if is_confined {
        child.env(IS_CONFINED, "yes");
    }
    child.output().unwrap()
}

#[test]
#[ignore = "runs in a process of its own, started by the test below"]
fn tries_to_get_out() {
    let address = std::env::var(ADDRESS).unwrap();
    if std::env::var_os(IS_CONFINED).is_some() {
        documents::child::confine().unwrap();
    }
    // a parser that an enemy has taken over would make room first
    let _ = nix::unistd::close(0);
    let ways = [
        ("connects", TcpStream::connect(&address).map(drop)),
        ("sends", UdpSocket::bind("127.0.0.1:0").map(drop)),
        ("calls a neighbour", UnixStream::pair().map(drop)),
        ("reads a file", File::open("/etc/passwd").map(drop)),
        ("starts a program", Command::new("/bin/true").status().map(drop)),
    ];
    for (way, outcome) in ways {
        println!("{way}: {}", if outcome.is_ok() { "yes" } else { "no" });
    }
    let limit = nix::sys::resource::Resource::RLIMIT_NOFILE;
    let raised = nix::sys::resource::setrlimit(limit, 100, 100);
    println!("raises its limits: {}", if raised.is_ok() { "yes" } else { "no" });
}

#[test]
fn a_reader_reaches_neither_network_nor_files_nor_programs() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    listener.set_nonblocking(true).unwrap();
    let address = listener.local_addr().unwrap().to_string();
    let tried = |is_confined| {
        let output = child(&address, is_confined);
        let said = String::from_utf8_lossy(&output.stdout).into_owned();
        assert!(output.status.success(), "{output:?}");
        let count = |word: &str| said.lines().filter(|line| line.ends_with(word)).count();
        (count(": yes"), count(": no"), said.clone())
    };
    let (yes, no, said) = tried(true);
    assert_eq!((yes, no), (0, 6), "{said}");
    assert_eq!(listener.accept().unwrap_err().kind(), ErrorKind::WouldBlock);
    // the same without the limits, so that it is they that stop it
    let (yes, _, said) = tried(false);
    assert!(yes >= 5, "{said}");
    assert!(listener.accept().is_ok());
}
