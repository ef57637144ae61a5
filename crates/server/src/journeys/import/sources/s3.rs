//! The assistant that answers from question and answer pairs: workspaces, what they know, what visitors asked.
//!
//! A workspace becomes a tenant with its owner and one widget, a session a conversation with all its messages.

use std::collections::BTreeSet;

use channels::WidgetSettings;
use serde_json::{Map, Value, json};
use uuid::Uuid;

use super::super::mapping::Belongs::{By, Itself, Through};
use super::super::mapping::Goes::{Both, Kept, Out as LeftOut, To};
use super::super::mapping::{Business, NewChannel, Out, Scope, Source, Table, times};
use super::super::row::{Row, as_text, as_time};

const SEALED: &str = "sealed with a key that only the old system has: enter it anew";
const OTHER: super::super::mapping::Goes = Kept("not in the specification");

pub const SOURCE: Source = Source {
    kind: "s3",
    tables: &[
        Table {
            schema: "public",
            name: "workspaces",
            key: "id",
            belongs: Itself,
            order: &["created_at", "id"],
            columns: &[
                ("id", To("tenants.tenant_id, channels.id")),
                ("owner_id", To("memberships.user_id")),
                ("name", To("tenants.name, slug, channels.name")),
                ("settings", To("channels.settings")),
                (
                    "onboarding_completed_steps",
                    Kept("what is done is seen here from what is there"),
                ),
                ("created_at", Both("tenants.created_at, channels.created_at")),
                ("updated_at", Both("tenants.updated_at, channels.updated_at")),
            ],
            others: OTHER,
            map: workspace,
        },
        Table {
            schema: "auth",
            name: "users",
            key: "id",
            belongs: Through {
                column: "id",
                table: "workspaces",
                key: "owner_id",
                by: "id",
            },
            order: &["id"],
            columns: &[
                ("id", To("memberships.user_id")),
                ("email", To("memberships.email")),
            ],
            others: LeftOut("how people signed in there: they choose a new password here"),
            map: account,
        },
        Table {
            schema: "public",
            name: "api_keys",
            key: "id",
            belongs: By("workspace_id"),
            order: &["created_at", "id"],
            columns: &[
                ("id", Kept("a key is entered anew")),
                ("workspace_id", To("import_rows.tenant_id")),
                ("provider", Kept("a key is entered anew")),
                ("model", Kept("a key is entered anew")),
                ("encrypted_key", LeftOut(SEALED)),
                ("key_last4", Kept("a key is entered anew")),
                ("label", Kept("a key is entered anew")),
                ("is_default", Kept("a key is entered anew")),
                ("is_active", Kept("a key is entered anew")),
                ("created_at", Kept("a key is entered anew")),
                ("updated_at", Kept("a key is entered anew")),
            ],
            others: OTHER,
            map: api_key,
        },
        Table {
            schema: "public",
            name: "qa_pairs",
            key: "id",
            belongs: By("workspace_id"),
            order: &["created_at", "id"],
            columns: &[
                ("id", To("qa_pairs.id")),
                ("workspace_id", To("qa_pairs.tenant_id")),
                ("question", To("qa_pairs.question")),
                ("answer", To("qa_pairs.answer")),
                ("category", To("qa_pairs.category")),
                ("embedding", LeftOut("made anew by the model that serves here")),
                ("source", To("qa_pairs.source")),
                ("is_active", To("qa_pairs.is_active")),
                ("metadata", Both("qa_pairs.metadata")),
                ("created_at", To("qa_pairs.created_at")),
                ("updated_at", To("qa_pairs.updated_at")),
            ],
            others: OTHER,
            map: pair,
        },
        Table {
            schema: "public",
            name: "chat_sessions",
            key: "id",
            belongs: By("workspace_id"),
            order: &["created_at", "id"],
            columns: &[
                ("id", To("conversations.id")),
                ("workspace_id", To("conversations.tenant_id")),
                ("session_token", Both("conversations.session_id")),
                ("messages", To("messages, answers")),
                ("summary", Both("conversations.summary")),
                ("metadata", Both("conversations.metadata")),
                ("visitor_name", To("contacts.name")),
                ("visitor_email", To("contacts.email")),
                (
                    "escalated",
                    Kept("a booking link was offered; what people still have to do is not known"),
                ),
                ("escalated_at", Both("conversations.escalated_at")),
                ("created_at", To("conversations.created_at")),
                ("updated_at", Both("conversations.resolved_at")),
            ],
            others: OTHER,
            map: session,
        },
        Table {
            schema: "public",
            name: "qa_gaps",
            key: "id",
            belongs: By("workspace_id"),
            order: &["created_at", "id"],
            columns: &[
                ("id", To("qa_gaps.id")),
                ("workspace_id", To("qa_gaps.tenant_id")),
                ("question", To("qa_gaps.question")),
                ("ai_answer", To("qa_gaps.ai_answer")),
                ("best_match_id", To("qa_gaps.best_match_id")),
                ("similarity_score", To("qa_gaps.similarity_score")),
                ("session_id", To("qa_gaps.conversation_id")),
                ("status", To("qa_gaps.status")),
                ("resolved_qa_id", To("qa_gaps.resolved_qa_id")),
                ("created_at", To("qa_gaps.created_at, last_asked_at")),
            ],
            others: OTHER,
            map: gap,
        },
    ],
    not_read: &[(
        "storage.objects",
        "files: upload the pictures of the widget again; their addresses are kept",
    )],
};

fn account(scope: &mut Scope, row: &mut Row, _: &mut Out) -> Result<(), String> {
    if let Some(email) = row.text("email") {
        scope.ask_for(&email);
        scope.remember("email", &row.id, json!(email));
    }
    Ok(())
}

fn workspace(scope: &mut Scope, row: &mut Row, out: &mut Out) -> Result<(), String> {
    let name = row.text("name").unwrap_or_default();
    let owner = row.text("owner_id");
    let email = owner
        .as_ref()
        .and_then(|owner| scope.fact("email", owner).as_str().map(str::to_owned));
    let business = Business {
        name: name.clone(),
        email: email.clone(),
        is_active: true,
        ..Business::default()
    };
    scope.begin(out, row, &business);
    if let Some(owner) = owner {
        if email.is_none() {
            row.notes
                .push("no e-mail address was found: nobody can sign in as its owner".to_owned());
        }
        let role = if scope.is_into { "admin" } else { "owner" };
        scope.add_member(out, &owner, email.as_deref(), None, role);
    }
    let settings = row.object("settings").unwrap_or_default();
    let (settings, left) = widget_settings(&settings);
    if !left.is_empty() {
        row.left.insert("settings".to_owned(), Value::Object(left));
        row.notes
            .push("settings: some have no place here, or do not fit".to_owned());
    }
    let channel = NewChannel {
        source_id: row.id.clone(),
        kind: "widget",
        name,
        settings,
        ..NewChannel::default()
    };
    let id = scope.add_channel(out, row, channel)?;
    scope.remember("widget", "", json!(id));
    Ok(())
}

/// Each setting that fits, under the name that it has here; the others as they were.
pub fn widget_settings(found: &Map<String, Value>) -> (Value, Map<String, Value>) {
    let mut settings = WidgetSettings::default();
    let mut left = Map::new();
    for (key, value) in found {
        let name = match key.as_str() {
            "powered_by_clara" => "powered_by",
            "avatar" | "logo" | "logo_url" | "avatarUrl" => "avatar_url",
            "first_message" | "firstMessage" | "greeting" | "welcomeMessage" => "welcome_message",
            "custom_prompt" | "customPrompt" | "prompt" | "personality" | "system_prompt" => {
                "personality_prompt"
            }
            "color" | "primaryColor" | "theme_color" => "primary_color",
            "position" | "bubblePosition" => "bubble_position",
            "bot_name" | "botName" | "title" | "displayName" => "display_name",
            "placeholder" | "placeholderText" => "placeholder_text",
            "suggestions" | "suggestedMessages" => "suggested_messages",
            name => name,
        };
        let mut patch = Map::new();
        patch.insert(name.to_owned(), value.clone());
        match settings.patched(&Value::Object(patch)) {
            Ok(patched) => settings = patched,
            Err(_) if value.is_null() => {}
            Err(_) => {
                left.insert(key.clone(), value.clone());
            }
        }
    }
    (json!(settings), left)
}

fn api_key(_: &mut Scope, row: &mut Row, _: &mut Out) -> Result<(), String> {
    row.notes.push(SEALED.to_owned());
    Ok(())
}

fn pair(scope: &mut Scope, row: &mut Row, out: &mut Out) -> Result<(), String> {
    let (created_at, updated_at) = times(row);
    let source = row.choice("source", &["manual", "csv_import", "transcript_extraction"]);
    let metadata = row.object("metadata").unwrap_or_default();
    out.put(
        "qa_pairs",
        json!({
            "id": scope.id("qa_pairs", &row.id, ""), "question": row.text("question").ok_or("it has no question")?,
            "answer": row.text("answer").ok_or("it has no answer")?,
            "category": row.text("category").unwrap_or_else(|| "general".to_owned()), "source": source.unwrap_or("manual"),
            "is_active": row.boolean("is_active", true), "metadata": metadata, "created_at": created_at, "updated_at": updated_at,
        }),
    );
    Ok(())
}

/// A session is over here: whoever comes back begins a conversation of their own.
fn session(scope: &mut Scope, row: &mut Row, out: &mut Out) -> Result<(), String> {
    let channel = scope.fact("widget", "").clone();
    if channel.is_null() {
        return Err("its workspace was not read".to_owned());
    }
    let (created_at, updated_at) = times(row);
    let email = row.text("visitor_email");
    let (contact, conversation) = (
        scope.id("chat_sessions", &row.id, "contact"),
        scope.id("chat_sessions", &row.id, ""),
    );
    out.put(
        "contacts",
        json!({
            "id": contact, "name": row.text("visitor_name"), "email": email, "last_interaction_at": &updated_at,
            "created_at": &created_at, "updated_at": &updated_at,
        }),
    );
    let summary = match row.json("summary") {
        Value::String(text) => json!({"text": text}),
        summary => summary,
    };
    out.put(
        "conversations",
        json!({
            "id": conversation, "contact_id": contact, "channel_id": channel,
            "session_id": row.text("session_token").unwrap_or_else(|| row.id.clone()), "status": "resolved", "summary": summary,
            "metadata": row.object("metadata").unwrap_or_default(), "escalated_at": row.time("escalated_at"),
            "resolved_at": updated_at, "created_at": &created_at,
        }),
    );
    let messages = match row.json("messages") {
        Value::Array(messages) => messages,
        Value::Null => Vec::new(),
        _ => {
            row.keep("messages", "this is no list of messages");
            Vec::new()
        }
    };
    let mut turn = Turn {
        conversation,
        begun_at: created_at,
        question: None,
        seen: BTreeSet::new(),
    };
    let mut odd = Vec::new();
    for (place, message) in messages.iter().enumerate() {
        let left = said(scope, out, &mut turn, &row.id.clone(), place, message);
        if let Some(left) = left {
            odd.push(left);
        }
    }
    if !odd.is_empty() {
        row.left.insert("messages".to_owned(), Value::Array(odd));
        row.notes
            .push("messages: something in them has no place here, or could not be read".to_owned());
    }
    Ok(())
}

/// Where a conversation stands while its messages are read.
struct Turn {
    conversation: Uuid,
    begun_at: String,
    /// The visitor's last message, as long as nobody has answered it.
    question: Option<(Uuid, String)>,
    seen: BTreeSet<String>,
}

/// Gives what has no place of a message.
fn said(
    scope: &mut Scope,
    out: &mut Out,
    turn: &mut Turn,
    session: &str,
    place: usize,
    message: &Value,
) -> Option<Value> {
    const KNOWN: [&str; 9] = [
        "message_id",
        "role",
        "content",
        "timestamp",
        "suggestion_chips",
        "gap_detected",
        "matched_qa_ids",
        "confidence",
        "escalation_offered",
    ];
    let Some(text) = as_text(&message["content"]) else {
        return Some(message.clone());
    };
    let sender = match message["role"].as_str().map(str::to_lowercase).as_deref() {
        Some("user" | "visitor" | "human") => "user",
        Some("assistant" | "ai" | "bot") => "ai",
        Some("agent") => "agent",
        _ => "system",
    };
    let own = as_text(&message["message_id"]).filter(|id| turn.seen.insert(id.clone()));
    let id = scope.id("chat_sessions", session, &format!("message {place}"));
    let at = as_time(&message["timestamp"]).map_or_else(|| turn.begun_at.clone(), |at| at.to_rfc3339());
    out.put(
        "messages",
        json!({
            "id": id, "conversation_id": turn.conversation, "seq": 0, "sender_type": sender, "text_content": &text,
            "client_message_id": own, "sent_at": &at, "created_at": &at,
        }),
    );
    out.say(turn.conversation, &text);
    if sender == "user" {
        turn.question = Some((id, text));
    } else if sender == "ai" {
        answer(scope, out, turn, id, &at, message);
    }
    let object = message.as_object()?;
    let left: Map<String, Value> = object
        .iter()
        .filter(|(key, _)| !KNOWN.contains(&key.as_str()))
        .map(|(key, value)| (key.clone(), value.clone()))
        .collect();
    (!left.is_empty()).then_some(Value::Object(left))
}

/// What the bot thought of the question before.
fn answer(scope: &Scope, out: &mut Out, turn: &mut Turn, id: Uuid, at: &str, message: &Value) {
    let Some((question, text)) = turn.question.take() else {
        return;
    };
    let texts = |key: &str| -> Vec<String> {
        let items = message[key].as_array().into_iter().flatten();
        items.filter_map(as_text).collect()
    };
    let pairs: Vec<Uuid> = texts("matched_qa_ids")
        .iter()
        .map(|pair| scope.id("qa_pairs", pair, ""))
        .collect();
    let gap = message["gap_detected"].as_bool().unwrap_or(false);
    out.put(
        "answers",
        json!({
            "id": id, "conversation_id": turn.conversation, "question_message_id": question, "question_text": text,
            "mode": "model", "confidence": message["confidence"].as_f64().unwrap_or(0.0).clamp(0.0, 1.0), "gap_detected": gap,
            "escalation_offered": message["escalation_offered"].as_bool().unwrap_or(false),
            "suggestion_chips": texts("suggestion_chips"), "matched_qa_ids": pairs, "created_at": at,
        }),
    );
}

fn gap(scope: &mut Scope, row: &mut Row, out: &mut Out) -> Result<(), String> {
    let created_at = times(row).0;
    let id = scope.id("qa_gaps", &row.id, "");
    let status = row
        .choice("status", &["open", "resolved", "dismissed"])
        .unwrap_or("open");
    let best = scope.find_id("qa_pairs", row.text("best_match_id"), "");
    let resolved = scope.find_id("qa_pairs", row.text("resolved_qa_id"), "");
    let conversation = scope.find_id("chat_sessions", row.text("session_id"), "");
    out.put(
        "qa_gaps",
        json!({
            "id": id, "question": row.text("question").ok_or("it has no question")?, "ai_answer": row.text("ai_answer"),
            "best_match_id": best, "similarity_score": row.decimal("similarity_score"), "conversation_id": conversation,
            "status": status, "resolved_qa_id": resolved, "cluster_id": id, "last_asked_at": &created_at,
            "closed_at": (status != "open").then_some(&created_at), "created_at": &created_at,
        }),
    );
    Ok(())
}
