-- Leads: people who might buy, with what they left to be reached by.

create table leads (
    tenant_id       uuid not null references tenants (tenant_id) on delete cascade,
    id              uuid not null default gen_random_uuid(),
    conversation_id uuid,
    contact_id      uuid,                      -- erased with the contact: it is the same person's data
    channel_id      uuid,
    intent          text not null              -- price, quote, meeting, purchase, or whatever a program says
        constraint leads_intent_check check (length(intent) between 1 and 50),
    contact_info    jsonb not null default '{}', -- {"name", "email", "phone", "company"}, what was given
    status          text not null default 'new'
        constraint leads_status_check check (status in ('new', 'contacted', 'qualified', 'converted', 'lost')),
    source          text not null
        constraint leads_source_check check (source in ('bot', 'form', 'agent', 'api')),
    consent         jsonb,                     -- {"given_at", "text"}: what they read when they gave it
    note            text not null default '',
    assigned_to     uuid,
    client_id       uuid,                      -- what it became
    deal_id         uuid,
    converted_at    timestamptz,
    created_at      timestamptz not null default now(),
    updated_at      timestamptz not null default now(),
    primary key (tenant_id, id),
    foreign key (tenant_id, conversation_id) references conversations (tenant_id, id) on delete set null (conversation_id),
    foreign key (tenant_id, contact_id) references contacts (tenant_id, id) on delete cascade,
    foreign key (tenant_id, channel_id) references channels (tenant_id, id) on delete set null (channel_id),
    constraint leads_assigned_to foreign key (tenant_id, assigned_to) references memberships (tenant_id, user_id)
        on delete set null (assigned_to),
    foreign key (tenant_id, client_id) references crm_clients (tenant_id, id) on delete set null (client_id),
    foreign key (tenant_id, deal_id) references crm_deals (tenant_id, id) on delete set null (deal_id)
);
-- A conversation has one that somebody still works on.
create unique index leads_one_open on leads (tenant_id, conversation_id) where status in ('new', 'contacted', 'qualified');
create index leads_conversation on leads (tenant_id, conversation_id) where conversation_id is not null;
create index leads_contact on leads (tenant_id, contact_id) where contact_id is not null;
create index leads_channel on leads (tenant_id, channel_id);
create index leads_intent on leads (tenant_id, intent, created_at desc, id desc);
create index leads_status on leads (tenant_id, status, created_at desc, id desc);
create index leads_created_at on leads (tenant_id, created_at desc, id desc);
create index leads_updated_at on leads (tenant_id, updated_at desc, id desc);
create index leads_assigned on leads (tenant_id, assigned_to) where assigned_to is not null;
create index leads_client on leads (tenant_id, client_id) where client_id is not null;
create index leads_deal on leads (tenant_id, deal_id) where deal_id is not null;

-- The bot asks once a conversation how somebody can be reached. This says that it has, and what came of it.
create table lead_requests (
    tenant_id       uuid not null,
    conversation_id uuid not null,
    asked_seq       bigint not null,           -- the message that asks
    intent          text not null,
    question        text not null,             -- as it was asked: what is answered is consent to this
    outcome         text not null default 'waiting'
        constraint lead_requests_outcome_check check (outcome in ('waiting', 'given', 'refused')),
    asked_at        timestamptz not null,
    created_at      timestamptz not null default now(),
    updated_at      timestamptz not null default now(),
    primary key (tenant_id, conversation_id),
    foreign key (tenant_id, conversation_id) references conversations (tenant_id, id) on delete cascade
);
