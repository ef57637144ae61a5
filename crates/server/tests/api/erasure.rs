//! Who is erased is gone from every column of the database; what a shop has to keep stays without them.

use serde_json::{Value, json};
use sqlx::{AssertSqlSafe, Executor as _};
use testkit::{MailServer, Receiver, Server, Tenant, Visitor, require_runtime};

use crate::email::{look, server_with};
use crate::quick_tenant;
use crate::support::server;

/// A word that nothing else holds.
pub const WORD: &str = "zyxonia";

const TOLD: [&str; 18] = [
    "message.created",
    "conversation.created",
    "conversation.handoff_requested",
    "conversation.rated",
    "contact.created",
    "contact.updated",
    "answer.rated",
    "gap.detected",
    "client.created",
    "client.updated",
    "deal.created",
    "deal.stage_changed",
    "order.created",
    "order.status_changed",
    "lead.created",
    "lead.status_changed",
    "meeting.booked",
    "meeting.cancelled",
];

/// The columns in which a word stands: `table.column`.
pub async fn columns_with(server: &Server, word: &str) -> Vec<String> {
    let mut owner = server.owner().await;
    let columns: Vec<(String, String)> = sqlx::query_as(
        "select c.table_schema || '.' || c.table_name, c.column_name
        from information_schema.columns c
        join information_schema.tables t using (table_schema, table_name)
        where t.table_type = 'BASE TABLE' and c.table_schema in ('public', 'platform', 'graphile_worker')
            and c.data_type in ('text', 'character varying', 'json', 'jsonb', 'ARRAY', 'bytea', 'tsvector')
        order by 1, 2",
    )
    .fetch_all(&mut owner)
    .await
    .expect("the catalogue");
    assert!(columns.len() > 300, "{}", columns.len());
    let mut found = Vec::new();
    for (table, column) in columns {
        let statement = format!(
            "select count(*) from {table} t where t.{column}::text ilike '%{word}%'
                or t.{column}::text ilike '%' || encode('{word}', 'hex') || '%'"
        );
        let count: i64 = sqlx::query_scalar(AssertSqlSafe(statement))
            .fetch_one(&mut owner)
            .await
            .expect("a count");
        if count > 0 {
            found.push(format!("{table}.{column}"));
        }
    }
    found
}

fn id(thing: &Value) -> String {
    let id = thing["id"].as_str();
    id.unwrap_or_else(|| panic!("no id: {thing}")).to_owned()
}

async fn make(tenant: &Tenant, path: &str, body: Value) -> Value {
    let call = tenant.api.post(&format!("/api/v1/{path}")).json(&body);
    call.expect(201).await
}

async fn change(tenant: &Tenant, path: &str, body: Value) -> Value {
    let call = tenant.api.patch(&format!("/api/v1/{path}")).json(&body);
    call.expect(200).await
}

pub async fn contact_of(tenant: &Tenant, visitor: &Visitor) -> String {
    let path = format!("/api/v1/conversations/{}", visitor.conversation_id);
    id(&tenant.api.get(&path).expect(200).await["contact"])
}

pub async fn client_of(tenant: &Tenant, contact: &str) -> String {
    let path = format!("/api/v1/crm/contacts/{contact}/client");
    id(&tenant.api.get(&path).expect(200).await)
}

async fn erase(tenant: &Tenant, contact: &str) {
    let path = format!("/api/v1/contacts/{contact}");
    tenant.api.delete(&path).expect(204).await;
}

/// Leaves the word wherever a visitor can.
pub async fn write(tenant: &Tenant) -> Visitor {
    let visitor = tenant.visitor().await;
    let asked = visitor
        .say(&format!("Where is Zyxonia? I am {WORD}@example.com"))
        .await;
    let answer = &asked["answer"]["id"];
    if let Some(answer) = answer.as_str() {
        let path = visitor.path(&format!("answers/{answer}/feedback"));
        let body = json!({"rating": "down", "comment": "Zyxonia!"});
        visitor.api.post(&path).json(&body).send().await;
    }
    visitor.say("Where is my order ZYXONIA-7?").await;
    let known = json!({"name": "Zyxonia Smith", "email": format!("{WORD}@example.com")});
    visitor
        .api
        .post(&visitor.path("contact"))
        .json(&known)
        .expect(204)
        .await;
    let form = json!({"email": format!("{WORD}@example.com"), "name": "Zyxonia", "company": "Zyxonia Ltd",
        "intent": "zyxonia", "message": "Zyxonia wants it.", "consent_text": "Zyxonia agrees."});
    visitor
        .api
        .post(&visitor.path("leads"))
        .json(&form)
        .expect(204)
        .await;
    let body = json!({"summary": "Zyxonia"});
    visitor
        .api
        .post(&visitor.path("escalations"))
        .json(&body)
        .send()
        .await;
    visitor
}

/// Leaves it wherever the team can.
pub async fn note(tenant: &Tenant, visitor: &Visitor, contact: &str, client: &str) {
    let conversation = visitor.conversation_id;
    tenant.reply(conversation, "Dear Zyxonia").await;
    let note = json!({"client_note_id": contact, "text": "Zyxonia is nice."});
    make(tenant, &format!("conversations/{conversation}/notes"), note).await;
    let known = json!({"note": "Zyxonia", "phone": "+33 6 00 00 00 00"});
    change(tenant, &format!("contacts/{contact}"), known).await;
    let known = json!({"name": "Zyxonia", "company_name": "Zyxonia", "secondary_phone": "+33 6 11 11 11 11",
        "address": {"street": "Zyxonia"}, "tags": ["Zyxonia client"], "custom_fields": {"size": "zyxonia"},
        "ecommerce_customer_id": "zyxonia"});
    change(tenant, &format!("crm/clients/{client}"), known).await;
    for of in [
        json!({"client_id": client}),
        json!({"conversation_id": conversation}),
    ] {
        let mut plan = json!({"activity_type": "call", "subject": "Ring Zyxonia", "description": "Zyxonia",
            "remind_at": "2099-03-02T09:00:00Z"});
        plan.as_object_mut()
            .expect("an object")
            .extend(of.as_object().expect("an object").clone());
        make(tenant, "crm/activities", plan).await;
    }
    let note =
        json!({"client_id": client, "title": "Zyxonia", "content": "Zyxonia", "tags": ["Zyxonia note"]});
    make(tenant, "crm/notes", note).await;
    let meeting = json!({"title": "Zyxonia", "scheduled_at": "2090-01-01T10:00:00Z", "conversation_id": conversation,
        "attendee_name": "Zyxonia", "attendee_email": format!("{WORD}@example.com")});
    make(tenant, "meetings", meeting).await;
    let meeting = json!({"title": "Zyxonia", "scheduled_at": "2090-01-02T10:00:00Z", "contact_id": contact});
    let meeting = id(&make(tenant, "meetings", meeting).await);
    let over = json!({"status": "cancelled", "cancel_reason": "Zyxonia is ill"});
    change(tenant, &format!("meetings/{meeting}"), over).await;
}

/// A deal and an order, with the word wherever it can stand.
pub async fn sell(tenant: &Tenant, client: &str) -> String {
    let deal = json!({"client_id": client, "name": "Zyxonia", "description": "Zyxonia", "competitor": "Zyxonia",
        "tags": ["Zyxonia deal"], "products": [{"name": "Chair for Zyxonia", "unit_price": "10.00"}]});
    let deal = id(&make(tenant, "crm/deals", deal).await);
    let note = json!({"deal_id": deal, "content": "Zyxonia"});
    make(tenant, "crm/notes", note).await;
    let lost = json!({"stage": "closed_lost", "lost_reason": "Zyxonia", "lost_reason_details": "Zyxonia", "notes": "Zyxonia"});
    let path = format!("/api/v1/crm/deals/{deal}/move");
    tenant.api.post(&path).json(&lost).expect(200).await;
    let order = json!({"client_id": client, "order_number": "A-1", "status": "shipped", "tracking_number": "zyxonia",
        "tracking_url": "https://track.example/zyxonia", "shipping_address": {"street": "Zyxonia"},
        "items": [{"name": "A ring with Zyxonia on it", "sku": "zyxonia", "quantity": 2, "unit_price": "10.00"}]});
    id(&make(tenant, "crm/orders", order).await)
}

pub async fn shop(server: &Server) -> (Tenant, Receiver) {
    let tenant = quick_tenant(server).await;
    tenant.teach("Where is the shop?", "In Ghent.").await;
    let receiver = Receiver::start().await;
    let body = json!({"url": receiver.url(), "event_types": TOLD});
    make(&tenant, "webhook-endpoints", body).await;
    let field = json!({"entity": "client", "label": "Size", "field_type": "text"});
    make(&tenant, "crm/fields", field).await;
    let on = json!({"scheduler": {"is_on": true, "time_zone": "Europe/Paris"}});
    change(&tenant, "meetings/settings", on).await;
    (tenant, receiver)
}

#[tokio::test]
async fn nothing_is_left_of_who_is_erased() {
    require_runtime!();
    let mail = MailServer::start().await;
    let server = server_with(&mail).await;
    let (tenant, _receiver) = shop(&server).await;
    let rule = json!({"name": "Labels", "event": "message.created", "is_active": true,
        "conditions": {"all": [{"field": "text", "op": "contains", "value": "where"}]}, "actions": [{"type": "escalate"}]});
    make(&tenant, "automation/rules", rule).await;
    let visitor = write(&tenant).await;
    let contact = contact_of(&tenant, &visitor).await;
    let client = client_of(&tenant, &contact).await;
    note(&tenant, &visitor, &contact, &client).await;
    let other = write(&tenant).await;
    let other_contact = contact_of(&tenant, &other).await;
    let path = format!("contacts/{contact}/merge/{other_contact}");
    tenant.api.post(&format!("/api/v1/{path}")).expect(200).await;
    look(&mut server.owner().await, &tenant).await;
    assert!(columns_with(&server, WORD).await.len() > 20);

    let path = format!("/api/v1/contacts/{other_contact}");
    tenant
        .api
        .delete(&path)
        .send()
        .await
        .problem(409, "merged_already");
    erase(&tenant, &contact).await;
    assert_eq!(columns_with(&server, WORD).await, Vec::<String>::new());
    let path = format!("/api/v1/crm/clients/{client}");
    tenant.api.get(&path).send().await.problem(404, "not_found");
}

#[tokio::test]
async fn who_bought_stays_in_the_books_without_a_name() {
    require_runtime!();
    let server = server().start().await;
    let (tenant, _receiver) = shop(&server).await;
    let product = json!({"name": "Chair", "sku": "C-1", "price": "5.00", "currency": "EUR"});
    let product = id(&make(&tenant, "crm/products", product).await);
    let visitor = write(&tenant).await;
    let contact = contact_of(&tenant, &visitor).await;
    let client = client_of(&tenant, &contact).await;
    note(&tenant, &visitor, &contact, &client).await;
    let order = sell(&tenant, &client).await;
    let plain = json!({"client_id": client, "order_number": "A-2",
        "items": [{"product_id": product, "quantity": 1, "name": "Chair of Zyxonia"}]});
    let plain = id(&make(&tenant, "crm/orders", plain).await);
    let lead = json!({"intent": "price", "contact_id": contact, "contact_info": {"name": "Zyxonia"}});
    let lead = id(&make(&tenant, "leads", lead).await);
    let path = format!("/api/v1/leads/{lead}/convert");
    let deal = json!({"create_deal": {"name": "Zyxonia", "deal_value": "10.00"}});
    tenant.api.post(&path).json(&deal).expect(200).await;

    erase(&tenant, &contact).await;
    let left = columns_with(&server, WORD).await;
    assert_eq!(left, Vec::<String>::new());
    let order = tenant
        .api
        .get(&format!("/api/v1/crm/orders/{order}"))
        .expect(200)
        .await;
    assert_eq!(
        (&order["total"], &order["items"][0]["name"]),
        (&json!("20.00"), &json!("–"))
    );
    let plain = tenant
        .api
        .get(&format!("/api/v1/crm/orders/{plain}"))
        .expect(200)
        .await;
    assert_eq!(plain["items"][0]["name"], "Chair");
    let client = tenant
        .api
        .get(&format!("/api/v1/crm/clients/{client}"))
        .expect(200)
        .await;
    assert_eq!(
        (&client["name"], &client["total_orders"]),
        (&json!(null), &json!(2))
    );
}

#[tokio::test]
async fn a_lead_that_is_deleted_is_gone_from_what_was_told_and_one_that_became_a_client_goes_with_it() {
    require_runtime!();
    let server = server().start().await;
    let (tenant, _receiver) = shop(&server).await;
    let lead = json!({"intent": "price", "contact_info": {"name": "Zyxonia", "phone": "+33600000000"}});
    let first = id(&make(&tenant, "leads", lead.clone()).await);
    tenant
        .api
        .delete(&format!("/api/v1/leads/{first}"))
        .expect(204)
        .await;
    assert_eq!(columns_with(&server, WORD).await, Vec::<String>::new());

    let second = id(&make(&tenant, "leads", lead).await);
    let path = format!("/api/v1/leads/{second}/convert");
    let done = tenant.api.post(&path).json(&json!({})).expect(200).await;
    let client = done["client_id"].as_str().expect("a client");
    tenant
        .api
        .delete(&format!("/api/v1/crm/clients/{client}"))
        .expect(204)
        .await;
    assert_eq!(columns_with(&server, WORD).await, Vec::<String>::new());
}

#[tokio::test]
async fn a_client_that_others_belong_to_stays_theirs() {
    require_runtime!();
    let server = server().start().await;
    let (tenant, _receiver) = shop(&server).await;
    for keeps_its_own in [false, true] {
        let stays = tenant.visitor().await;
        stays.say("Where is the shop?").await;
        let stays = contact_of(&tenant, &stays).await;
        change(
            &tenant,
            &format!("contacts/{stays}"),
            json!({"name": "Ana", "email": "ana@x.example"}),
        )
        .await;
        let goes = write(&tenant).await;
        let goes_contact = contact_of(&tenant, &goes).await;
        let (own, others) = (
            client_of(&tenant, &stays).await,
            client_of(&tenant, &goes_contact).await,
        );
        note(&tenant, &goes, &goes_contact, &others).await;
        let passed_on = json!({"client_id": others, "name": "Twelve chairs"});
        let passed_on = id(&make(&tenant, "crm/deals", passed_on).await);
        let ben = id(&make(&tenant, "crm/clients", json!({"name": "Ben"})).await);
        let (kept, merged) = if keeps_its_own {
            (&own, &others)
        } else {
            (&others, &own)
        };
        // through the API their contacts become one as well
        let merge = format!(
            "set app.current_tenant_id = '{}'; select crm_merge_clients('{kept}', '{merged}')",
            tenant.id
        );
        server
            .owner()
            .await
            .execute(AssertSqlSafe(merge))
            .await
            .expect("one client");
        let passed_on = format!("crm/deals/{passed_on}");
        change(&tenant, &passed_on, json!({"client_id": ben})).await;
        erase(&tenant, &goes_contact).await;
        let deal = tenant.api.get(&format!("/api/v1/{passed_on}")).expect(200).await;
        assert_eq!(deal["name"], "Twelve chairs", "it is somebody else's by now");
        let found = tenant
            .api
            .get(&format!("/api/v1/crm/clients/{kept}"))
            .expect(200)
            .await;
        assert_eq!(
            (&found["name"], &found["email"], &found["contact_id"]),
            (&json!("Ana"), &json!("ana@x.example"), &json!(stays)),
        );
        assert_eq!(columns_with(&server, WORD).await, Vec::<String>::new());
        erase(&tenant, &stays).await;
        assert_eq!(columns_with(&server, WORD).await, Vec::<String>::new());
    }
}
