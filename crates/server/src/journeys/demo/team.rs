//! The people of the demonstration shop: colleagues, their labels and saved replies, and what they talked about with
//! customers.

use std::collections::HashMap;

use access::Role;
use access::tenants::Operator;
use access::users::{self, NewUser};
use chrono::{DateTime, TimeDelta, Utc};
use conversations::inbox::Status;
use conversations::labels::{self, Color, Label};
use conversations::past::{self, Colleague, PastConversation, PastMessage, Sender};
use conversations::saved_replies::{self, SavedReply};
use kernel::TenantTx;
use kernel::error::{Result, internal};
use kernel::ids::{ChannelId, LabelId, SavedReplyId};
use kernel::secrets;
use serde::Deserialize;

use crate::embedded::{DEMO_KNOWLEDGE, text};
use crate::wiring::Domains;

const COLLEAGUES: [(&str, &str); 2] = [("Elise Maes", "elise"), ("Joke De Wilde", "joke")];
const LABELS: [(&str, Color); 5] = [
    ("Damage", Color::Red),
    ("Warranty", Color::Amber),
    ("Order change", Color::Blue),
    ("Sales", Color::Green),
    ("Care", Color::Gray),
];
/// Shortcut, title, language, text.
const SAVED_REPLIES: [(&str, &str, &str, &str); 3] = [
    (
        "photos",
        "Ask for photos of the damage",
        "en",
        "Hello {{contact.first_name}}, I am sorry about that. Could you send us photos of the item and of the box? We then sort it out the same day.\n\n{{agent.name}}, {{business.name}}",
    ),
    (
        "photos",
        "Demander des photos",
        "fr",
        "Bonjour {{contact.first_name}}, nous en sommes désolés. Pourriez-vous nous envoyer des photos de l’article et du carton\u{a0}? Nous nous en occupons aussitôt.\n\n{{agent.name}}, {{business.name}}",
    ),
    (
        "bye",
        "Anything else?",
        "en",
        "Glad to help, {{contact.first_name}}. Is there anything else?",
    ),
];

/// A past conversation, as written down.
#[derive(Debug, Deserialize)]
struct Written {
    contact: Contact,
    language: String,
    status: Status,
    hours_ago: f64,
    page_url: Option<String>,
    assignee: Option<String>,
    #[serde(default)]
    labels: Vec<String>,
    note: Option<WrittenNote>,
    messages: Vec<WrittenMessage>,
}

#[derive(Debug, Deserialize)]
struct Contact {
    name: String,
    email: String,
}

#[derive(Debug, Deserialize)]
struct WrittenNote {
    by: String,
    text: String,
}

#[derive(Debug, Deserialize)]
struct WrittenMessage {
    sender_type: String,
    sender_name: Option<String>,
    text: String,
}

/// Who and what a conversation may name.
struct Team {
    colleagues: HashMap<String, Colleague>,
    labels: HashMap<String, LabelId>,
}

/// Brings in the team and their conversations. `suffix` keeps their addresses apart from those of other demonstrations.
/// Gives the ids of the colleagues by their names.
pub async fn converse(
    domains: &Domains,
    operator: &Operator,
    channel_id: ChannelId,
    suffix: &str,
) -> Result<HashMap<String, String>> {
    let db = &domains.access.db;
    let mut tx = db.tenant(operator).await?;
    let team = Team::assemble(&mut tx, suffix).await?;
    tx.commit().await?;
    let lines = text(DEMO_KNOWLEDGE, "conversations.jsonl").unwrap_or_default();
    for line in lines.lines().filter(|line| !line.trim().is_empty()) {
        let written = serde_json::from_str(line)?;
        past::record(db, operator, team.read(channel_id, db.clock.now(), written)?).await?;
    }
    let ids = team.colleagues.into_iter();
    Ok(ids
        .map(|(name, colleague)| (name, colleague.user_id.to_string()))
        .collect())
}

impl Team {
    async fn assemble(tx: &mut TenantTx, suffix: &str) -> Result<Self> {
        let mut colleagues = HashMap::new();
        for (name, mailbox) in COLLEAGUES {
            let email = format!("{mailbox}-{suffix}@fennel-oak.example");
            let user = NewUser::prepare(&email, name, &secrets::random_name("")).await?;
            users::store::insert_with_membership(tx, &user, Role::Agent).await?;
            let (user_id, name) = (user.id, name.to_owned());
            colleagues.insert(name.clone(), Colleague { user_id, name });
        }
        let mut ids = HashMap::new();
        for (name, color) in LABELS {
            let (id, name) = (LabelId::new(), name.to_owned());
            ids.insert(name.clone(), id);
            labels::store::insert(tx, &Label { id, name, color }).await?;
        }
        for reply in SAVED_REPLIES {
            saved_replies::store::save(tx, &saved_reply(reply)).await?;
        }
        Ok(Self {
            colleagues,
            labels: ids,
        })
    }

    fn read(&self, channel_id: ChannelId, now: DateTime<Utc>, written: Written) -> Result<PastConversation> {
        let Written {
            contact, messages, ..
        } = written;
        let labels = written.labels.iter().map(|name| self.label(name));
        let messages = messages.into_iter().map(|message| self.message(message));
        let assignee = written.assignee.map(|name| self.colleague(&name)).transpose()?;
        let note = written
            .note
            .map(|WrittenNote { by, text }| self.colleague(&by).map(|author| (author, text)));
        #[expect(clippy::cast_possible_truncation, reason = "minutes of a few days")]
        let ago = TimeDelta::minutes((written.hours_ago * 60.0) as i64);
        Ok(PastConversation {
            channel_id,
            name: contact.name,
            email: contact.email,
            language: written.language,
            page_url: written.page_url,
            status: written.status,
            assignee,
            labels: labels.collect::<Result<_>>()?,
            note: note.transpose()?,
            ended_at: now - ago,
            messages: messages.collect::<Result<_>>()?,
        })
    }

    fn message(&self, message: WrittenMessage) -> Result<PastMessage> {
        let sender = match (message.sender_type.as_str(), message.sender_name) {
            ("user", _) => Sender::Visitor,
            ("ai", _) => Sender::Bot,
            (_, name) => Sender::Colleague(self.colleague(&name.unwrap_or_default())?),
        };
        let text = message.text;
        Ok(PastMessage { sender, text })
    }

    fn colleague(&self, name: &str) -> Result<Colleague> {
        let colleague = self.colleagues.get(name).cloned();
        colleague.ok_or_else(|| internal(format!("the demonstration has no colleague {name}")))
    }

    fn label(&self, name: &str) -> Result<LabelId> {
        let label = self.labels.get(name).copied();
        label.ok_or_else(|| internal(format!("the demonstration has no label {name}")))
    }
}

fn saved_reply((shortcut, title, language, text): (&str, &str, &str, &str)) -> SavedReply {
    SavedReply {
        id: SavedReplyId::new(),
        shortcut: shortcut.to_owned(),
        title: title.to_owned(),
        text: text.to_owned(),
        language: Some(language.to_owned()),
    }
}
