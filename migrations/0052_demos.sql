-- Demonstrations for the web sites of others: each is a tenant of its own, without members, and goes with all that it holds
-- when its time is over.

create table demos (
    tenant_id      uuid not null references tenants (tenant_id) on delete cascade,
    id             uuid not null,
    token          text not null,              -- public: it stands in the link
    name           text not null,              -- what the site calls itself
    website_url    text not null,
    messages_a_day integer not null
        constraint demos_messages_a_day_check check (messages_a_day between 1 and 10000),
    day            date,                       -- the day (UTC) that is being counted
    messages       integer not null default 0, -- of visitors on that day
    expires_at     timestamptz not null,
    created_by     text not null,              -- `command_line` or `user:<id>`
    created_at     timestamptz not null default now(),
    updated_at     timestamptz not null default now(),
    primary key (tenant_id, id),
    constraint demos_tenant_key unique (tenant_id)
);

-- Where a link leads, and which demonstrations are over.
create table platform.demo_index (
    token       text primary key,
    tenant_id   uuid not null,
    demo_id     uuid not null,
    name        text not null,
    website_url text not null,
    created_by  text not null,
    created_at  timestamptz not null,
    expires_at  timestamptz not null
);
create index demo_index_tenant on platform.demo_index (tenant_id);
create index demo_index_recent on platform.demo_index (created_at desc, demo_id desc);
create index demo_index_expiry on platform.demo_index (expires_at);
