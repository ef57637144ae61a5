//! What an archive does not hold, and why. Everything else that has a `tenant_id` is in it.

use serde::{Deserialize, Serialize};

/// A table, or a column of one, that stays behind.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LeftOut {
    pub table: String,
    /// None: the whole table, or the rows that the reason speaks of.
    pub column: Option<String>,
    pub reason: String,
}

/// Whole tables, with the reason.
pub const TABLES: &[(&str, &str)] = &[
    ("api_keys", "secrets: make new ones"),
    (
        "conversation_viewers",
        "who has a conversation open at this moment",
    ),
    ("demos", "a demonstration ends where it was made"),
    (
        "email_notices",
        "what is about to be told by e-mail is told from where it was",
    ),
    (
        "email_settings",
        "the mail server's password is a secret, and without it nothing is sent: enter it again",
    ),
    ("emails", "what was or is being sent is sent from where it was"),
    (
        "idempotency_keys",
        "of requests of the last seven days, made to the installation where it was",
    ),
    (
        "inbound_events",
        "vendors' raw calls; what came of them is in the conversations",
    ),
    ("invitations", "their links are secrets: invite again"),
    ("knowledge_index_batches", "made again from the passages"),
    ("knowledge_index_words", "made again from the passages"),
    ("llm_credentials", "providers' keys are secrets: enter them again"),
    (
        "operator_access",
        "what owners allowed those who run the installation where it was",
    ),
    (
        "operator_visits",
        "visits of those who run the installation where it was",
    ),
    ("order_verifications", "codes that are good for ten minutes"),
    (
        "plan_exceptions",
        "granted by those who run the installation where it was",
    ),
    (
        "plan_usage",
        "counted against the plan of the installation where it was",
    ),
    ("webhook_attempts", "requests that were made from where it was"),
    ("workspace_exports", "exports of the installation where it was"),
    (
        "webhook_deliveries",
        "what was told, or is about to be, is told from where it was",
    ),
];

/// Rows of a table: a condition on those that come along, and why the others do not.
pub const ROWS: &[(&str, &str, &str)] = &[
    (
        "audit_log",
        "action not in ('workspace_exported', 'workspace_imported')",
        "entries about exports and imports speak of the installation that they were made in",
    ),
    (
        "deliveries",
        "status not in ('queued', 'sending')",
        "what has not been sent yet is sent from where it was",
    ),
];

/// A column that stays behind: table, column, what stands in its place after an import (SQL; none: the column's
/// default), and why.
pub type Column = (&'static str, &'static str, Option<&'static str>, &'static str);

pub const COLUMNS: &[Column] = &[
    (
        "analytics_touched",
        "id",
        None,
        "a number of the installation's own",
    ),
    (
        "assets",
        "public_id",
        Some("r.id::text"),
        "signed with the master key: made again",
    ),
    (
        "automation_events",
        "is_pending",
        Some("false"),
        "rules act where it happened, once",
    ),
    (
        "automation_events",
        "seq",
        None,
        "a number of the installation's own",
    ),
    (
        "channels",
        "brain_encrypted_header",
        Some("null"),
        "a secret: enter it again",
    ),
    (
        "channels",
        "channel_key",
        Some("r.id::text"),
        "in the manifest: two installations' keys may collide",
    ),
    (
        "channels",
        "credential_hints",
        Some("'{}'"),
        "belongs to the credentials",
    ),
    (
        "channels",
        "encrypted_credentials",
        Some("null"),
        "secrets: connect the account again",
    ),
    (
        "channels",
        "encrypted_secret",
        Some("''"),
        "a secret: a new one is made",
    ),
    (
        "channels",
        "is_broken",
        Some("r.kind not in ('widget', 'api')"),
        "without credentials nothing is sent",
    ),
    (
        "channels",
        "platform_channel_id",
        Some("null"),
        "belongs to the credentials",
    ),
    (
        "channels",
        "verify_token",
        Some("null"),
        "a secret: made again when the account is connected",
    ),
    (
        "channels",
        "webhook_url",
        Some("null"),
        "the address of the installation where it was",
    ),
    (
        "knowledge_chunks",
        "index_name",
        Some("null"),
        "the index is made again",
    ),
    (
        "knowledge_chunks",
        "indexed_at",
        Some("null"),
        "the index is made again",
    ),
    (
        "meeting_settings",
        "calcom_secret",
        Some("null"),
        "a secret: enter it again",
    ),
    (
        "model_versions",
        "credential_id",
        Some("null"),
        "providers' keys stay behind: choose one again",
    ),
    (
        "tenants",
        "daily_money_budget",
        None,
        "the plan is this installation's to give",
    ),
    (
        "tenants",
        "daily_token_budget",
        None,
        "the plan is this installation's to give",
    ),
    (
        "tenants",
        "is_active",
        None,
        "a suspension is the installation's own",
    ),
    (
        "tenants",
        "slug",
        Some("''"),
        "in the manifest: the short name may be taken elsewhere",
    ),
    (
        "tenants",
        "subscription_plan",
        None,
        "the plan is this installation's to give",
    ),
    (
        "tenants",
        "subscription_status",
        None,
        "the plan is this installation's to give",
    ),
    (
        "tenants",
        "suspended_at",
        None,
        "a suspension is the installation's own",
    ),
    (
        "tenants",
        "suspended_from",
        None,
        "a suspension is the installation's own",
    ),
    (
        "tenants",
        "suspension_note",
        None,
        "a suspension is the installation's own",
    ),
    (
        "tenants",
        "trial_ends_at",
        Some("(select now() + make_interval(days => trial_days) from platform.plan_terms)"),
        "the plan is this installation's to give",
    ),
    (
        "webhook_endpoints",
        "disabled_at",
        Some("now()"),
        "off after an import, so that nothing is told twice",
    ),
    (
        "webhook_endpoints",
        "disabled_reason",
        Some("'by_hand'"),
        "off after an import, so that nothing is told twice",
    ),
    (
        "webhook_endpoints",
        "encrypted_secret",
        Some("''"),
        "a secret: a new one is made",
    ),
    (
        "webhook_endpoints",
        "is_enabled",
        Some("false"),
        "off after an import, so that nothing is told twice",
    ),
    ("webhook_endpoints", "previous_secret", Some("null"), "a secret"),
    (
        "webhook_endpoints",
        "previous_secret_until",
        Some("null"),
        "belongs to the secret",
    ),
    (
        "webhook_endpoints",
        "secret_last4",
        Some("''"),
        "belongs to the secret",
    ),
];

/// A key of a JSON object that stays behind: table, column, key, what stands in its place (JSON), why.
pub type Key = (
    &'static str,
    &'static str,
    &'static str,
    &'static str,
    &'static str,
);

pub const KEYS: &[Key] = &[
    (
        "channels",
        "draft_settings",
        "credential_id",
        "null",
        "providers' keys stay behind: choose one again",
    ),
    (
        "channels",
        "settings",
        "credential_id",
        "null",
        "providers' keys stay behind: choose one again",
    ),
    (
        "knowledge_state",
        "embedder",
        SEALED_KEY,
        "\"\"",
        "a provider's key is a secret: choose the search model again",
    ),
    (
        "knowledge_state",
        "next_embedder",
        SEALED_KEY,
        "\"\"",
        "a provider's key is a secret: choose the search model again",
    ),
    (
        "transcript_imports",
        "embedder",
        SEALED_KEY,
        "\"\"",
        "a provider's key is a secret",
    ),
];

/// The key of a search model, which an import seals anew.
pub const SEALED_KEY: &str = "encrypted_key";

/// All of it, for the manifest.
pub fn all() -> Vec<LeftOut> {
    let entry = |table: &str, column: Option<String>, reason: &str| LeftOut {
        table: table.to_owned(),
        column,
        reason: reason.to_owned(),
    };
    let tables = TABLES.iter().map(|(table, reason)| entry(table, None, reason));
    let rows = ROWS.iter().map(|(table, _, reason)| entry(table, None, reason));
    let columns = COLUMNS
        .iter()
        .map(|(table, column, _, reason)| entry(table, Some((*column).to_owned()), reason));
    let keys = KEYS
        .iter()
        .map(|(table, column, key, _, reason)| entry(table, Some(format!("{column}.{key}")), reason));
    tables.chain(rows).chain(columns).chain(keys).collect()
}

/// Whether a table comes along at all.
pub fn is_kept(table: &str) -> bool {
    !TABLES.iter().any(|(left, _)| *left == table)
}

/// The column's rule, if it stays behind.
pub fn column(table: &str, column: &str) -> Option<&'static Column> {
    COLUMNS.iter().find(|(t, c, ..)| *t == table && *c == column)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_is_named_twice_and_no_column_of_a_table_that_stays_behind() {
        let mut names: Vec<_> = all().into_iter().map(|left| (left.table, left.column)).collect();
        let count = names.len();
        names.sort();
        names.dedup();
        assert_eq!(names.len(), count);
        assert!(COLUMNS.iter().all(|(table, ..)| is_kept(table)));
    }
}
