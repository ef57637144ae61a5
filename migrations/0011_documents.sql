-- Documents come as files. They are read in the background; one that is replaced goes on answering with what was read
-- before until the new file is ready.

alter table documents
    add column revision         integer not null default 1,  -- of the file that was sent last; status, error and counts are its
    add column serving_revision integer,                     -- whose passages answer; null: nothing was read yet
    add column page_count       integer;                     -- null: it has no pages

alter table documents no force row level security;
update documents set serving_revision = revision where status = 'processed';
alter table documents force row level security;

alter table knowledge_chunks
    add column revision integer not null default 1,
    add column page     integer,
    drop constraint knowledge_chunks_position_key,
    add constraint knowledge_chunks_position_key unique (tenant_id, document_id, revision, position);

-- The file of the newest revision, as it came. Its id is the document's.
create table document_files (
    tenant_id  uuid not null,
    id         uuid not null,
    bytes      bytea not null,
    created_at timestamptz not null default now(),
    updated_at timestamptz not null default now(),
    primary key (tenant_id, id),
    foreign key (tenant_id, id) references documents (tenant_id, id) on delete cascade
);
-- Most are compressed already.
alter table document_files alter column bytes set storage external;
