//! Who may do what: tenants, users, memberships, API keys, sessions, model credentials, audit.
