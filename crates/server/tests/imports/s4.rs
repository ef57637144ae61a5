//! The dashboard with its CRM: what is brought in a second time, by a run that was cut off, and from rows that are not as they
//! should be.

use serde_json::{Value, json};
use testkit::{Receiver, Server, Tenant, require_runtime};
use uuid::Uuid;

use crate::old::{Kind, Old, id, problems, sum};
use crate::support::{dump, server};

pub const KIND: Kind = Kind {
    name: "s4",
    schema: include_str!("schemas/s4.sql"),
    counts: &[("organizations", 2)],
    values: &[
        ("auth.users.email", &["'colleague{i}@example.com'"]),
        ("profiles.role", &["'admin'", "'admin'", "'agent'", "'viewer'"]),
        (
            "channels.platform",
            &["'whatsapp'", "'facebook'", "'instagram'", "'whatsapp'"],
        ),
        ("contacts.avatar_url", &["'https://files.example/{i}.png'"]),
        ("contacts.unread_count", &["0", "0", "3", "4"]),
        ("messages.sender_type", &["'user'", "'ai'", "'agent'", "'system'"]),
        (
            "messages.content_type",
            &["'text'", "'image'", "'audio'", "'document'"],
        ),
        (
            "messages.attachment_url",
            &["null", "'https://files.example/{i}'"],
        ),
        ("channel_configurations.ai_temperature", &["0.{i}"]),
        (
            "keyword_actions.action_type",
            &["'DISABLE_AI'", "'ENABLE_AI'", "'escalate'", "'SEND_FLOWERS'"],
        ),
        (
            "crm_clients.client_type",
            &["'lead'", "'prospect'", "'customer'", "'partner'"],
        ),
        ("crm_clients.email", &["'buyer{i}@example.com'"]),
        ("crm_clients.phone", &["'+33 1 98 76 54 0{i}'"]),
        (
            "crm_clients.lifecycle_stage",
            &["'lead'", "'mql'", "'opportunity'", "'churned'"],
        ),
        ("crm_clients.lead_quality", &["'hot'", "'warm'", "'cold'", "null"]),
        ("crm_deals.currency", &["'EUR'", "'USD'"]),
        (
            "crm_deals.stage",
            &["'prospecting'", "'closed_won'", "'closed_lost'", "'negotiation'"],
        ),
        ("crm_deals.probability", &["4{i}"]),
        (
            "crm_deals.products",
            &[r#"'[{"name": "Chair {i}", "quantity": 2, "price": 10.5, "finish": "oak {i}"}]'"#],
        ),
        ("crm_deal_stages_history.from_stage", &["null", "'proposal'"]),
        (
            "crm_deal_stages_history.to_stage",
            &["'prospecting'", "'negotiation'"],
        ),
        ("crm_products.currency", &["'EUR'"]),
        ("crm_orders.currency", &["'EUR'"]),
        (
            "crm_orders.status",
            &["'pending'", "'shipped'", "'delivered'", "'refunded'"],
        ),
        (
            "crm_orders.items",
            &[r#"'[{"sku": "CH-{i}", "name": "Chair {i}", "quantity": 3, "unit_price": 12.75}]'"#],
        ),
        (
            "crm_activities.activity_type",
            &["'call'", "'email'", "'task'", "'chatbot_interaction'"],
        ),
        (
            "crm_activities.status",
            &["'completed'", "'pending'", "'cancelled'"],
        ),
        ("crm_activities.priority", &["'low'", "'urgent'"]),
        ("crm_notes.note_type", &["'general'", "'call_log'", "'important'"]),
        ("crm_tags.color", &["'#10b98{i}'"]),
    ],
};

fn tenant(server: &Server, report: &Value, place: usize) -> Tenant {
    let tenant = &report["tenants"][place];
    Tenant {
        id: tenant["tenant_id"]
            .as_str()
            .expect("an id")
            .parse()
            .expect("a UUID"),
        slug: tenant["slug"].as_str().expect("a short name").to_owned(),
        channel_key: String::new(),
        api_key: String::new(),
        api: server.api.without_credential(),
    }
}

async fn row(api: &testkit::Api, table: &str, source_id: Uuid) -> Value {
    let path = format!("/api/v1/import-rows?source_table={table}&source_id={source_id}");
    let page = api.get(&path).expect(200).await;
    page["items"][0].clone()
}

/// What has changed there comes along, unless it was changed here too; what was deleted here stays away.
#[tokio::test]
async fn a_second_import_brings_what_has_changed_and_leaves_what_was_changed_here() {
    require_runtime!();
    let server = server().start().await;
    let mut old = Old::filled(&server, &KIND).await;
    let report = old.import(&server, &[]).await;
    let tenant = tenant(&server, &report, 0);
    let api = server.member(&tenant, "reader@example.com", "owner").await;
    let place = old
        .tables()
        .await
        .iter()
        .position(|(name, _)| name == "crm_products")
        .expect("products");
    let (there, both) = (id(place, 0), id(place, 2));
    let path = |row: &Value| {
        format!(
            "/api/v1/crm/products/{}",
            row["became_id"].as_str().expect("an id")
        )
    };
    let (there_path, both_path) = (
        path(&row(&api, "crm_products", there).await),
        path(&row(&api, "crm_products", both).await),
    );
    api.patch(&both_path)
        .json(&json!({"name": "Named here"}))
        .expect(200)
        .await;

    old.run(&format!(
        "update crm_products set name = 'Named there' where id in ('{there}', '{both}')"
    ))
    .await;
    let again = old.import(&server, &[]).await;
    assert_eq!(
        (sum(&again, "updated"), sum(&again, "kept_ours")),
        (1, 1),
        "{again}"
    );
    assert_eq!(api.get(&there_path).expect(200).await["name"], "Named there");
    assert_eq!(api.get(&both_path).expect(200).await["name"], "Named here");
    assert!(problems(&again).contains(&both.to_string()), "{again}");

    api.delete(&there_path).expect(204).await;
    old.run(&format!(
        "update crm_products set name = 'Named once more' where id = '{there}'"
    ))
    .await;
    let last = old.import(&server, &[]).await;
    assert_eq!((sum(&last, "created"), sum(&last, "updated")), (0, 0), "{last}");
    api.get(&there_path).expect(404).await;
}

#[tokio::test]
async fn an_import_that_was_killed_goes_on_where_it_was() {
    require_runtime!();
    let server = server().start().await;
    let mut old = Old::filled(&server, &KIND).await;
    old.run(
        "insert into messages (id, organization_id, channel_id, contact_id, sender_type, content_type, text_content, is_read_by_agent, sent_at)
        select gen_random_uuid(), c.organization_id, c.channel_id, c.id, case n % 2 when 0 then 'user' else 'ai' end, 'text', 'Message ' || n,
            true, timestamptz '2024-03-01 00:00Z' + n * interval '1 minute'
        from contacts c cross join generate_series(1, 3000) as n",
    )
    .await;
    let mut owner = server.owner().await;
    let mut running = old.spawn(server.data_dir());
    loop {
        let done: i64 = sqlx::query_scalar("select count(*) from messages")
            .fetch_one(&mut owner)
            .await
            .expect("a number");
        if done >= 1000 {
            break;
        }
        assert!(
            running.try_wait().expect("its state").is_none(),
            "it has ended before it was killed"
        );
    }
    running.kill().await.expect("the end");
    let part: i64 = sqlx::query_scalar("select count(*) from messages")
        .fetch_one(&mut owner)
        .await
        .expect("a number");
    assert!(part < 12_004, "it was through already");

    let rest = old.import(&server, &[]).await;
    assert_eq!(problems(&rest), "");
    assert!(sum(&rest, "unchanged") >= 1000, "{rest}");
    let (all, gaps): (i64, i64) = sqlx::query_as(
        "select (select count(*) from messages),
            (select count(*) from conversations c where c.last_seq <> (
                select count(*) from messages m where m.tenant_id = c.tenant_id and m.conversation_id = c.id))",
    )
    .fetch_one(&mut owner)
    .await
    .expect("numbers");
    assert_eq!(
        (all, gaps),
        (12_004, 0),
        "each message once, with a number of its own"
    );
    let again = old.import(&server, &[]).await;
    assert_eq!(
        (sum(&again, "created"), sum(&again, "updated")),
        (0, 0),
        "{again}"
    );
}

/// Text encoded twice, words in capitals, JSON as text, times without a zone, columns and tables that are not there or that
/// nobody knows, and rows that the database refuses.
#[tokio::test]
async fn rows_that_are_not_as_they_should_be_come_in_as_far_as_they_can() {
    require_runtime!();
    let server = server().start().await;
    let mut old = Old::filled(&server, &KIND).await;
    let place = old
        .tables()
        .await
        .iter()
        .position(|(name, _)| name == "crm_products")
        .expect("products");
    for sql in [
        "alter table crm_products drop column cost",
        "alter table crm_products add column shelf text",
        "drop table crm_tags",
        "create table loyalty_points (id uuid)",
        "alter table crm_orders alter column order_date type timestamp using order_date at time zone 'utc'",
        "alter table crm_products alter column custom_fields type text",
        "update crm_products set name = 'Chaise FranÃ§aise', shelf = 'left', custom_fields = '{\"wood\": \"chÃªne\"}', currency = 'eur'",
        "update crm_products set sku = 'the same' where organization_id = (select min(id::text)::uuid from organizations)",
        "update crm_clients set client_type = 'Customer', lifecycle_stage = 'SQL'",
        "insert into messages (id, organization_id, channel_id, contact_id, message_platform_id, sender_type, content_type, text_content,
            is_read_by_agent, sent_at)
        select gen_random_uuid(), organization_id, channel_id, contact_id, message_platform_id, sender_type, 'text', 'Said again', true,
            sent_at from messages",
        "update crm_orders set total = -5 where order_number like '%0 é'",
    ] {
        old.run(sql).await;
    }
    let report = old.import(&server, &[]).await;
    let told = problems(&report);
    assert_eq!(sum(&report, "refused"), 1, "{told}");
    assert!(told.contains("crm_products_sku_key"), "{told}");
    let tables = report["tables"].as_array().expect("tables");
    let table = |name: &str| {
        tables
            .iter()
            .find(|table| table["table"] == name)
            .expect("a table")
    };
    assert!(table("public.crm_tags")["missing"].is_string());
    let columns = table("public.crm_products")["columns"]
        .as_array()
        .expect("columns");
    let outcome = |name: &str| {
        columns
            .iter()
            .find(|column| column["column"] == name)
            .expect("a column")["outcome"]
            .clone()
    };
    assert_eq!(
        (outcome("cost"), outcome("shelf")),
        (json!("missing"), json!("kept"))
    );
    let twice = table("public.messages");
    assert_eq!(
        (&twice["created"], &twice["refused"]),
        (&json!(8), &json!(0)),
        "{told}"
    );
    let left = report["not_read"].as_array().expect("what is not read");
    assert!(
        left.iter().any(|left| left["name"] == "public.loyalty_points"),
        "{left:?}"
    );
    assert!(report["mended_texts"].as_u64() >= Some(4), "{report}");

    let tenant = tenant(&server, &report, 0);
    let api = server.member(&tenant, "reader@example.com", "owner").await;
    let noted = row(&api, "crm_products", id(place, 0)).await;
    assert_eq!(noted["left_over"]["shelf"], "left");
    let product = api
        .get(&format!(
            "/api/v1/crm/products/{}",
            noted["became_id"].as_str().expect("an id")
        ))
        .expect(200)
        .await;
    assert_eq!(
        (
            &product["name"],
            &product["currency"],
            &product["custom_fields"]["wood"]
        ),
        (&json!("Chaise Française"), &json!("EUR"), &json!("chêne"))
    );
}

/// Into a tenant that is at work: its webhooks hear nothing, its people get no mail, its clients stay as they are.
#[tokio::test]
async fn what_is_brought_into_a_working_tenant_sets_nothing_off() {
    require_runtime!();
    let server = server().start().await;
    let receiver = Receiver::start().await;
    let shop = server.tenant("Shop").await;
    let types: Vec<&str> = vec![
        "message.created",
        "conversation.created",
        "contact.created",
        "client.created",
        "deal.created",
        "order.created",
    ];
    shop.api
        .post("/api/v1/webhook-endpoints")
        .json(&json!({"url": receiver.url(), "event_types": types}))
        .expect(201)
        .await;
    let mut owner = server.owner().await;
    let before = dump(&mut owner, shop.id).await;
    let old = Old::filled(&server, &KIND).await;
    let report = old.import(&server, &["--tenant", &shop.slug]).await;
    assert_eq!(problems(&report), "");
    assert_eq!(report["tenants"][0]["slug"], shop.slug.as_str());
    let after = dump(&mut owner, shop.id).await;
    for table in [
        "tenants",
        "webhook_deliveries",
        "automation_events",
        "emails",
        "deliveries",
        "crm_pipelines",
    ] {
        assert_eq!(before[table], after[table], "{table}");
    }
    assert_eq!(after["crm_orders"].as_array().map(Vec::len), Some(4));
    // what happens from now on is told as ever
    shop.visitor().await.say("Are you open?").await;
    let told = receiver.next().await.json();
    let contact = told["data"]["contact_id"].as_str().expect("whoever has written");
    let brought = after["contacts"].as_array().expect("contacts");
    assert!(brought.iter().all(|row| row["id"] != contact), "{told}");
}

/// Who is erased takes along what was kept of them, and does not come back.
#[tokio::test]
async fn whoever_is_erased_does_not_come_back() {
    require_runtime!();
    let server = server().start().await;
    let mut old = Old::filled(&server, &KIND).await;
    let report = old.import(&server, &[]).await;
    let tenant = tenant(&server, &report, 0);
    let api = server.member(&tenant, "reader@example.com", "owner").await;
    let place = old
        .tables()
        .await
        .iter()
        .position(|(name, _)| name == "contacts")
        .expect("contacts");
    let source = id(place, 0);
    let contact = row(&api, "contacts", source).await["became_id"]
        .as_str()
        .expect("an id")
        .to_owned();
    api.delete(&format!("/api/v1/contacts/{contact}"))
        .expect(204)
        .await;
    old.run(
        "update contacts set name = 'Somebody else'; update messages set text_content = 'Something else'",
    )
    .await;
    let again = old.import(&server, &[]).await;
    api.get(&format!("/api/v1/contacts/{contact}")).expect(404).await;
    assert!(sum(&again, "kept_ours") >= 2, "{again}");
    let mut owner = server.owner().await;
    let left = serde_json::to_string(&dump(&mut owner, tenant.id).await).expect("JSON");
    for trace in [
        "contacts.name 0",
        "messages.text_content 0",
        "crm_notes.content 0",
        "crm_clients.company_name 0",
    ] {
        assert!(!left.contains(trace), "{trace}");
    }
}
