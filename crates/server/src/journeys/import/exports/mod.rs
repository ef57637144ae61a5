//! Files that other help desks give out: Chatwoot, Crisp, Intercom, Tidio. Conversations as JSON, one value or one a line, as
//! their interfaces for programs give them, whole or page by page. Each goes into one tenant, as a closed conversation of a
//! channel that is switched off. Start with [`run`]; how each vendor writes is in [`vendors`].

mod vendors;

use std::collections::HashSet;
use std::path::Path;

use access::audit;
use access::tenants::{NewTenant, Operator};
use chrono::SecondsFormat;
use kernel::TenantProof as _;
use kernel::error::{Result, invalid};
use serde_json::{Map, Value, json};

use super::mapping::{Belongs, Goes, NewChannel, Out, Scope, Table};
use super::report::{Report, TableReport, TenantReport};
use super::row::{Row, as_text, as_time};
use super::{Wish, prepare, writing};
use crate::wiring::Domains;
pub use vendors::kinds;
use vendors::{Side, Talk, Vendor};

/// So many conversations are one transaction.
const BATCH: usize = 100;

const COLUMNS: &[(&str, Goes)] = &[
    ("id", Goes::To("conversations.id, session_id")),
    ("session_id", Goes::To("conversations.id, session_id")),
    ("type", Goes::To("conversations.id")),
    ("messages", Goes::To("messages, conversation_notes")),
    ("source", Goes::To("messages: the first")),
    ("conversation_parts", Goes::To("messages, conversation_notes")),
    ("labels", Goes::To("labels")),
    ("status", Goes::To("conversations.status: all are closed")),
    ("state", Goes::To("conversations.status: all are closed")),
    ("open", Goes::To("conversations.status: all are closed")),
    ("created_at", Goes::To("conversations.created_at")),
];

static CONVERSATIONS: Table = Table {
    schema: "file",
    name: "conversations",
    key: "id",
    belongs: Belongs::By("id"),
    order: &[],
    columns: COLUMNS,
    others: Goes::Kept("what a conversation has beside"),
    map: conversation,
};

/// Whether this kind of source is a file.
pub fn is_kind(kind: &str) -> bool {
    kinds().contains(&kind)
}

/// Brings the file in, or says what would become of it.
pub async fn run(
    domains: &Domains,
    wish: &Wish,
    file: &Path,
    into: Operator,
    tell: impl Fn(&str),
) -> Result<Report> {
    let vendor =
        vendors::find(&wish.kind).ok_or_else(|| invalid("unknown_source", "There is no such source."))?;
    let values = read(file)?;
    let talks = vendors::conversations(vendor, values);
    if talks.is_empty() {
        let detail = format!(
            "There is no conversation of {} in {}.",
            vendor.name,
            file.display()
        );
        return Err(invalid("nothing_in_file", detail));
    }
    let db = &domains.access.db;
    let proof = NewTenant::named(into.tenant_id());
    let mut table = TableReport::of(&CONVERSATIONS, Err(&String::new()));
    table.missing = None;
    table.rows = u64::try_from(talks.len()).unwrap_or_default();
    let mut tx = writing::store::begin(db, &proof).await?;
    let (time_zones, slugs) = (HashSet::new(), HashSet::new());
    let mut scope = Scope::new(
        vendor.kind,
        &wish.installation,
        into.tenant_id(),
        true,
        &domains.channels.master_key,
        &time_zones,
        &slugs,
    );
    scope.channel_names = writing::store::list_channel_names(&mut tx).await?;
    scope.labels = writing::store::list_labels(&mut tx).await?;
    scope.remember("vendor", "", json!(vendor.kind));
    let mut mended = 0;
    let mut open = Some(tx);
    let mut done = 0;
    let all = talks.len();
    for batch in talks.chunks(BATCH) {
        tell(&format!("{done} of {all} conversations"));
        let prepared = prepare(
            &mut scope,
            &CONVERSATIONS,
            batch.to_vec(),
            &mut table,
            &mut mended,
        );
        let mut tx = match open.take() {
            Some(tx) => tx,
            None => writing::store::begin(db, &proof).await?,
        };
        writing::write(&mut tx, &scope, &CONVERSATIONS, prepared, &mut table).await?;
        if wish.is_dry_run {
            open = Some(tx);
        } else {
            tx.commit().await?;
        }
        done += batch.len();
    }
    let mut tx = match open {
        Some(tx) => tx,
        None => writing::store::begin(db, &proof).await?,
    };
    let slug = writing::store::find_slug(&mut tx).await?;
    if !wish.is_dry_run && table.created + table.updated > 0 {
        let details = json!({"source": vendor.kind, "rows": table.created + table.updated});
        let subject = format!("import:{}", vendor.kind);
        audit::record(
            &mut tx,
            audit::OPERATOR,
            audit::Action::DataImported,
            &subject,
            details,
        )
        .await?;
        tx.commit().await?;
    }
    Ok(Report {
        source: vendor.kind,
        installation: wish.installation.clone(),
        is_dry_run: wish.is_dry_run,
        tenants: vec![TenantReport {
            source_id: file.display().to_string(),
            tenant_id: into.tenant_id().0,
            slug,
            is_new: false,
        }],
        tables: vec![table],
        not_read: Vec::new(),
        mended_texts: mended,
    })
}

/// One JSON value, or one a line.
fn read(file: &Path) -> Result<Vec<Value>> {
    let bytes = std::fs::read(file)
        .map_err(|error| invalid("cannot_read", format!("{}: {error}.", file.display())))?;
    let text = String::from_utf8_lossy(&bytes);
    let text = text.trim_start_matches('\u{feff}');
    if let Ok(value) = serde_json::from_str(text) {
        return Ok(vec![value]);
    }
    let lines = text.lines().filter(|line| !line.trim().is_empty());
    let values: std::result::Result<Vec<Value>, _> = lines.map(serde_json::from_str).collect();
    values.map_err(|error| {
        invalid(
            "no_json",
            format!("{} is neither JSON nor JSON lines: {error}.", file.display()),
        )
    })
}

fn conversation(scope: &mut Scope, row: &mut Row, out: &mut Out) -> std::result::Result<(), String> {
    let vendor = scope
        .fact("vendor", "")
        .as_str()
        .and_then(vendors::find)
        .ok_or("of no vendor")?;
    let whole: Map<String, Value> = row
        .columns()
        .into_iter()
        .map(|name| (name.clone(), row.value(&name).clone()))
        .collect();
    let talk = (vendor.read)(&Value::Object(whole)).ok_or("nothing was said in it")?;
    let channel = channel(scope, row, out, vendor)?;
    put(scope, row, out, vendor, channel, talk)
}

/// The channel that stands for the vendor, made with the first conversation.
fn channel(
    scope: &mut Scope,
    row: &mut Row,
    out: &mut Out,
    vendor: &Vendor,
) -> std::result::Result<uuid::Uuid, String> {
    let mut made = Out::default();
    let channel = NewChannel {
        source_id: vendor.kind.to_owned(),
        kind: vendor.channel,
        name: format!("{} (imported)", vendor.name),
        settings: json!({}),
        ..NewChannel::default()
    };
    let id = scope.add_channel(&mut made, row, channel)?;
    for target in made.targets {
        out.put_shared(target.table, Value::Object(target.values));
    }
    Ok(id)
}

fn put(
    scope: &mut Scope,
    row: &mut Row,
    out: &mut Out,
    vendor: &Vendor,
    channel: uuid::Uuid,
    talk: Talk,
) -> std::result::Result<(), String> {
    let time = |value: &Value| as_time(value).map(|time| time.to_rfc3339_opts(SecondsFormat::Micros, true));
    let first = talk.said.iter().find_map(|said| time(&said.at));
    let last = talk.said.iter().rev().find_map(|said| time(&said.at));
    let begun = time(&talk.created_at)
        .or(first)
        .ok_or("nobody knows when it was")?;
    let ended = last.unwrap_or_else(|| begun.clone());
    let person = talk
        .person
        .id
        .clone()
        .or_else(|| talk.person.email.clone())
        .unwrap_or_else(|| row.id.clone());
    let contact = scope.id("contacts", &person, "");
    let id = scope.id("conversations", &row.id, "");
    out.put_shared(
        "contacts",
        json!({
            "id": contact, "name": talk.person.name, "email": talk.person.email, "phone": talk.person.phone,
            "last_interaction_at": &ended, "created_at": &begun,
        }),
    );
    out.put(
        "conversations",
        json!({
            "id": id, "contact_id": contact, "channel_id": channel, "session_id": &row.id, "status": "resolved",
            "resolved_at": &ended, "created_at": &begun,
        }),
    );
    if talk.is_open {
        row.notes
            .push("status: it was open there, and is closed here".to_owned());
        row.left.insert("status".to_owned(), json!("open"));
    }
    for (place, said) in talk.said.into_iter().enumerate() {
        let at = time(&said.at).unwrap_or_else(|| begun.clone());
        let own = said.id.unwrap_or_else(|| place.to_string());
        let message = scope.id("messages", &format!("{}/{own}", row.id), "");
        if said.side == Side::Note {
            out.put(
                "conversation_notes",
                json!({
                    "id": message, "conversation_id": id, "author_name": said.name.as_deref().unwrap_or(vendor.name),
                    "client_note_id": &own, "text_content": said.text, "created_at": at,
                }),
            );
            continue;
        }
        let sender = match said.side {
            Side::Visitor => "user",
            Side::Agent => "agent",
            Side::Bot => "ai",
            Side::System | Side::Note => "system",
        };
        let metadata = said
            .file
            .map_or_else(|| json!({}), |url| json!({"missing_file": url}));
        out.say(id, &said.text);
        out.put(
            "messages",
            json!({
                "id": message, "conversation_id": id, "seq": 0, "sender_type": sender, "sender_name": said.name,
                "text_content": said.text, "client_message_id": own, "metadata": metadata,
                "was_sent_elsewhere": matches!(sender, "agent" | "ai"), "sent_at": &at, "created_at": &at,
            }),
        );
    }
    scope.label(out, id, talk.labels.into_iter());
    Ok(())
}

/// The first of these keys that has a text.
fn word(value: &Value, keys: &[&str]) -> Option<String> {
    keys.iter().find_map(|key| as_text(&value[*key]))
}
