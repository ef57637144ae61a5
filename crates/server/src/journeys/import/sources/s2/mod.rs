//! The support of shops over many channels: conversations, documents and web sites as knowledge, hand-overs, meetings.
//!
//! A social account becomes a channel; a conversation of a channel without an account goes to one that is made for it.

mod known;
mod talk;

use super::super::mapping::Belongs::{By, Itself, Through};
use super::super::mapping::Goes::{Both, Kept, Out, To};
use super::super::mapping::{Belongs, Goes, Source, Table};

const OTHER: Goes = Kept("not in the specification");
const SEALED: &str = "sealed with a key that only the old system has: connect the channel anew";
const COUNTED: &str = "topics_daily, the same name; a day whose messages are looked at here is counted here";
const SEARCHED: &str = "passages are indexed anew here";

const fn table(
    name: &'static str,
    order: &'static [&'static str],
    columns: &'static [(&'static str, Goes)],
    map: fn(
        &mut super::super::mapping::Scope,
        &mut super::super::row::Row,
        &mut super::super::mapping::Out,
    ) -> Result<(), String>,
) -> Table {
    with(name, By("tenant_id"), order, columns, map)
}

const fn with(
    name: &'static str,
    belongs: Belongs,
    order: &'static [&'static str],
    columns: &'static [(&'static str, Goes)],
    map: fn(
        &mut super::super::mapping::Scope,
        &mut super::super::row::Row,
        &mut super::super::mapping::Out,
    ) -> Result<(), String>,
) -> Table {
    Table {
        schema: "public",
        name,
        key: "id",
        belongs,
        order,
        columns,
        others: OTHER,
        map,
    }
}

pub const SOURCE: Source = Source {
    kind: "s2",
    tables: &[
        with(
            "tenants",
            Itself,
            &["created_at", "id"],
            &[
                ("id", To("tenants.tenant_id")),
                ("name", To("tenants.name")),
                ("slug", To("tenants.slug")),
                ("website_url", To("tenants.website_url")),
                ("contact_email", To("tenants.email")),
                (
                    "settings",
                    To("tenants.time_zone, inbox_settings; what has no place there is kept"),
                ),
                ("created_at", Both("tenants.created_at")),
                ("updated_at", Both("tenants.updated_at")),
            ],
            talk::tenant,
        ),
        table(
            "social_accounts",
            &["created_at", "id"],
            &[
                ("id", To("channels.id")),
                ("tenant_id", To("channels.tenant_id")),
                ("platform", To("channels.kind")),
                ("account_id", To("channels.platform_channel_id")),
                ("account_username", To("channels.name, account_name")),
                ("access_token", Out(SEALED)),
                ("token_expires_at", To("channels.token_expires_at")),
                (
                    "webhook_verify_token",
                    Out("a secret of the old address: a new one is shown when the channel is connected"),
                ),
                ("is_active", Kept("a channel arrives switched off")),
                ("created_at", To("channels.created_at")),
                ("updated_at", Both("channels.updated_at")),
            ],
            talk::account,
        ),
        table(
            "conversations",
            &["created_at", "id"],
            &[
                ("id", To("conversations.id")),
                ("tenant_id", To("conversations.tenant_id")),
                (
                    "user_id",
                    Both("conversations.session_id, thread, contact_identities.value"),
                ),
                ("channel", To("conversations.channel_id")),
                ("status", To("conversations.status")),
                (
                    "last_message_at",
                    To("contacts.last_interaction_at, conversations.resolved_at"),
                ),
                (
                    "metadata",
                    Both("conversations.metadata, language; contacts.name; labels of its tags"),
                ),
                ("created_at", To("conversations.created_at, contacts.created_at")),
                ("updated_at", Both("contacts.updated_at")),
            ],
            talk::conversation,
        ),
        with(
            "conversation_messages",
            Through {
                column: "conversation_id",
                table: "conversations",
                key: "id",
                by: "tenant_id",
            },
            &["conversation_id", "created_at", "id"],
            &[
                ("id", To("messages.id")),
                ("conversation_id", To("messages.conversation_id")),
                ("role", To("messages.sender_type")),
                ("content", To("messages.text_content")),
                ("metadata", To("answers.confidence; the rest is kept")),
                ("created_at", To("messages.sent_at")),
            ],
            talk::message,
        ),
        table(
            "documents",
            &["created_at", "id"],
            &[
                ("id", To("documents.id")),
                ("tenant_id", To("documents.tenant_id")),
                ("filename", To("documents.title, filename")),
                (
                    "file_path",
                    Kept("the file stays where it lies: its passages were brought in"),
                ),
                ("file_size", To("documents.file_size")),
                ("mime_type", To("documents.mime_type")),
                ("status", To("documents.status")),
                ("chunk_count", To("documents.chunk_count")),
                ("metadata", Kept("a document has no such values here")),
                ("created_at", To("documents.created_at")),
                ("updated_at", To("documents.updated_at")),
            ],
            known::document,
        ),
        table(
            "website_sources",
            &["created_at", "id"],
            &[
                ("id", To("website_sources.id")),
                ("tenant_id", To("website_sources.tenant_id")),
                ("base_url", To("website_sources.base_url")),
                ("max_pages", To("website_sources.max_pages")),
                (
                    "crawl_frequency",
                    To("website_sources.crawl_frequency; the next reading is begun by hand"),
                ),
                ("last_crawled_at", To("website_sources.last_crawled_at")),
                ("status", To("website_sources.status")),
                ("pages_crawled", To("website_sources.pages_crawled")),
                ("metadata", Kept("a web site has no such values here")),
                ("created_at", To("website_sources.created_at")),
                ("updated_at", Both("website_sources.updated_at")),
            ],
            known::site,
        ),
        table(
            "website_pages",
            &["created_at", "id"],
            &[
                ("id", To("website_pages.id")),
                ("website_source_id", To("website_pages.website_id")),
                ("tenant_id", To("website_pages.tenant_id")),
                ("url", To("website_pages.url")),
                ("title", To("website_pages.title")),
                ("content", To("website_pages.content")),
                ("metadata", Kept("a page has no such values here")),
                ("chunk_count", To("website_pages.chunk_count")),
                ("crawled_at", To("website_pages.crawled_at")),
                ("created_at", To("website_pages.created_at")),
            ],
            known::page,
        ),
        table(
            "knowledge_chunks",
            &["created_at", "id"],
            &[
                ("id", To("knowledge_chunks.id")),
                ("tenant_id", To("knowledge_chunks.tenant_id")),
                ("source_type", Both("knowledge_chunks.source_type")),
                ("source_id", To("knowledge_chunks.document_id, website_page_id")),
                ("content", To("knowledge_chunks.content")),
                ("metadata", To("knowledge_chunks.position; the rest is kept")),
                ("embedding_model", Kept(SEARCHED)),
                ("indexed_in_qdrant", Kept(SEARCHED)),
                ("created_at", Both("knowledge_chunks.created_at")),
            ],
            known::passage,
        ),
        table(
            "escalations",
            &["created_at", "id"],
            &[
                ("id", To("escalations.id")),
                ("tenant_id", To("escalations.tenant_id")),
                ("conversation_id", To("escalations.conversation_id")),
                ("reason", To("escalations.reason")),
                ("summary", To("escalations.summary")),
                ("status", To("escalations.status")),
                (
                    "assigned_to",
                    Kept("members of this tenant are known by their accounts here"),
                ),
                ("resolved_at", To("escalations.resolved_at")),
                ("created_at", To("escalations.created_at")),
                ("updated_at", Both("escalations.updated_at")),
            ],
            talk::escalation,
        ),
        table(
            "topics_daily",
            &["date", "id"],
            &[
                ("id", To("topics_daily.id")),
                ("tenant_id", To("topics_daily.tenant_id")),
                ("date", Both("topics_daily.date")),
                ("topic_id", Both(COUNTED)),
                ("topic_label", Both(COUNTED)),
                ("keywords", Both(COUNTED)),
                ("message_count", Both(COUNTED)),
                ("percentage", Both(COUNTED)),
                (
                    "sample_messages",
                    Both("topics_daily.sample_messages, those that are known by their ids"),
                ),
                ("created_at", Both("topics_daily.created_at")),
            ],
            talk::topic,
        ),
        table(
            "meetings",
            &["created_at", "id"],
            &[
                ("id", To("meetings.id")),
                ("tenant_id", To("meetings.tenant_id")),
                ("conversation_id", To("meetings.conversation_id, contact_id")),
                ("user_id", Kept("its conversation knows who it is")),
                ("meeting_url", To("meetings.meeting_url")),
                ("scheduled_at", To("meetings.scheduled_at, ends_at")),
                ("duration_minutes", To("meetings.duration_minutes, ends_at")),
                ("status", To("meetings.status")),
                ("cal_event_id", To("meetings.cal_event_id")),
                ("created_at", To("meetings.created_at")),
                ("updated_at", To("meetings.updated_at")),
            ],
            talk::meeting,
        ),
        table(
            "model_versions",
            &["created_at", "id"],
            &[
                ("id", To("model_versions.id")),
                ("tenant_id", To("model_versions.tenant_id")),
                ("model_name", To("model_versions.model_name")),
                ("base_model", To("model_versions.base_model")),
                ("training_dataset_id", To("model_versions.training_dataset_id")),
                ("version", Both("model_versions.version")),
                ("status", To("model_versions.status")),
                ("metrics", To("model_versions.metrics")),
                (
                    "is_active",
                    Kept("it has no key here: give it one, then activate it"),
                ),
                ("created_at", To("model_versions.created_at")),
                ("updated_at", Both("model_versions.updated_at")),
            ],
            talk::model,
        ),
    ],
    not_read: &[],
};
