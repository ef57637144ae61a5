-- Data that was brought in from elsewhere: one row for each row that was read. It says what became of it, so that bringing
-- it in again changes nothing, and keeps the values that have no column of their own.
create table import_rows (
    tenant_id     uuid not null references tenants (tenant_id) on delete cascade,
    id            uuid not null,               -- made of what follows: the same row has the same id in every run
    source        text not null,               -- what kind of system it was: `s4`, `chatwoot`
    installation  text not null,               -- which one of that kind
    source_table  text not null,
    source_id     text not null,               -- the row's key there
    digest        bytea not null,              -- SHA-256 of the row as it was read
    became_table  text,                        -- null: it is kept here alone
    became_id     uuid,                        -- no foreign key: it may be gone, and is not brought in again then
    became_digest bytea,                       -- of what it became, when that was written: who changes it here keeps it so
    left_over     jsonb not null default '{}', -- goes with the row that it belongs to
    notes         text[] not null default '{}', -- what could not be taken over as it was
    created_at    timestamptz not null default now(),
    updated_at    timestamptz not null default now(),
    primary key (tenant_id, id)
);
create index import_rows_became on import_rows (tenant_id, became_id) where became_id is not null;
create index import_rows_source on import_rows (tenant_id, source_table, source_id);
create index import_rows_recent on import_rows (tenant_id, created_at desc, id desc);
