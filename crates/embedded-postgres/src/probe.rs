//! Does the server accept connections? Asked in PostgreSQL's own protocol, so no driver is needed.

use std::path::{Path, PathBuf};
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::UnixStream;
use tokio::time::timeout;

use crate::config::{DATABASE, OWNER_ROLE};

/// How long one question may take.
const PATIENCE: Duration = Duration::from_secs(2);

/// The socket inside its folder.
pub(crate) fn socket(socket_dir: &Path) -> PathBuf {
    socket_dir.join(".s.PGSQL.5432")
}

/// True when the server let the owner into the database.
pub(crate) async fn accepts_connections(socket_dir: &Path) -> bool {
    let answer = timeout(PATIENCE, first_answer(&socket(socket_dir))).await;
    matches!(answer, Ok(Ok(b'R')))
}

/// `R` is "authenticated"; `E` is an error such as "the database system is starting up".
async fn first_answer(socket: &Path) -> std::io::Result<u8> {
    let mut stream = UnixStream::connect(socket).await?;
    stream.write_all(&startup_message()).await?;
    let answer = stream.read_u8().await?;
    let goodbye = [b'X', 0, 0, 0, 4];
    stream.write_all(&goodbye).await?;
    Ok(answer)
}

fn startup_message() -> Vec<u8> {
    const PROTOCOL: u32 = 3 << 16;
    let body = format!("user\0{OWNER_ROLE}\0database\0{DATABASE}\0\0");
    let length = u32::try_from(body.len() + 8).unwrap_or(u32::MAX);
    [
        &length.to_be_bytes()[..],
        &PROTOCOL.to_be_bytes()[..],
        body.as_bytes(),
    ]
    .concat()
}
