//! The schema itself: an audit of the catalogue finds no hole, and it would name each kind of hole (R23).

use sqlx::{Connection as _, Executor as _, PgConnection};
use testkit::require_runtime;

use crate::support::server;

type Hole = (String, String);

const AUDIT: &str = include_str!("audit.sql");

async fn audit(connection: &mut PgConnection) -> Vec<Hole> {
    sqlx::query_as(AUDIT)
        .fetch_all(connection)
        .await
        .expect("the audit runs")
}

#[tokio::test]
async fn the_schema_has_no_hole_and_each_planted_one_is_named() {
    require_runtime!();
    let server = server().start().await;
    let found = audit(&mut server.owner().await).await;
    assert_eq!(found, [], "holes in the schema that serves");

    let mut scratch = server.scratch_database().await;
    for (statements, hole, object) in PLANTED {
        let mut tx = scratch.begin().await.expect("a transaction");
        tx.execute(*statements)
            .await
            .unwrap_or_else(|error| panic!("{statements}: {error}"));
        let found = audit(&mut tx).await;
        let wanted = (hole.to_string(), object.to_string());
        assert!(
            found.contains(&wanted),
            "{statements}\nnot named {wanted:?}, but {found:?}"
        );
        tx.rollback().await.expect("the hole is closed again");
    }
    assert_eq!(audit(&mut scratch).await, [], "every planted hole is gone");
}

#[tokio::test]
async fn a_trigger_of_ones_own_forges_nothing_in_the_audit_log() {
    require_runtime!();
    let server = server().start().await;
    let tenant = server.tenant("Shop").await;
    let mut owner = server.owner().await;
    let planted = format!(
        "set app.current_tenant_id = '{}';
        insert into audit_log (tenant_id, actor, action, details)
        values (current_tenant_id(), 'system', 'planted', '{{\"name\": \"Ana\", \"kind\": \"x\"}}');
        create temporary table forgeries (details jsonb);
        create function pg_temp.forge() returns trigger language plpgsql as
            $$ begin update audit_log set details = new.details where action = 'planted'; return null; end; $$;
        create trigger forge after insert on forgeries for each row execute function pg_temp.forge();",
        tenant.id
    );
    sqlx::raw_sql(sqlx::AssertSqlSafe(planted))
        .execute(&mut owner)
        .await
        .expect("a trigger");
    for (details, is_allowed) in [
        (r#"{"name": "Ben", "kind": "x"}"#, false),
        (r#"{"name": "Ana"}"#, false),
        ("{}", false),
        // as an erasure does
        (r#"{"kind": "x"}"#, true),
    ] {
        let done = sqlx::query("insert into forgeries values ($1::jsonb)")
            .bind(details)
            .execute(&mut owner)
            .await;
        assert_eq!(done.is_ok(), is_allowed, "{details}: {done:?}");
    }
    let done = server
        .connect_as("rapport_app")
        .await
        .execute("create temporary table forgeries (details jsonb)")
        .await;
    assert!(done.is_err(), "{done:?}");
}

/// How a hole could come about, and how the audit calls it.
const PLANTED: &[(&str, &str, &str)] = &[
    (
        "create table notes (id uuid primary key)",
        "table without tenant_id",
        "public.notes",
    ),
    (
        "create table platform.notes (id uuid primary key)",
        "table without tenant_id",
        "platform.notes",
    ),
    (
        "create table notes (id uuid primary key, tenant_id uuid)",
        "tenant_id may be null",
        "public.notes",
    ),
    (
        "alter table contacts disable row level security",
        "row security is off",
        "public.contacts",
    ),
    (
        "create table notes (tenant_id uuid primary key)",
        "row security is off",
        "public.notes",
    ),
    (
        "alter table contacts no force row level security",
        "row security is not forced",
        "public.contacts",
    ),
    (
        "drop policy tenant_isolation on contacts",
        "no policy",
        "public.contacts",
    ),
    (
        "create policy everyone on contacts using (true)",
        "policy is always true",
        "public.contacts: everyone",
    ),
    (
        "create policy everyone on contacts for insert with check (true)",
        "policy is always true",
        "public.contacts: everyone",
    ),
    (
        "create policy look_up on contacts to rapport_platform using (true)",
        "policy is always true",
        "public.contacts: look_up",
    ),
    (
        "create policy everyone on platform.sessions using (true)",
        "policy is always true",
        "platform.sessions: everyone",
    ),
    (
        "create policy named on contacts using (name is not null)",
        "policy is not the tenant's own",
        "public.contacts: named",
    ),
    (
        "create view names as select name from contacts",
        "view without security_invoker",
        "public.names",
    ),
    (
        "create view names with (security_invoker = false) as select name from contacts",
        "view without security_invoker",
        "public.names",
    ),
    (
        "create materialized view names as select name from contacts",
        "materialized view",
        "public.names",
    ),
    (
        "create function count_all() returns bigint language sql security definer as 'select count(*) from contacts'",
        "security definer function",
        "count_all()",
    ),
    (
        "create unique index contacts_id on contacts (id);
         alter table conversations add constraint plain foreign key (contact_id) references contacts (id)",
        "foreign key without tenant_id",
        "public.conversations: plain",
    ),
    (
        "alter table qa_gaps add constraint clears foreign key (tenant_id, conversation_id)
            references conversations (tenant_id, id) on delete set null",
        "foreign key clears tenant_id",
        "public.qa_gaps: clears",
    ),
    (
        "create unique index everybodys_emails on contacts (email)",
        "unique without tenant_id in front",
        "everybodys_emails",
    ),
    (
        "create unique index everybodys_emails on contacts (email, tenant_id)",
        "unique without tenant_id in front",
        "everybodys_emails",
    ),
    (
        "grant truncate on contacts to rapport_app",
        "rapport_app may truncate",
        "public.contacts",
    ),
    (
        "grant truncate on contacts to public",
        "rapport_app may truncate",
        "public.contacts",
    ),
    (
        "grant references (id) on contacts to rapport_app",
        "rapport_app may references",
        "public.contacts",
    ),
    (
        "grant trigger on contacts to rapport_app",
        "rapport_app may trigger",
        "public.contacts",
    ),
    (
        "grant select (name) on contacts to rapport_platform",
        "rapport_platform sees a tenant's table",
        "public.contacts",
    ),
    (
        "grant create on schema public to rapport_app",
        "rapport_app may create tables",
        "public",
    ),
    (
        "grant temporary on database scratch to public",
        "rapport_app may create temporary tables",
        "scratch",
    ),
    (
        "alter role rapport_app superuser",
        "role is a superuser",
        "rapport_app",
    ),
    (
        "alter role rapport_app bypassrls",
        "role bypasses row security",
        "rapport_app",
    ),
    (
        "alter table contacts owner to rapport_app",
        "role owns a table",
        "rapport_app: public.contacts",
    ),
    (
        "revoke rapport_app from rapport_owner; grant rapport_owner to rapport_app",
        "role owns a table",
        "rapport_app: public.contacts",
    ),
];
