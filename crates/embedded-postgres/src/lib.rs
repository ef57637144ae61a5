//! Unpack, initialise, start, supervise and stop the PostgreSQL that belongs to this product.
//!
//! One data directory holds one cluster. One process owns it (it holds the lock file and supervises
//! the server, its child); any other process on the machine attaches. The server listens on a unix
//! socket only, in a directory that nobody else can enter, so it needs no password.
//!
//! Under systemd use `KillMode=mixed`: the default also signals the server, which then refuses connections
//! while the application still finishes its work.
//!
//! This crate runs no SQL, knows no tables and needs no database driver. Backups and upgrades between
//! major versions of PostgreSQL are not here either.
//!
//! Start at [`Cluster::open`]; what keeps the server alive is in `supervisor.rs`, what happens to a
//! server that outlived its owner in `leftover.rs`, and where files go in `layout.rs`.

mod binaries;
mod cluster;
mod config;
mod error;
mod initialise;
mod layout;
mod leftover;
mod lock;
mod privileges;
mod probe;
mod server;
mod settings;
mod startup_log;
mod supervisor;
mod tries;
mod wheel;

pub use binaries::find_psql_on_path;
pub use cluster::Cluster;
pub use config::{Binaries, Config, DATABASE, OWNER_ROLE, Progress, Sharing, default_data_dir};
pub use error::Error;
pub use supervisor::State;
pub use wheel::{BUNDLED_VERSION, WHEEL_FILE};
