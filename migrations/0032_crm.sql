-- The business behind the conversation: clients, what is planned with them, what they were told and what they bought.

-- Figures of a tenant are kept in its own currency; other currencies stand beside them and are never added.
alter table tenants add column currency text not null default 'EUR'
    constraint tenants_currency_check check (currency ~ '^[A-Z]{3}$');

-- Who of a channel's visitors becomes a client by themselves.
alter table channels add column client_rule text not null default 'always'
    constraint channels_client_rule_check check (client_rule in ('always', 'identified', 'never'));

-- What was told of a client goes with the client.
alter table webhook_deliveries add column client_id uuid;
create index webhook_deliveries_client on webhook_deliveries (tenant_id, client_id) where client_id is not null;

create table crm_clients (
    tenant_id             uuid not null references tenants (tenant_id) on delete cascade,
    id                    uuid not null default gen_random_uuid(),
    contact_id            uuid,
    name                  text,
    client_type           text not null default 'lead'
        constraint crm_clients_type_check check (client_type in ('lead', 'prospect', 'customer', 'partner', 'inactive')),
    company_name          text,
    email                 text,
    phone                 text,
    secondary_phone       text,
    address               jsonb,
    ecommerce_customer_id text,
    total_orders          integer not null default 0,       -- that count, in all currencies; kept by trigger
    total_revenue         numeric(20, 2) not null default 0, -- in the tenant's currency
    average_order_value   numeric(20, 2) not null default 0, -- of the orders in the tenant's currency
    revenue_by_currency   jsonb not null default '{}',      -- {"EUR": {"orders": 2, "total": "30.00"}}
    source                text,
    source_details        jsonb,
    utm_data              jsonb,
    lifecycle_stage       text not null default 'lead'
        constraint crm_clients_lifecycle_check
        check (lifecycle_stage in ('lead', 'mql', 'sql', 'opportunity', 'customer', 'evangelist', 'churned')),
    lead_score            integer not null default 0,       -- 0 to 100, made of what the database knows
    score_reasons         jsonb not null default '[]',      -- [{"code": "has_email", "points": 10}]
    lead_quality          text
        constraint crm_clients_quality_check check (lead_quality in ('hot', 'warm', 'cold')),
    is_quality_set        boolean not null default false,   -- by a person: the score no longer decides it
    assigned_to           uuid,
    tags                  text[] not null default '{}',
    custom_fields         jsonb not null default '{}',
    platform_user_id      text,
    first_contact_date    timestamptz not null default now(),
    last_contact_date     timestamptz,
    next_follow_up_date   timestamptz,
    merged_into           uuid,                             -- an empty row, kept so that a merge can be undone
    -- kept by trigger: what lists sort by and look-ups compare, because row security uses no index on lower(…) or numeric
    name_key              text collate "C",
    company_key           text collate "C",
    email_key             text collate "C",
    phone_key             text collate "C",                 -- the last nine digits
    revenue_key           bigint not null default 0,        -- total_revenue in hundredths
    average_key           bigint not null default 0,
    score_due_at          timestamptz,                      -- when the score changes by time alone
    created_at            timestamptz not null default now(),
    updated_at            timestamptz not null default now(),
    primary key (tenant_id, id),
    constraint crm_clients_contact_key unique (tenant_id, contact_id),
    constraint crm_clients_ecommerce_key unique (tenant_id, ecommerce_customer_id),
    foreign key (tenant_id, contact_id) references contacts (tenant_id, id) on delete set null (contact_id),
    foreign key (tenant_id, assigned_to) references memberships (tenant_id, user_id) on delete set null (assigned_to),
    constraint crm_clients_merged_into foreign key (tenant_id, merged_into) references crm_clients (tenant_id, id) on delete cascade
);
create index crm_clients_merged on crm_clients (tenant_id, merged_into) where merged_into is not null;
create index crm_clients_phone on crm_clients (tenant_id, phone_key, id) where merged_into is null and phone_key is not null;
create index crm_clients_platform_user_id on crm_clients (tenant_id, platform_user_id) where platform_user_id is not null;

-- Lists sort by any of their columns, with the id where the column is equal.
create index crm_clients_by_name on crm_clients (tenant_id, name_key, id) where merged_into is null;
create index crm_clients_by_company on crm_clients (tenant_id, company_key, id) where merged_into is null;
create index crm_clients_by_email on crm_clients (tenant_id, email_key, id) where merged_into is null;
create index crm_clients_by_type on crm_clients (tenant_id, client_type, id) where merged_into is null;
create index crm_clients_by_lifecycle on crm_clients (tenant_id, lifecycle_stage, id) where merged_into is null;
create index crm_clients_by_quality on crm_clients (tenant_id, lead_quality, id) where merged_into is null;
create index crm_clients_by_assigned on crm_clients (tenant_id, assigned_to, id) where merged_into is null;
create index crm_clients_by_source on crm_clients (tenant_id, source, id) where merged_into is null;
create index crm_clients_by_score on crm_clients (tenant_id, lead_score, id) where merged_into is null;
create index crm_clients_by_orders on crm_clients (tenant_id, total_orders, id) where merged_into is null;
create index crm_clients_by_revenue on crm_clients (tenant_id, revenue_key, id) where merged_into is null;
create index crm_clients_by_average on crm_clients (tenant_id, average_key, id) where merged_into is null;
create index crm_clients_by_first_contact on crm_clients (tenant_id, first_contact_date, id) where merged_into is null;
create index crm_clients_by_last_contact on crm_clients (tenant_id, last_contact_date, id) where merged_into is null;
create index crm_clients_by_follow_up on crm_clients (tenant_id, next_follow_up_date, id) where merged_into is null;
create index crm_clients_by_created on crm_clients (tenant_id, created_at, id) where merged_into is null;
create index crm_clients_by_updated on crm_clients (tenant_id, updated_at, id) where merged_into is null;
create index crm_clients_score_due on crm_clients (tenant_id, score_due_at) where score_due_at is not null;

-- Who wrote before there were clients. Keys, words and scores come with the triggers.
alter table contacts no force row level security;
alter table contact_identities no force row level security;
alter table conversations no force row level security;
alter table channels no force row level security;
insert into crm_clients (tenant_id, contact_id, name, email, phone, source, platform_user_id, first_contact_date, last_contact_date,
    created_at)
select c.tenant_id, c.id, c.name, c.email, c.phone, h.kind, p.platform_id, c.created_at, c.last_interaction_at, c.created_at
from contacts c
join lateral (
    select v.channel_id from conversations v
    where v.tenant_id = c.tenant_id and v.contact_id = c.id
    order by v.created_at
    limit 1
) first on true
join channels h on h.tenant_id = c.tenant_id and h.id = first.channel_id
left join lateral (
    select substr(i.value, length(i.channel_id::text) + 2) as platform_id from contact_identities i
    where i.tenant_id = c.tenant_id and i.contact_id = c.id and i.kind = 'platform'
    order by i.created_at
    limit 1
) p on true
where c.merged_into is null;
alter table contacts force row level security;
alter table contact_identities force row level security;
alter table conversations force row level security;
alter table channels force row level security;

-- The plain words a client is found by; kept by trigger. PostgreSQL uses no full-text index under row security.
create table crm_client_words (
    tenant_id uuid not null,
    client_id uuid not null,
    word      text collate "C" not null,
    primary key (tenant_id, word, client_id),
    foreign key (tenant_id, client_id) references crm_clients (tenant_id, id) on delete cascade
);
create index crm_client_words_client on crm_client_words (tenant_id, client_id);

-- Two clients that are one. What moved can go back.
create table crm_client_merges (
    tenant_id        uuid not null,
    id               uuid not null default gen_random_uuid(),
    kept_id          uuid not null,
    merged_id        uuid not null,
    contact_merge_id uuid,                     -- of the contacts, which took the clients along
    moved            jsonb not null,           -- ids of what moved, and the fields that were filled
    merged_by        text,
    undone_at        timestamptz,
    created_at       timestamptz not null default now(),
    updated_at       timestamptz not null default now(),
    primary key (tenant_id, id),
    foreign key (tenant_id, kept_id) references crm_clients (tenant_id, id) on delete cascade,
    foreign key (tenant_id, merged_id) references crm_clients (tenant_id, id) on delete cascade,
    foreign key (tenant_id, contact_merge_id) references contact_merges (tenant_id, id) on delete cascade
);
create index crm_client_merges_kept on crm_client_merges (tenant_id, kept_id);
create index crm_client_merges_merged on crm_client_merges (tenant_id, merged_id);
create index crm_client_merges_contact on crm_client_merges (tenant_id, contact_merge_id) where contact_merge_id is not null;

-- Words with a colour, for clients, deals and notes, which hold their names.
create table crm_tags (
    tenant_id  uuid not null references tenants (tenant_id) on delete cascade,
    id         uuid not null default gen_random_uuid(),
    name       text not null,
    color      text not null default '#3B82F6'
        constraint crm_tags_color_check check (color ~ '^#[0-9A-Fa-f]{6}$'),
    category   text,
    created_at timestamptz not null default now(),
    updated_at timestamptz not null default now(),
    primary key (tenant_id, id),
    constraint crm_tags_name_key unique (tenant_id, name)
);
create index crm_tags_category on crm_tags (tenant_id, category);

-- Fields of the tenant's own, whose values stand in custom_fields under `key`.
create table crm_custom_fields (
    tenant_id  uuid not null references tenants (tenant_id) on delete cascade,
    id         uuid not null default gen_random_uuid(),
    entity     text not null
        constraint crm_custom_fields_entity_check check (entity in ('client', 'deal', 'product')),
    key        text not null
        constraint crm_custom_fields_key_check check (key ~ '^[a-z][a-z0-9_]{0,39}$'),
    label      text not null,
    field_type text not null
        constraint crm_custom_fields_type_check check (field_type in ('text', 'number', 'date', 'boolean', 'choice', 'url')),
    choices    text[] not null default '{}',
    position   integer not null default 0,
    created_at timestamptz not null default now(),
    updated_at timestamptz not null default now(),
    primary key (tenant_id, id),
    constraint crm_custom_fields_entity_key unique (tenant_id, entity, key)
);

-- A filter of the list of clients under a name, with its columns and order.
create table crm_segments (
    tenant_id  uuid not null references tenants (tenant_id) on delete cascade,
    id         uuid not null default gen_random_uuid(),
    name       text not null,
    filter     jsonb not null,
    columns    text[] not null default '{}',
    sort       text,
    owner_id   uuid,                           -- null: for all of the team
    created_at timestamptz not null default now(),
    updated_at timestamptz not null default now(),
    primary key (tenant_id, id),
    foreign key (tenant_id, owner_id) references memberships (tenant_id, user_id) on delete cascade
);
create index crm_segments_owner on crm_segments (tenant_id, owner_id);

create table crm_pipelines (
    tenant_id  uuid not null references tenants (tenant_id) on delete cascade,
    id         uuid not null default gen_random_uuid(),
    name       text not null,
    is_default boolean not null default false,
    position   integer not null default 0,
    created_at timestamptz not null default now(),
    updated_at timestamptz not null default now(),
    primary key (tenant_id, id),
    constraint crm_pipelines_name_key unique (tenant_id, name)
);
create unique index crm_pipelines_one_default on crm_pipelines (tenant_id) where is_default;

-- The columns of a pipeline's board. `stage` is what a column means; several columns may mean the same.
create table crm_pipeline_stages (
    tenant_id   uuid not null,
    id          uuid not null default gen_random_uuid(),
    pipeline_id uuid not null,
    name        text not null,
    stage       text not null
        constraint crm_pipeline_stages_stage_check
        check (stage in ('prospecting', 'qualification', 'proposal', 'negotiation', 'closed_won', 'closed_lost')),
    probability integer not null
        constraint crm_pipeline_stages_probability_check check (probability between 0 and 100),
    position    integer not null,
    created_at  timestamptz not null default now(),
    updated_at  timestamptz not null default now(),
    primary key (tenant_id, id),
    constraint crm_pipeline_stages_name_key unique (tenant_id, pipeline_id, name) deferrable,
    constraint crm_pipeline_stages_pipeline_key unique (tenant_id, pipeline_id, id),
    foreign key (tenant_id, pipeline_id) references crm_pipelines (tenant_id, id) on delete cascade
);

-- Every tenant has a pipeline to begin with; new ones get theirs by trigger.
alter table tenants no force row level security;
insert into crm_pipelines (tenant_id, name, is_default)
select tenant_id, case language when 'fr' then 'Ventes' else 'Sales' end, true from tenants;
insert into crm_pipeline_stages (tenant_id, pipeline_id, name, stage, probability, position)
select p.tenant_id, p.id, case t.language when 'fr' then s.french else s.english end, s.stage, s.probability, s.position
from crm_pipelines p
join tenants t on t.tenant_id = p.tenant_id
cross join (
    values
        ('Prospecting', 'Prospection', 'prospecting', 10, 0),
        ('Qualification', 'Qualification', 'qualification', 25, 1),
        ('Proposal', 'Proposition', 'proposal', 50, 2),
        ('Negotiation', 'Négociation', 'negotiation', 75, 3),
        ('Won', 'Gagnée', 'closed_won', 100, 4),
        ('Lost', 'Perdue', 'closed_lost', 0, 5)
) s (english, french, stage, probability, position);
alter table tenants force row level security;

create table crm_deals (
    tenant_id           uuid not null,
    id                  uuid not null default gen_random_uuid(),
    client_id           uuid not null,
    pipeline_id         uuid not null,         -- given by trigger where it is missing
    pipeline_stage_id   uuid not null,
    conversation_id     uuid,                  -- that it was opened from
    name                text not null,
    description         text,
    deal_value          numeric(12, 2) not null default 0
        constraint crm_deals_value_check check (deal_value >= 0),
    currency            text not null default 'USD'
        constraint crm_deals_currency_check check (currency ~ '^[A-Z]{3}$'),
    stage               text not null default 'prospecting'
        constraint crm_deals_stage_check
        check (stage in ('prospecting', 'qualification', 'proposal', 'negotiation', 'closed_won', 'closed_lost')),
    probability         integer not null       -- its column's where it is not given
        constraint crm_deals_probability_check check (probability between 0 and 100),
    expected_close_date date,
    actual_close_date   date,                  -- set and cleared with the stage
    products            jsonb not null default '[]', -- [{"product_id", "name", "quantity", "unit_price"}]
    owner_id            uuid,
    lost_reason         text,
    lost_reason_details text,
    won_reason          text,
    competitor          text,
    tags                text[] not null default '{}',
    custom_fields       jsonb not null default '{}',
    created_at          timestamptz not null default now(),
    updated_at          timestamptz not null default now(),
    stage_changed_at    timestamptz not null default now(),
    primary key (tenant_id, id),
    foreign key (tenant_id, client_id) references crm_clients (tenant_id, id) on delete cascade,
    constraint crm_deals_pipeline_stage foreign key (tenant_id, pipeline_id, pipeline_stage_id)
        references crm_pipeline_stages (tenant_id, pipeline_id, id) deferrable initially deferred,
    foreign key (tenant_id, conversation_id) references conversations (tenant_id, id) on delete set null (conversation_id),
    foreign key (tenant_id, owner_id) references memberships (tenant_id, user_id) on delete set null (owner_id)
);
create index crm_deals_closed on crm_deals (tenant_id, actual_close_date) where actual_close_date is not null;
create index crm_deals_client on crm_deals (tenant_id, client_id);
create index crm_deals_board on crm_deals (tenant_id, pipeline_id, pipeline_stage_id, stage_changed_at, id);
create index crm_deals_stage on crm_deals (tenant_id, stage, id);
create index crm_deals_owner on crm_deals (tenant_id, owner_id, id);
create index crm_deals_conversation on crm_deals (tenant_id, conversation_id) where conversation_id is not null;
create index crm_deals_by_close on crm_deals (tenant_id, expected_close_date, id);
create index crm_deals_by_value on crm_deals (tenant_id, deal_value, id);
create index crm_deals_by_name on crm_deals (tenant_id, lower(name), id);
create index crm_deals_by_probability on crm_deals (tenant_id, probability, id);
create index crm_deals_by_created on crm_deals (tenant_id, created_at, id);
create index crm_deals_by_changed on crm_deals (tenant_id, stage_changed_at, id);

-- Written by trigger; nobody else adds, changes or removes a row.
create table crm_deal_stages_history (
    tenant_id       uuid not null,
    id              uuid not null default gen_random_uuid(),
    deal_id         uuid not null,
    from_stage      text,
    to_stage        text not null,
    from_stage_name text,                      -- the column's name at that time
    to_stage_name   text not null,
    changed_by      uuid,
    notes           text,
    created_at      timestamptz not null default now(),
    primary key (tenant_id, id),
    foreign key (tenant_id, deal_id) references crm_deals (tenant_id, id) on delete cascade,
    foreign key (tenant_id, changed_by) references memberships (tenant_id, user_id) on delete set null (changed_by)
);
create index crm_deal_stages_history_deal on crm_deal_stages_history (tenant_id, deal_id, created_at, id);
create index crm_deal_stages_history_changed_by on crm_deal_stages_history (tenant_id, changed_by) where changed_by is not null;
create index crm_deal_stages_history_created on crm_deal_stages_history (tenant_id, created_at);

create table crm_products (
    tenant_id            uuid not null references tenants (tenant_id) on delete cascade,
    id                   uuid not null default gen_random_uuid(),
    name                 text not null,
    description          text,
    sku                  text,
    category             text,
    price                numeric(12, 2) not null default 0
        constraint crm_products_price_check check (price >= 0),
    cost                 numeric(12, 2)
        constraint crm_products_cost_check check (cost >= 0),
    currency             text not null default 'USD'
        constraint crm_products_currency_check check (currency ~ '^[A-Z]{3}$'),
    ecommerce_product_id text,
    is_active            boolean not null default true,
    custom_fields        jsonb not null default '{}',
    created_at           timestamptz not null default now(),
    updated_at           timestamptz not null default now(),
    primary key (tenant_id, id),
    constraint crm_products_ecommerce_key unique (tenant_id, ecommerce_product_id),
    constraint crm_products_sku_key unique (tenant_id, sku)
);
create index crm_products_by_name on crm_products (tenant_id, lower(name), id);
create index crm_products_by_category on crm_products (tenant_id, category, id);
create index crm_products_by_price on crm_products (tenant_id, price, id);
create index crm_products_by_active on crm_products (tenant_id, is_active, id);
create index crm_products_by_created on crm_products (tenant_id, created_at, id);

create table crm_orders (
    tenant_id          uuid not null,
    id                 uuid not null default gen_random_uuid(),
    client_id          uuid not null,
    deal_id            uuid,
    order_number       text not null,
    ecommerce_order_id text,
    subtotal           numeric(12, 2) not null default 0,
    tax                numeric(12, 2) not null default 0,
    shipping           numeric(12, 2) not null default 0,
    discount           numeric(12, 2) not null default 0,
    total              numeric(12, 2) not null default 0,
    currency           text not null default 'USD'
        constraint crm_orders_currency_check check (currency ~ '^[A-Z]{3}$'),
    status             text not null default 'pending'
        constraint crm_orders_status_check
        check (status in ('pending', 'processing', 'shipped', 'delivered', 'cancelled', 'refunded')),
    items              jsonb not null default '[]', -- [{"product_id", "sku", "name", "quantity", "unit_price"}]
    shipping_address   jsonb,
    tracking_number    text,
    tracking_url       text,
    order_date         timestamptz not null default now(),
    shipped_date       timestamptz,
    delivered_date     timestamptz,
    created_at         timestamptz not null default now(),
    updated_at         timestamptz not null default now(),
    primary key (tenant_id, id),
    constraint crm_orders_number_key unique (tenant_id, order_number),
    constraint crm_orders_ecommerce_key unique (tenant_id, ecommerce_order_id),
    constraint crm_orders_amounts_check check (subtotal >= 0 and tax >= 0 and shipping >= 0 and discount >= 0 and total >= 0),
    foreign key (tenant_id, client_id) references crm_clients (tenant_id, id) on delete cascade,
    foreign key (tenant_id, deal_id) references crm_deals (tenant_id, id) on delete set null (deal_id)
);
create index crm_orders_client on crm_orders (tenant_id, client_id, order_date desc);
create index crm_orders_deal on crm_orders (tenant_id, deal_id) where deal_id is not null;
create index crm_orders_by_status on crm_orders (tenant_id, status, id);
create index crm_orders_by_date on crm_orders (tenant_id, order_date, id);
create index crm_orders_by_total on crm_orders (tenant_id, total, id);
create index crm_orders_by_currency on crm_orders (tenant_id, currency, order_date);
create index crm_orders_by_created on crm_orders (tenant_id, created_at, id);

create table crm_activities (
    tenant_id       uuid not null references tenants (tenant_id) on delete cascade,
    id              uuid not null default gen_random_uuid(),
    client_id       uuid,
    deal_id         uuid,
    message_id      uuid,
    conversation_id uuid,
    activity_type   text not null
        constraint crm_activities_type_check
        check (activity_type in ('call', 'email', 'meeting', 'task', 'note', 'chatbot_interaction', 'website_visit')),
    subject         text not null,
    description     text,
    status          text not null default 'pending'
        constraint crm_activities_status_check check (status in ('pending', 'completed', 'cancelled')),
    priority        text
        constraint crm_activities_priority_check check (priority in ('low', 'medium', 'high', 'urgent')),
    due_date        timestamptz,
    remind_at       timestamptz,               -- when the assignee is told by mail
    reminded_at     timestamptz,
    completed_at    timestamptz,
    assigned_to     uuid,
    created_by      uuid,
    metadata        jsonb not null default '{}',
    created_at      timestamptz not null default now(),
    updated_at      timestamptz not null default now(),
    primary key (tenant_id, id),
    foreign key (tenant_id, client_id) references crm_clients (tenant_id, id) on delete cascade,
    foreign key (tenant_id, deal_id) references crm_deals (tenant_id, id) on delete cascade,
    foreign key (tenant_id, message_id) references messages (tenant_id, id) on delete set null (message_id),
    foreign key (tenant_id, conversation_id) references conversations (tenant_id, id) on delete set null (conversation_id),
    foreign key (tenant_id, assigned_to) references memberships (tenant_id, user_id) on delete set null (assigned_to),
    foreign key (tenant_id, created_by) references memberships (tenant_id, user_id) on delete set null (created_by)
);
create index crm_activities_client on crm_activities (tenant_id, client_id, created_at desc) where client_id is not null;
create index crm_activities_deal on crm_activities (tenant_id, deal_id, created_at desc) where deal_id is not null;
create index crm_activities_message on crm_activities (tenant_id, message_id) where message_id is not null;
create index crm_activities_conversation on crm_activities (tenant_id, conversation_id) where conversation_id is not null;
create index crm_activities_assigned on crm_activities (tenant_id, assigned_to, status, due_date, id);
create index crm_activities_created_by on crm_activities (tenant_id, created_by) where created_by is not null;
create index crm_activities_due on crm_activities (tenant_id, status, due_date, id);
create index crm_activities_by_created on crm_activities (tenant_id, created_at, id);
create index crm_activities_remind on crm_activities (tenant_id, remind_at) where status = 'pending' and reminded_at is null;

create table crm_notes (
    tenant_id  uuid not null references tenants (tenant_id) on delete cascade,
    id         uuid not null default gen_random_uuid(),
    client_id  uuid,
    deal_id    uuid,
    title      text,
    content    text not null,
    note_type  text not null default 'general'
        constraint crm_notes_type_check check (note_type in ('general', 'call_log', 'meeting_summary', 'important')),
    is_pinned  boolean not null default false,
    tags       text[] not null default '{}',
    created_by uuid,
    created_at timestamptz not null default now(),
    updated_at timestamptz not null default now(),
    primary key (tenant_id, id),
    foreign key (tenant_id, client_id) references crm_clients (tenant_id, id) on delete cascade,
    foreign key (tenant_id, deal_id) references crm_deals (tenant_id, id) on delete cascade,
    foreign key (tenant_id, created_by) references memberships (tenant_id, user_id) on delete set null (created_by)
);
create index crm_notes_client on crm_notes (tenant_id, client_id, is_pinned desc, created_at desc) where client_id is not null;
create index crm_notes_deal on crm_notes (tenant_id, deal_id, is_pinned desc, created_at desc) where deal_id is not null;
create index crm_notes_created_by on crm_notes (tenant_id, created_by) where created_by is not null;
