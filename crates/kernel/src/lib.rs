//! What every domain stands on: ids, clock, errors, tenant transactions, HTTP extractors, guarded HTTP client, secrets, live events.
