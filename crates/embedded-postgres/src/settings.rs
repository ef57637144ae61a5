//! The server's settings: a small server beside the application, on a socket only.
//!
//! `postgresql.conf` is written anew at each start, so it is not the place for an operator's own wishes:
//! `alter system` is, and wins over it.

use std::fs;
use std::io::Write;
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;

use crate::Error;
use crate::layout::Layout;

/// Size at which the server starts a new log file; the supervisor keeps the newest few.
const LOG_ROTATION: &str = "16MB";

/// Writes `postgresql.conf` into the cluster.
pub(crate) fn write(layout: &Layout, cluster: &Path) -> Result<(), Error> {
    replace_file(
        layout,
        &cluster.join("postgresql.conf"),
        &render(&layout.socket_dir),
    )
}

/// Replaces a file in the cluster as its user's. The new file is renamed into place, so a link planted
/// there is replaced and never followed.
pub(crate) fn replace_file(layout: &Layout, path: &Path, text: &str) -> Result<(), Error> {
    let scratch = path.with_extension("new");
    let _ = fs::remove_file(&scratch);
    let created = fs::OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(0o600)
        .open(&scratch);
    let mut file = created.map_err(Error::file("cannot create", &scratch))?;
    file.write_all(text.as_bytes())
        .and_then(|()| file.sync_all())
        .map_err(Error::file("cannot write", &scratch))?;
    layout.run_as.give(&scratch)?;
    fs::rename(&scratch, path).map_err(Error::file("cannot write", path))
}

fn render(socket_dir: &Path) -> String {
    let socket_dir = socket_dir.display().to_string().replace('\'', "''");
    // Before recovery the whole cluster is flushed: in one call where the kernel has one.
    let sync_method = if cfg!(target_os = "linux") {
        "recovery_init_sync_method = syncfs\n"
    } else {
        ""
    };
    format!(
        "\
# Written by rapport at each start. To change a setting use: alter system set …

# Reached over a socket in a private folder, never over the network.
listen_addresses = ''
unix_socket_directories = '{socket_dir}'
unix_socket_permissions = 0700
max_connections = 60

shared_buffers = 128MB
effective_cache_size = 512MB
work_mem = 8MB
maintenance_work_mem = 128MB
random_page_cost = 1.1
jit = off
# Shared memory for parallel workers is 64 MB in a container, and short queries do not gain from them.
max_parallel_workers_per_gather = 0
max_parallel_maintenance_workers = 0

# Plans made while a table was new are made anew once it has rows: soon, not after a minute.
autovacuum_naptime = 10s

# A commit that was acknowledged is on disk.
synchronous_commit = on
wal_compression = on
max_wal_size = 1GB
{sync_method}
# Log files hold no statements and no row values: those are the tenants' data.
logging_collector = on
log_directory = 'log'
log_filename = 'postgres-%Y%m%d-%H%M%S.log'
log_rotation_size = {LOG_ROTATION}
log_rotation_age = 0
log_min_messages = warning
log_min_error_statement = panic
log_error_verbosity = terse
log_line_prefix = '%m [%p] %u@%d '
log_timezone = 'UTC'
timezone = 'UTC'
lc_messages = 'C'
datestyle = 'iso, ymd'
default_text_search_config = 'pg_catalog.simple'
"
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_quote_in_the_socket_folder_cannot_end_the_setting() {
        let settings = render(Path::new("/srv/o'brien/run"));
        assert!(settings.contains("unix_socket_directories = '/srv/o''brien/run'\n"));
    }
}
