//! `rapport openapi`: the description of the API, without a database. The TypeScript client is generated from it.

use std::process::ExitCode;

use kernel::db::{Login, PoolSize};
use kernel::{Clock, Database, Result};
use sqlx::postgres::PgConnectOptions;

use crate::{http, wiring};

pub fn run() -> Result<ExitCode> {
    // never connected to
    let db = Database::new(
        Login::EachRole(PgConnectOptions::new_without_pgpass()),
        PoolSize::default(),
        Clock::system(),
    );
    let domains = wiring::describe(&db)?;
    let openapi = http::documented(&domains).to_openapi();
    println!("{}", serde_json::to_string_pretty(&openapi)?);
    Ok(ExitCode::SUCCESS)
}
