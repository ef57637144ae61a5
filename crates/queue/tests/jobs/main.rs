//! Jobs on a real PostgreSQL, enqueued and worked by a role that owns nothing.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on should panic")]

mod failing;
mod interrupted;
mod rig;
mod running;
