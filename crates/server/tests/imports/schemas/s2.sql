create table tenants (
    id uuid primary key, name varchar(255) not null, slug varchar(100) unique not null, website_url varchar(500), contact_email varchar(255),
    settings jsonb, created_at timestamptz, updated_at timestamptz
);
create table social_accounts (
    id uuid primary key, tenant_id uuid not null references tenants (id), platform varchar(50) not null, account_id varchar(255) not null,
    account_username varchar(255), access_token text, token_expires_at timestamptz, webhook_verify_token varchar(255), is_active boolean,
    created_at timestamptz, updated_at timestamptz, unique (platform, account_id)
);
create table conversations (
    id uuid primary key, tenant_id uuid not null references tenants (id), user_id varchar(255) not null, channel varchar(50) not null,
    status varchar(50), last_message_at timestamptz, metadata jsonb, created_at timestamptz, updated_at timestamptz,
    unique (tenant_id, user_id, channel)
);
create table conversation_messages (
    id uuid primary key, conversation_id uuid not null references conversations (id), role varchar(20) not null, content text not null,
    metadata jsonb, created_at timestamptz
);
create table documents (
    id uuid primary key, tenant_id uuid not null references tenants (id), filename varchar(500) not null, file_path varchar(1000) not null,
    file_size integer, mime_type varchar(100), status varchar(50), chunk_count integer, metadata jsonb, created_at timestamptz,
    updated_at timestamptz
);
create table website_sources (
    id uuid primary key, tenant_id uuid not null references tenants (id), base_url varchar(500) not null, max_pages integer,
    crawl_frequency varchar(50), last_crawled_at timestamptz, status varchar(50), pages_crawled integer, metadata jsonb,
    created_at timestamptz, updated_at timestamptz, unique (tenant_id, base_url)
);
create table website_pages (
    id uuid primary key, website_source_id uuid not null references website_sources (id), tenant_id uuid not null references tenants (id),
    url varchar(1000) not null, title varchar(500), content text, metadata jsonb, chunk_count integer, crawled_at timestamptz,
    created_at timestamptz, unique (website_source_id, url)
);
create table knowledge_chunks (
    id uuid primary key, tenant_id uuid not null references tenants (id), source_type varchar(50) not null, source_id uuid,
    content text not null, metadata jsonb, embedding_model varchar(100), indexed_in_qdrant boolean, created_at timestamptz
);
create table escalations (
    id uuid primary key, tenant_id uuid not null references tenants (id), conversation_id uuid not null references conversations (id),
    reason varchar(255) not null, summary text, status varchar(50), assigned_to varchar(255), resolved_at timestamptz,
    created_at timestamptz, updated_at timestamptz
);
create table topics_daily (
    id uuid primary key, tenant_id uuid not null references tenants (id), date date not null, topic_id integer not null,
    topic_label varchar(255), keywords text[], message_count integer, percentage decimal(5, 2), sample_messages jsonb, created_at timestamptz,
    unique (tenant_id, date, topic_id)
);
create table meetings (
    id uuid primary key, tenant_id uuid not null references tenants (id), conversation_id uuid references conversations (id),
    user_id varchar(255) not null, meeting_url varchar(500), scheduled_at timestamptz, duration_minutes integer, status varchar(50),
    cal_event_id varchar(255), created_at timestamptz, updated_at timestamptz
);
create table model_versions (
    id uuid primary key, tenant_id uuid references tenants (id), model_name varchar(255) not null, base_model varchar(255) not null,
    training_dataset_id varchar(255), version varchar(50) not null, status varchar(50), metrics jsonb, is_active boolean,
    created_at timestamptz, updated_at timestamptz
);
