//! Background jobs, enqueued in the caller's transaction.
