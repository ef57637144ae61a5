//! How to call each route of the API, and what its path names. A route that the OpenAPI document has and this table
//! does not, or the other way round, fails the tests.

use serde_json::Value;
use testkit::{Api, Call, Method};

/// One operation of the API.
#[derive(Debug, Clone, Copy)]
pub struct Route {
    pub method: &'static str,
    pub path: &'static str,
    pub door: Door,
    pub names: Names,
    pub body: Body,
    /// The status when all is well.
    pub success: u16,
}

/// Who may knock.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Door {
    /// Members, by session or API key.
    Dashboard,
    /// Signing up, in and out: the caller is not known yet.
    Session,
    /// One's own account: somebody signed in, in whatever workspace. A key has none.
    Personal,
    /// Whoever has the link of an invitation.
    Invited,
    /// Visitors with their token.
    Visitor,
    /// Everybody who knows the channel's key.
    Public,
}

/// What the path names.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Names {
    Nothing,
    /// `{id}`, or `{user_id}` for a member.
    One(Thing),
    /// `{id}`, a conversation, and `{message_id}`, an answer in it.
    AnswerOfConversation,
    /// `{id}`, a conversation, and `{note_id}`, a note in it.
    NoteOfConversation,
    /// `{id}`, a web site, and `{page_id}`, a page of it.
    PageOfWebsite,
    /// `{id}`, a draft, and `{change_id}`, a change in it.
    ChangeOfDraft,
    /// `{id}`, an evaluation set, and `{case_id}`, a question of it.
    CaseOfSet,
    /// `{id}`, and whatever else the path names, which belongs to it.
    Within(Thing),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Thing {
    Conversation,
    Note,
    Escalation,
    Contact,
    Lead,
    Meeting,
    Label,
    SavedReply,
    InboxView,
    Answer,
    QaPair,
    Gap,
    Document,
    Website,
    WebsitePage,
    Draft,
    DraftChange,
    Backtest,
    Version,
    EvaluationSet,
    EvaluationCase,
    EvaluationRun,
    KnowledgeBase,
    Transcript,
    QaProposal,
    Channel,
    Credential,
    ApiKey,
    Member,
    Invitation,
    AgentPrompt,
    WebhookEndpoint,
    WebhookDelivery,
    Connection,
    InboundEvent,
    FailedMessage,
    OtherContact,
    ContactMerge,
}

#[derive(Debug, Clone, Copy)]
pub enum Body {
    None,
    /// `MODEL` stands for the address of a model.
    Json(&'static str),
    Csv(&'static str),
    /// The answer is a stream of events.
    Stream,
}

impl Route {
    /// A request to this route, with `path` in place of its template.
    pub fn call(&self, api: &Api, path: &str, model: &str) -> Call {
        let method = Method::from_bytes(self.method.as_bytes()).expect("a method");
        let call = api.call(method, path);
        match self.body {
            Body::Json(_) => call.json(&self.json(model).expect("a JSON body")),
            Body::Csv(csv) => call.body("text/csv", csv),
            Body::None | Body::Stream => call,
        }
    }

    /// The JSON body, if it takes one.
    pub fn json(&self, model: &str) -> Option<Value> {
        match self.body {
            Body::Json(text) => {
                serde_json::from_str(&text.replace("MODEL", model)).expect("JSON in the table")
            }
            _ => None,
        }
    }
}

const fn member(method: &'static str, path: &'static str, names: Names, body: Body, success: u16) -> Route {
    Route {
        method,
        path,
        door: Door::Dashboard,
        names,
        body,
        success,
    }
}

const fn door(door: Door, method: &'static str, path: &'static str, body: Body, success: u16) -> Route {
    Route {
        method,
        path,
        door,
        names: Names::Nothing,
        body,
        success,
    }
}

use Body::{Csv, Json, Stream};
use Door::{Invited, Personal, Public, Session, Visitor};
use Names::{
    AnswerOfConversation, CaseOfSet, ChangeOfDraft, NoteOfConversation, Nothing, One, PageOfWebsite, Within,
};
use Thing::{
    AgentPrompt, Answer, ApiKey, Backtest, Channel, Connection, Contact, ContactMerge, Conversation,
    Credential, Document, Draft, Escalation, EvaluationRun, EvaluationSet, FailedMessage, Gap, InboundEvent,
    InboxView, Invitation, KnowledgeBase, Label, Lead, Meeting, Member, OtherContact, QaPair, QaProposal,
    SavedReply, Transcript, Version, WebhookDelivery, WebhookEndpoint, Website,
};

#[rustfmt::skip]
pub const ROUTES: &[Route] = &[
    member("GET", "/api/v1/agent-prompts", Nothing, Body::None, 200),
    member("POST", "/api/v1/agent-prompts", Nothing, Json(r#"{"name": "Short", "system_prompt": "Be brief."}"#), 201),
    member("DELETE", "/api/v1/agent-prompts/{id}", One(AgentPrompt), Body::None, 204),
    member("PATCH", "/api/v1/agent-prompts/{id}", One(AgentPrompt), Json(r#"{"description": "For the shop"}"#), 200),
    member("GET", "/api/v1/api-keys", Nothing, Body::None, 200),
    member("POST", "/api/v1/api-keys", Nothing, Json(r#"{"name": "Import", "scopes": ["ask"]}"#), 201),
    member("DELETE", "/api/v1/api-keys/{id}", One(ApiKey), Body::None, 204),
    member("POST", "/api/v1/assets", Nothing, Csv("article,price\nbowl,12\n"), 201),
    member("POST", "/api/v1/answers/{id}/gap", One(Answer), Body::None, 200),
    member("POST", "/api/v1/ask", Nothing, Json(r#"{"question": "Where is the shop?"}"#), 200),
    member("GET", "/api/v1/audit-log", Nothing, Body::None, 200),
    member("PUT", "/api/v1/availability", Nothing, Json(r#"{"availability": "available"}"#), 200),
    member("GET", "/api/v1/channels", Nothing, Body::None, 200),
    member("POST", "/api/v1/channels", Nothing, Json(r#"{"name": "Second site"}"#), 201),
    member("GET", "/api/v1/channels/{id}", One(Channel), Body::None, 200),
    member("PATCH", "/api/v1/channels/{id}", One(Channel), Json(r#"{"is_bot_active": true}"#), 200),
    member("PATCH", "/api/v1/channels/{id}/draft", One(Channel), Json(r##"{"settings": {"primary_color": "#112233"}, "revision": 1}"##), 200),
    member("DELETE", "/api/v1/channels/{id}/draft", One(Channel), Body::None, 200),
    member("POST", "/api/v1/channels/{id}/publish", One(Channel), Json(r#"{"revision": 1}"#), 200),
    member("POST", "/api/v1/channels/{id}/identity-secret", One(Channel), Body::None, 200),
    member("GET", "/api/v1/connectors", Nothing, Body::None, 200),
    member("GET", "/api/v1/connections", Nothing, Body::None, 200),
    member("POST", "/api/v1/connections", Nothing, Json(r#"{"kind": "telegram", "name": "Bot", "values": {"bot_token": "1:token"}}"#), 201),
    member("GET", "/api/v1/channels/{id}/connection", One(Connection), Body::None, 200),
    member("PUT", "/api/v1/channels/{id}/connection", One(Connection), Json(r#"{"values": {}}"#), 200),
    member("POST", "/api/v1/channels/{id}/connection/check", One(Connection), Body::None, 200),
    member("DELETE", "/api/v1/channels/{id}", One(Connection), Body::None, 204),
    member("GET", "/api/v1/channels/{id}/templates", One(Connection), Body::None, 200),
    member("POST", "/api/v1/channels/{id}/messages", One(Connection), Json(r#"{"client_message_id": "first", "to": {"platform_id": "kim"}, "text": "Hello"}"#), 201),
    member("GET", "/api/v1/channels/{id}/brain", One(Channel), Body::None, 200),
    member("PUT", "/api/v1/channels/{id}/brain", One(Channel), Json(r#"{"kind": "builtin"}"#), 200),
    member("POST", "/api/v1/channels/{id}/brain/test", One(Channel), Json(r#"{"url": "MODEL"}"#), 200),
    member("GET", "/api/v1/channels/{id}/webhook-errors", One(Channel), Body::None, 200),
    member("GET", "/api/v1/inbound-events", Nothing, Body::None, 200),
    member("GET", "/api/v1/channels/{id}/inbound-events/{event_id}", Within(InboundEvent), Body::None, 200),
    member("POST", "/api/v1/channels/{id}/inbound-events/{event_id}/replay", Within(InboundEvent), Body::None, 200),
    member("GET", "/api/v1/conversations/{id}/channel", One(Conversation), Body::None, 200),
    member("POST", "/api/v1/conversations/{id}/messages/{message_id}/retry", Within(FailedMessage), Body::None, 200),
    member("GET", "/api/v1/contacts", Nothing, Body::None, 200),
    member("POST", "/api/v1/contacts/{id}/merge/{other_id}", Within(OtherContact), Body::None, 200),
    member("DELETE", "/api/v1/contacts/{id}/merges/{merge_id}", Within(ContactMerge), Body::None, 200),
    member("GET", "/api/v1/contacts/{id}", One(Contact), Body::None, 200),
    member("DELETE", "/api/v1/contacts/{id}", One(Contact), Body::None, 204),
    member("PATCH", "/api/v1/contacts/{id}", One(Contact), Json(r#"{"name": "Kim"}"#), 200),
    member("GET", "/api/v1/conversations", Nothing, Body::None, 200),
    member("POST", "/api/v1/conversations/bulk", Nothing, Json(r#"{"changes": []}"#), 200),
    member("GET", "/api/v1/conversations/{id}", One(Conversation), Body::None, 200),
    member("PATCH", "/api/v1/conversations/{id}", One(Conversation), Json(r#"{"ai_paused": true}"#), 200),
    member("GET", "/api/v1/conversations/{id}/escalations", One(Conversation), Body::None, 200),
    member("POST", "/api/v1/conversations/{id}/escalations", One(Conversation), Json(r#"{"summary": "Please help."}"#), 201),
    member("POST", "/api/v1/conversations/{id}/draft", One(Conversation), Body::None, 200),
    member("GET", "/api/v1/conversations/{id}/messages", One(Conversation), Body::None, 200),
    member("POST", "/api/v1/conversations/{id}/messages", One(Conversation), Json(r#"{"client_message_id": "reply", "text": "Hello."}"#), 201),
    member("GET", "/api/v1/conversations/{id}/messages/{message_id}/trace", AnswerOfConversation, Body::None, 200),
    // nobody has said where this visitor is written to; with an address: tests/api/email
    member("POST", "/api/v1/conversations/{id}/transcript-email", One(Conversation), Body::None, 409),
    member("POST", "/api/v1/conversations/{id}/notes", One(Conversation), Json(r#"{"client_note_id": "note", "text": "Look."}"#), 201),
    member("DELETE", "/api/v1/conversations/{id}/notes/{note_id}", NoteOfConversation, Body::None, 204),
    member("POST", "/api/v1/conversations/{id}/read", One(Conversation), Body::None, 204),
    member("GET", "/api/v1/conversations/{id}/timeline", One(Conversation), Body::None, 200),
    member("POST", "/api/v1/conversations/{id}/typing", One(Conversation), Body::None, 204),
    member("POST", "/api/v1/conversations/{id}/unread", One(Conversation), Body::None, 204),
    member("DELETE", "/api/v1/conversations/{id}/viewing", One(Conversation), Body::None, 204),
    member("POST", "/api/v1/conversations/{id}/viewing", One(Conversation), Json(r#"{"is_typing": false}"#), 204),
    member("GET", "/api/v1/documents", Nothing, Body::None, 200),
    member("POST", "/api/v1/documents", Nothing, Json(r##"{"title": "Care", "text": "# Oil\nOil the table once a year."}"##), 201),
    member("GET", "/api/v1/documents/{id}", One(Document), Body::None, 200),
    member("DELETE", "/api/v1/documents/{id}", One(Document), Body::None, 204),
    member("GET", "/api/v1/documents/{id}/file", One(Document), Body::None, 200),
    member("PUT", "/api/v1/documents/{id}/file", One(Document), Csv("Oil the table once a year."), 202),
    member("GET", "/api/v1/documents/{id}/passages", One(Document), Body::None, 200),
    member("POST", "/api/v1/documents/{id}/retry", One(Document), Body::None, 409),
    member("POST", "/api/v1/documents/files", Nothing, Csv("Oil the table once a year."), 202),
    member("GET", "/api/v1/transcripts", Nothing, Body::None, 200),
    member("POST", "/api/v1/transcripts", Nothing, Csv("Marie: Do you ship?\nAnna: Yes, we ship everywhere.\nMarie: Thanks\nAnna: Bye\n"), 202),
    member("GET", "/api/v1/transcripts/{id}", One(Transcript), Body::None, 200),
    member("DELETE", "/api/v1/transcripts/{id}", One(Transcript), Body::None, 204),
    member("POST", "/api/v1/transcripts/{id}/start", One(Transcript), Json(r#"{"business": ["Anna"]}"#), 202),
    member("POST", "/api/v1/transcripts/resolved", Nothing, Json(r#"{"since": "2099-01-01T00:00:00Z"}"#), 409),
    member("GET", "/api/v1/qa-proposals", Nothing, Body::None, 200),
    member("PATCH", "/api/v1/qa-proposals/{id}", One(QaProposal), Json(r#"{"answer": "Yes, we do."}"#), 200),
    member("POST", "/api/v1/qa-proposals/{id}/accept", One(QaProposal), Json("{}"), 200),
    member("POST", "/api/v1/qa-proposals/accept", Nothing, Json(r#"{"ids": []}"#), 422),
    member("POST", "/api/v1/qa-proposals/{id}/dismiss", One(QaProposal), Body::None, 200),
    member("POST", "/api/v1/qa-proposals/{id}/reopen", One(QaProposal), Body::None, 200),
    member("PATCH", "/api/v1/escalations/{id}", One(Escalation), Json(r#"{"status": "in_progress"}"#), 200),
    member("GET", "/api/v1/events", Nothing, Stream, 200),
    member("GET", "/api/v1/gaps", Nothing, Body::None, 200),
    member("GET", "/api/v1/gaps/counts", Nothing, Body::None, 200),
    member("GET", "/api/v1/gap-clusters", Nothing, Body::None, 200),
    member("GET", "/api/v1/gap-clusters/{id}", One(Gap), Body::None, 200),
    member("POST", "/api/v1/gap-clusters/{id}/proposals", One(Gap), Body::None, 200),
    member("POST", "/api/v1/gap-clusters/{id}/link", One(Gap), Json(r#"{"qa_id": "00000000-0000-7000-8000-000000000000"}"#), 404),
    member("POST", "/api/v1/gap-clusters/{id}/dismiss", One(Gap), Body::None, 200),
    member("POST", "/api/v1/gap-clusters/{id}/resolve", One(Gap), Json(r#"{"answer": "We open at nine."}"#), 200),
    member("GET", "/api/v1/qa-pairs/{id}/answers", One(QaPair), Body::None, 200),
    member("GET", "/api/v1/documents/{id}/answers", One(Document), Body::None, 200),
    member("GET", "/api/v1/upkeep", Nothing, Body::None, 200),
    member("POST", "/api/v1/upkeep/dismissals", Nothing, Json(r#"{"kind": "unused", "qa_pair_id": "00000000-0000-7000-8000-000000000000"}"#), 404),
    member("GET", "/api/v1/gap-effects", Nothing, Body::None, 200),
    member("POST", "/api/v1/gaps/{id}/link", One(Gap), Json(r#"{"qa_id": "00000000-0000-7000-8000-000000000000"}"#), 404),
    member("GET", "/api/v1/gaps/{id}/occurrences", One(Gap), Body::None, 200),
    member("POST", "/api/v1/gaps/{id}/reopen", One(Gap), Body::None, 409),
    member("POST", "/api/v1/gaps/{id}/dismiss", One(Gap), Body::None, 200),
    member("POST", "/api/v1/gaps/{id}/resolve", One(Gap), Json(r#"{"answer": "We open at nine."}"#), 200),
    member("GET", "/api/v1/invitations", Nothing, Body::None, 200),
    member("POST", "/api/v1/invitations", Nothing, Json(r#"{"role": "agent"}"#), 201),
    door(Invited, "GET", "/api/v1/invitations/by-token/{token}", Body::None, 200),
    door(Invited, "POST", "/api/v1/invitations/by-token/{token}/accept", Json(r#"{"name": "Nia", "email": "invited@c.example", "password": "a long password"}"#), 201),
    member("DELETE", "/api/v1/invitations/{id}", One(Invitation), Body::None, 204),
    member("GET", "/api/v1/emails", Nothing, Body::None, 200),
    member("GET", "/api/v1/email-settings", Nothing, Body::None, 200),
    member("PUT", "/api/v1/email-settings", Nothing, Json(r#"{"host": "127.0.0.1", "port": 2525, "tls": "none", "from_address": "shop@shop.example"}"#), 200),
    member("PUT", "/api/v1/email-settings/escalation-address", Nothing, Json(r#"{"address": null}"#), 200),
    door(Personal, "POST", "/api/v1/email-settings/test", Body::None, 200),
    member("DELETE", "/api/v1/email-settings", Nothing, Body::None, 200),
    member("GET", "/api/v1/inbox-settings", Nothing, Body::None, 200),
    member("PUT", "/api/v1/inbox-settings", Nothing, Json(r#"{"time_zone": "UTC", "business_hours": null, "holidays": [], "assignment": {"mode": "manual", "capacity": 5}, "targets": {"first_reply_minutes": null, "resolution_minutes": null}, "ask_rating": true}"#), 200),
    member("GET", "/api/v1/inbox-views", Nothing, Body::None, 200),
    member("POST", "/api/v1/inbox-views", Nothing, Json(r#"{"name": "Waiting", "query": "view=open"}"#), 201),
    member("DELETE", "/api/v1/inbox-views/{id}", One(InboxView), Body::None, 204),
    member("PATCH", "/api/v1/inbox-views/{id}", One(InboxView), Json(r#"{"query": "view=all"}"#), 200),
    member("GET", "/api/v1/inbox/counts", Nothing, Body::None, 200),
    member("GET", "/api/v1/knowledge/embedder", Nothing, Body::None, 200),
    member("PUT", "/api/v1/knowledge/embedder", Nothing, Json(r#"{"kind": "local"}"#), 200),
    member("DELETE", "/api/v1/knowledge/embedder/next", Nothing, Body::None, 204),
    member("GET", "/api/v1/knowledge/index", Nothing, Body::None, 200),
    member("GET", "/api/v1/labels", Nothing, Body::None, 200),
    member("POST", "/api/v1/labels", Nothing, Json(r#"{"name": "Urgent", "color": "red"}"#), 201),
    member("DELETE", "/api/v1/labels/{id}", One(Label), Body::None, 204),
    member("PATCH", "/api/v1/labels/{id}", One(Label), Json(r#"{"color": "blue"}"#), 200),
    member("GET", "/api/v1/llm-credentials", Nothing, Body::None, 200),
    member("POST", "/api/v1/llm-credentials", Nothing, Json(r#"{"provider": "openai_compatible", "model": "m", "key": "", "base_url": "MODEL", "is_default": false}"#), 201),
    member("DELETE", "/api/v1/llm-credentials/{id}", One(Credential), Body::None, 204),
    member("PATCH", "/api/v1/llm-credentials/{id}", One(Credential), Json(r#"{"label": "ours"}"#), 200),
    member("POST", "/api/v1/llm-credentials/{id}/test", One(Credential), Body::None, 200),
    member("GET", "/api/v1/members", Nothing, Body::None, 200),
    member("DELETE", "/api/v1/members/{user_id}", One(Member), Body::None, 204),
    member("PATCH", "/api/v1/members/{user_id}", One(Member), Json(r#"{"role": "agent"}"#), 200),
    door(Personal, "GET", "/api/v1/profile", Body::None, 200),
    door(Personal, "PATCH", "/api/v1/profile", Json(r#"{"theme": "dark"}"#), 200),
    door(Personal, "GET", "/api/v1/profile/email-choices", Body::None, 200),
    door(Personal, "PUT", "/api/v1/profile/email-choices", Json(r#"{"messages": "mine", "escalations": true, "mentions": true, "pace": "daily"}"#), 200),
    door(Personal, "POST", "/api/v1/profile/password", Json(r#"{"current_password": "not the password", "new_password": "another password"}"#), 204),
    door(Personal, "POST", "/api/v1/profile/two-factor", Json(r#"{"password": "a long password"}"#), 200),
    door(Personal, "DELETE", "/api/v1/profile/two-factor", Json(r#"{"password": "a long password"}"#), 204),
    door(Personal, "POST", "/api/v1/profile/two-factor/confirm", Json(r#"{"code": "000000"}"#), 200),
    member("GET", "/api/v1/onboarding", Nothing, Body::None, 200),
    member("PUT", "/api/v1/onboarding", Nothing, Json(r#"{"is_hidden": false}"#), 204),
    member("GET", "/api/v1/onboarding/template", Nothing, Body::None, 200),
    member("POST", "/api/v1/onboarding/template", Nothing, Json(r#"{"language": "en", "items": [{"question": "When are you open?", "answer": "At [nine].", "category": "visits"}]}"#), 201),
    member("GET", "/api/v1/overview", Nothing, Body::None, 200),
    member("POST", "/api/v1/playground", Nothing, Json(r#"{"question": "Where is the shop?"}"#), 200),
    member("GET", "/api/v1/qa-pairs", Nothing, Body::None, 200),
    member("POST", "/api/v1/qa-pairs", Nothing, Json(r#"{"question": "Where is the shop?", "answer": "In Ghent."}"#), 201),
    member("POST", "/api/v1/qa-pairs/bulk", Nothing, Json(r#"{"changes": [{"filter": {"q": "nothing says this"}, "change": {"category": "visits"}}]}"#), 200),
    member("GET", "/api/v1/qa-pairs/export", Nothing, Body::None, 200),
    member("GET", "/api/v1/qa-pairs/facets", Nothing, Body::None, 200),
    member("POST", "/api/v1/qa-pairs/import", Nothing, Csv("question,answer\nWhen are you open?,Always.\n"), 200),
    member("POST", "/api/v1/qa-pairs/import/preview", Nothing, Csv("question,answer\nWhen are you open?,Always.\n"), 200),
    member("POST", "/api/v1/qa-pairs/similar", Nothing, Json(r#"{"question": "Where is the shop?"}"#), 200),
    member("GET", "/api/v1/qa-pairs/{id}", One(QaPair), Body::None, 200),
    member("DELETE", "/api/v1/qa-pairs/{id}", One(QaPair), Body::None, 204),
    member("PATCH", "/api/v1/qa-pairs/{id}", One(QaPair), Json(r#"{"category": "visits"}"#), 200),
    member("GET", "/api/v1/saved-replies", Nothing, Body::None, 200),
    member("POST", "/api/v1/saved-replies", Nothing, Json(r#"{"shortcut": "hello", "title": "Hello", "text": "Hello."}"#), 201),
    member("DELETE", "/api/v1/saved-replies/{id}", One(SavedReply), Body::None, 204),
    member("PATCH", "/api/v1/saved-replies/{id}", One(SavedReply), Json(r#"{"title": "Welcome"}"#), 200),
    member("GET", "/api/v1/search", Nothing, Body::None, 200),
    member("GET", "/api/v1/team", Nothing, Body::None, 200),
    member("POST", "/api/v1/qa-pairs/{id}/merge", One(QaPair), Json(r#"{"into_id": "00000000-0000-7000-8000-000000000000"}"#), 404),
    member("POST", "/api/v1/qa-pairs/{id}/restore", One(QaPair), Body::None, 409),
    door(Session, "GET", "/api/v1/session", Body::None, 200),
    door(Session, "POST", "/api/v1/session", Json(r#"{"email": "owner@a.example", "password": "a long password"}"#), 200),
    door(Session, "DELETE", "/api/v1/session", Body::None, 204),
    door(Personal, "POST", "/api/v1/session/workspace", Json(r#"{"tenant_id": "01890000-0000-7000-8000-000000000000"}"#), 200),
    door(Personal, "GET", "/api/v1/sessions", Body::None, 200),
    door(Personal, "DELETE", "/api/v1/sessions", Body::None, 204),
    door(Personal, "DELETE", "/api/v1/sessions/{id}", Body::None, 204),
    door(Session, "POST", "/api/v1/sign-up", Json(r#"{"email": "new@c.example", "password": "a long password", "name": "Nia", "business_name": "C"}"#), 201),
    member("GET", "/api/v1/workspace", Nothing, Body::None, 200),
    member("PATCH", "/api/v1/workspace", Nothing, Json(r#"{"website_url": "https://shop.example"}"#), 200),
    door(Public, "GET", "/api/widget/{channel_key}", Body::None, 200),
    door(Public, "POST", "/api/widget/{channel_key}/sessions", Json("{}"), 200),
    door(Visitor, "POST", "/api/widget/{channel_key}/escalations", Json("{}"), 201),
    door(Visitor, "GET", "/api/widget/{channel_key}/events", Stream, 200),
    door(Visitor, "GET", "/api/widget/{channel_key}/messages", Body::None, 200),
    door(Visitor, "POST", "/api/widget/{channel_key}/messages", Json(r#"{"client_message_id": "question", "text": "Where is the shop?"}"#), 200),
    door(Public, "POST", "/api/widget/{channel_key}/n8n", Json(r#"{"action": "sendMessage", "sessionId": "0123456789abcdef", "chatInput": "Where is the shop?"}"#), 200),
    door(Visitor, "POST", "/api/widget/{channel_key}/contact", Json(r#"{"email": "mia@example.com"}"#), 204),
    door(Visitor, "POST", "/api/widget/{channel_key}/rating", Json(r#"{"rating": 5}"#), 204),
    door(Visitor, "POST", "/api/widget/{channel_key}/uploads", Csv("article,price\nbowl,12\n"), 201),
    Route { method: "POST", path: "/api/widget/{channel_key}/messages/{id}/feedback", door: Visitor, names: One(Answer), body: Json(r#"{"value": "up"}"#), success: 200 },
    member("GET", "/api/v1/leads", Nothing, Body::None, 200),
    member("POST", "/api/v1/leads", Nothing, Json(r#"{"intent": "price", "contact_info": {"email": "mia@example.com"}}"#), 201),
    member("GET", "/api/v1/leads/{id}", One(Lead), Body::None, 200),
    member("PATCH", "/api/v1/leads/{id}", One(Lead), Json(r#"{"status": "contacted"}"#), 200),
    member("DELETE", "/api/v1/leads/{id}", One(Lead), Body::None, 204),
    member("POST", "/api/v1/leads/{id}/convert", One(Lead), Json("{}"), 200),
    door(Visitor, "POST", "/api/widget/{channel_key}/leads", Json(r#"{"email": "mia@example.com"}"#), 204),
    member("GET", "/api/v1/meetings", Nothing, Body::None, 200),
    member("POST", "/api/v1/meetings", Nothing, Json(r#"{"title": "Visit", "scheduled_at": "2026-03-02T09:00:00Z"}"#), 201),
    member("GET", "/api/v1/meetings/settings", Nothing, Body::None, 200),
    member("PATCH", "/api/v1/meetings/settings", Nothing, Json(r#"{"booking_url": "https://cal.com/shop/intro"}"#), 200),
    member("GET", "/api/v1/meetings/{id}", One(Meeting), Body::None, 200),
    member("PATCH", "/api/v1/meetings/{id}", One(Meeting), Json(r#"{"status": "completed"}"#), 200),
    member("GET", "/api/v1/webhook-endpoints", Nothing, Body::None, 200),
    member("POST", "/api/v1/webhook-endpoints", Nothing, Json(r#"{"url": "MODEL", "event_types": ["gap.detected"]}"#), 201),
    member("PATCH", "/api/v1/webhook-endpoints/{id}", One(WebhookEndpoint), Json(r#"{"description": "For the shop"}"#), 200),
    member("DELETE", "/api/v1/webhook-endpoints/{id}", One(WebhookEndpoint), Body::None, 204),
    member("POST", "/api/v1/webhook-endpoints/{id}/secret", One(WebhookEndpoint), Body::None, 200),
    member("POST", "/api/v1/webhook-endpoints/{id}/test", One(WebhookEndpoint), Body::None, 200),
    member("POST", "/api/v1/webhook-endpoints/{id}/recover", One(WebhookEndpoint), Json(r#"{"since": "2026-01-01T00:00:00Z"}"#), 200),
    member("GET", "/api/v1/webhook-endpoints/{id}/deliveries", One(WebhookEndpoint), Body::None, 200),
    member("GET", "/api/v1/webhook-deliveries/{id}", One(WebhookDelivery), Body::None, 200),
    member("POST", "/api/v1/webhook-deliveries/{id}/replay", One(WebhookDelivery), Body::None, 200),
    member("GET", "/api/v1/websites", Nothing, Body::None, 200),
    member("POST", "/api/v1/websites", Nothing, Json(r#"{"base_url": "https://nowhere.example"}"#), 202),
    member("GET", "/api/v1/websites/{id}", One(Website), Body::None, 200),
    member("PATCH", "/api/v1/websites/{id}", One(Website), Json(r#"{"crawl_frequency": "weekly"}"#), 200),
    member("DELETE", "/api/v1/websites/{id}", One(Website), Body::None, 204),
    member("POST", "/api/v1/websites/{id}/cancel", One(Website), Body::None, 409),
    member("POST", "/api/v1/websites/{id}/crawl", One(Website), Body::None, 202),
    member("GET", "/api/v1/websites/{id}/pages", One(Website), Body::None, 200),
    member("GET", "/api/v1/websites/{id}/pages/{page_id}", PageOfWebsite, Body::None, 200),
    member("GET", "/api/v1/websites/{id}/pages/{page_id}/answers", PageOfWebsite, Body::None, 200),
    member("PATCH", "/api/v1/websites/{id}/pages/{page_id}", PageOfWebsite, Json(r#"{"is_excluded": true}"#), 200),
    member("POST", "/api/v1/calibration/refit", Nothing, Body::None, 200),
    member("POST", "/api/v1/drafts", Nothing, Json(r#"{"title": "New"}"#), 201),
    member("PATCH", "/api/v1/drafts/{id}", One(Draft), Json(r#"{"title": "Newer"}"#), 200),
    member("DELETE", "/api/v1/drafts/{id}", One(Draft), Body::None, 204),
    member("GET", "/api/v1/drafts/{id}/backtest", One(Backtest), Body::None, 200),
    member("POST", "/api/v1/drafts/{id}/backtest", One(Draft), Body::None, 201),
    member("POST", "/api/v1/drafts/{id}/changes", One(Draft), Json(r#"{"changes": []}"#), 200),
    member("DELETE", "/api/v1/drafts/{id}/changes/{change_id}", ChangeOfDraft, Body::None, 200),
    member("POST", "/api/v1/drafts/{id}/publish", One(Draft), Body::None, 200),
    member("GET", "/api/v1/evaluation-runs/{id}", One(EvaluationRun), Body::None, 200),
    member("GET", "/api/v1/evaluation-sets", Nothing, Body::None, 200),
    member("POST", "/api/v1/evaluation-sets", Nothing, Json(r#"{"name": "Basics"}"#), 201),
    member("GET", "/api/v1/evaluation-sets/{id}", One(EvaluationSet), Body::None, 200),
    member("PATCH", "/api/v1/evaluation-sets/{id}", One(EvaluationSet), Json(r#"{"description": "What everybody asks"}"#), 200),
    member("DELETE", "/api/v1/evaluation-sets/{id}", One(EvaluationSet), Body::None, 204),
    member("POST", "/api/v1/evaluation-sets/{id}/cases", One(EvaluationSet), Json(r#"{"cases": []}"#), 200),
    member("DELETE", "/api/v1/evaluation-sets/{id}/cases/{case_id}", CaseOfSet, Body::None, 200),
    member("POST", "/api/v1/evaluation-sets/{id}/import", One(EvaluationSet), Csv("question,expected_text\nWhere is it?,Ghent\n"), 200),
    member("GET", "/api/v1/evaluation-sets/{id}/runs", One(EvaluationSet), Body::None, 200),
    member("POST", "/api/v1/evaluation-sets/{id}/runs", One(EvaluationSet), Body::None, 201),
    member("GET", "/api/v1/promise", Nothing, Body::None, 200),
    member("GET", "/api/v1/publishing", Nothing, Body::None, 200),
    member("PUT", "/api/v1/publishing", Nothing, Json(r#"{"rule": "free"}"#), 200),
    member("GET", "/api/v1/versions", Nothing, Body::None, 200),
    member("GET", "/api/v1/versions/{id}", One(Version), Body::None, 200),
    member("POST", "/api/v1/versions/{id}/restore", One(Version), Body::None, 201),
    member("POST", "/api/v1/versions/{id}/undo", One(Version), Body::None, 201),
    member("GET", "/api/v1/knowledge-bases", Nothing, Body::None, 200),
    member("POST", "/api/v1/knowledge-bases", Nothing, Json(r##"{"content_type": "faq", "content": "# Oil\nOil it once a year."}"##), 201),
    member("PUT", "/api/v1/knowledge-bases/{id}/active", One(KnowledgeBase), Body::None, 200),
    member("DELETE", "/api/v1/knowledge-bases/{id}/active", One(KnowledgeBase), Body::None, 204),
];
