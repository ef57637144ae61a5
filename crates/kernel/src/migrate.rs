//! Brings a database to the schema of this binary.

use std::borrow::Cow;

use sha2::{Digest, Sha256};
use sqlx::migrate::{MigrateError, Migrator};
use sqlx::{AssertSqlSafe, Connection, PgConnection};

use crate::error::{Error, Result, invalid};

static MIGRATIONS: Migrator = sqlx::migrate!("../../migrations");

const PREPARE: &str = include_str!("prepare.sql");

/// Re-applied, in this order, after the migrations.
const REPLACEABLE: [&str; 19] = [
    include_str!("../../../migrations/replaceable/05_clock.sql"),
    include_str!("../../../migrations/replaceable/10_functions.sql"),
    include_str!("../../../migrations/replaceable/15_webhooks.sql"),
    include_str!("../../../migrations/replaceable/16_automation.sql"),
    include_str!("../../../migrations/replaceable/17_leads_meetings.sql"),
    include_str!("../../../migrations/replaceable/18_visitors.sql"),
    include_str!("../../../migrations/replaceable/20_triggers.sql"),
    include_str!("../../../migrations/replaceable/25_crm_clients.sql"),
    include_str!("../../../migrations/replaceable/26_crm_sales.sql"),
    include_str!("../../../migrations/replaceable/27_crm_merging.sql"),
    include_str!("../../../migrations/replaceable/28_crm_words.sql"),
    include_str!("../../../migrations/replaceable/29_erasure.sql"),
    include_str!("../../../migrations/replaceable/30_tenancy.sql"),
    include_str!("../../../migrations/replaceable/35_analytics.sql"),
    include_str!("../../../migrations/replaceable/36_analytics_periods.sql"),
    include_str!("../../../migrations/replaceable/37_topics.sql"),
    include_str!("../../../migrations/replaceable/38_demos.sql"),
    include_str!("../../../migrations/replaceable/39_plans.sql"),
    include_str!("../../../migrations/replaceable/40_retrieval_versions.sql"),
];

/// Creates the roles, runs what is missing and refreshes functions, triggers, row security and grants.
/// `owner` must be logged in as the owner of the database. Safe to run again and by several processes at once, but
/// it locks every table for a moment: beside a running server only where [`is_current`] says no.
///
/// # Errors
/// A database that a newer version has migrated is refused with a sentence that says so.
pub async fn migrate(owner: &mut PgConnection) -> Result<()> {
    prepare(owner).await?;
    migrator().run_direct(None, owner, false).await.map_err(explain)?;
    let mut tx = owner.begin().await?;
    sqlx::query("select pg_advisory_xact_lock(hashtext('rapport_migrate'))")
        .execute(&mut *tx)
        .await?;
    for script in REPLACEABLE {
        sqlx::raw_sql(script).execute(&mut *tx).await?;
    }
    // travels with a dump, unlike a table needs no rights
    let mark = format!("comment on schema platform is '{}'", fingerprint());
    sqlx::raw_sql(AssertSqlSafe(mark)).execute(&mut *tx).await?;
    tx.commit().await?;
    Ok(())
}

/// Whether [`migrate`] of this very binary was the last one. Reads, and locks nothing.
pub async fn is_current(owner: &mut PgConnection) -> Result<bool> {
    let mark: Option<String> =
        sqlx::query_scalar("select obj_description(to_regnamespace('platform'), 'pg_namespace')")
            .fetch_one(owner)
            .await?;
    Ok(mark.is_some_and(|mark| mark == fingerprint()))
}

/// Of all that [`migrate`] would run.
fn fingerprint() -> String {
    let mut digest = Sha256::new();
    for migration in MIGRATIONS.iter() {
        digest.update(&*migration.checksum);
    }
    for script in REPLACEABLE.iter().chain([&PREPARE]) {
        digest.update(Sha256::digest(script.as_bytes()));
    }
    format!("schema {}", hex::encode(digest.finalize()))
}

/// The newest migration that this binary knows.
pub fn newest() -> i64 {
    MIGRATIONS
        .iter()
        .map(|migration| migration.version)
        .max()
        .unwrap_or_default()
}

fn migrator() -> Migrator {
    let mut migrator = Migrator {
        migrations: Cow::Borrowed(&MIGRATIONS.migrations),
        ..Migrator::DEFAULT
    };
    migrator.dangerous_set_table_name("platform.schema_version");
    migrator
}

/// What must exist before the first migration: the schema for its ledger, and the two roles.
pub async fn prepare(owner: &mut PgConnection) -> Result<()> {
    check_version(owner).await?;
    sqlx::raw_sql("create extension if not exists vector")
        .execute(&mut *owner)
        .await
        .map_err(explain_extension)?;
    sqlx::raw_sql(PREPARE)
        .execute(&mut *owner)
        .await
        .map_err(explain_roles)?;
    Ok(())
}

/// On some servers only an administrator may add an extension.
fn explain_extension(error: sqlx::Error) -> Error {
    match &error {
        sqlx::Error::Database(db) if db.code().as_deref() == Some("42501") => {
            let detail = "The database login may not add the extension pgvector. As an administrator of the server, in this database, \
                          run: CREATE EXTENSION vector;";
            invalid("extension_denied", detail)
        }
        _ => error.into(),
    }
}

/// The two roles belong to the whole server: another installation's owner may have made them.
fn explain_roles(error: sqlx::Error) -> Error {
    let is_denied = matches!(&error, sqlx::Error::Database(db) if db.code().as_deref() == Some("42501"));
    if !is_denied {
        return error.into();
    }
    let detail = format!(
        "The database login may not make or take on the roles rapport_app and rapport_platform ({error}). As an administrator of the \
         server run: ALTER ROLE <login> CREATEROLE; or, if the roles exist: GRANT rapport_app, rapport_platform TO <login>;"
    );
    invalid("roles_denied", detail)
}

async fn check_version(owner: &mut PgConnection) -> Result<()> {
    let version: i32 = sqlx::query_scalar("select current_setting('server_version_num')::int")
        .fetch_one(&mut *owner)
        .await?;
    if version < 150_000 {
        let detail = format!(
            "This is PostgreSQL {}; Rapport needs 15 or newer.",
            version / 10_000
        );
        return Err(invalid("postgres_too_old", detail));
    }
    let vector: Option<String> =
        sqlx::query_scalar("select default_version from pg_available_extensions where name = 'vector'")
            .fetch_optional(&mut *owner)
            .await?;
    match vector {
        Some(version) if at_least_0_7(&version) => Ok(()),
        Some(version) => Err(invalid(
            "pgvector_too_old",
            format!("pgvector {version} is installed; Rapport needs 0.7 or newer."),
        )),
        None => Err(invalid(
            "pgvector_missing",
            "This PostgreSQL has no pgvector. Install it (0.7 or newer) on the database server.",
        )),
    }
}

fn at_least_0_7(version: &str) -> bool {
    let mut parts = version.split('.').map(|part| part.parse::<u32>().unwrap_or(0));
    (parts.next().unwrap_or(0), parts.next().unwrap_or(0)) >= (0, 7)
}

fn explain(error: MigrateError) -> Error {
    match error {
        MigrateError::VersionMissing(version) => invalid(
            "schema_too_new",
            format!(
                "The database was migrated by a newer Rapport (schema {version} is unknown to this one). \
                 Start the newer binary, or restore a backup made before the upgrade."
            ),
        ),
        other => crate::error::internal(other),
    }
}

#[cfg(test)]
mod tests {
    use super::at_least_0_7;

    #[test]
    fn pgvector_versions_compare_by_number() {
        for (version, enough) in [
            ("0.6.2", false),
            ("0.7.0", true),
            ("0.10.0", true),
            ("1.0", true),
            ("", false),
        ] {
            assert_eq!(at_least_0_7(version), enough, "{version}");
        }
    }
}
