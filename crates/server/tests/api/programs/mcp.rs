//! Tools over the Model Context Protocol.

use serde_json::{Value, json};
use testkit::{Api, Call, Method, Server, Tenant, require_runtime};
use uuid::Uuid;

use super::key;
use crate::quick_tenant;
use crate::support::server;

const QUESTION: &str = "When is the workshop open?";
const APPROVED: &str = "From nine to five, on weekdays.";

fn post(api: &Api, message: &Value) -> Call {
    api.post("/mcp")
        .header("accept", "application/json, text/event-stream")
        .header("mcp-protocol-version", "2025-06-18")
        .json(message)
}

async fn ask(api: &Api, method: &str, params: &Value) -> Value {
    let message = json!({"jsonrpc": "2.0", "id": 1, "method": method, "params": params});
    let answer = post(api, &message).expect(200).await;
    assert_eq!((&answer["jsonrpc"], &answer["id"]), (&json!("2.0"), &json!(1)));
    answer
}

/// What a tool gives.
async fn call(api: &Api, name: &str, arguments: Value) -> Value {
    let answer = ask(api, "tools/call", &json!({"name": name, "arguments": arguments})).await;
    let result = &answer["result"];
    assert_ne!(result["isError"], true, "{answer}");
    let text: Value =
        serde_json::from_str(result["content"][0]["text"].as_str().expect("a text")).expect("JSON");
    assert_eq!(text, result["structuredContent"]);
    text
}

/// What it says when it cannot.
async fn fail(api: &Api, name: &str, arguments: Value) -> Value {
    let answer = ask(api, "tools/call", &json!({"name": name, "arguments": arguments})).await;
    assert_eq!(answer["result"]["isError"], true, "{answer}");
    let text = answer["result"]["content"][0]["text"].as_str().expect("a text");
    serde_json::from_str::<Value>(text).expect("JSON")["error"].clone()
}

async fn tools(api: &Api) -> Vec<Value> {
    let answer = ask(api, "tools/list", &json!({})).await;
    answer["result"]["tools"].as_array().expect("a list").clone()
}

fn names(tools: &[Value]) -> Vec<&str> {
    tools
        .iter()
        .map(|tool| tool["name"].as_str().expect("a name"))
        .collect()
}

#[tokio::test]
async fn an_assistant_works_with_the_tools_that_its_key_allows() {
    require_runtime!();
    let server = server().set("RUST_LOG", "info,rmcp=trace").start().await;
    let tenant = quick_tenant(&server).await;
    tenant.teach(QUESTION, APPROVED).await;
    let all = [
        "ask",
        "knowledge:read",
        "knowledge:write",
        "conversations:read",
        "conversations:write",
    ];
    let assistant = key(&tenant, &all).await;
    it_says_who_it_is(&assistant).await;
    tools_are_listed_by_scope(&tenant, &assistant).await;
    knowledge_is_searched_and_asked(&assistant).await;
    conversations_are_read(&server, &tenant, &assistant).await;
    a_pair_is_added(&tenant, &assistant).await;
    where_drafts_rule_a_pair_is_a_draft(&tenant, &assistant).await;
    what_goes_wrong_is_said(&server, &tenant).await;
    // whatever the operator wants to see
    for secret in ["Bearer", "rk_", QUESTION, "bicycles"] {
        assert!(!server.log().contains(secret), "`{secret}` is in the log");
    }
}

async fn it_says_who_it_is(assistant: &Api) {
    let hello = json!({
        "protocolVersion": "2025-06-18",
        "capabilities": {},
        "clientInfo": {"name": "test", "version": "1"},
    });
    let answer = ask(assistant, "initialize", &hello).await;
    let result = &answer["result"];
    assert_eq!(result["protocolVersion"], "2025-06-18");
    assert_eq!(result["serverInfo"]["name"], "rapport");
    assert!(result["capabilities"]["tools"].is_object());
    assert!(
        result["instructions"]
            .as_str()
            .is_some_and(|text| text.contains("data"))
    );
    let ready = json!({"jsonrpc": "2.0", "method": "notifications/initialized"});
    let answer = post(assistant, &ready).send().await;
    assert_eq!(answer.status, 202, "{}", answer.text());
    // there are no sessions, so there is nothing to listen to and nothing to end
    for method in [Method::GET, Method::DELETE] {
        assert_eq!(assistant.call(method, "/mcp").send().await.status, 405);
    }
}

async fn tools_are_listed_by_scope(tenant: &Tenant, assistant: &Api) {
    let listed = tools(assistant).await;
    assert_eq!(
        names(&listed),
        [
            "search_knowledge",
            "ask",
            "list_conversations",
            "read_conversation",
            "list_gaps",
            "add_qa_pair"
        ]
    );
    for tool in &listed {
        assert_eq!(tool["inputSchema"]["type"], "object", "{tool}");
        assert_eq!(tool["outputSchema"]["type"], "object", "{tool}");
        let reads = tool["name"] != "add_qa_pair";
        assert_eq!(tool["annotations"]["readOnlyHint"], reads, "{tool}");
    }
    let asker = key(tenant, &["ask"]).await;
    assert_eq!(names(&tools(&asker).await), ["ask"]);
    let stranger = key(tenant, &["crm:read"]).await;
    assert!(tools(&stranger).await.is_empty());
    let error = fail(&stranger, "search_knowledge", json!({"query": QUESTION})).await;
    assert_eq!(error["code"], "permission_missing");
    assert!(
        error["message"]
            .as_str()
            .is_some_and(|text| text.contains("`knowledge:read`"))
    );
}

async fn knowledge_is_searched_and_asked(assistant: &Api) {
    let found = call(
        assistant,
        "search_knowledge",
        json!({"query": "opening hours of the workshop", "limit": 3}),
    )
    .await;
    let best = &found["items"][0];
    assert_eq!(
        (&best["kind"], &best["title"]),
        (&json!("qa_pair"), &json!(QUESTION))
    );
    assert_eq!(best["text"], APPROVED);
    let history = json!([{"role": "user", "text": "Hello"}, {"role": "assistant", "text": "Hello."}]);
    let answer = call(
        assistant,
        "ask",
        json!({"question": QUESTION, "history": history}),
    )
    .await;
    assert_eq!(answer["text"], APPROVED);
    assert_eq!(answer["sources"][0]["title"], QUESTION);
}

async fn conversations_are_read(server: &Server, tenant: &Tenant, assistant: &Api) {
    let visitor = tenant.visitor().await;
    visitor.say(QUESTION).await;
    visitor.say("Who won the regatta of 1974?").await;
    let list = call(assistant, "list_conversations", json!({"status": "open"})).await;
    assert_eq!(list["items"][0]["id"], visitor.conversation_id.to_string());
    assert_eq!(list["next_cursor"], Value::Null);
    let none = call(assistant, "list_conversations", json!({"status": "resolved"})).await;
    assert_eq!(none["items"], json!([]));
    let id = json!({"conversation_id": visitor.conversation_id});
    let thread = call(assistant, "read_conversation", id.clone()).await;
    let said = thread["messages"].as_array().expect("messages");
    assert_eq!(said.len(), 4);
    assert_eq!(
        (&said[0]["sender_type"], &said[0]["text"]),
        (&json!("user"), &json!(QUESTION))
    );
    assert_eq!(
        (&said[1]["sender_type"], &said[1]["text"]),
        (&json!("ai"), &json!(APPROVED))
    );
    let rest = json!({"conversation_id": visitor.conversation_id, "after": 3});
    let rest = call(assistant, "read_conversation", rest).await;
    assert_eq!(rest["messages"].as_array().map(Vec::len), Some(1));
    let gaps = call(assistant, "list_gaps", json!({})).await;
    assert_eq!(gaps["items"][0]["question"], "Who won the regatta of 1974?");

    // another workspace's is none
    let other = quick_tenant(server).await;
    let foreign = key(&other, &["conversations:read"]).await;
    assert_eq!(fail(&foreign, "read_conversation", id).await["code"], "not_found");
    let unknown = json!({"conversation_id": "../api-keys"});
    assert_eq!(
        fail(assistant, "read_conversation", unknown).await["code"],
        "not_found"
    );
    let random = json!({"conversation_id": Uuid::now_v7()});
    assert_eq!(
        fail(assistant, "read_conversation", random).await["code"],
        "not_found"
    );
}

async fn a_pair_is_added(tenant: &Tenant, assistant: &Api) {
    let pair = json!({"question": "Do you repair bicycles?", "answer": "Yes, all but electric ones.", "phrasings": ["Can you fix my bike?"]});
    let added = call(assistant, "add_qa_pair", pair).await;
    assert_eq!(
        (&added["status"], &added["draft_id"]),
        (&json!("published"), &Value::Null)
    );
    let path = format!(
        "/api/v1/qa-pairs/{}",
        added["qa_pair_id"].as_str().expect("an id")
    );
    let stored = tenant.api.get(&path).expect(200).await;
    assert_eq!(stored["phrasings"], json!(["Can you fix my bike?"]));
    assert_eq!(
        tenant.ask("Do you repair bicycles?").await["answer"]["text"],
        "Yes, all but electric ones."
    );
    let versions = tenant.api.get("/api/v1/versions").expect(200).await;
    let by = versions["items"][0]["created_by"].as_str().expect("an actor");
    assert!(by.starts_with("api_key:"), "{by}");

    let draft = json!({"question": "Do you sell tea?", "answer": "No.", "as_draft": true});
    let draft = call(assistant, "add_qa_pair", draft).await;
    assert_eq!(
        (&draft["status"], &draft["qa_pair_id"]),
        (&json!("draft"), &Value::Null)
    );
    is_a_draft(tenant, &draft, "Do you sell tea?").await;

    let empty = json!({"question": "Do you sell coffee?", "answer": " "});
    assert_eq!(fail(assistant, "add_qa_pair", empty).await["code"], "bad_answer");
}

/// Nobody is answered from it, and a person finds it among the drafts.
async fn is_a_draft(tenant: &Tenant, added: &Value, question: &str) {
    let path = format!("/api/v1/versions/{}", added["draft_id"].as_str().expect("an id"));
    let draft = tenant.api.get(&path).expect(200).await;
    assert_eq!(
        (&draft["status"], &draft["title"]),
        (&json!("draft"), &json!(question))
    );
    assert_eq!(draft["changes"][0]["after"]["question"], question);
    assert_eq!(tenant.ask(question).await["answer"]["mode"], "no_answer");
}

async fn where_drafts_rule_a_pair_is_a_draft(tenant: &Tenant, assistant: &Api) {
    let call_rule = |rule: &str| {
        tenant
            .api
            .call(Method::PUT, "/api/v1/publishing")
            .json(&json!({"rule": rule}))
    };
    call_rule("tested").expect(200).await;
    let pair = json!({"question": "Do you lend umbrellas?", "answer": "Yes, at the door."});
    let added = call(assistant, "add_qa_pair", pair).await;
    assert_eq!(added["status"], "draft");
    is_a_draft(tenant, &added, "Do you lend umbrellas?").await;
    call_rule("free").expect(200).await;
}

async fn what_goes_wrong_is_said(server: &Server, tenant: &Tenant) {
    let assistant = key(tenant, &["knowledge:read"]).await;
    let error = fail(
        &assistant,
        "search_knowledge",
        json!({"query": QUESTION, "colour": "red"}),
    )
    .await;
    assert_eq!(error["code"], "bad_arguments");
    assert!(
        error["message"]
            .as_str()
            .is_some_and(|text| text.contains("colour"))
    );
    let error = fail(&assistant, "search_knowledge", json!({"query": " "})).await;
    assert_eq!(error["code"], "bad_question");
    let unknown = ask(
        &assistant,
        "tools/call",
        &json!({"name": "drop_tables", "arguments": {}}),
    )
    .await;
    assert_eq!(unknown["error"]["code"], -32602, "{unknown}");
    let unknown = json!({"jsonrpc": "2.0", "id": 1, "method": "no/such", "params": {}});
    assert_eq!(
        post(&assistant, &unknown).send().await.json()["error"]["code"],
        -32601
    );

    let list = json!({"jsonrpc": "2.0", "id": 1, "method": "tools/list", "params": {}});
    let nobody = post(&tenant.api.without_credential(), &list).send().await;
    nobody.problem(401, "unauthenticated");
    assert_eq!(nobody.header("www-authenticate"), Some("Bearer"));
    // neither a browser's session nor a page of somebody else's opens it
    let owner = server.member(tenant, "boss@shop.example", "owner").await;
    post(&owner, &list).send().await.problem(401, "unauthenticated");
    for origin in ["https://evil.example", "null", &server.url()] {
        let answer = post(&assistant, &list).header("origin", origin).send().await;
        assert_eq!(answer.status, 403, "{origin}: {}", answer.text());
    }
    let large = json!({"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": {"name": "search_knowledge", "arguments": {"query": "x".repeat(300_000)}}});
    assert_eq!(post(&assistant, &large).send().await.status, 413);
}
