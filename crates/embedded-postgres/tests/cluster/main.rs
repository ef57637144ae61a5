//! A real PostgreSQL, from the wheel in `runtime/`; without it every test says so and passes.

mod installation;
mod leftovers;
mod lifecycle;
mod places;
mod rig;
mod sharing;
