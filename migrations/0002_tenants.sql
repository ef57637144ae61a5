-- Tenants and access: a tenant is one business; members are users with a role in it.

create table tenants (
    tenant_id           uuid primary key,
    -- the same value under the name that other systems expect
    id                  uuid not null generated always as (tenant_id) stored,
    name                text not null,
    slug                text not null,
    email               text,
    website_url         text,
    language            text not null default 'en',
    time_zone           text not null default 'UTC',
    subscription_status text not null default 'trial'
        constraint tenants_subscription_status_check check (subscription_status in ('trial', 'active', 'suspended', 'cancelled')),
    subscription_plan   text not null default 'basic'
        constraint tenants_subscription_plan_check check (subscription_plan in ('basic', 'pro', 'enterprise')),
    is_active           boolean not null default true,
    -- what the model may spend in a day (UTC); null: no limit
    daily_token_budget  bigint default 2000000 check (daily_token_budget >= 0),
    daily_money_budget  numeric(12, 2) check (daily_money_budget >= 0),
    settings            jsonb not null default '{}',
    created_at          timestamptz not null default now(),
    updated_at          timestamptz not null default now()
);

create table memberships (
    tenant_id  uuid not null references tenants (tenant_id) on delete cascade,
    id         uuid not null default gen_random_uuid(),
    user_id    uuid not null references platform.users (id) on delete cascade,
    role       text not null
        constraint memberships_role_check check (role in ('owner', 'admin', 'agent', 'viewer')),
    -- copied from the user, so that a colleague's name can be shown without reading platform.users
    name       text not null,
    email      text not null,
    created_at timestamptz not null default now(),
    updated_at timestamptz not null default now(),
    primary key (tenant_id, id),
    constraint memberships_user_key unique (tenant_id, user_id)
);

create table api_keys (
    tenant_id    uuid not null references tenants (tenant_id) on delete cascade,
    id           uuid not null default gen_random_uuid(),
    name         text not null,
    key_hash     bytea not null,
    key_last4    text not null,
    scopes       text[] not null,
    is_active    boolean not null default true,
    expires_at   timestamptz,
    last_used_at timestamptz,
    created_at   timestamptz not null default now(),
    updated_at   timestamptz not null default now(),
    primary key (tenant_id, id),
    constraint api_keys_hash_key unique (tenant_id, key_hash)
);

-- The tenant's own keys for language-model providers.
create table llm_credentials (
    tenant_id     uuid not null references tenants (tenant_id) on delete cascade,
    id            uuid not null default gen_random_uuid(),
    provider      text not null
        constraint llm_credentials_provider_check check (provider in ('openai', 'anthropic', 'gemini', 'openai_compatible')),
    model         text not null,
    base_url      text,                       -- for openai_compatible: Ollama, vLLM, a gateway
    encrypted_key text not null,              -- AES-256-GCM, `iv:authTag:ciphertext` in hex, bound to tenant and row
    key_last4     text not null,
    label         text,
    is_default    boolean not null default false,
    is_active     boolean not null default true,
    input_price   numeric(12, 4),             -- per million tokens, in the tenant's currency; null: cost unknown
    output_price  numeric(12, 4),
    created_at    timestamptz not null default now(),
    updated_at    timestamptz not null default now(),
    primary key (tenant_id, id)
);
create unique index llm_credentials_one_default on llm_credentials (tenant_id) where is_default;

-- Append-only: the application may neither change nor delete what stands here.
create table audit_log (
    tenant_id  uuid not null references tenants (tenant_id) on delete cascade,
    id         uuid not null default gen_random_uuid(),
    actor      text not null,                 -- `user:<id>`, `api_key:<id>`, `operator` or `system`
    action     text not null,                 -- past tense: api_key_created
    subject    text,                          -- `<kind>:<id>` of what was touched
    details    jsonb not null default '{}',
    created_at timestamptz not null default now(),
    primary key (tenant_id, id)
);
create index audit_log_recent on audit_log (tenant_id, created_at desc);

-- The budget ledger: reserved before a model call, turned into spent after it.
create table usage_daily (
    tenant_id       uuid not null references tenants (tenant_id) on delete cascade,
    id              uuid not null default gen_random_uuid(),
    day             date not null,
    model_calls     bigint not null default 0,
    input_tokens    bigint not null default 0,
    output_tokens   bigint not null default 0,
    reserved_tokens bigint not null default 0 check (reserved_tokens >= 0),
    cost            numeric(14, 6) not null default 0,
    reserved_cost   numeric(14, 6) not null default 0 check (reserved_cost >= 0),
    created_at      timestamptz not null default now(),
    updated_at      timestamptz not null default now(),
    primary key (tenant_id, id),
    constraint usage_daily_day_key unique (tenant_id, day)
);

create table channels (
    tenant_id          uuid not null references tenants (tenant_id) on delete cascade,
    id                 uuid not null default gen_random_uuid(),
    kind               text not null
        constraint channels_kind_check check (kind in ('widget', 'whatsapp', 'messenger', 'instagram', 'telegram', 'crisp', 'tidio', 'api')),
    name               text not null,
    channel_key        text not null,
    settings           jsonb not null default '{}',   -- typed in channels::settings, defaults filled in there
    allowed_origins    text[] not null default '{}',  -- empty: any web site may show the widget
    encrypted_secret   text not null,                 -- verifies the visitor's identity token (HS256)
    is_active          boolean not null default true,
    created_at         timestamptz not null default now(),
    updated_at         timestamptz not null default now(),
    primary key (tenant_id, id),
    constraint channels_name_key unique (tenant_id, name),
    constraint channels_channel_key_key unique (tenant_id, channel_key)
);

create table channel_configurations (
    tenant_id      uuid not null,
    channel_id     uuid not null,
    ai_model       text,                        -- null: the model of the tenant's default credential
    ai_temperature numeric(2, 1) not null default 0.3 check (ai_temperature between 0 and 2),
    is_bot_active  boolean not null default true,
    created_at     timestamptz not null default now(),
    updated_at     timestamptz not null default now(),
    primary key (tenant_id, channel_id),
    foreign key (tenant_id, channel_id) references channels (tenant_id, id) on delete cascade
);
