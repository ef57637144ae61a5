-- Conversations: who said what, in an order that nobody can dispute.

create table contacts (
    tenant_id            uuid not null references tenants (tenant_id) on delete cascade,
    id                   uuid not null default gen_random_uuid(),
    name                 text,
    email                text,
    phone                text,
    language             text,
    ai_enabled           boolean not null default true,
    last_interaction_at  timestamptz,
    last_message_preview text,
    unread_count         integer not null default 0,
    metadata             jsonb not null default '{}',
    created_at           timestamptz not null default now(),
    updated_at           timestamptz not null default now(),
    primary key (tenant_id, id)
);

-- One person, many ways to be recognised. `external` is the subject of a signed identity token.
create table contact_identities (
    tenant_id   uuid not null,
    id          uuid not null default gen_random_uuid(),
    contact_id  uuid not null,
    kind        text not null
        constraint contact_identities_kind_check check (kind in ('external', 'email', 'phone', 'platform')),
    value       text not null,
    is_verified boolean not null default false,
    created_at  timestamptz not null default now(),
    updated_at  timestamptz not null default now(),
    primary key (tenant_id, id),
    constraint contact_identities_value_key unique (tenant_id, kind, value),
    foreign key (tenant_id, contact_id) references contacts (tenant_id, id) on delete cascade
);
create index contact_identities_contact on contact_identities (tenant_id, contact_id);

create table conversations (
    tenant_id            uuid not null,
    id                   uuid not null default gen_random_uuid(),
    contact_id           uuid not null,
    channel_id           uuid not null,
    session_id           text not null,        -- the platform's name for the thread; for the widget the id itself
    status               text not null default 'open'
        constraint conversations_status_check check (status in ('open', 'escalated', 'resolved')),
    ai_paused            boolean not null default false,   -- a person has taken over
    assigned_to          uuid,                 -- memberships.user_id
    language             text,
    last_seq             bigint not null default 0,        -- seq of the newest message
    last_message_at      timestamptz,
    last_message_preview text,
    unread_count         integer not null default 0,       -- visitor messages that no person has read
    awaiting_reply_since timestamptz,          -- set by a visitor's message, cleared by any reply: what a restart must finish
    summary              jsonb,
    page_url             text,
    resolved_at          timestamptz,
    escalated_at         timestamptz,
    metadata             jsonb not null default '{}',
    created_at           timestamptz not null default now(),
    updated_at           timestamptz not null default now(),
    primary key (tenant_id, id),
    constraint conversations_session_key unique (tenant_id, channel_id, session_id),
    foreign key (tenant_id, contact_id) references contacts (tenant_id, id) on delete cascade,
    foreign key (tenant_id, channel_id) references channels (tenant_id, id) on delete cascade,
    foreign key (tenant_id, assigned_to) references memberships (tenant_id, user_id) on delete set null (assigned_to)
);
create unique index conversations_one_open on conversations (tenant_id, contact_id, channel_id) where status <> 'resolved';
create index conversations_recent on conversations (tenant_id, last_message_at desc, id);
create index conversations_by_status on conversations (tenant_id, status, last_message_at desc, id);
create index conversations_channel on conversations (tenant_id, channel_id);
create index conversations_awaiting on conversations (tenant_id, awaiting_reply_since) where awaiting_reply_since is not null;

create table messages (
    tenant_id         uuid not null,
    id                uuid not null default gen_random_uuid(),
    conversation_id   uuid not null,
    seq               bigint not null,         -- 1, 2, 3 … in each conversation, given by trigger
    sender_type       text not null
        constraint messages_sender_type_check check (sender_type in ('user', 'agent', 'ai', 'system')),
    sender_user_id    uuid,                    -- the member who wrote it; kept when the member leaves
    sender_name       text,
    content_type      text not null default 'text'
        constraint messages_content_type_check check (content_type in ('text')),
    text_content      text not null,
    client_message_id text,                    -- made by the sender: the same one again stores nothing twice
    sent_at           timestamptz not null default now(),
    created_at        timestamptz not null default now(),
    updated_at        timestamptz not null default now(),
    primary key (tenant_id, id),
    constraint messages_seq_key unique (tenant_id, conversation_id, seq),
    constraint messages_client_message_id_key unique (tenant_id, conversation_id, client_message_id),
    foreign key (tenant_id, conversation_id) references conversations (tenant_id, id) on delete cascade
);

-- What the bot thought: one row for each of its messages (same id), pointing at the question it answered.
create table answers (
    tenant_id           uuid not null,
    id                  uuid not null,
    conversation_id     uuid not null,
    question_message_id uuid not null,         -- the last visitor message it saw
    question_text       text not null,         -- what was understood, after joining and resolving follow-ups
    mode                text not null
        constraint answers_mode_check check (mode in ('model', 'approved_text', 'no_answer', 'small_talk', 'action')),
    confidence          double precision not null check (confidence between 0 and 1),
    gap_detected        boolean not null default false,
    escalation_offered  boolean not null default false,
    suggestion_chips    text[] not null default '{}',
    matched_qa_ids      uuid[] not null default '{}',
    sources             jsonb not null default '[]',
    actions             jsonb not null default '[]',
    language            text,
    model               text,
    input_tokens        bigint not null default 0,
    output_tokens       bigint not null default 0,
    trace               jsonb not null default '{}',
    feedback            text constraint answers_feedback_check check (feedback in ('up', 'down')),
    feedback_comment    text,
    feedback_at         timestamptz,
    created_at          timestamptz not null default now(),
    updated_at          timestamptz not null default now(),
    primary key (tenant_id, id),
    constraint answers_question_key unique (tenant_id, question_message_id),
    foreign key (tenant_id, id) references messages (tenant_id, id) on delete cascade,
    foreign key (tenant_id, conversation_id) references conversations (tenant_id, id) on delete cascade,
    foreign key (tenant_id, question_message_id) references messages (tenant_id, id) on delete cascade
);
create index answers_conversation on answers (tenant_id, conversation_id);

create table escalations (
    tenant_id       uuid not null,
    id              uuid not null default gen_random_uuid(),
    conversation_id uuid not null,
    reason          text not null
        constraint escalations_reason_check check (reason in ('visitor_asked', 'low_confidence', 'agent', 'bot_limit')),
    summary         text not null,
    status          text not null default 'pending'
        constraint escalations_status_check check (status in ('pending', 'in_progress', 'resolved')),
    assigned_to     uuid,
    resolved_at     timestamptz,
    created_at      timestamptz not null default now(),
    updated_at      timestamptz not null default now(),
    primary key (tenant_id, id),
    foreign key (tenant_id, conversation_id) references conversations (tenant_id, id) on delete cascade,
    foreign key (tenant_id, assigned_to) references memberships (tenant_id, user_id) on delete set null (assigned_to)
);
create unique index escalations_one_open on escalations (tenant_id, conversation_id) where status <> 'resolved';
