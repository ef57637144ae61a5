create schema auth;
create table auth.users (id uuid primary key, email text, encrypted_password text);
create table organizations (id uuid primary key, name text not null, created_at timestamptz not null);
create table profiles (
    id uuid primary key references auth.users (id), organization_id uuid not null references organizations (id), full_name text,
    role text not null
);
create table channels (
    id uuid primary key, organization_id uuid not null references organizations (id), name text not null, platform text not null,
    platform_channel_id text unique, credentials jsonb, is_active boolean not null, created_at timestamptz not null
);
create table contacts (
    id uuid primary key, organization_id uuid not null references organizations (id), channel_id uuid not null references channels (id),
    platform text not null, platform_user_id text not null, name text, avatar_url text, ai_enabled boolean not null,
    last_interaction_at timestamptz, last_message_preview text, unread_count integer not null, created_at timestamptz not null,
    updated_at timestamptz not null, unique (channel_id, platform_user_id)
);
create table messages (
    id uuid primary key, organization_id uuid not null references organizations (id), channel_id uuid not null references channels (id),
    contact_id uuid not null references contacts (id), message_platform_id text, sender_type text not null, content_type text not null,
    text_content text, attachment_url text, attachment_metadata jsonb, is_read_by_agent boolean not null, sent_at timestamptz not null,
    platform_timestamp timestamptz
);
create table channel_configurations (
    channel_id uuid primary key references channels (id), organization_id uuid not null references organizations (id),
    ai_model text not null, ai_temperature numeric(2, 1) not null, is_bot_active boolean not null, updated_at timestamptz not null
);
create table agent_prompts (
    id uuid primary key, organization_id uuid not null references organizations (id), channel_id uuid not null references channels (id),
    agent_id text not null, name text not null, description text, system_prompt text not null, unique (channel_id, agent_id)
);
create table content_collections (
    id uuid primary key, organization_id uuid not null references organizations (id), channel_id uuid not null references channels (id),
    collection_id text not null, name text not null, items text[], unique (channel_id, collection_id)
);
create table keyword_actions (
    id uuid primary key, organization_id uuid not null references organizations (id), channel_id uuid not null references channels (id),
    keyword text not null, action_type text not null, unique (channel_id, keyword)
);
create table crm_clients (
    id uuid primary key, organization_id uuid not null references organizations (id), contact_id uuid unique references contacts (id),
    client_type text not null, company_name text, email text, phone text, secondary_phone text, address jsonb, ecommerce_customer_id text,
    total_orders integer, total_revenue numeric(12, 2), average_order_value numeric(12, 2), source text, source_details jsonb, utm_data jsonb,
    lifecycle_stage text, lead_score integer, lead_quality text, assigned_to uuid references profiles (id), tags text[], custom_fields jsonb,
    platform_user_id text, first_contact_date timestamptz, last_contact_date timestamptz, next_follow_up_date timestamptz,
    created_at timestamptz not null, updated_at timestamptz not null
);
create table crm_deals (
    id uuid primary key, organization_id uuid not null references organizations (id), client_id uuid not null references crm_clients (id),
    name text not null, description text, deal_value numeric(12, 2) not null, currency text not null, stage text not null,
    probability integer, expected_close_date date, actual_close_date date, products jsonb, owner_id uuid references profiles (id),
    lost_reason text, lost_reason_details text, won_reason text, competitor text, tags text[], custom_fields jsonb,
    created_at timestamptz not null, updated_at timestamptz not null, stage_changed_at timestamptz
);
create table crm_deal_stages_history (
    id uuid primary key, organization_id uuid not null references organizations (id), deal_id uuid not null references crm_deals (id),
    from_stage text, to_stage text not null, changed_by uuid references profiles (id), notes text, created_at timestamptz not null
);
create table crm_products (
    id uuid primary key, organization_id uuid not null references organizations (id), name text not null, description text, sku text,
    category text, price numeric(12, 2) not null, cost numeric(12, 2), currency text not null, ecommerce_product_id text,
    is_active boolean not null, custom_fields jsonb, created_at timestamptz not null, updated_at timestamptz not null
);
create table crm_orders (
    id uuid primary key, organization_id uuid not null references organizations (id), client_id uuid not null references crm_clients (id),
    deal_id uuid references crm_deals (id), order_number text not null, ecommerce_order_id text, subtotal numeric(12, 2) not null,
    tax numeric(12, 2), shipping numeric(12, 2), discount numeric(12, 2), total numeric(12, 2) not null, currency text not null,
    status text not null, items jsonb, shipping_address jsonb, tracking_number text, order_date timestamptz not null,
    shipped_date timestamptz, delivered_date timestamptz, created_at timestamptz not null, updated_at timestamptz not null,
    unique (organization_id, order_number)
);
create table crm_activities (
    id uuid primary key, organization_id uuid not null references organizations (id), client_id uuid references crm_clients (id),
    deal_id uuid references crm_deals (id), message_id uuid references messages (id), activity_type text not null, subject text not null,
    description text, status text, priority text, due_date timestamptz, completed_at timestamptz, assigned_to uuid references profiles (id),
    created_by uuid references profiles (id), metadata jsonb, created_at timestamptz not null, updated_at timestamptz not null
);
create table crm_notes (
    id uuid primary key, organization_id uuid not null references organizations (id), client_id uuid references crm_clients (id),
    deal_id uuid references crm_deals (id), title text, content text not null, note_type text, is_pinned boolean, tags text[],
    created_by uuid references profiles (id), created_at timestamptz not null, updated_at timestamptz not null
);
create table crm_tags (
    id uuid primary key, organization_id uuid not null references organizations (id), name text not null, color text, category text,
    created_at timestamptz not null, unique (organization_id, name)
);
