//! A real PostgreSQL, from the wheel in `runtime/`; without it every test says so and passes.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on should panic")]
mod installation;
mod leftovers;
mod lifecycle;
mod places;
mod rig;
mod sharing;
