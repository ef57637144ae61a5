//! Unpack, initialise, start, supervise and stop the bundled PostgreSQL.
