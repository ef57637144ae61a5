-- What the bot knows and is told, version by version: every change of a Q&A pair or a prompt is kept with what stood
-- there before, and may be prepared as a draft, tried on past questions, published and taken back.

alter table knowledge_state
    add column calibration jsonb,                        -- how the shipped confidence is corrected; null: not at all
    add column last_version integer not null default 0,  -- the number of the newest published version
    add column publish_rule text not null default 'free' -- tested: only drafts change what is known, and only after a backtest
        constraint knowledge_state_publish_rule_check check (publish_rule in ('free', 'tested'));

create table knowledge_versions (
    tenant_id    uuid not null references tenants (tenant_id) on delete cascade,
    id           uuid not null default gen_random_uuid(),
    number       integer,                      -- counts what was published; null: a draft
    title        text not null default '',
    status       text not null default 'published'
        constraint knowledge_versions_status_check check (status in ('draft', 'published')),
    undoes       uuid,                         -- the version that it takes back
    created_by   text not null default 'system', -- as audit_log.actor
    published_by text,
    published_at timestamptz,
    created_at   timestamptz not null default now(),
    updated_at   timestamptz not null default now(),
    primary key (tenant_id, id),
    constraint knowledge_versions_number_key unique (tenant_id, number),
    foreign key (tenant_id, undoes) references knowledge_versions (tenant_id, id) on delete set null (undoes)
);
create index knowledge_versions_recent on knowledge_versions (tenant_id, coalesce(published_at, created_at) desc, id desc);
create index knowledge_versions_undoes on knowledge_versions (tenant_id, undoes) where undoes is not null;

-- One row a thing that a version changes. The states are those of qa_pair_state() and agent_prompt_state().
create table knowledge_changes (
    tenant_id    uuid not null,
    id           uuid not null default gen_random_uuid(),
    version_id   uuid not null,
    subject      text not null
        constraint knowledge_changes_subject_check check (subject in ('qa_pair', 'agent_prompt')),
    subject_id   uuid not null,                -- no foreign key: what was deleted can come back
    before       jsonb,                        -- null: there was none
    after        jsonb,                        -- null: there is none any more
    created_at   timestamptz not null default now(),
    updated_at   timestamptz not null default now(),
    primary key (tenant_id, id),
    constraint knowledge_changes_subject_key unique (tenant_id, version_id, subject, subject_id),
    foreign key (tenant_id, version_id) references knowledge_versions (tenant_id, id) on delete cascade
);
create index knowledge_changes_history on knowledge_changes (tenant_id, subject, subject_id);

-- A draft tried on questions that were asked before.
create table backtests (
    tenant_id    uuid not null,
    id           uuid not null default gen_random_uuid(),
    version_id   uuid not null,
    revision     bigint not null,              -- of knowledge_state, that it was compared with
    draft_updated_at timestamptz not null,     -- the draft as it was then
    fixed        integer not null,
    broken       integer not null,
    changed      integer not null,
    unchanged    integer not null,
    milliseconds integer not null,
    results      jsonb not null,               -- the questions whose answer is not the same, side by side
    created_at   timestamptz not null default now(),
    updated_at   timestamptz not null default now(),
    primary key (tenant_id, id),
    foreign key (tenant_id, version_id) references knowledge_versions (tenant_id, id) on delete cascade
);
create index backtests_version on backtests (tenant_id, version_id, created_at desc);

-- Questions with what a right answer is, asked again whenever one likes.
create table evaluation_sets (
    tenant_id   uuid not null references tenants (tenant_id) on delete cascade,
    id          uuid not null default gen_random_uuid(),
    name        text not null check (name <> ''),
    description text not null default '',
    created_at  timestamptz not null default now(),
    updated_at  timestamptz not null default now(),
    primary key (tenant_id, id),
    constraint evaluation_sets_name_key unique (tenant_id, name)
);

create table evaluation_cases (
    tenant_id      uuid not null,
    id             uuid not null default gen_random_uuid(),
    set_id         uuid not null,
    question       text not null check (question <> ''),
    expects        text not null
        constraint evaluation_cases_expects_check check (expects in ('qa_pair', 'source', 'text', 'no_answer')),
    expected_qa_id uuid,                       -- the pair that answers; null again if it is deleted
    expected_text  text,                       -- a source's title, or words that the answer holds
    created_at     timestamptz not null default now(),
    updated_at     timestamptz not null default now(),
    primary key (tenant_id, id),
    constraint evaluation_cases_question_key unique (tenant_id, set_id, question),
    foreign key (tenant_id, set_id) references evaluation_sets (tenant_id, id) on delete cascade,
    foreign key (tenant_id, expected_qa_id) references qa_pairs (tenant_id, id) on delete set null (expected_qa_id)
);
create index evaluation_cases_pair on evaluation_cases (tenant_id, expected_qa_id) where expected_qa_id is not null;

create table evaluation_runs (
    tenant_id     uuid not null,
    id            uuid not null default gen_random_uuid(),
    set_id        uuid not null,
    version       integer not null,            -- the newest published version at that time
    threshold     double precision not null,
    total         integer not null,
    rightly       integer not null,            -- answered as expected, or declined as expected
    wrongly       integer not null,            -- answered otherwise than expected
    declined      integer not null,            -- declined although an answer was expected
    false_answers integer not null,            -- answered although none was expected
    milliseconds  integer not null,
    results       jsonb not null,
    started_by    text not null default 'system',
    created_at    timestamptz not null default now(),
    updated_at    timestamptz not null default now(),
    primary key (tenant_id, id),
    foreign key (tenant_id, set_id) references evaluation_sets (tenant_id, id) on delete cascade
);
create index evaluation_runs_recent on evaluation_runs (tenant_id, set_id, created_at desc, id desc);

-- Whole texts by type, a row a version, one of each type in force. A question and answer text and a custom text serve
-- as a document; the system prompt goes before every channel's own.
create table knowledge_bases (
    tenant_id    uuid not null references tenants (tenant_id) on delete cascade,
    id           uuid not null default gen_random_uuid(),
    content_type text not null
        constraint knowledge_bases_content_type_check check (content_type in ('faq', 'system_prompt', 'custom')),
    content      text not null,
    version      integer not null,
    is_active    boolean not null default false,
    document_id  uuid,                         -- what visitors are answered from, while it is in force
    created_by   text not null default 'system',
    created_at   timestamptz not null default now(),
    updated_at   timestamptz not null default now(),
    primary key (tenant_id, id),
    constraint knowledge_bases_version_key unique (tenant_id, content_type, version),
    foreign key (tenant_id, document_id) references documents (tenant_id, id) on delete set null (document_id)
);
create unique index knowledge_bases_active on knowledge_bases (tenant_id, content_type) where is_active;
create index knowledge_bases_document on knowledge_bases (tenant_id, document_id) where document_id is not null;

-- Labels are looked for among the few answers that got a thumb, past questions among the newest answers.
create index answers_rated on answers (tenant_id, created_at desc) where feedback is not null;
create index answers_recent on answers (tenant_id, created_at desc)
    where mode in ('model', 'approved_text', 'no_answer') and question_text <> '';
