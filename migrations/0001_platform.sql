-- The few look-ups that must work before the tenant is known. No tenant content lives here.
-- Role rapport_platform reads it; role rapport_app may only keep the index tables in step (by trigger).

create table platform.users (
    id            uuid primary key,
    email         text not null,
    name          text not null,
    password_hash text not null,              -- argon2id, PHC string
    created_at    timestamptz not null default now(),
    updated_at    timestamptz not null default now()
);
create unique index users_email_key on platform.users (lower(email));

-- One row a signed-in browser. The cookie holds the token, this table only its SHA-256.
create table platform.sessions (
    token_hash  bytea primary key,
    user_id     uuid not null references platform.users (id) on delete cascade,
    tenant_id   uuid not null,
    user_agent  text,
    created_at  timestamptz not null default now(),
    last_seen_at timestamptz not null default now(),
    expires_at  timestamptz not null
);
create index sessions_user on platform.sessions (user_id);

create table platform.tenant_index (
    tenant_id uuid primary key,
    slug      text not null constraint tenants_slug_key unique,
    is_active boolean not null                -- false: suspended, cancelled or switched off
);

create table platform.membership_index (
    user_id   uuid not null,
    tenant_id uuid not null,
    role      text not null,
    primary key (user_id, tenant_id)
);

create table platform.api_key_index (
    key_hash   bytea primary key,             -- SHA-256 of the whole key
    tenant_id  uuid not null,
    api_key_id uuid not null,
    scopes     text[] not null,
    expires_at timestamptz
);
create index api_key_index_key on platform.api_key_index (tenant_id, api_key_id);

create table platform.channel_index (
    channel_key text primary key,             -- public: it stands in the script tag
    tenant_id   uuid not null,
    channel_id  uuid not null,
    kind        text not null,
    is_active   boolean not null
);
create index channel_index_channel on platform.channel_index (tenant_id, channel_id);
