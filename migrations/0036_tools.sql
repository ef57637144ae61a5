-- What the bot may do beside answering: which tools a channel gives it, every call of one, and visitors who have shown by a
-- code that an order is theirs.

-- What a channel says otherwise than the defaults.
create table channel_tools (
    tenant_id  uuid not null,
    channel_id uuid not null,
    tool       text not null
        constraint channel_tools_tool_check
        check (tool in ('find_order', 'offer_booking', 'capture_lead', 'escalate', 'tag', 'cancel_order')),
    permission text not null
        constraint channel_tools_permission_check check (permission in ('off', 'allowed', 'ask')),
    created_at timestamptz not null default now(),
    updated_at timestamptz not null default now(),
    primary key (tenant_id, channel_id, tool),
    -- what cannot be taken back is never done without a person
    constraint channel_tools_irreversible_check check (tool <> 'cancel_order' or permission <> 'allowed'),
    foreign key (tenant_id, channel_id) references channels (tenant_id, id) on delete cascade
);

-- Every call, also one that was refused. Made by the bot's rules, or asked for by a model.
create table tool_calls (
    tenant_id       uuid not null,
    id              uuid not null,
    conversation_id uuid not null,
    tool            text not null              -- as the caller named it: a model may name one that does not exist
        constraint tool_calls_tool_check check (length(tool) between 1 and 64),
    arguments       jsonb not null default '{}', -- what was asked for; neither codes nor addresses
    asked_by        text not null
        constraint tool_calls_asked_by_check check (asked_by in ('rules', 'model')),
    outcome         text not null
        constraint tool_calls_outcome_check check (outcome in ('done', 'not_found', 'not_verified', 'pending', 'refused', 'failed',
            'unknown_tool', 'bad_arguments')),
    detail          text,                      -- a code: why it failed
    verified_by     text                       -- how the visitor was known to be who they are
        constraint tool_calls_verified_by_check check (verified_by in ('external', 'email', 'phone', 'platform', 'code')),
    order_id        uuid,
    needed_approval boolean not null default false,
    decided_by      uuid,
    decided_by_name text,
    decided_at      timestamptz,
    ms              integer not null,
    created_at      timestamptz not null,
    updated_at      timestamptz not null default now(),
    primary key (tenant_id, id),
    foreign key (tenant_id, conversation_id) references conversations (tenant_id, id) on delete cascade,
    foreign key (tenant_id, order_id) references crm_orders (tenant_id, id) on delete set null (order_id),
    foreign key (tenant_id, decided_by) references memberships (tenant_id, user_id) on delete set null (decided_by)
);
create index tool_calls_conversation on tool_calls (tenant_id, conversation_id, created_at desc, id desc);
create index tool_calls_order on tool_calls (tenant_id, order_id) where order_id is not null;
create index tool_calls_decided_by on tool_calls (tenant_id, decided_by) where decided_by is not null;
-- The same thing waits for a person once.
create unique index tool_calls_one_pending on tool_calls
    (tenant_id, conversation_id, tool, coalesce(order_id, conversation_id), coalesce(arguments ->> 'label', ''))
    where outcome = 'pending';

-- A visitor whom nobody vouches for may show by a code that they read the mail of the order's client. A row is made for every
-- number that is asked for, whether or not there is such an order: nothing that the visitor sees depends on it.
create table order_verifications (
    tenant_id       uuid not null,
    id              uuid not null,
    conversation_id uuid not null,
    order_number    text not null              -- as it was asked for, lower case
        constraint order_verifications_number_check check (length(order_number) between 1 and 60),
    offered_at      timestamptz not null,
    sent_at         timestamptz,               -- the visitor has asked for the code
    expires_at      timestamptz,
    client_id       uuid,                      -- null: there is no such order, or nothing could be sent
    code_hash       bytea,                     -- HMAC-SHA256 under a key of the installation
    tries           integer not null default 0,
    verified_at     timestamptz,               -- the right code was typed: good for this conversation and this client
    created_at      timestamptz not null,
    updated_at      timestamptz not null default now(),
    primary key (tenant_id, id),
    foreign key (tenant_id, conversation_id) references conversations (tenant_id, id) on delete cascade,
    foreign key (tenant_id, client_id) references crm_clients (tenant_id, id) on delete cascade
);
create index order_verifications_conversation on order_verifications (tenant_id, conversation_id, created_at desc, id desc);
create index order_verifications_number on order_verifications (tenant_id, order_number, sent_at) where sent_at is not null;
create index order_verifications_client on order_verifications (tenant_id, client_id, sent_at) where client_id is not null;

alter table answers
    drop constraint answers_mode_check,
    add constraint answers_mode_check
        check (mode in ('model', 'approved_text', 'no_answer', 'small_talk', 'action', 'webhook', 'order'));

alter table escalations
    drop constraint escalations_reason_check,
    add constraint escalations_reason_check
        check (reason in ('visitor_asked', 'low_confidence', 'agent', 'bot_limit', 'approval'));

alter table conversation_events
    drop constraint conversation_events_kind_check,
    add constraint conversation_events_kind_check check (kind in ('assigned', 'unassigned', 'resolved', 'reopened', 'escalated',
        'taken_over', 'given_back', 'snoozed', 'woken', 'label_added', 'label_removed', 'blocked', 'unblocked', 'rated',
        'tool_requested', 'tool_approved', 'tool_refused'));
