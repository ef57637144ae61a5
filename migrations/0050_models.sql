-- Models of the workspace's own: what they are trained on, and their versions.

-- Questions with the answers that they should get, for a model to be trained on.
create table training_sets (
    tenant_id     uuid not null references tenants (tenant_id) on delete cascade,
    id            uuid not null default gen_random_uuid(),
    name          text not null check (name <> ''),
    filter        jsonb not null default '{}', -- what it was put together by
    system_prompt text not null default '',    -- stands before each example
    status        text not null default 'draft'
        constraint training_sets_status_check check (status in ('frozen', 'draft')),
    digest        text,                        -- SHA-256 of what is exported, in hex; null: a draft
    example_count integer,                     -- when it was frozen. Erasing a visitor takes away examples of frozen sets too
    frozen_at     timestamptz,
    created_by    text not null default 'system', -- as audit_log.actor
    created_at    timestamptz not null default now(),
    updated_at    timestamptz not null default now(),
    primary key (tenant_id, id),
    constraint training_sets_name_key unique (tenant_id, name),
    constraint training_sets_frozen_check check ((status = 'frozen') = (digest is not null))
);

-- Personal data is taken out before a row is written.
create table training_examples (
    tenant_id       uuid not null,
    id              uuid not null default gen_random_uuid(),
    set_id          uuid not null,
    origin          text not null
        constraint training_examples_origin_check check (origin in ('approved', 'gap', 'feedback')),
    question        text not null check (question <> ''),
    answer          text not null check (answer <> ''),
    language        text,
    redactions      integer not null default 0, -- places where something was taken out
    is_left_out     boolean not null default false,
    subject_id      uuid not null,             -- the pair, phrasing, gap or answer that it comes from; no foreign key: that may change and go
    conversation_id uuid,                      -- whose words the question is; the example goes with the visitor
    created_at      timestamptz not null default now(),
    updated_at      timestamptz not null default now(),
    primary key (tenant_id, id),
    foreign key (tenant_id, set_id) references training_sets (tenant_id, id) on delete cascade,
    foreign key (tenant_id, conversation_id) references conversations (tenant_id, id) on delete cascade
);
create index training_examples_set on training_examples (tenant_id, set_id, id);
create index training_examples_conversation on training_examples (tenant_id, conversation_id) where conversation_id is not null;

create table model_versions (
    tenant_id           uuid not null references tenants (tenant_id) on delete cascade,
    id                  uuid not null default gen_random_uuid(),
    kind                text not null
        constraint model_versions_kind_check check (kind in ('chat', 'retrieval')),
    model_name          text not null check (model_name <> ''), -- the provider's name of it; while it is trained, the one it is to have
    base_model          text not null default '',
    version             text not null,         -- v1, v2 … of the kind, or what somebody calls it
    origin              text not null
        constraint model_versions_origin_check check (origin in ('registered', 'tuned', 'trained')), -- by hand, by a provider, here
    training_set_id     uuid,
    training_dataset_id text,                  -- the digest of what it was trained on
    status              text not null default 'training'
        constraint model_versions_status_check check (status in ('ready', 'training', 'deprecated', 'failed', 'cancelled')),
    is_active           boolean not null default false,
    metrics             jsonb not null default '{}',
    note                text not null default '',
    error               text,
    credential_id       uuid,                  -- chat: by which it is called
    input_price         numeric(12, 4),        -- chat: per million tokens, in place of the credential's
    output_price        numeric(12, 4),
    provider_file       text,                  -- tuned: the provider's names of what was sent and of the job
    provider_job        text,
    provider_status     text,
    is_cancel_requested boolean not null default false,
    artifact            bytea                  -- trained here: what is computed with
        constraint model_versions_artifact_check check (length(artifact) <= 8388608),
    created_by          text not null default 'system', -- as audit_log.actor
    activated_at        timestamptz,
    finished_at         timestamptz,
    created_at          timestamptz not null default now(),
    updated_at          timestamptz not null default now(),
    primary key (tenant_id, id),
    constraint model_versions_version_key unique (tenant_id, kind, version),
    constraint model_versions_active_check check (not is_active or status = 'ready'),
    foreign key (tenant_id, training_set_id) references training_sets (tenant_id, id) on delete set null (training_set_id),
    foreign key (tenant_id, credential_id) references llm_credentials (tenant_id, id) on delete set null (credential_id)
);
create unique index model_versions_one_active on model_versions (tenant_id, kind) where is_active;
create index model_versions_recent on model_versions (tenant_id, created_at desc, id desc);
create index model_versions_set on model_versions (tenant_id, training_set_id) where training_set_id is not null;
create index model_versions_credential on model_versions (tenant_id, credential_id) where credential_id is not null;

-- What happened while it was trained, as the provider or the training tells it.
create table model_version_events (
    tenant_id  uuid not null,
    id         uuid not null default gen_random_uuid(),
    version_id uuid not null,
    level      text not null default 'info'
        constraint model_version_events_level_check check (level in ('info', 'warn', 'error')),
    message    text not null,
    event_key  text not null,                  -- the provider's id of it: the same one is not told twice
    happened_at timestamptz not null,
    created_at timestamptz not null default now(),
    primary key (tenant_id, id),
    constraint model_version_events_key unique (tenant_id, version_id, event_key),
    foreign key (tenant_id, version_id) references model_versions (tenant_id, id) on delete cascade
);
