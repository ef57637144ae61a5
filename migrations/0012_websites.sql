-- Web sites as knowledge. A run reads the pages of a site one after another; what it has still to read stands in
-- website_pages, so that a run that was interrupted goes on where it was.

create table website_sources (
    tenant_id       uuid not null references tenants (tenant_id) on delete cascade,
    id              uuid not null,
    base_url        text not null
        constraint website_sources_base_url_check check (length(base_url) <= 500),
    home_url        text,                            -- where base_url led in the last run: with or without www, http or https
    max_pages       integer not null default 100
        constraint website_sources_max_pages_check check (max_pages between 1 and 500),
    max_depth       integer not null default 3       -- clicks from the start page; what the sitemap names is one click away
        constraint website_sources_max_depth_check check (max_depth between 0 and 5),
    crawl_frequency text not null default 'manual'
        constraint website_sources_crawl_frequency_check check (crawl_frequency in ('manual', 'daily', 'weekly')),
    include_paths   text[] not null default '{}',    -- beginnings of paths; empty: all
    exclude_paths   text[] not null default '{}',
    status          text not null default 'pending'
        constraint website_sources_status_check check (status in ('pending', 'crawling', 'completed', 'failed', 'cancelled')),
    error           text,                            -- why the last run failed, as a code
    limit_reached   text                             -- what ended the last run before everything was read
        constraint website_sources_limit_reached_check check (limit_reached in ('pages', 'bytes', 'time')),
    run             integer not null default 0,      -- counts the runs
    robots          text,                            -- robots.txt of this run; null: it has not begun to read pages
    run_bytes       bigint not null default 0,
    run_ms          bigint not null default 0,
    pages_crawled   integer not null default 0,      -- asked for in this run, or in the last one
    last_crawled_at timestamptz,
    next_crawl_at   timestamptz,                     -- null: by hand only
    created_at      timestamptz not null default now(),
    updated_at      timestamptz not null default now(),
    primary key (tenant_id, id),
    constraint website_sources_base_url_key unique (tenant_id, base_url)
);

create table website_pages (
    tenant_id        uuid not null,
    id               uuid not null,
    website_id       uuid not null,
    url              text not null,
    depth            integer not null,
    state            text not null default 'waiting'
        constraint website_pages_state_check check (state in ('waiting', 'read', 'skipped', 'failed', 'vanished', 'excluded')),
    is_queued        boolean not null default true,  -- this run has still to read it
    reason           text,                           -- why it was skipped, or could not be read, as a code
    leads_to         text,                           -- the page that stands in its place
    title            text,
    content          text not null default '',
    links            text[] not null default '{}',   -- to pages of the same site, which a page that has not changed still gives
    language         text,
    content_hash     bytea,
    etag             text,
    last_modified    text,
    status_code      integer,
    chunk_count      integer not null default 0,
    revision         integer not null default 0,
    serving_revision integer,                        -- whose passages answer; null: none
    crawled_at       timestamptz,
    changed_at       timestamptz,                    -- since when its text is what it is
    vanished_at      timestamptz,
    created_at       timestamptz not null default now(),
    updated_at       timestamptz not null default now(),
    primary key (tenant_id, id),
    constraint website_pages_url_key unique (tenant_id, website_id, url),
    foreign key (tenant_id, website_id) references website_sources (tenant_id, id) on delete cascade
);
create index website_pages_by_content on website_pages (tenant_id, website_id, content_hash);

alter table knowledge_chunks
    add column website_page_id uuid,
    add foreign key (tenant_id, website_page_id) references website_pages (tenant_id, id) on delete cascade,
    add constraint knowledge_chunks_page_position_key unique (tenant_id, website_page_id, revision, position),
    add constraint knowledge_chunks_parent_check check (
        num_nonnulls(document_id, website_page_id) = 1
        and (source_type = 'website') = (website_page_id is not null)
    );
