//! Commands beside a running server: they leave alone what it works with.

use sqlx::{Connection as _, Executor as _};

use crate::shop;

/// As the transactions of a busy server do.
const USE_EVERY_TABLE: &str = "do $$
    declare t record;
    begin
        for t in
            select oid::regclass as name from pg_class
            where relnamespace in ('public'::regnamespace, 'platform'::regnamespace, 'graphile_worker'::regnamespace) and relkind = 'r'
        loop
            execute format('lock table %s in row exclusive mode', t.name);
        end loop;
    end;
    $$";

#[tokio::test]
async fn a_command_waits_for_no_table_that_the_server_writes_to() {
    testkit::require_runtime!();
    let server = shop::server().start().await;
    let mut owner = server.owner().await;
    let mut busy = owner.begin().await.expect("a transaction");
    busy.execute(USE_EVERY_TABLE).await.expect("locks");
    let made = server.rapport(&["tenant", "create", "Beside"]).await;
    assert!(made["tenant_id"].is_string(), "{made}");
    busy.rollback().await.expect("the end");
}

#[tokio::test]
async fn migrating_by_hand_mends_what_somebody_has_spoiled() {
    testkit::require_runtime!();
    let server = shop::server().start().await;
    let mut owner = server.owner().await;
    owner
        .execute("revoke select on qa_pairs from rapport_app; drop function qa_pair_state cascade")
        .await
        .expect("spoiled");
    server.rapport(&["migrate"]).await;
    let (may_read, is_back): (bool, bool) = sqlx::query_as(
        "select has_table_privilege('rapport_app', 'qa_pairs', 'select'), to_regprocedure('qa_pair_state(uuid)') is not null",
    )
    .fetch_one(&mut owner)
    .await
    .expect("an answer");
    assert!(may_read && is_back, "{may_read} {is_back}");
}
