//! What the bot changes afterwards.

use serde_json::Value;

use super::params::Params;
use super::{Bot, Outcome, Refusal, send};
use crate::core::{Entry, Kind};

impl Bot {
    pub(super) fn edit_text(&self, params: &Params) -> Outcome {
        let (text, entities) = self.formatted(params, "text", "entities")?;
        if text.trim().is_empty() {
            return Err(Refusal::bad("message text is empty"));
        }
        if text.encode_utf16().count() > 4096 {
            return Err(Refusal::bad("message is too long"));
        }
        self.edit(params, &text, |message| {
            message["text"] = text.clone().into();
            if !entities.is_empty() {
                message["entities"] = entities.into();
            }
        })
    }

    pub(super) fn edit_markup(&self, params: &Params) -> Outcome {
        self.edit(params, "", |_| {})
    }

    fn edit(&self, params: &Params, text: &str, change: impl FnOnce(&mut Value)) -> Outcome {
        let chat = self.chat(params)?;
        let id = params.integer("message_id").unwrap_or_default();
        let markup = params.object("reply_markup");
        send::buttons(&markup)?;
        let mut state = self.state.lock();
        let found = state.messages.get_mut(&(chat.id, id));
        let message = found.ok_or_else(|| Refusal::bad("message to edit not found"))?;
        if message["from"]["is_bot"] != true {
            return Err(Refusal::bad("message can't be edited"));
        }
        let before = message.clone();
        change(message);
        if markup["inline_keyboard"].is_array() {
            message["reply_markup"] = markup;
        } else if let Some(message) = message.as_object_mut() {
            message.remove("reply_markup");
        }
        if *message == before {
            return Err(Refusal::bad(
                "message is not modified: specified new message content and reply markup are exactly the same as a current content and reply markup of the message",
            ));
        }
        message["edit_date"] = self.core.clock.seconds().into();
        let edited = message.clone();
        drop(state);
        let recipient = chat.id.to_string();
        self.core.record.add(Entry::new(
            Kind::Other,
            &id.to_string(),
            &recipient,
            text,
            params.all(),
        ));
        Ok(edited)
    }

    pub(super) fn delete_message(&self, params: &Params) -> Outcome {
        let chat = self.chat(params)?;
        let id = params.integer("message_id").unwrap_or_default();
        let removed = self.state.lock().messages.remove(&(chat.id, id));
        removed.ok_or_else(|| Refusal::bad("message to delete not found"))?;
        let recipient = chat.id.to_string();
        self.core.record.add(Entry::new(
            Kind::Other,
            &id.to_string(),
            &recipient,
            "",
            params.all(),
        ));
        Ok(true.into())
    }

    pub(super) fn set_reaction(&self, params: &Params) -> Outcome {
        let chat = self.chat(params)?;
        let id = params.integer("message_id").unwrap_or_default();
        if !self.state.lock().messages.contains_key(&(chat.id, id)) {
            return Err(Refusal::bad("message to react not found"));
        }
        let emoji = params.object("reaction")[0]["emoji"]
            .as_str()
            .unwrap_or_default()
            .to_owned();
        let recipient = chat.id.to_string();
        self.core.record.add(Entry::new(
            Kind::Other,
            &id.to_string(),
            &recipient,
            &emoji,
            params.all(),
        ));
        Ok(true.into())
    }
}
