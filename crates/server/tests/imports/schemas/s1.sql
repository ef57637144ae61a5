create table tenants (
    id uuid primary key, name varchar(255) not null, email varchar(255) unique not null, subscription_status varchar(50),
    subscription_plan varchar(50), crisp_website_id varchar(255) unique, tidio_website_id varchar(255) unique, created_at timestamptz,
    updated_at timestamptz, is_active boolean
);
create table api_keys (
    id uuid primary key, tenant_id uuid not null references tenants (id), key_hash varchar(255) unique not null, name varchar(100) not null,
    permissions jsonb, last_used_at timestamptz, created_at timestamptz, is_active boolean
);
create table conversations (
    id uuid primary key, tenant_id uuid not null references tenants (id), session_id varchar(255) not null, created_at timestamptz,
    updated_at timestamptz, metadata jsonb, unique (tenant_id, session_id)
);
create table messages (
    id uuid primary key, tenant_id uuid not null references tenants (id), conversation_id uuid not null references conversations (id),
    role varchar(20) not null check (role in ('user', 'assistant', 'system')), content text not null, timestamp timestamptz, metadata jsonb
);
create table leads (
    id uuid primary key, tenant_id uuid not null references tenants (id), conversation_id uuid references conversations (id),
    intent varchar(50) not null, contact_info jsonb, status varchar(50), created_at timestamptz, updated_at timestamptz
);
create table tenant_configurations (
    id uuid primary key, tenant_id uuid not null references tenants (id), config_type varchar(100) not null, config_data jsonb not null,
    created_at timestamptz, updated_at timestamptz, unique (tenant_id, config_type)
);
create table knowledge_bases (
    id uuid primary key, tenant_id uuid not null references tenants (id), content_type varchar(50) not null
        check (content_type in ('faq', 'system_prompt', 'custom')), content text not null, version integer, is_active boolean,
    created_at timestamptz, updated_at timestamptz
);
