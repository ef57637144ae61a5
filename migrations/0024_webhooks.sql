-- Outgoing webhooks: what happens is told to addresses that the tenant names.

create table webhook_endpoints (
    tenant_id             uuid not null references tenants (tenant_id) on delete cascade,
    id                    uuid not null,
    url                   text not null,
    description           text not null default '',
    event_types           text[] not null,     -- message.created …; typed in automation::webhooks, a type that it does not know is never sent
    encrypted_secret      text not null,       -- bound to tenant and row
    secret_last4          text not null,
    previous_secret       text,                -- sealed too: signs beside the new one until then
    previous_secret_until timestamptz,
    is_enabled            boolean not null default true,
    disabled_reason       text constraint webhook_endpoints_disabled_reason_check check (disabled_reason in ('by_hand', 'gone', 'failing')),
    disabled_at           timestamptz,
    failing_since         timestamptz,         -- nothing has succeeded since
    paused_until          timestamptz,         -- it asked for a pause
    created_at            timestamptz not null default now(),
    updated_at            timestamptz not null default now(),
    primary key (tenant_id, id)
);

-- One event for one endpoint. No foreign key to the conversation and the contact that it tells of: triggers take it away
-- with them, and storing a message stays as fast as it is.
create table webhook_deliveries (
    tenant_id       uuid not null,
    id              uuid not null default gen_random_uuid(),
    endpoint_id     uuid not null,
    event_id        uuid not null,             -- the same for all endpoints, attempts and replays: the header webhook-id is made of it
    event_type      text not null,
    body            text not null,             -- sent as it stands here, byte for byte
    conversation_id uuid,
    contact_id      uuid,
    status          text not null default 'pending'
        constraint webhook_deliveries_status_check check (status in ('pending', 'delivered', 'failed')),
    attempt_count   integer not null default 0,   -- since the last replay: where the schedule stands
    next_attempt_at timestamptz,               -- of a pending one; null: at once
    response_status integer,                   -- of the last attempt
    error           text,                      -- of the last attempt, as a code
    created_at      timestamptz not null default now(),
    updated_at      timestamptz not null default now(),
    primary key (tenant_id, id),
    foreign key (tenant_id, endpoint_id) references webhook_endpoints (tenant_id, id) on delete cascade
);
create index webhook_deliveries_due on webhook_deliveries (tenant_id, endpoint_id, next_attempt_at nulls first, created_at, id)
    where status = 'pending';
create index webhook_deliveries_recent on webhook_deliveries (tenant_id, endpoint_id, created_at desc, id desc);
create index webhook_deliveries_conversation on webhook_deliveries (tenant_id, conversation_id) where conversation_id is not null;
create index webhook_deliveries_contact on webhook_deliveries (tenant_id, contact_id) where contact_id is not null;

create table webhook_attempts (
    tenant_id       uuid not null,
    id              uuid not null,
    delivery_id     uuid not null,
    started_at      timestamptz not null,
    duration_ms     integer not null,
    response_status integer,                   -- null: nothing came
    response_text   text not null default '',  -- its first characters
    error           text,                      -- as a code; null: it succeeded
    created_at      timestamptz not null default now(),
    primary key (tenant_id, id),
    foreign key (tenant_id, delivery_id) references webhook_deliveries (tenant_id, id) on delete cascade
);
create index webhook_attempts_delivery on webhook_attempts (tenant_id, delivery_id, started_at);
