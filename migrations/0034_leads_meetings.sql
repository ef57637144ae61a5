-- Leads: people who might buy, with what they left to be reached by. Meetings with visitors.

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

-- Meetings with visitors. Those that were booked with a vendor are kept in step with what it tells.
create table meetings (
    tenant_id        uuid not null references tenants (tenant_id) on delete cascade,
    id               uuid not null default gen_random_uuid(),
    conversation_id  uuid,
    contact_id       uuid,                     -- erased with the contact
    title            text not null default '',
    meeting_url      text,
    scheduled_at     timestamptz not null,
    ends_at          timestamptz not null,     -- scheduled_at + duration_minutes: what overlaps is found by it
    duration_minutes integer not null default 30
        constraint meetings_duration_check check (duration_minutes between 1 and 1440),
    status           text not null default 'scheduled'
        constraint meetings_status_check check (status in ('scheduled', 'rescheduled', 'completed', 'cancelled', 'no_show')),
    source           text not null
        constraint meetings_source_check check (source in ('calcom', 'builtin', 'calendly', 'agent')),
    cal_event_id     text,                     -- the vendor's name of the booking; a new one each time that it is moved
    former_event_ids text[] not null default '{}',
    vendor_at        timestamptz,              -- of the newest event that counted: an older one changes nothing
    attendee_name    text,
    attendee_email   text,
    assigned_to      uuid,                     -- the member whom it is with
    cancel_reason    text,
    ical_uid         text not null,
    sequence         integer not null default 0, -- how often calendars were told of another time
    created_at       timestamptz not null default now(),
    updated_at       timestamptz not null default now(),
    primary key (tenant_id, id),
    constraint meetings_cal_event_key unique (tenant_id, cal_event_id),
    foreign key (tenant_id, conversation_id) references conversations (tenant_id, id) on delete set null (conversation_id),
    foreign key (tenant_id, contact_id) references contacts (tenant_id, id) on delete cascade,
    constraint meetings_assigned_to foreign key (tenant_id, assigned_to) references memberships (tenant_id, user_id)
        on delete set null (assigned_to)
);
create index meetings_scheduled on meetings (tenant_id, scheduled_at, id);
create index meetings_conversation on meetings (tenant_id, conversation_id) where conversation_id is not null;
create index meetings_contact on meetings (tenant_id, contact_id) where contact_id is not null;
create index meetings_assigned on meetings (tenant_id, assigned_to, scheduled_at) where assigned_to is not null;

-- What a vendor has told, so that the same counts once. Holds no words of anybody.
create table meeting_events (
    tenant_id     uuid not null references tenants (tenant_id) on delete cascade,
    id            uuid not null default gen_random_uuid(),
    event_key     text not null,               -- trigger, booking and the vendor's time
    trigger_event text not null,
    happened_at   timestamptz not null,
    created_at    timestamptz not null default now(),
    primary key (tenant_id, id),
    constraint meeting_events_key unique (tenant_id, event_key)
);

-- How meetings are booked; one row a tenant once something was set.
create table meeting_settings (
    tenant_id     uuid primary key references tenants (tenant_id) on delete cascade,
    booking_url   text,                        -- offered where a channel has none of its own
    calcom_secret text,                        -- sealed; checks what Cal.com sends
    created_at    timestamptz not null default now(),
    updated_at    timestamptz not null default now()
);
