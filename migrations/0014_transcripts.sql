-- Past chats, and what they propose to know. The chats themselves stay only until they have been read; what is kept are
-- proposals, each with a few excerpts that say where it comes from.

create table transcript_imports (
    tenant_id          uuid not null references tenants (tenant_id) on delete cascade,
    id                 uuid not null,
    title              text not null,                  -- the file's name, or empty
    source             text not null
        constraint transcript_imports_source_check check (source in ('upload', 'resolved')),
    format             text
        constraint transcript_imports_format_check
        check (format in ('text', 'whatsapp', 'csv', 'jsonl', 'crisp', 'tidio', 'intercom', 'zendesk')),
    status             text not null
        constraint transcript_imports_status_check check (status in ('waiting', 'mining', 'wording', 'done', 'failed')),
    error              text,
    since              timestamptz,                    -- of resolved conversations: those that were resolved from then on
    speakers           jsonb not null default '[]',    -- who speaks, how much, and who is taken for the business
    problems           jsonb not null default '[]',    -- lines that could not be read
    conversation_count integer not null default 0,
    message_count      integer not null default 0,
    exchange_count     integer,                        -- questions that were answered; null: not looked for yet
    left_out_count     integer not null default 0,     -- answers that concern one person alone
    embedder           jsonb,                          -- what made the vectors of the exchanges
    created_by         text not null default 'system', -- as audit_log.actor
    finished_at        timestamptz,
    created_at         timestamptz not null default now(),
    updated_at         timestamptz not null default now(),
    primary key (tenant_id, id)
);
create index transcript_imports_recent on transcript_imports (tenant_id, created_at desc, id desc);

-- The chats as they were read, deleted as soon as the exchanges have been taken out.
create table transcript_chats (
    tenant_id  uuid not null,
    id         uuid not null,
    import_id  uuid not null,
    name       text,                                   -- what the export calls the conversation
    messages   jsonb not null,
    created_at timestamptz not null default now(),
    updated_at timestamptz not null default now(),
    primary key (tenant_id, id),
    foreign key (tenant_id, import_id) references transcript_imports (tenant_id, id) on delete cascade
);
create index transcript_chats_import on transcript_chats (tenant_id, import_id, id);

-- A question with its answer, until they have been put together with those that ask the same.
create table transcript_exchanges (
    tenant_id       uuid not null,
    id              uuid not null,
    import_id       uuid not null,
    chat            text,                              -- as transcript_chats.name
    conversation_id uuid,                              -- if it was one of our own
    question        text not null,
    answer          text not null,
    reasons         text[] not null default '{}',
    question_vector vector,
    answer_vector   vector,
    created_at      timestamptz not null default now(),
    updated_at      timestamptz not null default now(),
    primary key (tenant_id, id),
    foreign key (tenant_id, import_id) references transcript_imports (tenant_id, id) on delete cascade,
    foreign key (tenant_id, conversation_id) references conversations (tenant_id, id) on delete cascade
);
create index transcript_exchanges_import on transcript_exchanges (tenant_id, import_id, id);
create index transcript_exchanges_conversation on transcript_exchanges (tenant_id, conversation_id) where conversation_id is not null;

create table qa_proposals (
    tenant_id          uuid not null,
    id                 uuid not null,
    import_id          uuid not null,
    question           text not null check (question <> ''),
    answer             text not null check (answer <> ''),
    phrasings          text[] not null default '{}',
    category           text not null default 'general',
    language           text,
    times_seen         integer not null,
    reasons            text[] not null default '{}',   -- why it should be looked at closely, as codes
    status             text not null default 'proposed'
        constraint qa_proposals_status_check check (status in ('proposed', 'accepted', 'dismissed')),
    outcome            text                            -- what accepting it did
        constraint qa_proposals_outcome_check check (outcome in ('created', 'phrasing', 'replaced')),
    qa_pair_id         uuid,                           -- no foreign key: in a draft the pair is not there yet
    draft_id           uuid,                           -- where accepting it put it, if not in force at once
    overlap_id         uuid,                           -- the pair that answers this already
    overlap_similarity real,
    is_worded          boolean not null default false, -- a model has put it into better words
    is_edited          boolean not null default false,
    created_at         timestamptz not null default now(),
    updated_at         timestamptz not null default now(),
    primary key (tenant_id, id),
    foreign key (tenant_id, import_id) references transcript_imports (tenant_id, id) on delete cascade,
    foreign key (tenant_id, draft_id) references knowledge_versions (tenant_id, id) on delete set null (draft_id),
    foreign key (tenant_id, overlap_id) references qa_pairs (tenant_id, id) on delete set null (overlap_id)
);
create index qa_proposals_status on qa_proposals (tenant_id, status, created_at desc, id desc);
create index qa_proposals_import on qa_proposals (tenant_id, import_id, status);
create index qa_proposals_draft on qa_proposals (tenant_id, draft_id) where draft_id is not null;
create index qa_proposals_overlap on qa_proposals (tenant_id, overlap_id) where overlap_id is not null;

-- Where a proposal comes from, everybody whose words it has among them. With the first one that goes, it goes too, unless it
-- was accepted.
create table qa_proposal_excerpts (
    tenant_id       uuid not null,
    id              uuid not null,
    proposal_id     uuid not null,
    chat            text,
    conversation_id uuid,
    question        text not null,
    answer          text not null,
    created_at      timestamptz not null default now(),
    updated_at      timestamptz not null default now(),
    primary key (tenant_id, id),
    foreign key (tenant_id, proposal_id) references qa_proposals (tenant_id, id) on delete cascade,
    foreign key (tenant_id, conversation_id) references conversations (tenant_id, id) on delete cascade
);
create index qa_proposal_excerpts_proposal on qa_proposal_excerpts (tenant_id, proposal_id, id);
create index qa_proposal_excerpts_conversation on qa_proposal_excerpts (tenant_id, conversation_id) where conversation_id is not null;
