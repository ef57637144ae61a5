//! Background jobs, enqueued in the caller's transaction.
//!
//! A job is committed or rolled back together with the change that needs it, so nothing is done for a
//! change that never happened and nothing is forgotten for one that did. Jobs live in PostgreSQL, in the
//! schema `graphile_worker`; this is a thin layer over the crate of that name.
//!
//! It runs a job at least once: a worker that dies is noticed within a minute, or at the next start by whoever has the
//! database alone ([`declare_workers_dead`]), and its jobs run again, so handlers must bear a repetition. A job that was
//! in work at five deaths is given up; after the second it waits for some seconds, then for minutes, so that a server
//! that is killed again and again for other reasons proves it innocent. Payloads hold ids, never the tenants' content:
//! they are readable by every worker, and the library below prints them into its logs.
//!
//! Start at [`Job`] and [`enqueue`]; [`Runner`] works the jobs, [`dead`] shows those that were given up.

mod builder;
pub mod dead;
mod error;
mod handler;
mod job;
mod runner;
mod schema;

pub use builder::RunnerBuilder;
pub use error::Error;
pub use handler::Attempt;
pub use job::{Job, Options, enqueue, enqueue_all};
pub use runner::{Event, Runner};
pub use schema::{
    declare_workers_dead, forget_idle_series, forget_tenant, grant, has_workers, migrate, release,
};
