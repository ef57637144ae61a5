//! The parent: starts a child for one file and waits no longer than it should.

use std::os::unix::process::ExitStatusExt as _;
use std::path::PathBuf;
use std::process::{ExitStatus, Stdio};
use std::sync::Arc;
use std::time::Duration;

use serde::de::DeserializeOwned;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::process::{Child, Command};
use tokio::sync::Semaphore;

use crate::child::{COMMAND, Said, WEB_PAGE};
use crate::{Format, LARGEST_FILE, LONGEST_TEXT, Reading, Unreadable, WebPage};

const LONGEST_WAIT: Duration = Duration::from_secs(60);
/// JSON writes a control character as six.
const LONGEST_ANSWER: u64 = LONGEST_TEXT as u64 * 6 + 1024;
const AT_ONCE: usize = 2;

/// Starts children. Clones share how many may run at once.
#[derive(Clone)]
pub struct Reader {
    program: PathBuf,
    places: Arc<Semaphore>,
}

impl Reader {
    /// `program` runs [`crate::child::run`] when its first argument is [`COMMAND`]: this very one, as a rule.
    pub fn new(program: PathBuf) -> Self {
        Self {
            program,
            places: Arc::new(Semaphore::new(AT_ONCE)),
        }
    }
}

/// What went wrong.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// It is the file; trying again is no use.
    #[error(transparent)]
    Unreadable(#[from] Unreadable),
    /// It is this machine.
    #[error("the reader could not be run: {0}")]
    Machine(#[from] std::io::Error),
}

/// Reads a file in a child process of its own.
pub async fn read(reader: &Reader, bytes: &[u8], file_name: &str) -> Result<Reading, Error> {
    if bytes.len() > LARGEST_FILE {
        return Err(Unreadable::TooLarge.into());
    }
    let format = Format::of(bytes, file_name)?;
    run(reader, &[format.name()], bytes).await
}

/// Reads a page of a web site in a child process of its own. `address` is where it came from, `charset` what the server
/// said of it.
pub async fn read_web_page(
    reader: &Reader,
    bytes: &[u8],
    address: &str,
    charset: Option<&str>,
) -> Result<WebPage, Error> {
    if bytes.len() > LARGEST_FILE {
        return Err(Unreadable::TooLarge.into());
    }
    let is_plain = |label: &&str| label.len() <= 40 && label.bytes().all(|byte| byte.is_ascii_graphic());
    let mut arguments = vec![WEB_PAGE, address];
    arguments.extend(charset.filter(is_plain));
    run(reader, &arguments, bytes).await
}

async fn run<T: DeserializeOwned>(reader: &Reader, arguments: &[&str], bytes: &[u8]) -> Result<T, Error> {
    let _place = reader.places.acquire().await.map_err(std::io::Error::other)?;
    let child = Command::new(&reader.program)
        .arg(COMMAND)
        .args(arguments)
        .env_clear()
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .kill_on_drop(true)
        .spawn()?;
    match tokio::time::timeout(LONGEST_WAIT, talk(child, bytes)).await {
        Ok(said) => said,
        Err(_) => Err(Unreadable::TooSlow.into()),
    }
}

async fn talk<T: DeserializeOwned>(mut child: Child, bytes: &[u8]) -> Result<T, Error> {
    let missing = || std::io::Error::other("no pipe");
    let mut stdin = child.stdin.take().ok_or_else(missing)?;
    let stdout = child.stdout.take().ok_or_else(missing)?;
    let give = async {
        // a child that has died does not listen; how it ended says more
        let _ = stdin.write_all(bytes).await;
        drop(stdin);
    };
    let mut answer = Vec::new();
    let mut limited = stdout.take(LONGEST_ANSWER);
    let ((), heard) = tokio::join!(give, limited.read_to_end(&mut answer));
    heard?;
    let status = child.wait().await?;
    if !status.success() {
        return Err(cause(status).into());
    }
    let said: Said<T> = serde_json::from_slice(&answer).map_err(std::io::Error::other)?;
    Ok(said?)
}

/// By force ends it whoever runs out of memory: the machine, or the container.
fn cause(status: ExitStatus) -> Unreadable {
    match status.signal() {
        Some(nix::libc::SIGXCPU) => Unreadable::TooSlow,
        Some(nix::libc::SIGKILL | nix::libc::SIGABRT) => Unreadable::TooHungry,
        _ => Unreadable::Damaged,
    }
}
