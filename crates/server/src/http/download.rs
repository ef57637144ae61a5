//! A large file as the body of an answer, piece by piece.

use std::fs::File;
use std::io::Read as _;

use axum::body::Body;

const PIECE: usize = 128 * 1024;

/// From where the file stands to its end.
pub fn body(file: File) -> Body {
    Body::from_stream(futures::stream::unfold(Some(file), |file| async {
        let mut file = file?;
        let read = tokio::task::spawn_blocking(move || {
            let mut piece = vec![0; PIECE];
            let read = file.read(&mut piece)?;
            piece.truncate(read);
            Ok::<_, std::io::Error>((piece, file))
        });
        match read.await.map_err(std::io::Error::other).flatten() {
            Ok((piece, _)) if piece.is_empty() => None,
            Ok((piece, file)) => Some((Ok(piece), Some(file))),
            Err(error) => Some((Err(error), None)),
        }
    }))
}
