//! A business: made with the command line while the server runs, then used through its API key.

use serde_json::{Value, json};
use uuid::Uuid;

use crate::http::Api;
use crate::server::Server;
use crate::visitor::Visitor;

/// A tenant with a widget channel and an API key that may do everything.
#[derive(Clone)]
pub struct Tenant {
    pub id: Uuid,
    pub slug: String,
    pub channel_key: String,
    pub api_key: String,
    /// With the API key.
    pub api: Api,
}

impl Server {
    /// Makes a tenant.
    pub async fn tenant(&self, name: &str) -> Tenant {
        let made = self.rapport(&["tenant", "create", name]).await;
        let text = |key: &str| {
            made[key]
                .as_str()
                .unwrap_or_else(|| panic!("{key}: {made}"))
                .to_owned()
        };
        let api_key = text("api_key");
        Tenant {
            id: text("tenant_id").parse().expect("a UUID"),
            slug: text("slug"),
            channel_key: text("channel_key"),
            api: self.api.with_bearer(&api_key),
            api_key,
        }
    }

    /// Makes a user of the tenant; the password is `a long password`.
    pub async fn user(&self, tenant: &Tenant, email: &str, role: &str) -> &'static str {
        let password = "a long password";
        let arguments = [
            "user",
            "create",
            email,
            "--name",
            "Robin",
            "--tenant",
            &tenant.slug,
            "--role",
            role,
        ];
        self.rapport_with_input(&arguments, password).await;
        password
    }

    /// A user of the tenant, signed in.
    pub async fn member(&self, tenant: &Tenant, email: &str, role: &str) -> Api {
        let password = self.user(tenant, email, role).await;
        self.api.sign_in(email, password).await
    }
}

impl Tenant {
    /// Writes a Q&A pair and gives its id.
    pub async fn teach(&self, question: &str, answer: &str) -> Uuid {
        let body = json!({"question": question, "answer": answer});
        let pair = self.api.post("/api/v1/qa-pairs").json(&body).expect(201).await;
        id_of(&pair)
    }

    /// Writes many Q&A pairs at once.
    pub async fn teach_all(&self, pairs: &[(&str, &str)]) {
        let cell = |text: &str| format!("\"{}\"", text.replace('"', "\"\""));
        let rows: Vec<String> = pairs
            .iter()
            .map(|(q, a)| format!("{},{}", cell(q), cell(a)))
            .collect();
        let csv = format!("question,answer\n{}\n", rows.join("\n"));
        let done = self
            .api
            .post("/api/v1/qa-pairs/import")
            .body("text/csv", csv)
            .expect(200)
            .await;
        assert_eq!(done["imported"], pairs.len(), "{done}");
    }

    /// Writes a document and gives its id.
    pub async fn learn(&self, title: &str, text: &str, url: Option<&str>) -> Uuid {
        let body = json!({"title": title, "text": text, "url": url});
        let document = self.api.post("/api/v1/documents").json(&body).expect(201).await;
        id_of(&document)
    }

    /// Asks without storing anything: `{answer, trace}`.
    pub async fn ask(&self, question: &str) -> Value {
        self.api
            .post("/api/v1/ask")
            .json(&json!({"question": question}))
            .expect(200)
            .await
    }

    /// The widget channel.
    pub async fn channel(&self) -> Value {
        let channels = self.api.get("/api/v1/channels").expect(200).await;
        let items = channels["items"].as_array().expect("a list");
        let own = items
            .iter()
            .find(|channel| channel["channel_key"] == self.channel_key.as_str());
        own.expect("the tenant's widget").clone()
    }

    /// Changes the widget channel: `{"settings": {…}}`, `{"allowed_origins": […]}` and so on.
    pub async fn configure(&self, patch: &Value) -> Value {
        let id = id_of(&self.channel().await);
        self.api
            .patch(&format!("/api/v1/channels/{id}"))
            .json(patch)
            .expect(200)
            .await
    }

    /// Uses the fake provider for answers from now on. `base_url` is that of [`crate::fake::FakeProvider`].
    pub async fn use_model(&self, base_url: &str) -> Uuid {
        let body = json!({"provider": "openai_compatible", "model": "fake-model", "key": "sk-fake-secret-0000", "base_url": base_url});
        id_of(
            &self
                .api
                .post("/api/v1/llm-credentials")
                .json(&body)
                .expect(201)
                .await,
        )
    }

    /// Somebody new on the web site.
    pub async fn visitor(&self) -> Visitor {
        Visitor::start(&self.api.without_credential(), &self.channel_key, &json!({})).await
    }

    /// The messages of a conversation as members see them.
    pub async fn thread(&self, conversation: Uuid) -> Vec<Value> {
        let path = format!("/api/v1/conversations/{conversation}/messages");
        let list = self.api.get(&path).expect(200).await;
        list["items"].as_array().expect("a list").clone()
    }

    /// Replies as a person.
    pub async fn reply(&self, conversation: Uuid, text: &str) -> Value {
        let path = format!("/api/v1/conversations/{conversation}/messages");
        let body = json!({"client_message_id": Uuid::now_v7(), "text": text});
        self.api.post(&path).json(&body).expect(201).await
    }
}

/// The `id` of a thing.
pub(crate) fn id_of(thing: &Value) -> Uuid {
    let id = thing["id"].as_str().and_then(|id| id.parse().ok());
    id.unwrap_or_else(|| panic!("no id: {thing}"))
}
