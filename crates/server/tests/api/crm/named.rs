//! Functions that other programs call by their names, and queries as they write them, under row security.

use serde_json::{Value, json};
use sqlx::{AssertSqlSafe, Executor as _, PgConnection};
use testkit::{Tenant, require_runtime};

use super::{client, id, writer};
use crate::quick_tenant;
use crate::support::server;

async fn enter(app: &mut PgConnection, tenant: &Tenant) {
    let set = format!("set app.current_tenant_id = '{}'", tenant.id);
    app.execute(AssertSqlSafe(set)).await.expect("the tenant");
}

/// All rows of a query, as a list.
async fn rows(app: &mut PgConnection, query: &str) -> Value {
    let sql = format!("select coalesce(jsonb_agg(to_jsonb(r)), '[]') from ({query}) r");
    let row = sqlx::query_scalar(AssertSqlSafe(sql));
    row.fetch_one(app)
        .await
        .unwrap_or_else(|error| panic!("{query}: {error}"))
}

fn ids(rows: &Value) -> Vec<String> {
    rows.as_array().expect("rows").iter().map(id).collect()
}

#[tokio::test]
async fn each_function_has_its_name_its_arguments_and_its_columns() {
    require_runtime!();
    let server = server().start().await;
    let mut app = server.connect_as("rapport_app").await;
    for (name, arguments, result) in [
        (
            "create_channel_and_config",
            "channel_name text, channel_platform text, platform_id text",
            "jsonb",
        ),
        (
            "get_contacts_for_channel",
            "p_channel_id uuid, p_search_term text DEFAULT NULL::text",
            "TABLE(id uuid, organization_id uuid, channel_id uuid, platform text, platform_user_id text, name text, email text, \
             phone text, avatar_url text, ai_enabled boolean, last_interaction_at timestamp with time zone, \
             last_message_preview text, unread_count integer, created_at timestamp with time zone, \
             updated_at timestamp with time zone, crm_client_id uuid)",
        ),
        ("calculate_client_ltv", "client_uuid uuid", "numeric"),
        (
            "calculate_win_rate",
            "org_id uuid, start_date timestamp with time zone, end_date timestamp with time zone",
            "numeric",
        ),
        (
            "get_crm_dashboard_summary",
            "org_id uuid",
            "TABLE(total_clients bigint, new_clients_this_month bigint, total_deals bigint, open_deals bigint, \
             open_deals_value numeric, weighted_deals_value numeric, won_deals_this_month bigint, won_value_this_month numeric, \
             win_rate numeric, total_revenue numeric, orders_this_month bigint, revenue_this_month numeric, \
             overdue_activities bigint, currency text)",
        ),
        (
            "get_conversion_funnel",
            "org_id uuid",
            "TABLE(stage text, client_count bigint, percentage numeric, reached bigint, conversion_rate numeric)",
        ),
    ] {
        let found: (String, String, bool) = sqlx::query_as(
            "select pg_get_function_arguments(oid), pg_get_function_result(oid), prosecdef from pg_proc
            where proname = $1 and pronamespace = 'public'::regnamespace",
        )
        .bind(name)
        .fetch_one(&mut app)
        .await
        .unwrap_or_else(|error| panic!("{name}: {error}"));
        assert_eq!(found, (arguments.to_owned(), result.to_owned(), false), "{name}");
    }
}

#[tokio::test]
async fn a_channel_is_made_with_its_configuration_and_lists_its_contacts_with_their_clients() {
    require_runtime!();
    let server = server().start().await;
    let (ours, theirs) = (quick_tenant(&server).await, quick_tenant(&server).await);
    let mut app = server.connect_as("rapport_app").await;
    enter(&mut app, &ours).await;
    let made = rows(
        &mut app,
        "select create_channel_and_config('Desk', 'telegram', 'bot42') as made",
    )
    .await;
    let made = made[0]["made"].clone();
    assert_eq!(made["organization_id"], ours.id.to_string());
    let channel = id(&made);
    let kept = format!(
        "select c.name, c.kind, c.platform_channel_id, (select count(*) from channel_configurations o where o.channel_id = c.id) as configurations
        from channels c where c.id = '{channel}'"
    );
    let kept = rows(&mut app, &kept).await;
    let wanted =
        json!([{"name": "Desk", "kind": "telegram", "platform_channel_id": "bot42", "configurations": 1}]);
    assert_eq!(kept, wanted);

    let (visitor, mia, mias_client) = writer(&ours, "Hello").await;
    let named = json!({"name": "Mia Óder", "email": "mia@example.com"});
    let path = format!("/api/v1/contacts/{mia}");
    ours.api.patch(&path).json(&named).expect(200).await;
    let (_, silent, silents_client) = writer(&ours, "Good day").await;
    writer(&theirs, "Hello").await;
    let path = format!("/api/v1/conversations/{}", visitor.conversation_id);
    let widget = ours.api.get(&path).expect(200).await["channel"]["id"].clone();
    let widget = widget.as_str().expect("a channel").to_owned();
    let call = |search: &str| format!("select * from get_contacts_for_channel('{widget}', {search})");
    let all = rows(&mut app, &call("null")).await;
    // the last one to write comes first; counted plainly
    assert_eq!(ids(&all), [silent.clone(), mia.clone()]);
    let plainly = "select id from contacts where merged_into is null";
    assert_eq!(rows(&mut app, plainly).await.as_array().map(Vec::len), Some(2));
    assert_eq!(all[0]["crm_client_id"], json!(silents_client));
    assert_eq!(all[1]["crm_client_id"], json!(mias_client));
    assert_eq!(
        (
            &all[1]["organization_id"],
            &all[1]["channel_id"],
            &all[1]["platform"]
        ),
        (
            &json!(ours.id.to_string()),
            &json!(widget.as_str()),
            &json!("widget")
        )
    );
    for (search, found) in [
        ("'oder'", Some(&mia)),
        ("'MIA@ex'", Some(&mia)),
        ("'nobody'", None),
    ] {
        let found: Vec<String> = found.into_iter().cloned().collect();
        assert_eq!(ids(&rows(&mut app, &call(search)).await), found, "{search}");
    }
    assert_eq!(ids(&rows(&mut app, &call("''")).await).len(), 2);
    let other = format!("select * from get_contacts_for_channel('{channel}')");
    assert_eq!(rows(&mut app, &other).await, json!([]));
    enter(&mut app, &theirs).await;
    assert_eq!(rows(&mut app, &call("null")).await, json!([]));
}

#[tokio::test]
async fn a_client_is_seen_from_all_sides_by_its_own_workspace_alone() {
    require_runtime!();
    let server = server().start().await;
    let (ours, theirs) = (quick_tenant(&server).await, quick_tenant(&server).await);
    let kim = id(&client(&ours, json!({"name": "Kim"})).await);
    let mut wanted = vec![vec![kim.clone()], Vec::new(), Vec::new()];
    for n in 0..3 {
        let activity = json!({"client_id": kim, "activity_type": "call", "subject": format!("Call {n}")});
        let note = json!({"client_id": kim, "content": format!("Note {n}")});
        for (path, body, place) in [("activities", activity, 1), ("notes", note, 2)] {
            let path = format!("/api/v1/crm/{path}");
            let made = ours.api.post(&path).json(&body).expect(201).await;
            wanted[place].insert(0, id(&made));
        }
    }
    let queries = [
        format!("SELECT * FROM crm_clients WHERE id = '{kim}'"),
        format!("SELECT * FROM crm_activities WHERE client_id = '{kim}' ORDER BY created_at DESC"),
        format!("SELECT * FROM crm_notes WHERE client_id = '{kim}' ORDER BY created_at DESC"),
    ];
    let mut app = server.connect_as("rapport_app").await;
    for (query, wanted) in queries.iter().zip(&wanted) {
        enter(&mut app, &ours).await;
        assert_eq!(&ids(&rows(&mut app, query).await), wanted, "{query}");
        enter(&mut app, &theirs).await;
        assert_eq!(rows(&mut app, query).await, json!([]), "{query}");
    }
}
