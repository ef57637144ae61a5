//! Channels with their settings, contacts, and what was said.

use serde_json::{Value, json};

use super::super::super::mapping::{NewChannel, Out, Scope, channel_kind, times};
use super::super::super::row::Row;

pub fn channel(scope: &mut Scope, row: &mut Row, out: &mut Out) -> Result<(), String> {
    let platform = row.text("platform").unwrap_or_default();
    let kind = channel_kind(&platform).unwrap_or_else(|| {
        row.keep(
            "platform",
            "a platform that is not known here: it is a channel for programs",
        );
        "api"
    });
    if platform != kind {
        row.keep_silently("platform");
    }
    let channel = NewChannel {
        source_id: row.id.clone(),
        kind,
        name: row.short("name", 90).unwrap_or_else(|| platform.clone()),
        settings: json!({}),
        platform_id: row.text("platform_channel_id"),
        ..NewChannel::default()
    };
    scope.add_channel(out, row, channel)?;
    Ok(())
}

pub fn configuration(scope: &mut Scope, row: &mut Row, out: &mut Out) -> Result<(), String> {
    let temperature = row.decimal("ai_temperature").filter(|t| {
        let fits = (0.0..=2.0).contains(t);
        if !fits {
            row.keep("ai_temperature", "it lies between 0 and 2 here");
        }
        fits
    });
    let (_, updated_at) = times(row);
    out.put_over(
        "channel_configurations",
        json!({
            "channel_id": scope.id("channels", &row.id, ""), "ai_model": row.text("ai_model"),
            "ai_temperature": temperature.unwrap_or(0.3), "is_bot_active": row.boolean("is_bot_active", true),
            "updated_at": updated_at,
        }),
    );
    Ok(())
}

pub fn prompt(scope: &mut Scope, row: &mut Row, out: &mut Out) -> Result<(), String> {
    let channel = row.text("channel_id").ok_or("it belongs to no channel")?;
    let prompt = row.text("system_prompt").ok_or("it has no text")?;
    let agent = row.text("agent_id").ok_or("it has no `agent_id`")?;
    let name = row.text("name").unwrap_or_else(|| agent.clone());
    let description = row.text("description").unwrap_or_default();
    // a prompt of the library has a name of its own
    let mut library = name.clone();
    let owner = scope.fact("prompt", &library);
    if !owner.is_null() && owner != &json!(row.id) {
        library = format!(
            "{name} {}",
            &scope.id("agent_prompts", &row.id, "").simple().to_string()[..4]
        );
    }
    scope.remember("prompt", &library, json!(row.id));
    let prompt_id = scope.id("agent_prompts", &row.id, "library");
    out.put(
        "agent_prompts",
        json!({"id": prompt_id, "name": library, "description": &description, "system_prompt": prompt}),
    );
    out.put(
        "channel_agents",
        json!({
            "id": scope.id("agent_prompts", &row.id, ""), "channel_id": scope.id("channels", &channel, ""), "agent_id": agent,
            "name": name, "description": description, "agent_prompt_id": prompt_id,
        }),
    );
    Ok(())
}

pub fn collection(scope: &mut Scope, row: &mut Row, out: &mut Out) -> Result<(), String> {
    let channel = row.text("channel_id").ok_or("it belongs to no channel")?;
    let collection = row.text("collection_id").ok_or("it has no `collection_id`")?;
    out.put(
        "content_collections",
        json!({
            "id": scope.id("content_collections", &row.id, ""), "channel_id": scope.id("channels", &channel, ""),
            "name": row.text("name").unwrap_or_else(|| collection.clone()), "collection_id": collection, "items": row.texts("items"),
        }),
    );
    Ok(())
}

pub fn keyword(scope: &mut Scope, row: &mut Row, out: &mut Out) -> Result<(), String> {
    let channel = row.text("channel_id").ok_or("it belongs to no channel")?;
    let keyword = row.text("keyword").ok_or("it has no keyword")?;
    // the others need to be told what to say, or whom to ask
    let known = row.choice("action_type", &["DISABLE_AI", "ENABLE_AI", "ESCALATE"]);
    out.put(
        "keyword_actions",
        json!({
            "id": scope.id("keyword_actions", &row.id, ""), "channel_id": scope.id("channels", &channel, ""), "keyword": keyword,
            "action_type": known.unwrap_or("ESCALATE"), "is_active": known.is_some(),
        }),
    );
    Ok(())
}

/// Unread messages keep a conversation open; what was read is history.
pub fn contact(scope: &mut Scope, row: &mut Row, out: &mut Out) -> Result<(), String> {
    let source_channel = row.text("channel_id").ok_or("it belongs to no channel")?;
    let channel = scope.id("channels", &source_channel, "");
    let (created_at, updated_at) = times(row);
    let contact = scope.id("contacts", &row.id, "");
    let unread = row
        .whole("unread_count")
        .unwrap_or(0)
        .clamp(0, i64::from(i32::MAX));
    let is_ai_enabled = row.boolean("ai_enabled", true);
    let last_at = row.time("last_interaction_at");
    out.put(
        "contacts",
        json!({
            "id": contact, "name": row.text("name"), "avatar_url": row.text("avatar_url"), "ai_enabled": is_ai_enabled,
            "last_interaction_at": &last_at, "last_message_preview": row.text("last_message_preview"), "unread_count": unread,
            "created_at": &created_at, "updated_at": &updated_at,
        }),
    );
    let person = row.text("platform_user_id");
    if let Some(person) = &person {
        out.put_shared(
            "contact_identities",
            json!({
                "id": scope.id("contacts", &row.id, "identity"), "contact_id": contact, "kind": "platform",
                "value": format!("{channel}/{person}"), "channel_id": channel, "is_verified": true,
            }),
        );
    }
    let is_open = unread > 0;
    out.put(
        "conversations",
        json!({
            "id": scope.id("contacts", &row.id, "conversation"), "contact_id": contact, "channel_id": channel,
            "session_id": person.clone().unwrap_or_else(|| row.id.clone()), "thread": person,
            "status": if is_open { "open" } else { "resolved" }, "ai_paused": !is_ai_enabled, "unread_count": unread,
            "resolved_at": (!is_open).then(|| last_at.clone().unwrap_or_else(|| updated_at.clone())), "created_at": created_at,
        }),
    );
    if channel_kind(&row.text("platform").unwrap_or_default())
        != scope.fact("channel", &source_channel)["kind"].as_str()
    {
        row.keep("platform", "its channel is of another kind");
    }
    Ok(())
}

pub fn message(scope: &mut Scope, row: &mut Row, out: &mut Out) -> Result<(), String> {
    let contact = row.text("contact_id").ok_or("it belongs to no contact")?;
    let conversation = scope.id("contacts", &contact, "conversation");
    let sender = row
        .choice("sender_type", &["user", "agent", "ai", "system"])
        .unwrap_or("system");
    let kind = row.choice(
        "content_type",
        &[
            "text", "image", "audio", "video", "file", "document", "location", "sticker",
        ],
    );
    let kind = match kind {
        Some("document") => "file",
        Some("sticker") => "image",
        Some(kind) => kind,
        None => "text",
    };
    if row.text("content_type").is_some_and(|written| written != kind) {
        row.keep("content_type", &format!("it is {kind} here"));
    }
    let text = row.value("text_content").as_str().unwrap_or_default().to_owned();
    let file = row.text("attachment_url");
    let metadata = file.map_or_else(|| json!({}), |url| json!({"missing_file": url}));
    let channel = row.text("channel_id").unwrap_or_default();
    let is_vendor = scope.fact("channel", &channel)["kind"] != "widget";
    let sent_at = row
        .time("sent_at")
        .or_else(|| row.time("platform_timestamp"))
        .ok_or("nobody knows when it was sent")?;
    out.say(conversation, &text);
    out.put(
        "messages",
        json!({
            "id": scope.id("messages", &row.id, ""), "conversation_id": conversation, "seq": 0, "sender_type": sender,
            "content_type": kind, "text_content": text, "client_message_id": row.text("message_platform_id"), "metadata": metadata,
            "was_sent_elsewhere": is_vendor && matches!(sender, "agent" | "ai"), "sent_at": &sent_at,
            "written_at": row.time("platform_timestamp"), "created_at": &sent_at,
        }),
    );
    // which of the source's channels it was stands in its conversation
    if row.value("channel_id") == &Value::Null {
        row.notes.push("it names no channel".to_owned());
    }
    Ok(())
}
