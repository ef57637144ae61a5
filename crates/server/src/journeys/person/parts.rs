//! Where something of a person is stored, and what is left out of their file.

/// The rows of a table that are a person's.
pub struct Part {
    pub table: &'static str,
    /// `$1` their contacts, `$2` conversations, `$3` clients, `$4` deals.
    pub condition: &'static str,
}

const fn part(table: &'static str, condition: &'static str) -> Part {
    Part { table, condition }
}

const IN_CONVERSATION: &str = "t.conversation_id = any ($2)";

pub const PARTS: &[Part] = &[
    part("contacts", "t.id = any ($1)"),
    part("contact_identities", "t.contact_id = any ($1)"),
    part("contact_merges", "t.kept_id = any ($1) or t.merged_id = any ($1)"),
    part("conversations", "t.id = any ($2)"),
    part("messages", IN_CONVERSATION),
    part("assets", IN_CONVERSATION),
    part("answers", IN_CONVERSATION),
    part("escalations", IN_CONVERSATION),
    part("conversation_events", IN_CONVERSATION),
    part("conversation_labels", IN_CONVERSATION),
    part("conversation_notes", IN_CONVERSATION),
    part("deliveries", IN_CONVERSATION),
    part("emails", "t.conversation_id = any ($2) and t.user_id is null"),
    part("inbound_events", IN_CONVERSATION),
    part("lead_requests", IN_CONVERSATION),
    part(
        "leads",
        "t.contact_id = any ($1) or t.conversation_id = any ($2) or t.client_id = any ($3)",
    ),
    part("meeting_dialogues", IN_CONVERSATION),
    part(
        "meetings",
        "t.contact_id = any ($1) or t.conversation_id = any ($2)",
    ),
    part("tool_calls", IN_CONVERSATION),
    part("qa_gaps", IN_CONVERSATION),
    part("gap_occurrences", IN_CONVERSATION),
    part("qa_proposal_excerpts", IN_CONVERSATION),
    part("training_examples", IN_CONVERSATION),
    part("transcript_exchanges", IN_CONVERSATION),
    part("crm_clients", "t.id = any ($3)"),
    part(
        "crm_client_merges",
        "t.kept_id = any ($3) and t.merged_id = any ($3)",
    ),
    part("crm_deals", "t.id = any ($4)"),
    part("crm_deal_stages_history", "t.deal_id = any ($4)"),
    part("crm_orders", "t.client_id = any ($3)"),
    part(
        "crm_activities",
        "t.client_id = any ($3) or t.deal_id = any ($4) or t.conversation_id = any ($2)",
    ),
    part("crm_notes", "t.client_id = any ($3) or t.deal_id = any ($4)"),
    part("import_rows", "t.became_id = any ($1 || $2 || $3 || $4)"),
];

/// Columns that say nothing of a person: made of others, or how the product works.
pub const COLUMNS: &[&str] = &[
    "tenant_id",
    "embedding",
    "embedding_next",
    "question_vector",
    "answer_vector",
    "trace",
    "digest",
    "became_digest",
    "public_id",
    "name_key",
    "company_key",
    "email_key",
    "phone_key",
    "value_key",
    "number_key",
    "shop_key",
    "total_key",
    "revenue_key",
    "average_key",
];

/// Tables that name a conversation, contact, client, deal or message and are not in the file, with the reason.
pub const LEFT_OUT: &[(&str, &str)] = &[
    ("analytics_conversations", "counted from the conversations"),
    ("analytics_touched", "that something is to be counted again"),
    ("automation_events", "facts about what is in the file"),
    ("conversation_viewers", "which colleague has it open"),
    ("conversation_words", "words of the messages, to search for"),
    ("crm_client_words", "words of the client, to search for"),
    ("crm_deal_words", "words of the deals, to search for"),
    ("email_notices", "what colleagues are told"),
    ("idempotency_keys", "keys of programs' requests"),
    ("lead_words", "words of the leads, to search for"),
    ("note_mentions", "which colleagues a note is meant for"),
    ("order_verifications", "codes as hashes"),
    ("passage_uses", "which texts an answer rests on: in the answers"),
    ("qa_pair_uses", "which texts an answer rests on: in the answers"),
    ("topic_messages", "counted from the messages"),
    (
        "webhook_deliveries",
        "copies of what is in the file, on their way to other programs",
    ),
    ("webhook_errors", "why a workflow did not answer"),
];
