//! The chat dashboard with its CRM: organisations, their channels, contacts and messages, clients, deals and orders.
//!
//! An organisation becomes a tenant, a profile a member. A contact has one conversation with us; its messages become that.

mod people;
mod sales;
mod talk;

use super::super::mapping::Belongs::{By, Itself, Through};
use super::super::mapping::Goes::{Both, Kept, Out, To};
use super::super::mapping::{Source, Table};

const OFF: &str = "a channel arrives switched off";
const COUNTED: &str = "counted anew from the orders; the number that stood there is kept";
const SEALED: &str = "sealed with a key that only the old system has: connect the channel anew";
const VIEW: &str = "a view of other tables: its numbers are counted here";

pub const SOURCE: Source = Source {
    kind: "s4",
    tables: &[
        Table {
            schema: "public",
            name: "organizations",
            key: "id",
            belongs: Itself,
            order: &["created_at", "id"],
            columns: &[
                ("id", To("tenants.tenant_id")),
                ("name", To("tenants.name, slug")),
                ("created_at", Both("tenants.created_at")),
            ],
            others: Kept("not in the specification"),
            map: people::organization,
        },
        Table {
            schema: "auth",
            name: "users",
            key: "id",
            belongs: Through {
                column: "id",
                table: "profiles",
                key: "id",
                by: "organization_id",
            },
            order: &["id"],
            columns: &[
                ("id", To("memberships.user_id")),
                ("email", To("memberships.email")),
            ],
            others: Out("how people signed in there: they choose a new password here"),
            map: people::account,
        },
        Table {
            schema: "public",
            name: "profiles",
            key: "id",
            belongs: By("organization_id"),
            order: &["id"],
            columns: &[
                ("id", To("memberships.user_id")),
                ("organization_id", To("memberships.tenant_id")),
                ("full_name", To("memberships.name")),
                ("role", To("memberships.role")),
            ],
            others: Kept("not in the specification"),
            map: people::profile,
        },
        Table {
            schema: "public",
            name: "channels",
            key: "id",
            belongs: By("organization_id"),
            order: &["created_at", "id"],
            columns: &[
                ("id", To("channels.id")),
                ("organization_id", To("channels.tenant_id")),
                ("name", To("channels.name")),
                ("platform", To("channels.kind")),
                ("platform_channel_id", To("channels.platform_channel_id")),
                ("credentials", Out(SEALED)),
                ("is_active", Kept(OFF)),
                ("created_at", To("channels.created_at")),
            ],
            others: Kept("not in the specification"),
            map: talk::channel,
        },
        Table {
            schema: "public",
            name: "channel_configurations",
            key: "channel_id",
            belongs: By("organization_id"),
            order: &["channel_id"],
            columns: &[
                ("channel_id", To("channel_configurations.channel_id")),
                ("organization_id", To("channel_configurations.tenant_id")),
                ("ai_model", To("channel_configurations.ai_model")),
                ("ai_temperature", To("channel_configurations.ai_temperature")),
                ("is_bot_active", To("channel_configurations.is_bot_active")),
                ("updated_at", Both("channel_configurations.updated_at")),
            ],
            others: Kept("not in the specification"),
            map: talk::configuration,
        },
        Table {
            schema: "public",
            name: "agent_prompts",
            key: "id",
            belongs: By("organization_id"),
            order: &["channel_id", "id"],
            columns: &[
                ("id", To("channel_agents.id, agent_prompts.id")),
                ("organization_id", To("channel_agents.tenant_id")),
                ("channel_id", To("channel_agents.channel_id")),
                ("agent_id", To("channel_agents.agent_id")),
                ("name", To("channel_agents.name, agent_prompts.name")),
                (
                    "description",
                    To("channel_agents.description, agent_prompts.description"),
                ),
                ("system_prompt", To("agent_prompts.system_prompt")),
            ],
            others: Kept("not in the specification"),
            map: talk::prompt,
        },
        Table {
            schema: "public",
            name: "content_collections",
            key: "id",
            belongs: By("organization_id"),
            order: &["channel_id", "id"],
            columns: &[
                ("id", To("content_collections.id")),
                ("organization_id", To("content_collections.tenant_id")),
                ("channel_id", To("content_collections.channel_id")),
                ("collection_id", To("content_collections.collection_id")),
                ("name", To("content_collections.name")),
                ("items", To("content_collections.items")),
            ],
            others: Kept("not in the specification"),
            map: talk::collection,
        },
        Table {
            schema: "public",
            name: "keyword_actions",
            key: "id",
            belongs: By("organization_id"),
            order: &["channel_id", "id"],
            columns: &[
                ("id", To("keyword_actions.id")),
                ("organization_id", To("keyword_actions.tenant_id")),
                ("channel_id", To("keyword_actions.channel_id")),
                ("keyword", To("keyword_actions.keyword")),
                ("action_type", To("keyword_actions.action_type")),
            ],
            others: Kept("not in the specification"),
            map: talk::keyword,
        },
        Table {
            schema: "public",
            name: "contacts",
            key: "id",
            belongs: By("organization_id"),
            order: &["created_at", "id"],
            columns: &[
                ("id", To("contacts.id, conversations.id")),
                ("organization_id", To("contacts.tenant_id")),
                ("channel_id", To("conversations.channel_id")),
                ("platform", Kept("the channel knows it")),
                (
                    "platform_user_id",
                    To("contact_identities.value, conversations.session_id, thread"),
                ),
                ("name", To("contacts.name")),
                ("avatar_url", Both("contacts.avatar_url")),
                ("ai_enabled", To("contacts.ai_enabled, conversations.ai_paused")),
                ("last_interaction_at", To("contacts.last_interaction_at")),
                ("last_message_preview", Both("contacts.last_message_preview")),
                (
                    "unread_count",
                    To("contacts.unread_count, conversations.unread_count, status"),
                ),
                ("created_at", To("contacts.created_at, conversations.created_at")),
                ("updated_at", Both("contacts.updated_at")),
            ],
            others: Kept("not in the specification"),
            map: talk::contact,
        },
        Table {
            schema: "public",
            name: "messages",
            key: "id",
            belongs: By("organization_id"),
            order: &["sent_at", "id"],
            columns: &[
                ("id", To("messages.id")),
                ("organization_id", To("messages.tenant_id")),
                ("channel_id", Kept("its conversation knows it")),
                ("contact_id", To("messages.conversation_id")),
                ("message_platform_id", To("messages.client_message_id")),
                ("sender_type", To("messages.sender_type")),
                ("content_type", To("messages.content_type")),
                ("text_content", To("messages.text_content")),
                ("attachment_url", To("messages.metadata: missing_file")),
                ("attachment_metadata", Kept("the file stays where it lies")),
                (
                    "is_read_by_agent",
                    Kept("what is unread is counted for the conversation"),
                ),
                ("sent_at", To("messages.sent_at")),
                ("platform_timestamp", Both("messages.written_at")),
            ],
            others: Kept("not in the specification"),
            map: talk::message,
        },
        sales::CLIENTS,
        sales::PRODUCTS,
        sales::DEALS,
        sales::HISTORY,
        sales::ORDERS,
        sales::ACTIVITIES,
        sales::NOTES,
        sales::TAGS,
    ],
    not_read: &[
        ("analytics_deal_metrics", VIEW),
        ("analytics_client_metrics", VIEW),
        ("analytics_revenue_metrics", VIEW),
        ("analytics_chatbot_effectiveness", VIEW),
        ("analytics_channel_performance", VIEW),
    ],
};
