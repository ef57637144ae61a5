//! Leads in the hands of the team: written down, sorted, changed, and turned into clients.

use serde_json::{Value, json};
use sqlx::Row as _;
use testkit::{Server, Tenant, require_runtime};
use uuid::Uuid;

use super::{id, leads, shop};
use crate::quick_tenant;
use crate::support::server;

async fn make(tenant: &Tenant, body: Value) -> Value {
    tenant.api.post("/api/v1/leads").json(&body).expect(201).await
}

#[tokio::test]
async fn a_lead_is_written_down_changed_and_deleted() {
    require_runtime!();
    let server = server().start().await;
    let tenant = shop(&server).await;
    let visitor = tenant.visitor().await;
    visitor.say("Do you ship to Belgium?").await;
    let robin = server.member(&tenant, "robin@shop.example", "agent").await;
    let body = json!({"conversation_id": visitor.conversation_id, "intent": "quote", "contact_info": {"email": "mia@example.com"}});
    let lead = robin.post("/api/v1/leads").json(&body).expect(201).await;
    assert_eq!(
        (&lead["source"], &lead["channel_name"]),
        (&json!("agent"), &tenant.channel().await["name"])
    );
    let again = robin.post("/api/v1/leads").json(&body).send().await;
    assert_eq!(
        (again.status, again.json()["code"].clone()),
        (409, json!("lead_open"))
    );

    let path = format!("/api/v1/leads/{}", id(&lead));
    let session = robin.get("/api/v1/session").expect(200).await;
    let me = &session["user"]["id"];
    let patch = json!({"status": "qualified", "assigned_to": me, "note": "40 chairs", "contact_info": {"name": "Mia"}});
    let changed = robin.patch(&path).json(&patch).expect(200).await;
    assert_eq!(
        (&changed["status"], &changed["assignee_name"]),
        (&json!("qualified"), &json!("Robin"))
    );
    assert_eq!(
        changed["contact_info"],
        json!({"name": "Mia", "email": null, "phone": null, "company": null})
    );
    let mine = robin
        .get("/api/v1/leads?assigned_to=me&status=qualified,lost")
        .expect(200)
        .await;
    assert_eq!(mine["items"].as_array().map(Vec::len), Some(1));
    assert!(leads(&tenant, "?assigned_to=none").await.is_empty());

    for (patch, status, code) in [
        (json!({"status": "converted"}), 422, "convert_instead"),
        (json!({"contact_info": {}}), 422, "no_contact_info"),
        (json!({"assigned_to": Uuid::now_v7()}), 422, "bad_assignee"),
        (json!({"intent": ""}), 422, "bad_intent"),
    ] {
        let refused = robin.patch(&path).json(&patch).send().await;
        assert_eq!(
            (refused.status, &refused.json()["code"]),
            (status, &json!(code)),
            "{patch}"
        );
    }
    for query in ["?status=none", "?sort=name", "?assigned_to=you", "?cursor=x"] {
        assert_eq!(
            robin.get(&format!("/api/v1/leads{query}")).send().await.status,
            422,
            "{query}"
        );
    }
    let viewer = server.member(&tenant, "vera@shop.example", "viewer").await;
    viewer.get(&path).expect(200).await;
    assert_eq!(
        viewer.patch(&path).json(&json!({"note": ""})).send().await.status,
        403
    );

    robin.delete(&path).expect(204).await;
    robin.get(&path).expect(404).await;
    let owner = server.member(&tenant, "olive@shop.example", "owner").await;
    let log = owner.get("/api/v1/audit-log").expect(200).await;
    assert!(log.to_string().contains("lead_deleted"), "{log}");
}

#[tokio::test]
async fn leads_come_in_pages_in_either_order() {
    require_runtime!();
    let server = server().start().await;
    let tenant = quick_tenant(&server).await;
    for name in ["A", "B", "C"] {
        make(
            &tenant,
            json!({"intent": "price", "contact_info": {"name": name}}),
        )
        .await;
    }
    for (sort, expected) in [("-created_at", ["C", "B", "A"]), ("updated_at", ["A", "B", "C"])] {
        let mut names = Vec::new();
        let mut cursor = String::new();
        loop {
            let page = tenant
                .api
                .get(&format!("/api/v1/leads?sort={sort}&limit=2{cursor}"))
                .expect(200)
                .await;
            let items = page["items"].as_array().expect("a list");
            names.extend(items.iter().map(|lead| lead["contact_info"]["name"].clone()));
            match page["next_cursor"].as_str() {
                Some(next) => cursor = format!("&cursor={next}"),
                None => break,
            }
        }
        assert_eq!(names, expected, "{sort}");
    }
    let refused = tenant
        .api
        .post("/api/v1/leads")
        .json(&json!({"intent": "price"}))
        .send()
        .await;
    assert_eq!(
        (refused.status, &refused.json()["code"]),
        (422, &json!("no_contact_info"))
    );
}

async fn convert(tenant: &Tenant, lead: &Value, body: &Value) -> Value {
    let path = format!("/api/v1/leads/{}/convert", id(lead));
    tenant.api.post(&path).json(body).expect(200).await
}

async fn client(server: &Server, id: &Value) -> (Option<Uuid>, Option<String>, Option<String>, String) {
    let id: Uuid = id.as_str().and_then(|id| id.parse().ok()).expect("a client");
    let row = sqlx::query("select contact_id, name, email, lifecycle_stage from crm_clients where id = $1")
        .bind(id)
        .fetch_one(&mut server.owner().await)
        .await
        .expect("a client");
    (row.get(0), row.get(1), row.get(2), row.get(3))
}

#[tokio::test]
async fn a_lead_becomes_the_client_of_its_contact_once() {
    require_runtime!();
    let server = server().start().await;
    let tenant = shop(&server).await;
    let visitor = tenant.visitor().await;
    visitor.say("How much is the oak table?").await;
    visitor.say("My name is Mia, mia@example.com").await;
    let lead = leads(&tenant, "").await.remove(0);
    let converted = convert(&tenant, &lead, &json!({})).await;
    assert_eq!(
        (&converted["status"], &converted["deal_id"]),
        (&json!("converted"), &Value::Null)
    );
    assert!(converted["converted_at"].is_string());
    let (contact, name, email, stage) = client(&server, &converted["client_id"]).await;
    assert_eq!(
        contact.map(|id| id.to_string()).as_deref(),
        lead["contact_id"].as_str()
    );
    assert_eq!(
        (name.as_deref(), email.as_deref(), stage.as_str()),
        (Some("Mia"), Some("mia@example.com"), "sql")
    );
    // the deal that it did not have is opened, once
    let second = json!({"create_deal": {"name": "Second"}});
    let again = convert(&tenant, &lead, &second).await;
    assert_eq!(again["client_id"], converted["client_id"]);
    assert!(again["deal_id"].is_string(), "{again}");
    let same = convert(&tenant, &lead, &second).await;
    assert_eq!(same["deal_id"], again["deal_id"]);
    let path = format!("/api/v1/leads/{}", id(&lead));
    let refused = tenant
        .api
        .patch(&path)
        .json(&json!({"status": "lost"}))
        .send()
        .await;
    assert_eq!(
        (refused.status, &refused.json()["code"]),
        (409, &json!("converted_already"))
    );
}

#[tokio::test]
async fn a_lead_without_a_contact_finds_its_client_by_address_even_at_the_same_moment() {
    require_runtime!();
    let server = server().start().await;
    let tenant = quick_tenant(&server).await;
    let one = make(
        &tenant,
        json!({"intent": "price", "contact_info": {"name": "Mia", "email": "mia@example.com"}}),
    )
    .await;
    let two = make(
        &tenant,
        json!({"intent": "price", "contact_info": {"email": "Mia@Example.com", "phone": "+32470123456"}}),
    )
    .await;
    let none = json!({});
    let (one, two) = tokio::join!(convert(&tenant, &one, &none), convert(&tenant, &two, &none));
    assert_eq!(one["client_id"], two["client_id"]);
    let other = make(
        &tenant,
        json!({"intent": "price", "contact_info": {"phone": "+32 470 99 99 99"}}),
    )
    .await;
    let other = convert(&tenant, &other, &json!({})).await;
    assert_ne!(other["client_id"], one["client_id"]);
}

/// A pipeline, where the workspace has none.
async fn pipeline(server: &Server, tenant: &Tenant) -> Uuid {
    let mut owner = server.owner().await;
    let known: Option<Uuid> = sqlx::query_scalar(
        "select s.id from crm_pipeline_stages s join crm_pipelines p on p.tenant_id = s.tenant_id and p.id = s.pipeline_id
        where s.tenant_id = $1 and p.is_default and s.stage = 'prospecting' order by s.position limit 1",
    )
    .bind(tenant.id)
    .fetch_optional(&mut owner)
    .await
    .expect("stages");
    if let Some(stage) = known {
        return stage;
    }
    let (pipeline, stage) = (Uuid::now_v7(), Uuid::now_v7());
    sqlx::query("insert into crm_pipelines (tenant_id, id, name, is_default) values ($1, $2, 'Sales', true)")
        .bind(tenant.id)
        .bind(pipeline)
        .execute(&mut owner)
        .await
        .expect("a pipeline");
    sqlx::query(
        "insert into crm_pipeline_stages (tenant_id, id, pipeline_id, name, stage, probability, position)
        values ($1, $2, $3, 'Prospecting', 'prospecting', 10, 0)",
    )
    .bind(tenant.id)
    .bind(stage)
    .bind(pipeline)
    .execute(&mut owner)
    .await
    .expect("a stage");
    stage
}

#[tokio::test]
async fn a_deal_is_opened_with_the_client() {
    require_runtime!();
    let server = server().start().await;
    let tenant = quick_tenant(&server).await;
    let stage = pipeline(&server, &tenant).await;
    let lead = make(
        &tenant,
        json!({"intent": "quote", "contact_info": {"email": "mia@example.com"}}),
    )
    .await;
    let path = format!("/api/v1/leads/{}/convert", id(&lead));
    for (deal, status) in [
        (json!({"name": ""}), 422),
        (json!({"name": "Chairs", "deal_value": "-1"}), 422),
        (
            json!({"name": "Chairs", "pipeline_stage_id": Uuid::now_v7()}),
            404,
        ),
    ] {
        let refused = tenant
            .api
            .post(&path)
            .json(&json!({"create_deal": deal}))
            .send()
            .await;
        assert_eq!(refused.status, status, "{deal}: {}", refused.text());
    }
    assert_eq!(leads(&tenant, "?status=new").await.len(), 1);
    let deal = json!({"name": "40 chairs", "deal_value": "1200.50", "currency": "EUR"});
    let converted = convert(&tenant, &lead, &json!({"create_deal": deal})).await;
    let deal: Uuid = converted["deal_id"]
        .as_str()
        .and_then(|id| id.parse().ok())
        .expect("a deal");
    let row = sqlx::query(
        "select client_id::text, name, deal_value::text, currency, pipeline_stage_id, stage, probability from crm_deals where id = $1",
    )
    .bind(deal)
    .fetch_one(&mut server.owner().await)
    .await
    .expect("a deal");
    assert_eq!(
        Some(row.get::<String, _>(0).as_str()),
        converted["client_id"].as_str()
    );
    assert_eq!(
        (row.get::<String, _>(1).as_str(), row.get::<String, _>(2).as_str()),
        ("40 chairs", "1200.50")
    );
    assert_eq!(
        (row.get::<String, _>(3).as_str(), row.get::<Uuid, _>(4)),
        ("EUR", stage)
    );
    assert_eq!(
        (row.get::<String, _>(5).as_str(), row.get::<i32, _>(6)),
        ("prospecting", 10)
    );
    let (.., lifecycle) = client(&server, &converted["client_id"]).await;
    assert_eq!(lifecycle, "opportunity");
}

#[tokio::test]
async fn what_a_colleague_wrote_on_a_lead_stays_and_what_the_visitor_tells_is_not_lost() {
    require_runtime!();
    let server = server().start().await;
    let tenant = shop(&server).await;
    let visitor = tenant.visitor().await;
    visitor.say("Do you ship to Belgium?").await;
    let robin = server.member(&tenant, "robin@shop.example", "agent").await;
    let body = json!({"conversation_id": visitor.conversation_id, "intent": "quote", "note": "Wants oak.",
        "contact_info": {"name": "Mia Brown", "email": "mia@work.example"}});
    let lead = robin.post("/api/v1/leads").json(&body).expect(201).await;
    let form = json!({"name": "M.", "email": "mia@home.example", "phone": "+32 470 12 34 56", "intent": "price",
        "message": "40 chairs"});
    for _ in 0..2 {
        visitor
            .api
            .post(&visitor.path("leads"))
            .json(&form)
            .expect(204)
            .await;
    }
    let path = format!("/api/v1/leads/{}", id(&lead));
    let after = robin.get(&path).expect(200).await;
    assert_eq!(
        after["contact_info"],
        json!({"name": "Mia Brown", "email": "mia@work.example", "phone": "+32 470 12 34 56", "company": null})
    );
    assert_eq!(after["intent"], "quote");
    assert_eq!(
        after["note"],
        "Wants oak.\nemail: mia@home.example\nname: M.\n40 chairs"
    );
}

/// Anybody can type anybody's address.
#[tokio::test]
async fn a_typed_address_makes_nobody_another_client() {
    require_runtime!();
    let server = server().start().await;
    let tenant = shop(&server).await;
    let body = json!({"name": "Mia Maes", "email": "mia@example.com", "custom_fields": {}});
    let mia = tenant
        .api
        .post("/api/v1/crm/clients")
        .json(&body)
        .expect(201)
        .await;
    let visitor = tenant.visitor().await;
    visitor.say("How much is the oak table?").await;
    visitor.say("My name is Mia, mia@example.com").await;
    let lead = leads(&tenant, "").await.remove(0);
    let converted = convert(&tenant, &lead, &json!({})).await;
    assert_ne!(converted["client_id"], mia["id"]);
    assert_eq!(
        converted["similar"],
        json!([{"id": mia["id"], "name": "Mia Maes", "by": ["email"]}])
    );
    // an order for the address is Mia's, whom the business wrote down, and not the visitor's
    let order = json!({"client": {"email": "Mia@example.com"}, "total": "10.00"});
    let order = tenant
        .api
        .post("/api/v1/crm/orders")
        .json(&order)
        .expect(201)
        .await;
    assert_eq!(order["client_id"], mia["id"]);
    // and where nobody but the visitor has the address, a new client's
    let other = tenant.visitor().await;
    other.say("How much is the oak table?").await;
    other.say("My name is Bo, bo@example.com").await;
    let typed = leads(&tenant, "").await.remove(0);
    let bo = convert(&tenant, &typed, &json!({})).await;
    let order =
        json!({"items": [{"client": {"email": "bo@example.com"}, "total": "10.00", "order_number": "B-1"}]});
    tenant
        .api
        .post("/api/v1/crm/orders/bulk")
        .json(&order)
        .expect(200)
        .await;
    let orders = tenant.api.get("/api/v1/crm/orders?q=B-1").expect(200).await;
    assert_ne!(orders["items"][0]["client_id"], bo["client_id"], "{orders}");

    // to erase the visitor leaves Mia alone
    let path = format!("/api/v1/contacts/{}", lead["contact_id"].as_str().expect("an id"));
    tenant.api.delete(&path).expect(204).await;
    let path = format!("/api/v1/crm/clients/{}", mia["id"].as_str().expect("an id"));
    assert_eq!(tenant.api.get(&path).expect(200).await["name"], "Mia Maes");
}

#[tokio::test]
async fn a_person_may_say_which_client_a_lead_is() {
    require_runtime!();
    let server = server().start().await;
    let tenant = quick_tenant(&server).await;
    let make_client = async |name: &str| {
        let call = tenant.api.post("/api/v1/crm/clients");
        call.json(&json!({"name": name})).expect(201).await
    };
    let (mia, bo) = (make_client("Mia").await, make_client("Bo").await);
    let lead = json!({"intent": "price", "contact_info": {"phone": "+32470123456"}});
    let lead = make(&tenant, lead).await;
    let path = format!("/api/v1/leads/{}/convert", id(&lead));
    let call = |body: Value| tenant.api.post(&path).json(&body).send();
    call(json!({"client_id": Uuid::now_v7()}))
        .await
        .problem(422, "no_such_client");
    call(json!({"clientid": mia["id"]}))
        .await
        .problem(422, "invalid_body");
    let converted = convert(&tenant, &lead, &json!({"client_id": mia["id"]})).await;
    assert_eq!(converted["client_id"], mia["id"]);
    call(json!({"client_id": bo["id"]}))
        .await
        .problem(409, "converted_already");
    let stages = tenant.api.get("/api/v1/crm/pipelines").expect(200).await;
    let lost = stages["items"][0]["stages"].as_array().expect("stages").iter();
    let lost = lost
        .clone()
        .find(|stage| stage["stage"] == "closed_lost")
        .expect("a lost stage");
    let deal = json!({"name": "Chairs", "pipeline_stage_id": lost["id"]});
    call(json!({"create_deal": deal}))
        .await
        .problem(422, "reason_needed");
}
