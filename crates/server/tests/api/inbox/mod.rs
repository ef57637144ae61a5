//! The inbox of a team: two agents who share it, what each of them does, and what the other one sees of it.

mod found;
mod merging;
mod rules;
mod together;
mod work;

use chrono::{DateTime, TimeDelta, Utc};
use kernel::Clock;
use serde_json::{Value, json};
use sqlx::postgres::PgConnectOptions;
use sqlx::{Connection as _, PgConnection};
use testkit::{Answer, Api, EventStream, Server, Tenant, Visitor};
use uuid::Uuid;

use crate::quick_tenant;

/// A tenant with an owner and two agents. Robin and Sam are called so on the server, too.
struct Team {
    tenant: Tenant,
    options: PgConnectOptions,
    owner: Api,
    robin: Api,
    sam: Api,
    robin_id: Uuid,
    sam_id: Uuid,
}

impl Team {
    async fn make(server: &Server) -> Self {
        let tenant = quick_tenant(server).await;
        tenant.teach("Where is the shop?", "In Ghent.").await;
        let owner = server.member(&tenant, "olive@shop.example", "owner").await;
        let robin = server.member(&tenant, "robin@shop.example", "agent").await;
        let sam = server.member(&tenant, "sam@shop.example", "agent").await;
        let mut ids = Vec::new();
        for api in [&robin, &sam] {
            let session = api.get("/api/v1/session").expect(200).await;
            ids.push(id(&session["user"]["id"]));
        }
        rename(server, ids[1], "Sam").await;
        Self {
            tenant,
            options: server.owner_options().await,
            owner,
            robin,
            sam,
            robin_id: ids[0],
            sam_id: ids[1],
        }
    }

    /// The database as its owner sees it, for what no route can do.
    async fn database(&self) -> PgConnection {
        PgConnection::connect_with(&self.options)
            .await
            .expect("the database answers")
    }

    /// A visitor who has been answered by the bot.
    async fn visitor(&self) -> Visitor {
        let visitor = self.tenant.visitor().await;
        visitor.say("Where is the shop?").await;
        visitor
    }

    /// A visitor who has asked for a person.
    async fn waiting(&self) -> Visitor {
        let visitor = self.visitor().await;
        ask_for_a_person(&visitor).await;
        visitor
    }
}

async fn rename(server: &Server, user: Uuid, name: &str) {
    for statement in [
        "update memberships set name = $2 where user_id = $1",
        "update platform.users set name = $2 where id = $1",
    ] {
        let renamed = sqlx::query(statement).bind(user).bind(name);
        renamed
            .execute(&mut server.owner().await)
            .await
            .expect("another name");
    }
}

fn id(value: &Value) -> Uuid {
    let id = value.as_str().and_then(|id| id.parse().ok());
    id.unwrap_or_else(|| panic!("no id: {value}"))
}

fn in_three_hours() -> DateTime<Utc> {
    Clock::system().now() + TimeDelta::hours(3)
}

async fn ask_for_a_person(visitor: &Visitor) {
    let path = visitor.path("escalations");
    visitor.api.post(&path).json(&json!({})).expect(201).await;
}

fn path(visitor: &Visitor, rest: &str) -> String {
    format!("/api/v1/conversations/{}{rest}", visitor.conversation_id)
}

async fn details(api: &Api, visitor: &Visitor) -> Value {
    api.get(&path(visitor, "")).expect(200).await
}

async fn change(api: &Api, visitor: &Visitor, patch: Value) -> Value {
    api.patch(&path(visitor, "")).json(&patch).expect(200).await
}

/// The conversations of a list, in order.
async fn listed(api: &Api, query: &str) -> Vec<Uuid> {
    let list = api
        .get(&format!("/api/v1/conversations?limit=200&{query}"))
        .expect(200)
        .await;
    let items = list["items"].as_array().expect("a list");
    items.iter().map(|item| id(&item["id"])).collect()
}

async fn events(api: &Api, visitor: &Visitor) -> Vec<(String, Value)> {
    let timeline = api.get(&path(visitor, "/timeline")).expect(200).await;
    let events = timeline["events"].as_array().expect("events").iter();
    events
        .map(|event| (event["kind"].as_str().unwrap_or_default().into(), event.clone()))
        .collect()
}

async fn kinds(api: &Api, visitor: &Visitor) -> Vec<String> {
    events(api, visitor)
        .await
        .into_iter()
        .map(|(kind, _)| kind)
        .collect()
}

async fn follow(api: &Api) -> EventStream {
    let mut stream = api.get("/api/v1/events").stream().await;
    stream.next_named("ready").await;
    stream
}

async fn reply(api: &Api, visitor: &Visitor, more: Value) -> Answer {
    let mut body = json!({"client_message_id": Uuid::now_v7(), "text": "Hello."});
    for (key, value) in more.as_object().expect("an object") {
        body[key] = value.clone();
    }
    api.post(&path(visitor, "/messages")).json(&body).send().await
}
