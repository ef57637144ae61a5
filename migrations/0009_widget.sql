-- Files that people upload, drafts of the widget's settings, the visitor's rating, and what onboarding looks at.

create table assets (
    tenant_id       uuid not null references tenants (tenant_id) on delete cascade,
    id              uuid not null default gen_random_uuid(),   -- also the file's name in the data folder: assets/<tenant>/<id>
    kind            text not null
        constraint assets_kind_check check (kind in ('avatar', 'icon', 'attachment')),
    file_name       text not null,             -- as the uploader called it, made harmless
    mime_type       text not null,             -- found in the bytes, never taken from the name or the request
    size            bigint not null check (size > 0),
    width           integer,                   -- of images
    height          integer,
    sha256          bytea not null,
    public_id       text not null,             -- in the address: names tenant and asset, signed, so that it cannot be guessed
    conversation_id uuid,                      -- the one conversation whose message carries it; null: not sent yet
    created_by      text not null,             -- `user:<id>`, `api_key:<id>` or `visitor:<contact id>`: only they may send it
    created_at      timestamptz not null default now(),
    updated_at      timestamptz not null default now(),
    primary key (tenant_id, id),
    constraint assets_public_id_key unique (tenant_id, public_id),
    foreign key (tenant_id, conversation_id) references conversations (tenant_id, id) on delete cascade
);
create index assets_conversation on assets (tenant_id, conversation_id);
create index assets_age on assets (tenant_id, created_at);

alter table messages
    add column attachment_id uuid,
    drop constraint messages_content_type_check,
    add constraint messages_content_type_check check (content_type in ('text', 'image', 'file')),
    add foreign key (tenant_id, attachment_id) references assets (tenant_id, id) on delete set null (attachment_id);
create index messages_attachment on messages (tenant_id, attachment_id) where attachment_id is not null;

alter table conversations
    add column rating integer constraint conversations_rating_check check (rating between 1 and 5),
    add column rating_comment text,
    add column rated_at timestamptz;

alter table channels
    add column draft_settings jsonb,           -- what the designer works on; visitors see `settings`. Null: no draft
    add column revision bigint not null default 1,   -- raised whenever what visitors get changes: a draft begun before is refused
    add column published_at timestamptz,
    add column published_by text,              -- the name of whoever published last
    add column first_session_at timestamptz,   -- the first visit of a page with the widget
    add column first_session_origin text;

alter table tenants
    add column test_questions bigint not null default 0,        -- asked by members to try the bot
    add column is_onboarding_hidden boolean not null default false;

alter table qa_pairs
    drop constraint qa_pairs_source_check,
    add constraint qa_pairs_source_check check (source in ('manual', 'csv_import', 'transcript_extraction', 'gap', 'template'));
