//! What can go wrong with jobs, apart from the jobs' own failures.

/// Every message names the job concerned.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The database refused, or is not there.
    #[error("the job queue cannot use the database: {0}")]
    Database(#[from] sqlx::Error),
    /// The job cannot be written as JSON.
    #[error("the job {name} cannot be stored: {source}")]
    Payload {
        name: &'static str,
        source: serde_json::Error,
    },
    /// The job is not a struct with named fields.
    #[error("the job {name} must be a struct with named fields (it may have none, as in `struct Tidy {{}}`)")]
    NotAnObject { name: &'static str },
    /// The crontab line is not understood.
    #[error("the schedule \"{schedule}\" of the job {name} is not a crontab line: {reason}")]
    Schedule {
        name: &'static str,
        schedule: String,
        reason: String,
    },
    /// Two handlers for one job.
    #[error("the job {name} has two handlers; register it once")]
    RegisteredTwice { name: &'static str },
    /// A schedule for a job that nobody handles.
    #[error("the job {name} has a schedule but no handler; register it")]
    NotRegistered { name: &'static str },
    /// The tables of the queue are missing or of another version.
    #[error("the tables of the job queue are not ready: {0}. Run the migrations as the database's owner")]
    Schema(String),
    /// The worker stopped by itself.
    #[error("the job worker stopped: {0}")]
    Worker(String),
}
