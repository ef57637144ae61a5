//! Files: uploaded by the business, or attached by a customer. The address of one lives five minutes.

use chrono::{DateTime, TimeDelta, Utc};
use serde_json::json;

use super::Account;
use crate::core::{Call, File, Part, Reply, random_hex, sha256};
use crate::meta::{self, GraphError};

pub struct Stored {
    pub file: File,
    expires_at: DateTime<Utc>,
}

pub struct Link {
    media: String,
    expires_at: DateTime<Utc>,
}

/// The types that are taken, and up to how many bytes.
const LIMITS: &[(&str, usize)] = &[
    ("image/jpeg", 5 << 20),
    ("image/png", 5 << 20),
    ("image/webp", 500 << 10),
    ("audio/aac", 16 << 20),
    ("audio/amr", 16 << 20),
    ("audio/mpeg", 16 << 20),
    ("audio/mp4", 16 << 20),
    ("audio/ogg", 16 << 20),
    ("video/mp4", 16 << 20),
    ("video/3gpp", 16 << 20),
    ("text/plain", 100 << 20),
    ("application/pdf", 100 << 20),
    ("application/msword", 100 << 20),
    ("application/vnd.ms-", 100 << 20),
    ("application/vnd.openxmlformats-officedocument.", 100 << 20),
];

impl Account {
    pub(super) async fn upload(&self, call: &Call) -> Result<Reply, GraphError> {
        let parts = call.multipart().await;
        let text = |name: &str| parts.iter().find(|part| part.name == name).map(Part::text);
        if text("messaging_product").as_deref() != Some("whatsapp") {
            return Err(GraphError::parameter(
                "The parameter messaging_product is required.",
            ));
        }
        let Some(part) = parts.iter().find(|part| part.name == "file") else {
            return Err(GraphError::parameter("The parameter file is required."));
        };
        let kind = part
            .content_type
            .clone()
            .or_else(|| text("type"))
            .unwrap_or_default();
        check_type(&kind, part.bytes.len())?;
        let file = File {
            name: part.file_name.clone(),
            mime_type: kind,
            bytes: part.bytes.clone(),
        };
        let id = self.store(file, TimeDelta::days(30));
        Ok(Reply::ok(&json!({"id": id})))
    }

    pub(super) fn store(&self, file: File, lives: TimeDelta) -> String {
        let id = format!("7{:015}", self.core.next_id());
        let expires_at = self.core.clock.now() + lives;
        self.state
            .lock()
            .media
            .insert(id.clone(), Stored { file, expires_at });
        id
    }

    pub(super) fn describe_media(&self, call: &Call, id: &str) -> Result<Reply, GraphError> {
        let now = self.core.clock.now();
        let mut state = self.state.lock();
        let number = call.query("phone_number_id");
        let is_foreign = number.is_some_and(|number| number != self.options.phone_number_id);
        let stored = state
            .media
            .get(id)
            .filter(|stored| stored.expires_at > now && !is_foreign);
        let stored = stored.ok_or_else(|| GraphError::unknown_object(id))?;
        let key = random_hex(16);
        let described = json!({
            "messaging_product": "whatsapp", "id": id, "url": format!("{}/media/download/{key}", self.base),
            "mime_type": stored.file.mime_type, "sha256": sha256(&stored.file.bytes),
            "file_size": stored.file.bytes.len(),
        });
        let link = Link {
            media: id.to_owned(),
            expires_at: now + TimeDelta::minutes(5),
        };
        state.links.insert(key, link);
        Ok(Reply::ok(&described))
    }

    pub(super) fn delete_media(&self, id: &str) -> Result<Reply, GraphError> {
        let removed = self.state.lock().media.remove(id);
        removed
            .map(|_| meta::success())
            .ok_or_else(|| GraphError::unknown_object(id))
    }

    /// Not the Graph API: whoever stores the files answers without its errors.
    pub(super) fn download(&self, call: &Call, key: &str) -> Result<Reply, GraphError> {
        if self.app.authorise(call, &self.core.clock).is_err() {
            return Ok(Reply::new(401, "text/plain", "Authentication Error"));
        }
        let state = self.state.lock();
        let link = state
            .links
            .get(key)
            .filter(|link| link.expires_at > self.core.clock.now());
        let stored = link.and_then(|link| state.media.get(&link.media));
        Ok(stored.map_or_else(
            || Reply::new(404, "text/plain", "Not Found"),
            |stored| stored.file.reply(),
        ))
    }
}

fn check_type(kind: &str, size: usize) -> Result<(), GraphError> {
    let Some((_, most)) = LIMITS.iter().find(|(known, _)| kind.starts_with(known)) else {
        let message = format!(
            "Param file must be a file with one of the supported types. Received file of type '{kind}'."
        );
        return Err(GraphError::parameter(&message));
    };
    if size > *most {
        let details = format!("The file has {size} bytes; {most} is the most");
        return Err(GraphError::whatsapp(131_053, "Media upload error", &details));
    }
    Ok(())
}
