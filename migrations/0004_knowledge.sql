-- Knowledge: what the tenant knows, and what visitors asked that it does not.

-- One row a tenant: which embedder made the vectors that serve, and how often the knowledge changed.
create table knowledge_state (
    tenant_id     uuid primary key references tenants (tenant_id) on delete cascade,
    revision      bigint not null default 1,   -- raised by every change: caches compare it
    embedder      jsonb not null default '{"kind": "local"}',
    next_embedder jsonb,                       -- being computed in the background; the old vectors serve meanwhile
    created_at    timestamptz not null default now(),
    updated_at    timestamptz not null default now()
);

create table qa_pairs (
    tenant_id      uuid not null references tenants (tenant_id) on delete cascade,
    id             uuid not null default gen_random_uuid(),
    question       text not null check (question <> ''),
    answer         text not null check (answer <> ''),
    category       text not null default 'general',
    language       text,                       -- ISO 639-1; null: not recognised
    embedding      vector,                     -- of the question, by the tenant's embedder; null: full text alone
    embedding_next vector,
    source         text not null default 'manual'
        constraint qa_pairs_source_check check (source in ('manual', 'csv_import', 'transcript_extraction', 'gap')),
    is_active      boolean not null default true,
    metadata       jsonb not null default '{}',
    created_at     timestamptz not null default now(),
    updated_at     timestamptz not null default now(),
    primary key (tenant_id, id)
);
create index qa_pairs_active on qa_pairs (tenant_id, is_active, created_at desc);
create index qa_pairs_category on qa_pairs (tenant_id, category);

create table documents (
    tenant_id   uuid not null references tenants (tenant_id) on delete cascade,
    id          uuid not null default gen_random_uuid(),
    title       text not null check (title <> ''),
    filename    text,
    url         text,                          -- where visitors can read it
    mime_type   text not null default 'text/markdown',
    file_size   bigint not null,
    content     text not null,
    language    text,
    status      text not null default 'pending'
        constraint documents_status_check check (status in ('pending', 'processed', 'failed')),
    error       text,
    chunk_count integer not null default 0,
    created_at  timestamptz not null default now(),
    updated_at  timestamptz not null default now(),
    primary key (tenant_id, id)
);

create table knowledge_chunks (
    tenant_id       uuid not null,
    id              uuid not null default gen_random_uuid(),
    source_type     text not null
        constraint knowledge_chunks_source_type_check check (source_type in ('document', 'website', 'faq', 'conversation')),
    document_id     uuid,
    position        integer not null,
    section         integer not null default 0, -- passages under the same heading share it
    heading         text not null default '',
    content         text not null,
    language        text,
    embedding       vector,
    embedding_next  vector,
    created_at      timestamptz not null default now(),
    updated_at      timestamptz not null default now(),
    primary key (tenant_id, id),
    constraint knowledge_chunks_position_key unique (tenant_id, document_id, position),
    foreign key (tenant_id, document_id) references documents (tenant_id, id) on delete cascade
);

create table qa_gaps (
    tenant_id        uuid not null references tenants (tenant_id) on delete cascade,
    id               uuid not null default gen_random_uuid(),
    question         text not null check (question <> ''),
    ai_answer        text,
    best_match_id    uuid,
    similarity_score double precision,         -- cosine of the best match, 0 to 1
    conversation_id  uuid,                     -- where it was asked first
    language         text,
    status           text not null default 'open'
        constraint qa_gaps_status_check check (status in ('open', 'resolved', 'dismissed')),
    times_asked      integer not null default 1,
    last_asked_at    timestamptz not null default now(),
    resolved_qa_id   uuid,
    created_at       timestamptz not null default now(),
    updated_at       timestamptz not null default now(),
    primary key (tenant_id, id),
    foreign key (tenant_id, best_match_id) references qa_pairs (tenant_id, id) on delete set null (best_match_id),
    foreign key (tenant_id, resolved_qa_id) references qa_pairs (tenant_id, id) on delete set null (resolved_qa_id),
    foreign key (tenant_id, conversation_id) references conversations (tenant_id, id) on delete set null (conversation_id)
);
create unique index qa_gaps_open_question on qa_gaps (tenant_id, lower(question)) where status = 'open';
create index qa_gaps_status on qa_gaps (tenant_id, status, last_asked_at desc);
