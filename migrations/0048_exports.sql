-- Data that leaves, because somebody takes it along or because it is old.

-- The newest export of a workspace: one row. The file lies in the data folder, below `exports/`, under the export's id.
create table workspace_exports (
    tenant_id    uuid primary key references tenants (tenant_id) on delete cascade,
    id           uuid not null,
    status       text not null default 'waiting'
        constraint workspace_exports_status_check check (status in ('waiting', 'running', 'done', 'failed')),
    requested_by text not null,              -- the name of whoever asked for it
    tables_done  integer not null default 0,
    tables       integer not null default 0, -- 0: not known yet
    size         bigint,                     -- of the file, in bytes
    digest       text,
    requested_at timestamptz not null,
    finished_at  timestamptz,
    expires_at   timestamptz,                -- the file goes then
    created_at   timestamptz not null default now(),
    updated_at   timestamptz not null default now()
);

-- How long resolved conversations are kept, in days. Null: until somebody erases them.
alter table tenants
    add column keep_conversations_days integer check (keep_conversations_days between 1 and 3650);

-- What has been resolved for long, over all channels.
create index conversations_resolved on conversations (tenant_id, resolved_at) where status = 'resolved';
