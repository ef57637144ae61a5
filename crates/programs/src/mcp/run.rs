//! What each tool asks of the API.

use serde::de::DeserializeOwned;
use serde_json::{Value, json};
use url::form_urlencoded::Serializer;
use uuid::Uuid;

use super::requests::{Requests, Trouble};
use super::shapes::{
    Added, Asked, Conversation, ConversationFilter, Conversations, CreatedDraft, CreatedPair, Entries,
    GapFilter, Gaps, Messages, NewPair, Publication, Question, Reading, Search, Thread,
};

/// What the tool gives.
pub async fn call(requests: &Requests, name: &str, arguments: Value) -> Result<Value, Trouble> {
    match name {
        "search_knowledge" => {
            let search: Search = read(arguments)?;
            let found: Entries = requests.post("/knowledge/search", &json!(search)).await?;
            Ok(json!(found))
        }
        "ask" => {
            let question: Question = read(arguments)?;
            let asked: Asked = requests.post("/ask", &json!(question)).await?;
            Ok(json!(asked.answer))
        }
        "list_conversations" => list_conversations(requests, read(arguments)?).await,
        "read_conversation" => read_conversation(requests, read(arguments)?).await,
        "list_gaps" => {
            let filter: GapFilter = read(arguments)?;
            let limit = filter.limit.clamp(1, 50).to_string();
            let query = query(&[("limit", Some(&limit)), ("cursor", filter.cursor.as_deref())]);
            let gaps: Gaps = requests.get(&format!("/gaps?{query}")).await?;
            Ok(json!(gaps))
        }
        "add_qa_pair" => add_pair(requests, read(arguments)?).await,
        _ => Err(Trouble::new("no_such_tool", "There is no such tool.")),
    }
}

fn read<T: DeserializeOwned>(arguments: Value) -> Result<T, Trouble> {
    serde_json::from_value(arguments).map_err(|error| Trouble::new("bad_arguments", error.to_string()))
}

fn query(fields: &[(&str, Option<&str>)]) -> String {
    let mut query = Serializer::new(String::new());
    for (name, value) in fields {
        if let Some(value) = value {
            query.append_pair(name, value);
        }
    }
    query.finish()
}

async fn list_conversations(requests: &Requests, filter: ConversationFilter) -> Result<Value, Trouble> {
    let limit = filter.limit.clamp(1, 50).to_string();
    let query = query(&[
        ("status", filter.status.map(super::shapes::Status::as_str)),
        ("q", filter.query.as_deref()),
        ("limit", Some(&limit)),
        ("cursor", filter.cursor.as_deref()),
    ]);
    let list: Conversations = requests.get(&format!("/conversations?{query}")).await?;
    Ok(json!(list))
}

async fn read_conversation(requests: &Requests, reading: Reading) -> Result<Value, Trouble> {
    let Ok(id) = reading.conversation_id.parse::<Uuid>() else {
        return Err(Trouble::new("not_found", "There is no such conversation."));
    };
    let conversation: Conversation = requests.get(&format!("/conversations/{id}")).await?;
    let limit = reading.limit.clamp(1, 200).to_string();
    let after = reading.after.map(|seq| seq.to_string());
    let query = query(&[("limit", Some(&limit)), ("after", after.as_deref())]);
    let messages: Messages = requests
        .get(&format!("/conversations/{id}/messages?{query}"))
        .await?;
    Ok(json!(Thread {
        conversation,
        messages: messages.items,
    }))
}

async fn add_pair(requests: &Requests, pair: NewPair) -> Result<Value, Trouble> {
    if !pair.as_draft {
        match requests.post::<CreatedPair>("/qa-pairs", &json!(pair)).await {
            Ok(created) => {
                return Ok(json!(Added {
                    status: Publication::Published,
                    qa_pair_id: Some(created.id),
                    draft_id: None,
                    near_duplicate: created.near_duplicate,
                }));
            }
            // the workspace's rule
            Err(trouble) if trouble.code == "publish_by_draft" => {}
            Err(trouble) => return Err(trouble),
        }
    }
    let title: String = pair.question.trim().chars().take(200).collect();
    let change = json!({"subject": "qa_pair", "id": null, "after": pair});
    let draft: CreatedDraft = requests
        .post("/drafts", &json!({"title": title, "changes": [change]}))
        .await?;
    Ok(json!(Added {
        status: Publication::Draft,
        qa_pair_id: None,
        draft_id: Some(draft.id),
        near_duplicate: None,
    }))
}
