//! Files: what people send can be fetched, what the bot sends is kept.

use serde_json::{Value, json};

use super::params::Params;
use super::{Bot, Outcome, Refusal};
use crate::core::{File, Reply, random_hex, sha256};

const LARGEST_DOWNLOAD: usize = 20 << 20;
const LARGEST_UPLOAD: usize = 50 << 20;
const LARGEST_PHOTO: usize = 10 << 20;

impl Bot {
    /// Its `file_id`.
    pub(super) fn keep(&self, file: File) -> String {
        let id = format!("AgACAgIAAxkBAAI{}", random_hex(20));
        self.state.lock().files.insert(id.clone(), file);
        id
    }

    pub(super) fn given_file(&self, kind: &str, params: &Params) -> Outcome {
        if let Some(file) = params.file(kind) {
            let most = if kind == "photo" {
                LARGEST_PHOTO
            } else {
                LARGEST_UPLOAD
            };
            if file.bytes.len() > most {
                return Err(Refusal::new(413, "Request Entity Too Large"));
            }
            if file.bytes.is_empty() {
                return Err(Refusal::bad("file must be non-empty"));
            }
            let id = self.keep(file.clone());
            return Ok(described(kind, &id, file));
        }
        let Some(given) = params.text(kind).filter(|text| !text.is_empty()) else {
            return Err(Refusal::bad(&format!("there is no {kind} in the request")));
        };
        if let Some(file) = self.state.lock().files.get(&given) {
            return Ok(described(kind, &given, file));
        }
        let is_address = |url: &url::Url| matches!(url.scheme(), "http" | "https");
        if !url::Url::parse(&given).is_ok_and(|url| is_address(&url)) {
            let description = "wrong remote file identifier specified: Wrong string length";
            return Err(Refusal::bad(description));
        }
        let name = given.rsplit('/').next().unwrap_or_default();
        let mime_type = match kind {
            "photo" => "image/jpeg",
            "voice" => "audio/ogg",
            "audio" => "audio/mpeg",
            "video" => "video/mp4",
            _ => "application/octet-stream",
        };
        let file = File::new(name, mime_type, given.clone());
        let id = self.keep(file.clone());
        Ok(described(kind, &id, &file))
    }

    pub(super) fn get_file(&self, params: &Params) -> Outcome {
        let id = params.text("file_id").unwrap_or_default();
        let state = self.state.lock();
        let file = state.files.get(&id);
        let file =
            file.ok_or_else(|| Refusal::bad("wrong file_id or the file is temporarily unavailable"))?;
        if file.bytes.len() > LARGEST_DOWNLOAD {
            return Err(Refusal::bad("file is too big"));
        }
        Ok(json!({
            "file_id": id, "file_unique_id": unique(&id), "file_size": file.bytes.len(),
            "file_path": format!("{}s/{id}", file.kind()),
        }))
    }

    pub(super) fn download(&self, path: &str) -> Reply {
        let id = path.rsplit('/').next().unwrap_or_default();
        let state = self.state.lock();
        let file = state
            .files
            .get(id)
            .filter(|file| path == format!("{}s/{id}", file.kind()));
        file.map_or_else(|| Refusal::new(404, "Not Found").reply(), File::reply)
    }
}

fn unique(id: &str) -> String {
    sha256(id.as_bytes())[..16].to_owned()
}

/// As it stands in a message, under this key.
pub fn described(kind: &str, id: &str, file: &File) -> Value {
    let mut one = json!({"file_id": id, "file_unique_id": unique(id), "file_size": file.bytes.len()});
    match kind {
        "photo" => {
            one["width"] = 1280.into();
            one["height"] = 960.into();
            let mut small = one.clone();
            small["file_id"] = format!("{id}-small").into();
            small["width"] = 90.into();
            small["height"] = 67.into();
            small["file_size"] = 1000.into();
            return json!([small, one]);
        }
        "voice" | "audio" => one["duration"] = 3.into(),
        "video" => {
            one["duration"] = 3.into();
            one["width"] = 640.into();
            one["height"] = 480.into();
        }
        _ => {}
    }
    one["mime_type"] = file.mime_type.clone().into();
    if kind != "voice" {
        one["file_name"] = file.name.clone().into();
    }
    one
}
