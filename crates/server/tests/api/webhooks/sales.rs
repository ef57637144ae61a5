//! What is told of clients, deals, orders, leads and meetings: once each, and as it is documented.

use std::collections::BTreeSet;

use serde_json::{Value, json};
use sqlx::{Connection as _, Executor as _};
use testkit::{Receiver, Tenant, require_runtime};

use super::{Hook, id};
use crate::quick_tenant;
use crate::support::server;

/// What `data` holds beside `tenant_id`, in the table of this page, in the order of names.
fn documented(kind: &str) -> Vec<String> {
    let page = include_str!("../../../../../docs/webhooks.md");
    let rows = page.lines().filter(|line| line.starts_with("| `"));
    let mut above = Vec::new();
    for row in rows {
        let cells: Vec<&str> = row.split('|').collect();
        let data = cells.get(3).copied().unwrap_or_default();
        if data.trim() != "the same" {
            above = names(data);
        }
        if cells[1].contains(&format!("`{kind}`")) {
            above.push("tenant_id".to_owned());
            above.sort();
            return above;
        }
    }
    panic!("{kind} is not documented");
}

/// What stands in backquotes, but for what explains a name in brackets.
fn names(cell: &str) -> Vec<String> {
    let mut depth = 0;
    let outside: String = cell
        .chars()
        .filter(|letter| {
            depth += i32::from(*letter == '(') - i32::from(*letter == ')');
            depth == 0
        })
        .collect();
    outside.split('`').skip(1).step_by(2).map(str::to_owned).collect()
}

/// The next event: of this kind, once, with what is documented.
async fn next(receiver: &Receiver, seen: &mut BTreeSet<String>, kind: &str) -> Value {
    let event = receiver.next().await;
    assert_eq!(event.kind(), kind, "{}", event.json());
    assert!(seen.insert(event.id().to_owned()), "{kind} was told twice");
    let data = event.json()["data"].clone();
    let mut keys: Vec<String> = data.as_object().expect("an object").keys().cloned().collect();
    keys.sort();
    assert_eq!(keys, documented(kind), "{kind}");
    data
}

async fn post(tenant: &Tenant, path: &str, body: Value) -> Value {
    tenant.api.post(path).json(&body).expect(201).await
}

async fn patch(tenant: &Tenant, path: &str, thing: &Value, body: Value) {
    let path = format!("{path}/{}", id(thing));
    tenant.api.patch(&path).json(&body).expect(200).await;
}

#[tokio::test]
async fn sales_are_told_once_each_and_as_it_is_documented() {
    require_runtime!();
    let server = server().start().await;
    let tenant = quick_tenant(&server).await;
    let receiver = Receiver::start().await;
    let kinds = [
        "client.created",
        "client.updated",
        "deal.created",
        "deal.stage_changed",
        "order.created",
        "order.status_changed",
        "lead.created",
        "lead.status_changed",
        "meeting.booked",
        "meeting.moved",
        "meeting.cancelled",
        "meeting.completed",
    ];
    Hook::make(&tenant, &receiver, &kinds).await;
    let mut seen = BTreeSet::new();
    let seen = &mut seen;

    let clients = "/api/v1/crm/clients";
    let kim = post(
        &tenant,
        clients,
        json!({"name": "Kim", "email": "kim@buyer.example"}),
    )
    .await;
    let told = next(&receiver, seen, "client.created").await;
    assert_eq!(
        (&told["client_id"], &told["email"]),
        (&kim["id"], &json!("kim@buyer.example"))
    );
    // what is not named is not told of
    let custom = json!({"next_follow_up_date": "2099-01-01T00:00:00Z"});
    patch(&tenant, clients, &kim, custom).await;
    patch(&tenant, clients, &kim, json!({"company_name": "Oak"})).await;
    let told = next(&receiver, seen, "client.updated").await;
    assert_eq!(told["company_name"], "Oak");

    let deals = "/api/v1/crm/deals";
    let deal = json!({"client_id": kim["id"], "name": "Chairs", "deal_value": "12.50"});
    let deal = post(&tenant, deals, deal).await;
    let told = next(&receiver, seen, "deal.created").await;
    assert_eq!(
        (&told["deal_id"], &told["deal_value"]),
        (&deal["id"], &json!("12.50"))
    );
    patch(&tenant, deals, &deal, json!({"name": "Ten chairs"})).await;
    let to = json!({"stage": "proposal"});
    let path = format!("{deals}/{}/move", id(&deal));
    tenant.api.post(&path).json(&to).expect(200).await;
    let told = next(&receiver, seen, "deal.stage_changed").await;
    assert_eq!(
        (&told["name"], &told["stage"]),
        (&json!("Ten chairs"), &json!("proposal"))
    );

    // the first order makes a customer
    let orders = "/api/v1/crm/orders";
    let order = post(&tenant, orders, json!({"client_id": kim["id"], "total": "9.00"})).await;
    let mut both = [receiver.next().await, receiver.next().await];
    both.sort_by_key(testkit::Received::kind);
    for (event, kind) in both.iter().zip(["client.updated", "order.created"]) {
        assert_eq!(event.kind(), kind);
        assert!(seen.insert(event.id().to_owned()));
    }
    assert_eq!(both[0].json()["data"]["client_type"], "customer");
    let told = both[1].json()["data"].clone();
    let mut keys: Vec<&String> = told.as_object().expect("an object").keys().collect();
    keys.sort();
    assert_eq!(keys, documented("order.created").iter().collect::<Vec<_>>());
    assert_eq!(
        (&told["order_id"], &told["total"]),
        (&order["id"], &json!("9.00"))
    );
    patch(&tenant, orders, &order, json!({"tracking_number": "T1"})).await;
    patch(&tenant, orders, &order, json!({"status": "shipped"})).await;
    let told = next(&receiver, seen, "order.status_changed").await;
    assert_eq!(
        (&told["status"], &told["tracking_number"]),
        (&json!("shipped"), &json!("T1"))
    );

    let leads = "/api/v1/leads";
    let lead = json!({"intent": "quote", "contact_info": {"name": "Mia", "email": "mia@example.com"}});
    let lead = post(&tenant, leads, lead).await;
    let told = next(&receiver, seen, "lead.created").await;
    assert_eq!(
        (&told["lead_id"], &told["contact"]["name"]),
        (&lead["id"], &json!("Mia"))
    );
    patch(&tenant, leads, &lead, json!({"note": "Wants oak"})).await;
    patch(&tenant, leads, &lead, json!({"status": "qualified"})).await;
    let told = next(&receiver, seen, "lead.status_changed").await;
    assert_eq!(told["status"], "qualified");

    let meetings = "/api/v1/meetings";
    let visit = json!({"title": "Visit", "scheduled_at": "2099-03-02T09:00:00Z"});
    let visit = post(&tenant, meetings, visit).await;
    let told = next(&receiver, seen, "meeting.booked").await;
    assert_eq!(told["meeting_id"], visit["id"]);
    for (change, kind) in [
        (json!({"scheduled_at": "2099-03-03T09:00:00Z"}), "meeting.moved"),
        (json!({"status": "completed"}), "meeting.completed"),
        (json!({"status": "scheduled"}), "meeting.booked"),
        (json!({"status": "cancelled"}), "meeting.cancelled"),
    ] {
        patch(&tenant, meetings, &visit, change).await;
        next(&receiver, seen, kind).await;
    }

    // all that was written has come, and nothing twice
    let written = "select count(*) from webhook_deliveries where tenant_id = $1";
    let mut owner = server.owner().await;
    let set = format!("set app.current_tenant_id = '{}'", tenant.id);
    owner.execute(sqlx::AssertSqlSafe(set)).await.expect("the tenant");
    let written: i64 = sqlx::query_scalar(written)
        .bind(tenant.id)
        .fetch_one(&mut owner)
        .await
        .expect("a count");
    assert_eq!(usize::try_from(written), Ok(seen.len()));
}

#[tokio::test]
async fn a_change_of_many_wakes_an_endpoint_once_and_each_of_them_is_told() {
    require_runtime!();
    let server = server().start().await;
    let tenant = quick_tenant(&server).await;
    let set = format!("set app.current_tenant_id = '{}'", tenant.id);
    let mut owner = server.owner().await;
    owner
        .execute(sqlx::AssertSqlSafe(set.clone()))
        .await
        .expect("the tenant");
    let make =
        "insert into crm_clients (tenant_id, name) select $1, 'C' || n from generate_series(1, 2000) n";
    sqlx::query(make)
        .bind(tenant.id)
        .execute(&mut owner)
        .await
        .expect("clients");
    let (first, second) = (Receiver::start().await, Receiver::start().await);
    let hook = Hook::make(&tenant, &first, &["client.updated"]).await;
    Hook::make(&tenant, &second, &["client.updated", "client.created"]).await;

    // as the application does it, so that the wake-ups are seen before a worker takes them
    let mut app = server.connect_as("rapport_app").await;
    app.execute(sqlx::AssertSqlSafe(set)).await.expect("the tenant");
    let mut tx = app.begin().await.expect("a transaction");
    for part in ["C1%", "C2%", "C[3-9]%"] {
        sqlx::query("update crm_clients set source = 'fair', company_name = 'Oak' where tenant_id = $1 and name similar to $2")
            .bind(tenant.id)
            .bind(part)
            .execute(&mut *tx)
            .await
            .expect("a change");
    }
    let wakings: Vec<String> = sqlx::query_scalar(
        "select (payload ->> 'endpoint') from graphile_worker._private_jobs j
        join graphile_worker._private_tasks t on t.id = j.task_id
        where t.identifier = 'wake_webhooks' and payload ->> 'tenant' = $1",
    )
    .bind(tenant.id.to_string())
    .fetch_all(&mut *tx)
    .await
    .expect("jobs");
    assert_eq!(wakings.len(), 2, "{wakings:?}");
    assert!(wakings.contains(&hook.id.to_string()));
    tx.commit().await.expect("a commit");

    let mut told = BTreeSet::new();
    for _ in 0..2000 {
        let event = first.next().await.json();
        let client = event["data"]["client_id"].as_str().expect("an id").to_owned();
        assert!(told.insert(client), "told twice: {event}");
    }
    assert!(first.rest().await.is_empty());
}
