//! What may be called.

use std::sync::Arc;

use serde_json::{Value, json};

use super::{Project, failure, too_many};
use crate::core::{Api, Call, Core, Entry, Kind, Reply, random_uuid};

type Answer = Result<Reply, Reply>;

const CONTACT: &[&str] = &[
    "email",
    "phone",
    "first_name",
    "last_name",
    "distinct_id",
    "properties",
];

impl Api for Project {
    fn core(&self) -> &Core {
        &self.core
    }

    fn sends(&self, call: &Call) -> bool {
        call.method == "POST" && call.path.starts_with("/tickets/")
    }

    async fn answer(self: Arc<Self>, call: Call) -> Reply {
        self.dispatch(&call).unwrap_or_else(|refusal| refusal)
    }
}

impl Project {
    fn dispatch(&self, call: &Call) -> Answer {
        self.authorise(call)?;
        self.count()?;
        let path = call.segments();
        let body = call.json().unwrap_or_default();
        match (call.method.as_str(), path.as_slice()) {
            ("GET", ["project"]) => Ok(Reply::ok(&self.described())),
            ("GET", ["operators"]) => Ok(Reply::ok(&json!({"operators": [{"id": "op-1", "name": "Bea"}]}))),
            ("GET", ["departments"]) => Ok(Reply::ok(&json!({"departments": []}))),
            ("GET", ["contact-properties"]) => Ok(Reply::ok(&json!({"contact_properties": []}))),
            ("GET", ["contacts"]) => Ok(self.contacts(call)),
            ("POST", ["contacts"]) => self.create_contact(&body),
            ("POST", ["contacts", "batch"]) => self.create_contacts(&body),
            ("GET", ["contacts", id, "messages"]) => self.contact_messages(id),
            (_, ["contacts", id]) => self.contact(call, id, &body),
            ("GET", ["tickets"]) => {
                let tickets: Vec<_> = self.state.lock().tickets.values().cloned().collect();
                Ok(Reply::ok(
                    &json!({"tickets": tickets, "meta": {"cursor": null, "limit": 100}}),
                ))
            }
            ("POST", ["tickets", "as-contact"]) => self.open_ticket(&body),
            ("POST", ["tickets", id, "reply"]) => self.reply(id, body),
            (_, ["tickets", id]) => self.ticket(call, id, &body),
            _ => Err(failure(404, "not_found", "There is no such endpoint")),
        }
    }

    fn authorise(&self, call: &Call) -> Result<(), Reply> {
        let id = call.header("x-tidio-openapi-client-id");
        let secret = call.header("x-tidio-openapi-client-secret");
        let is_right = id == Some(self.options.client_id.as_str())
            && secret == Some(self.options.client_secret.as_str());
        if !is_right {
            return Err(failure(
                401,
                "unauthorized",
                "The client id or secret is not valid",
            ));
        }
        let accepted = call.header("accept").unwrap_or_default().replace(' ', "");
        if !accepted.starts_with("application/json;version=1") {
            return Err(failure(
                406,
                "unsupported_version",
                "Accept must be application/json; version=1",
            ));
        }
        Ok(())
    }

    fn count(&self) -> Result<(), Reply> {
        let limit = self.options.calls_per_minute;
        let now = self.core.clock.seconds() / 60;
        let mut state = self.state.lock();
        if state.minute.0 != now {
            state.minute = (now, 0);
        }
        state.minute.1 += 1;
        if limit > 0 && state.minute.1 > limit {
            return Err(too_many(limit));
        }
        Ok(())
    }

    fn described(&self) -> Value {
        json!({"public_key": self.options.project_public_key, "name": "Simulated Shop"})
    }

    fn contacts(&self, call: &Call) -> Reply {
        let state = self.state.lock();
        let after = call.query("cursor").unwrap_or_default();
        let later = state.contacts.iter().filter(|(id, _)| id.as_str() > after);
        let page: Vec<_> = later.take(100).collect();
        let next = (page.len() == 100).then(|| page[99].0.clone());
        let contacts: Vec<_> = page.into_iter().map(|(_, contact)| contact).collect();
        Reply::ok(&json!({"contacts": contacts, "meta": {"cursor": next, "limit": 100}}))
    }

    fn create_contact(&self, body: &Value) -> Answer {
        let id = self.new_contact(body)?;
        Ok(Reply::json(201, &json!({"id": id})))
    }

    fn create_contacts(&self, body: &Value) -> Answer {
        let contacts = body["contacts"].as_array().map_or(&[][..], Vec::as_slice);
        if !(1..=100).contains(&contacts.len()) {
            return Err(failure(400, "validation_failed", "contacts: between 1 and 100"));
        }
        let ids = contacts
            .iter()
            .map(|contact| self.new_contact(contact))
            .collect::<Result<Vec<_>, _>>()?;
        Ok(Reply::json(201, &json!({"contact_ids": ids})))
    }

    fn new_contact(&self, body: &Value) -> Result<String, Reply> {
        check_contact(body)?;
        if ["email", "phone", "distinct_id"]
            .iter()
            .all(|field| body[field].is_null())
        {
            return Err(failure(
                400,
                "validation_failed",
                "email, phone or distinct_id is required",
            ));
        }
        let id = random_uuid();
        let mut contact = json!({"id": id, "properties": []});
        for field in CONTACT {
            contact[field] = body[field].clone();
        }
        self.state.lock().contacts.insert(id.clone(), contact);
        Ok(id)
    }

    fn contact(&self, call: &Call, id: &str, body: &Value) -> Answer {
        let missing = || failure(404, "not_found", "There is no such contact");
        let mut state = self.state.lock();
        match call.method.as_str() {
            "GET" => state.contacts.get(id).map(Reply::ok).ok_or_else(missing),
            "PATCH" => {
                check_contact(body)?;
                let contact = state.contacts.get_mut(id).ok_or_else(missing)?;
                for (field, value) in body.as_object().into_iter().flatten() {
                    contact[field] = value.clone();
                }
                Ok(Reply::new(204, "application/json", ""))
            }
            "DELETE" => {
                state.contacts.remove(id).ok_or_else(missing)?;
                Ok(Reply::new(204, "application/json", ""))
            }
            _ => Err(failure(405, "method_not_allowed", "This method is not allowed")),
        }
    }

    fn contact_messages(&self, id: &str) -> Answer {
        let state = self.state.lock();
        if !state.contacts.contains_key(id) {
            return Err(failure(404, "not_found", "There is no such contact"));
        }
        let theirs = state.tickets.values().filter(|ticket| ticket["contact_id"] == id);
        let messages = theirs.flat_map(|ticket| ticket["messages"].as_array().into_iter().flatten());
        let messages: Vec<_> = messages
            .map(|message| {
                json!({
                    "message_id": message["id"], "created_at": message["created_at"],
                    "author_type": message["author_type"], "content": message["content"],
                })
            })
            .collect();
        Ok(Reply::ok(
            &json!({"messages": messages, "meta": {"cursor": null, "limit": 100}}),
        ))
    }

    pub(super) fn new_ticket(&self, contact: &str, subject: &str) -> u64 {
        let id = self.core.next_id();
        let ticket = json!({
            "id": id, "subject": subject, "contact_id": contact, "status": "open", "priority": "normal",
            "assigned": null, "messages": [],
        });
        self.state.lock().tickets.insert(id, ticket);
        id
    }

    fn open_ticket(&self, body: &Value) -> Answer {
        for field in ["subject", "contact_id", "content"] {
            if body[field].as_str().is_none_or(str::is_empty) {
                return Err(failure(400, "validation_failed", &format!("{field} is required")));
            }
        }
        let contact = body["contact_id"].as_str().unwrap_or_default();
        if !self.state.lock().contacts.contains_key(contact) {
            return Err(failure(404, "not_found", "There is no such contact"));
        }
        let id = self.new_ticket(contact, body["subject"].as_str().unwrap_or_default());
        self.add_message(
            id,
            "contact",
            "public",
            body["content"].as_str().unwrap_or_default(),
        );
        Ok(Reply::json(201, &json!({"id": id})))
    }

    fn reply(&self, id: &str, body: Value) -> Answer {
        let ticket = self.find_ticket(id)?;
        let Some(text) = body["content"].as_str().filter(|text| !text.trim().is_empty()) else {
            return Err(failure(
                400,
                "validation_failed",
                "content: This value should not be blank.",
            ));
        };
        let kind = body["message_type"].as_str().unwrap_or("public");
        if !matches!(kind, "public" | "internal") {
            return Err(failure(
                400,
                "validation_failed",
                "message_type must be public or internal",
            ));
        }
        let message = self.add_message(ticket, "operator", kind, text);
        let recorded = if kind == "public" {
            Kind::Message
        } else {
            Kind::Other
        };
        self.core
            .record
            .add(Entry::new(recorded, &message, id, text, body.clone()));
        Ok(Reply::json(201, &json!({"id": message})))
    }

    fn find_ticket(&self, id: &str) -> Result<u64, Reply> {
        let known = id
            .parse()
            .ok()
            .filter(|id| self.state.lock().tickets.contains_key(id));
        known.ok_or_else(|| failure(404, "not_found", "There is no such ticket"))
    }

    fn ticket(&self, call: &Call, id: &str, body: &Value) -> Answer {
        let id = self.find_ticket(id)?;
        let mut state = self.state.lock();
        match call.method.as_str() {
            "GET" => Ok(Reply::ok(&state.tickets[&id])),
            "PATCH" => {
                check_ticket(body)?;
                if let Some(ticket) = state.tickets.get_mut(&id) {
                    for (field, value) in body.as_object().into_iter().flatten() {
                        ticket[field] = value.clone();
                    }
                }
                drop(state);
                self.core.record.add(Entry::new(
                    Kind::Other,
                    "ticket",
                    &id.to_string(),
                    "",
                    body.clone(),
                ));
                Ok(Reply::new(204, "application/json", ""))
            }
            "DELETE" => {
                state.tickets.remove(&id);
                Ok(Reply::new(204, "application/json", ""))
            }
            _ => Err(failure(405, "method_not_allowed", "This method is not allowed")),
        }
    }
}

fn check_contact(body: &Value) -> Result<(), Reply> {
    let Some(fields) = body.as_object() else {
        return Err(failure(400, "validation_failed", "The body must be an object"));
    };
    match fields.keys().find(|field| !CONTACT.contains(&field.as_str())) {
        Some(field) => Err(failure(
            400,
            "validation_failed",
            &format!("{field} is not known"),
        )),
        None => Ok(()),
    }
}

fn check_ticket(body: &Value) -> Result<(), Reply> {
    let allowed: [(&str, &[&str]); 2] = [
        ("status", &["open", "pending", "solved"]),
        ("priority", &["low", "normal", "urgent"]),
    ];
    for (field, values) in allowed {
        if body[field].as_str().is_some_and(|value| !values.contains(&value)) {
            let message = format!("{field} must be one of {}", values.join(", "));
            return Err(failure(400, "validation_failed", &message));
        }
    }
    Ok(())
}
