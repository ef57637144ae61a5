//! The assistant behind Crisp and Tidio: tenants with their conversations, leads and knowledge bases.
//!
//! A tenant has a channel for each of the two that it used, and one for what came by neither.

use serde_json::{Map, Value, json};

use super::super::mapping::Belongs::{By, Itself};
use super::super::mapping::Goes::{Both, Kept, Out as LeftOut, To};
use super::super::mapping::{Business, Goes, NewChannel, Out, Scope, Source, Table, times};
use super::super::row::{Row, as_text};

const OTHER: Goes = Kept("not in the specification");
const NEW_KEY: &str = "keys are made anew, as nobody here has ever seen this one";
const SETTING: &str = "how it was set there; what has a place here is set in the dashboard";

pub const SOURCE: Source = Source {
    kind: "s1",
    tables: &[
        Table {
            schema: "public",
            name: "tenants",
            key: "id",
            belongs: Itself,
            order: &["created_at", "id"],
            columns: &[
                ("id", To("tenants.tenant_id")),
                ("name", To("tenants.name, slug")),
                ("email", To("tenants.email")),
                ("subscription_status", Both("tenants.subscription_status")),
                ("subscription_plan", Both("tenants.subscription_plan")),
                (
                    "crisp_website_id",
                    To("channels.platform_channel_id, of kind crisp"),
                ),
                (
                    "tidio_website_id",
                    To("channels.platform_channel_id, of kind tidio"),
                ),
                ("created_at", Both("tenants.created_at")),
                ("updated_at", Both("tenants.updated_at")),
                ("is_active", To("tenants.is_active")),
            ],
            others: OTHER,
            map: tenant,
        },
        Table {
            schema: "public",
            name: "api_keys",
            key: "id",
            belongs: By("tenant_id"),
            order: &["created_at", "id"],
            columns: &[
                ("id", Kept(NEW_KEY)),
                ("tenant_id", To("import_rows.tenant_id")),
                ("key_hash", LeftOut(NEW_KEY)),
                ("name", Kept(NEW_KEY)),
                ("permissions", Kept(NEW_KEY)),
                ("last_used_at", Kept(NEW_KEY)),
                ("created_at", Kept(NEW_KEY)),
                ("is_active", Kept(NEW_KEY)),
            ],
            others: OTHER,
            map: noted,
        },
        Table {
            schema: "public",
            name: "tenant_configurations",
            key: "id",
            belongs: By("tenant_id"),
            order: &["created_at", "id"],
            columns: &[
                ("id", Kept(SETTING)),
                ("tenant_id", To("import_rows.tenant_id")),
                ("config_type", Kept(SETTING)),
                ("config_data", Kept(SETTING)),
                ("created_at", Kept(SETTING)),
                ("updated_at", Kept(SETTING)),
            ],
            others: OTHER,
            map: noted,
        },
        Table {
            schema: "public",
            name: "knowledge_bases",
            key: "id",
            belongs: By("tenant_id"),
            order: &["content_type", "version", "created_at", "id"],
            columns: &[
                ("id", To("knowledge_bases.id")),
                ("tenant_id", To("knowledge_bases.tenant_id")),
                ("content_type", To("knowledge_bases.content_type")),
                ("content", To("knowledge_bases.content")),
                (
                    "version",
                    To("knowledge_bases.version; counted on where two have one number"),
                ),
                (
                    "is_active",
                    To("knowledge_bases.is_active, of the newest that is"),
                ),
                ("created_at", To("knowledge_bases.created_at")),
                ("updated_at", Both("knowledge_bases.updated_at")),
            ],
            others: OTHER,
            map: base,
        },
        Table {
            schema: "public",
            name: "conversations",
            key: "id",
            belongs: By("tenant_id"),
            order: &["created_at", "id"],
            columns: &[
                ("id", To("conversations.id")),
                ("tenant_id", To("conversations.tenant_id")),
                (
                    "session_id",
                    Both("conversations.session_id, thread, contact_identities.value"),
                ),
                ("created_at", To("conversations.created_at, contacts.created_at")),
                (
                    "updated_at",
                    To("conversations.resolved_at, contacts.last_interaction_at"),
                ),
                (
                    "metadata",
                    Both("conversations.metadata; contacts.name, email, phone where it names them"),
                ),
            ],
            others: OTHER,
            map: conversation,
        },
        Table {
            schema: "public",
            name: "messages",
            key: "id",
            belongs: By("tenant_id"),
            order: &["timestamp", "id"],
            columns: &[
                ("id", To("messages.id")),
                ("tenant_id", To("messages.tenant_id")),
                ("conversation_id", To("messages.conversation_id")),
                ("role", To("messages.sender_type")),
                ("content", To("messages.text_content")),
                ("timestamp", To("messages.sent_at")),
                (
                    "metadata",
                    Kept("what a message has beside its text is of other kinds here"),
                ),
            ],
            others: OTHER,
            map: message,
        },
        Table {
            schema: "public",
            name: "leads",
            key: "id",
            belongs: By("tenant_id"),
            order: &["created_at", "id"],
            columns: &[
                ("id", To("leads.id")),
                ("tenant_id", To("leads.tenant_id")),
                ("conversation_id", To("leads.conversation_id, contact_id")),
                ("intent", To("leads.intent")),
                ("contact_info", To("leads.contact_info")),
                ("status", To("leads.status")),
                ("created_at", To("leads.created_at")),
                ("updated_at", To("leads.updated_at")),
            ],
            others: OTHER,
            map: lead,
        },
    ],
    not_read: &[],
};

fn tenant(scope: &mut Scope, row: &mut Row, out: &mut Out) -> Result<(), String> {
    let business = Business {
        name: row.text("name").unwrap_or_default(),
        email: row.text("email"),
        status: row.choice(
            "subscription_status",
            &["trial", "active", "suspended", "cancelled"],
        ),
        plan: row.choice("subscription_plan", &["basic", "pro", "enterprise"]),
        is_active: row.boolean("is_active", true),
        ..Business::default()
    };
    scope.begin(out, row, &business);
    let mut first = None;
    for (kind, name, column) in [
        ("crisp", "Crisp", "crisp_website_id"),
        ("tidio", "Tidio", "tidio_website_id"),
    ] {
        let Some(platform_id) = row.text(column) else {
            continue;
        };
        let channel = NewChannel {
            source_id: format!("{}/{kind}", row.id),
            kind,
            name: name.to_owned(),
            settings: json!({}),
            platform_id: Some(platform_id),
            ..NewChannel::default()
        };
        let id = scope.add_channel(out, row, channel)?;
        scope.remember("door", kind, json!(id));
        first.get_or_insert((id, kind));
    }
    if first.is_none() {
        let channel = NewChannel {
            source_id: format!("{}/widget", row.id),
            kind: "widget",
            name: "Web site".to_owned(),
            settings: json!({}),
            ..NewChannel::default()
        };
        first = Some((scope.add_channel(out, row, channel)?, "widget"));
    }
    if let Some((id, kind)) = first {
        scope.remember("door", "", json!(id));
        scope.remember("kind", "", json!(kind));
    }
    Ok(())
}

fn noted(_: &mut Scope, _: &mut Row, _: &mut Out) -> Result<(), String> {
    Ok(())
}

fn base(scope: &mut Scope, row: &mut Row, out: &mut Out) -> Result<(), String> {
    let kind = row
        .choice("content_type", &["faq", "system_prompt", "custom"])
        .ok_or("it is of no type that is known here")?;
    let (created_at, updated_at) = times(row);
    let wanted = row.whole("version").unwrap_or(1).clamp(1, 1_000_000);
    let last = scope.fact("version", kind).as_i64().unwrap_or(0);
    let version = wanted.max(last + 1);
    scope.remember("version", kind, json!(version));
    if version != wanted {
        row.keep("version", "another one has this number");
    }
    let id = scope.id("knowledge_bases", &row.id, "");
    let is_active = row.boolean("is_active", true);
    out.activates = is_active.then_some(id);
    out.put(
        "knowledge_bases",
        json!({
            "id": id, "content_type": kind, "content": row.text("content").ok_or("it has no text")?, "version": version,
            "created_by": "operator", "created_at": created_at, "updated_at": updated_at,
        }),
    );
    Ok(())
}

/// What the metadata of a conversation say of the visitor, under the names that are usual.
fn visitor(metadata: &Map<String, Value>, names: &[&str]) -> Option<String> {
    let places = [
        Some(metadata),
        metadata.get("user").and_then(Value::as_object),
        metadata.get("visitor").and_then(Value::as_object),
    ];
    let mut found = places
        .into_iter()
        .flatten()
        .flat_map(|place| names.iter().filter_map(|name| as_text(place.get(*name)?)));
    found.next()
}

fn conversation(scope: &mut Scope, row: &mut Row, out: &mut Out) -> Result<(), String> {
    let (created_at, updated_at) = times(row);
    let metadata = row.object("metadata").unwrap_or_default();
    let session = row.text("session_id").unwrap_or_else(|| row.id.clone());
    let platform = visitor(&metadata, &["platform", "source", "channel"])
        .unwrap_or_default()
        .to_lowercase();
    // Crisp's sessions are called so
    let kind = if platform.contains("tidio") {
        "tidio"
    } else if platform.contains("crisp") || session.starts_with("session_") {
        "crisp"
    } else {
        ""
    };
    let door = Some(scope.fact("door", kind).clone()).filter(|door| !door.is_null());
    let is_named = door.is_some();
    let door = door.unwrap_or_else(|| scope.fact("door", "").clone());
    let channel = door.as_str().ok_or("its tenant was not read")?.to_owned();
    let is_vendor = is_named || scope.fact("kind", "") != "widget";
    let (contact, id) = (
        scope.id("conversations", &row.id, "contact"),
        scope.id("conversations", &row.id, ""),
    );
    out.put(
        "contacts",
        json!({
            "id": contact, "name": visitor(&metadata, &["name", "nickname", "user_name", "visitor_name"]),
            "email": visitor(&metadata, &["email", "user_email", "visitor_email"]), "phone": visitor(&metadata, &["phone"]),
            "last_interaction_at": &updated_at, "created_at": &created_at, "updated_at": &updated_at,
        }),
    );
    if is_vendor {
        out.put_shared(
            "contact_identities",
            json!({
                "id": scope.id("conversations", &row.id, "identity"), "contact_id": contact, "kind": "platform",
                "value": format!("{channel}/{session}"), "channel_id": channel, "is_verified": true,
            }),
        );
    }
    scope.remember("vendor", &row.id, json!(is_vendor));
    out.put(
        "conversations",
        json!({
            "id": id, "contact_id": contact, "channel_id": channel, "session_id": &session, "thread": is_vendor.then_some(&session),
            "status": "resolved", "metadata": metadata, "resolved_at": updated_at, "created_at": created_at,
        }),
    );
    Ok(())
}

fn message(scope: &mut Scope, row: &mut Row, out: &mut Out) -> Result<(), String> {
    let source = row
        .text("conversation_id")
        .ok_or("it belongs to no conversation")?;
    let conversation = scope.id("conversations", &source, "");
    let sender = match row.choice("role", &["user", "assistant", "system"]) {
        Some("user") => "user",
        Some("assistant") => "ai",
        _ => "system",
    };
    let at = row.time("timestamp").ok_or("nobody knows when it was sent")?;
    let text = row.value("content").as_str().unwrap_or_default().to_owned();
    let is_vendor = scope.fact("vendor", &source) == true;
    out.say(conversation, &text);
    out.put(
        "messages",
        json!({
            "id": scope.id("messages", &row.id, ""), "conversation_id": conversation, "seq": 0, "sender_type": sender,
            "text_content": text, "was_sent_elsewhere": is_vendor && sender == "ai", "sent_at": &at, "created_at": &at,
        }),
    );
    Ok(())
}

/// One that somebody still works on is there once in a conversation: of several the first.
fn lead(scope: &mut Scope, row: &mut Row, out: &mut Out) -> Result<(), String> {
    let (created_at, updated_at) = times(row);
    let source = row.text("conversation_id");
    let conversation = scope.find_id("conversations", source.clone(), "");
    let contact = scope.find_id("conversations", source.clone(), "contact");
    let mut status = row
        .choice("status", &["new", "contacted", "qualified", "converted", "lost"])
        .unwrap_or("new");
    if let Some(source) = source.filter(|_| matches!(status, "new" | "contacted" | "qualified")) {
        let open = scope.fact("open lead", &source).clone();
        if open.is_null() {
            scope.remember("open lead", &source, json!(row.id));
        } else if open != row.id.as_str() {
            row.keep(
                "status",
                "the conversation has another open lead: this one is closed",
            );
            status = "lost";
        }
    }
    let found = row.object("contact_info").unwrap_or_default();
    let mut info = Map::new();
    let mut left = Map::new();
    for (key, value) in found {
        let name = match key.as_str() {
            "name" | "full_name" | "fullName" => "name",
            "email" | "mail" => "email",
            "phone" | "phone_number" | "tel" => "phone",
            "company" | "company_name" | "organisation" => "company",
            _ => "",
        };
        match as_text(&value) {
            Some(text) if !name.is_empty() && !info.contains_key(name) => {
                info.insert(name.to_owned(), json!(text));
            }
            _ if value.is_null() => {}
            _ => {
                left.insert(key, value);
            }
        }
    }
    if !left.is_empty() {
        row.left.insert("contact_info".to_owned(), Value::Object(left));
    }
    out.put(
        "leads",
        json!({
            "id": scope.id("leads", &row.id, ""), "conversation_id": conversation, "contact_id": contact,
            "intent": row.short("intent", 50).unwrap_or_else(|| "other".to_owned()), "contact_info": info, "status": status,
            "source": "api", "created_at": created_at, "updated_at": updated_at,
        }),
    );
    Ok(())
}
