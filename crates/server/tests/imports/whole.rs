//! Of every source every value of every column: brought in, and found again through the API.

use std::collections::BTreeSet;

use serde_json::Value;
use testkit::{Server, Tenant, require_runtime};
use uuid::Uuid;

use crate::found;
use crate::old::{Kind, Old, problems, sum};
use crate::support::{dump, server};

/// Words that have another name here, and values that follow from others.
const RENAMED: &[&str] = &[
    "messages.role",
    "conversation_messages.role",
    "channels.platform",
    "contacts.platform",
    "social_accounts.platform",
    "conversations.channel",
    // sealed: nobody is shown it
    "widgets.widget_secret",
];

/// Words in JSON that have another name here.
const WORDS: &[&str] = &["assistant"];

pub async fn check(kind: &'static Kind) {
    require_runtime!();
    let server = server().start().await;
    let mut old = Old::filled(&server, kind).await;
    let before = everything(&server).await;
    let plan = old.import(&server, &["--dry-run"]).await;
    assert_eq!(problems(&plan), "", "of the dry run");
    assert_eq!(everything(&server).await, before, "a dry run writes nothing");

    let report = old.import(&server, &[]).await;
    assert_eq!(problems(&report), "");
    assert_eq!(sum(&report, "created"), sum(&report, "rows"), "{report}");
    assert_eq!(
        sum(&report, "created"),
        sum(&plan, "created"),
        "as it was foretold"
    );
    let tenants: Vec<Uuid> = report["tenants"]
        .as_array()
        .expect("tenants")
        .iter()
        .map(|tenant| {
            tenant["tenant_id"]
                .as_str()
                .expect("an id")
                .parse()
                .expect("a UUID")
        })
        .collect();
    assert_eq!(tenants.len(), 2, "{report}");
    nobody_was_told(&server).await;
    every_value_is_found(&server, &mut old, &report).await;

    let mut owner = server.owner().await;
    let mut states = Vec::new();
    for tenant in &tenants {
        states.push(dump(&mut owner, *tenant).await);
    }
    let again = old.import(&server, &[]).await;
    assert_eq!(
        (sum(&again, "created"), sum(&again, "updated")),
        (0, 0),
        "{again}"
    );
    assert_eq!(sum(&again, "unchanged"), sum(&report, "created"));
    for (tenant, state) in tenants.iter().zip(states) {
        assert_eq!(
            dump(&mut owner, *tenant).await,
            state,
            "the same import again changes nothing"
        );
    }
}

/// The number of rows of each of our tables.
async fn everything(server: &Server) -> Vec<(String, i64)> {
    let mut owner = server.owner().await;
    let tables: Vec<String> = sqlx::query_scalar(
        "select c.oid::regclass::text from pg_class c where c.relkind = 'r'
            and c.relnamespace::regnamespace::text in ('public', 'platform') order by 1",
    )
    .fetch_all(&mut owner)
    .await
    .expect("the catalogue");
    let mut counts = Vec::new();
    for table in tables {
        let sql = sqlx::AssertSqlSafe(format!("select count(*) from {table}"));
        let count = sqlx::query_scalar(sql)
            .fetch_one(&mut owner)
            .await
            .expect("a number");
        counts.push((table, count));
    }
    counts
}

/// No delivery, webhook, rule, mail or notice came of it, nobody waits for an answer, and no channel is on.
async fn nobody_was_told(server: &Server) {
    let mut owner = server.owner().await;
    for quiet in [
        "deliveries",
        "webhook_deliveries",
        "automation_events",
        "emails",
        "email_notices",
        "conversations where awaiting_reply_since is not null or waiting_since is not null",
        "channels where is_active",
    ] {
        let sql = sqlx::AssertSqlSafe(format!("select count(*) from {quiet}"));
        let count: i64 = sqlx::query_scalar(sql)
            .fetch_one(&mut owner)
            .await
            .expect("a number");
        assert_eq!(count, 0, "{quiet}");
    }
}

async fn every_value_is_found(server: &Server, old: &mut Old, report: &Value) {
    let mut told = BTreeSet::new();
    for (place, tenant) in report["tenants"].as_array().expect("tenants").iter().enumerate() {
        let tenant = Tenant {
            id: tenant["tenant_id"]
                .as_str()
                .expect("an id")
                .parse()
                .expect("a UUID"),
            slug: tenant["slug"].as_str().expect("a short name").to_owned(),
            channel_key: String::new(),
            api_key: String::new(),
            api: server.api.without_credential(),
        };
        let reader = server
            .member(&tenant, &format!("reader{place}@example.com"), "owner")
            .await;
        told.extend(found::all(server, &reader).await);
    }
    let mut missing = Vec::new();
    for (table, rows) in old.rows().await {
        let columns = columns(report, &table);
        for row in rows {
            for column in columns
                .iter()
                .filter(|column| !RENAMED.contains(&format!("{table}.{column}").as_str()))
            {
                let mut values = BTreeSet::new();
                found::collect(&row[column], &mut values);
                // ids of others are made anew here; a row's own is kept
                values.retain(|value| column == "id" || value.parse::<Uuid>().is_err());
                values.retain(|value| !WORDS.contains(&value.as_str()));
                let lost = values.into_iter().filter(|value| !told.contains(value));
                missing.extend(lost.map(|value| format!("{table}.{column}: {value}")));
            }
        }
    }
    missing.sort();
    missing.dedup();
    assert!(missing.is_empty(), "not found again:\n{}", missing.join("\n"));
}

/// The columns that were brought in, by the report.
fn columns(report: &Value, table: &str) -> Vec<String> {
    let full = if table.contains('.') {
        table.to_owned()
    } else {
        format!("public.{table}")
    };
    let tables = report["tables"].as_array().expect("tables");
    let Some(table) = tables.iter().find(|known| known["table"] == full.as_str()) else {
        panic!("{full} is not in the report");
    };
    let columns = table["columns"].as_array().expect("columns");
    let brought = columns
        .iter()
        .filter(|column| column["outcome"] == "to" || column["outcome"] == "kept");
    brought
        .map(|column| column["column"].as_str().expect("a name").to_owned())
        .collect()
}

#[tokio::test]
async fn everything_of_the_dashboard_with_crm_is_found_again() {
    check(&crate::s4::KIND).await;
}

#[tokio::test]
async fn everything_of_the_assistant_is_found_again() {
    check(&ASSISTANT).await;
}

#[tokio::test]
async fn everything_of_the_widget_platform_is_found_again() {
    check(&WIDGETS).await;
}

#[tokio::test]
async fn everything_of_the_crisp_and_tidio_bot_is_found_again() {
    check(&VENDORS).await;
}

#[tokio::test]
async fn everything_of_the_omnichannel_support_is_found_again() {
    check(&SUPPORT).await;
}

pub const ASSISTANT: Kind = Kind {
    name: "s3",
    schema: include_str!("schemas/s3.sql"),
    counts: &[("auth.users", 2), ("workspaces", 2)],
    values: &[
        ("auth.users.email", &["'owner{i}@example.com'"]),
        (
            "workspaces.settings",
            &[
                r##"'{"display_name": "Clara {i}", "welcome_message": "Salut {i}", "placeholder_text": "Écrivez {i}",
                "suggested_messages": ["Prix {i} ?", "Délais {i} ?"], "booking_url": "https://calendly.example/{i}",
                "primary_color": "#63{i}6f1", "bubble_color": "#00000{i}", "bubble_position": "left",
                "avatar_url": "https://files.example/{i}.png", "chat_icon_url": "http://files.example/{i}.png",
                "personality_prompt": "You are Clara {i}.", "confidence_threshold": 0.8{i}, "max_suggestion_chips": 4,
                "escalation_enabled": false, "powered_by_clara": false, "own_setting": "mine {i}"}'"##,
            ],
        ),
        (
            "qa_pairs.source",
            &["'manual'", "'csv_import'", "'transcript_extraction'"],
        ),
        ("qa_pairs.is_active", &["true"]),
        (
            "chat_sessions.messages",
            &[
                r#"'[{"message_id": "question-{i}", "role": "user", "content": "What does plan {i} cost?", "timestamp": "2024-02-1{i}T10:00:00Z"},
                {"message_id": "answer-{i}", "role": "assistant", "content": "It costs 1{i} euros.", "timestamp": "2024-02-1{i}T10:00:05Z",
                "suggestion_chips": ["Chip {i} a", "Chip {i} b"], "gap_detected": true, "matched_qa_ids": [], "confidence": 0.6{i},
                "escalation_offered": true}]'"#,
                r#"'[{"message_id": "question-{i}", "role": "user", "content": "And plan {i}?", "timestamp": "2024-02-1{i}T10:00:00Z",
                "mood": "curious {i}"}]'"#,
            ],
        ),
        ("chat_sessions.visitor_email", &["'visitor{i}@example.com'"]),
        ("chat_sessions.summary", &[r#"'{"text": "Wanted prices {i}"}'"#]),
        ("qa_gaps.similarity_score", &["0.5{i}"]),
        (
            "qa_gaps.status",
            &["'open'", "'resolved'", "'dismissed'", "'open'"],
        ),
    ],
};

pub const WIDGETS: Kind = Kind {
    name: "s0",
    schema: include_str!("schemas/s0.sql"),
    counts: &[("clients", 2)],
    values: &[
        ("clients.contact_email", &["'client{i}@example.com'"]),
        (
            "widgets.config",
            &[
                r##"'{"first_message": "Bonjour {i}", "primary_color": "#a1b2c{i}", "custom_prompt": "Be kind {i}.", "sounds": "loud {i}"}'"##,
            ],
        ),
        ("widgets.webhook_url", &["'https://n8n.example/webhook/{i}'"]),
        ("chat_logs.confidence", &["0.7{i}"]),
        ("chat_logs.feedback", &["'up'", "'thumbs_down'", "null", "'meh'"]),
        (
            "webhook_errors.error_type",
            &["'timeout'", "'500'", "'unreachable'"],
        ),
    ],
};

const VENDORS: Kind = Kind {
    name: "s1",
    schema: include_str!("schemas/s1.sql"),
    counts: &[("tenants", 2)],
    values: &[
        ("tenants.email", &["'tenant{i}@example.com'"]),
        ("tenants.subscription_status", &["'active'", "'trial'"]),
        ("tenants.subscription_plan", &["'pro'", "'enterprise'"]),
        ("tenants.is_active", &["true"]),
        ("tenants.tidio_website_id", &["'tidio-site-{i}'", "null"]),
        (
            "conversations.metadata",
            &[
                r#"'{"user": {"nickname": "Ana {i}", "email": "ana{i}@example.com"}, "page": "https://shop.example/{i}"}'"#,
            ],
        ),
        ("messages.role", &["'user'", "'assistant'", "'system'", "'user'"]),
        (
            "leads.contact_info",
            &[
                r#"'{"name": "Lea {i}", "email": "lea{i}@example.com", "phone": "+33 1 02 03 04 0{i}", "budget": "5{i}00"}'"#,
            ],
        ),
        ("leads.status", &["'new'", "'contacted'", "'converted'", "'lost'"]),
        (
            "knowledge_bases.content_type",
            &["'faq'", "'system_prompt'", "'custom'", "'faq'"],
        ),
        ("knowledge_bases.version", &["1", "1", "3", "2"]),
        ("knowledge_bases.is_active", &["true"]),
    ],
};

pub const SUPPORT: Kind = Kind {
    name: "s2",
    schema: include_str!("schemas/s2.sql"),
    counts: &[("tenants", 2)],
    values: &[
        ("tenants.slug", &["'boutique-{i}'"]),
        ("tenants.website_url", &["'https://boutique{i}.example'"]),
        ("tenants.contact_email", &["'boutique{i}@example.com'"]),
        (
            "tenants.settings",
            &[
                r#"'{"business_hours": "9-18", "timezone": "Europe/Paris", "escalation_email": "help{i}@example.com", "vip": "yes {i}"}'"#,
            ],
        ),
        (
            "social_accounts.platform",
            &["'instagram'", "'whatsapp'", "'messenger'"],
        ),
        (
            "conversations.channel",
            &["'instagram'", "'whatsapp'", "'widget'", "'widget'"],
        ),
        (
            "conversations.status",
            &["'open'", "'resolved'", "'escalated'", "'open'"],
        ),
        (
            "conversations.metadata",
            &[
                r#"'{"user_name": "Sophie {i}", "language": "fr", "tags": ["livraison {i}", "retour"], "shop": "Lyon {i}"}'"#,
            ],
        ),
        ("conversation_messages.role", &["'user'", "'assistant'"]),
        (
            "conversation_messages.metadata",
            &[r#"'{"intent": "faq {i}", "confidence": 0.9{i}}'"#],
        ),
        ("documents.mime_type", &["'application/pdf'"]),
        (
            "documents.status",
            &["'processed'", "'failed'", "'pending'", "'processed'"],
        ),
        ("website_sources.base_url", &["'https://boutique{i}.example'"]),
        ("website_sources.max_pages", &["4{i}"]),
        (
            "website_sources.crawl_frequency",
            &["'manual'", "'daily'", "'weekly'"],
        ),
        (
            "website_sources.status",
            &["'completed'", "'failed'", "'crawling'"],
        ),
        ("website_pages.url", &["'https://boutique{i}.example/livraison'"]),
        (
            "knowledge_chunks.source_type",
            &["'document'", "'website'", "'faq'", "'conversation'"],
        ),
        (
            "knowledge_chunks.source_id",
            &[
                "(select id from documents order by id limit 1)",
                "(select id from website_pages order by id limit 1 offset 1)",
                "null",
            ],
        ),
        (
            "escalations.status",
            &["'pending'", "'resolved'", "'in_progress'"],
        ),
        ("escalations.assigned_to", &["'agent{i}@example.com'"]),
        ("topics_daily.percentage", &["3{i}.25"]),
        ("meetings.duration_minutes", &["4{i}"]),
        ("meetings.meeting_url", &["'https://cal.example/boutique/{i}'"]),
        ("meetings.status", &["'scheduled'", "'completed'", "'cancelled'"]),
    ],
};
