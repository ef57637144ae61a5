//! What goes on in the source between two imports, and what goes with a tenant.

use testkit::require_runtime;

use crate::old::{Old, problems, sum};
use crate::support::server;
use crate::whole::ASSISTANT;

#[tokio::test]
async fn a_session_that_went_on_gets_what_was_said_since() {
    require_runtime!();
    let server = server().start().await;
    let mut old = Old::filled(&server, &ASSISTANT).await;
    old.import(&server, &[]).await;
    let mut owner = server.owner().await;
    let before: i64 = sqlx::query_scalar("select count(*) from messages")
        .fetch_one(&mut owner)
        .await
        .expect("a number");
    old.run(
        r#"update chat_sessions set updated_at = now(),
            messages = messages || '[{"message_id": "later", "role": "user", "content": "One more thing", "timestamp": "2024-06-01T10:00:00Z"}]'"#,
    )
    .await;
    let again = old.import(&server, &[]).await;
    assert_eq!(
        (sum(&again, "updated"), problems(&again)),
        (4, String::new()),
        "{again}"
    );
    let (after, last): (i64, i64) = sqlx::query_as(
        "select (select count(*) from messages),
            (select count(*) from conversations c join messages m on m.tenant_id = c.tenant_id and m.conversation_id = c.id
                and m.seq = c.last_seq where m.text_content = 'One more thing' and c.last_message_preview = 'One more thing')",
    )
    .fetch_one(&mut owner)
    .await
    .expect("numbers");
    assert_eq!((after, last), (before + 4, 4));
}

#[tokio::test]
async fn what_was_brought_in_goes_with_its_tenant() {
    require_runtime!();
    let server = server().start().await;
    let old = Old::filled(&server, &crate::s4::KIND).await;
    let report = old.import(&server, &[]).await;
    for tenant in report["tenants"].as_array().expect("tenants") {
        let slug = tenant["slug"].as_str().expect("a short name");
        server.rapport(&["tenant", "delete", slug, "--yes"]).await;
    }
    let mut owner = server.owner().await;
    let left: i64 = sqlx::query_scalar("select (select count(*) from import_rows) + (select count(*) from messages) + (select count(*) from crm_orders)")
        .fetch_one(&mut owner)
        .await
        .expect("a number");
    assert_eq!(left, 0);
    // and can be brought in anew
    let again = old.import(&server, &[]).await;
    assert_eq!(
        (sum(&again, "created"), problems(&again)),
        (sum(&report, "created"), String::new())
    );
}
