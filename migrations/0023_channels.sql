-- Messaging channels: accounts at vendors, what they send us, what we send them.

alter table channels
    add column platform_channel_id text,       -- the vendor's id of the account: a phone number's, a page's, a site's
    add column config jsonb not null default '{}',           -- what was filled in to connect it, but no secrets
    add column encrypted_credentials text,     -- the secrets, as sealed JSON
    add column credential_hints jsonb not null default '{}', -- of each secret the last four characters
    add column verify_token text,              -- pasted at the vendor's, who shows it to us
    add column webhook_url text,               -- as the vendor was told
    add column account_name text,              -- as the vendor calls it
    add column token_expires_at timestamptz,
    add column permissions jsonb not null default '[]',
    add column warnings text[] not null default '{}',
    add column checked_at timestamptz,         -- when the vendor was asked last, with success
    add column is_broken boolean not null default false,     -- the credentials do not work: nothing is sent
    add column last_error text,
    add column last_error_at timestamptz,
    add column brain text not null default 'builtin'
        constraint channels_brain_check check (brain in ('builtin', 'webhook')),
    add column brain_url text,                 -- of a workflow that answers in our place
    add column brain_encrypted_header text,    -- `name: value`, sealed: how the workflow recognises us
    add column brain_timeout_seconds integer not null default 30 check (brain_timeout_seconds between 1 and 120),
    add column brain_falls_back boolean not null default true;  -- on its failure the built-in bot answers
create index channels_platform_id on channels (tenant_id, kind, platform_channel_id) where platform_channel_id is not null;

-- For the address that all accounts of a vendor share.
alter table platform.channel_index add column platform_channel_id text;
create index channel_index_platform_id on platform.channel_index (kind, platform_channel_id) where platform_channel_id is not null;

-- What vendors sent, as it came: written before it is acknowledged, worked on afterwards.
create table inbound_events (
    tenant_id       uuid not null,
    id              uuid not null,             -- in the order of arrival
    channel_id      uuid not null,
    event_key       text not null,             -- the vendor's, so that the same event again changes nothing
    account_id      text,                      -- whom the vendor sent it to, if it is not the channel's own account
    thread          text not null,             -- the person's or the chat's id at the vendor's
    lane            text not null,             -- events of one lane are worked on one after another
    kind            text not null,
    body            text not null,             -- JSON, of this event alone
    occurred_at     timestamptz,
    received_at     timestamptz not null,
    status          text not null default 'pending'
        constraint inbound_events_status_check check (status in ('pending', 'processed', 'quarantined', 'dead')),
    attempts        integer not null default 0,
    next_attempt_at timestamptz,
    note            text,                      -- what became of it, or why nothing did
    message_id      uuid,                      -- that it became
    conversation_id uuid,
    processed_at    timestamptz,
    created_at      timestamptz not null default now(),
    updated_at      timestamptz not null default now(),
    primary key (tenant_id, id),
    constraint inbound_events_key unique (tenant_id, channel_id, event_key),
    foreign key (tenant_id, channel_id) references channels (tenant_id, id) on delete cascade
);
create index inbound_events_pending on inbound_events (tenant_id, channel_id, lane, id) where status = 'pending';
create index inbound_events_recent on inbound_events (tenant_id, channel_id, received_at desc);
create index inbound_events_stuck on inbound_events (tenant_id, status, id) where status <> 'processed';

-- What is sent to vendors: one row for each call that says something. Made with the message, in its transaction.
create table deliveries (
    tenant_id           uuid not null,
    id                  uuid not null default gen_random_uuid(),
    message_id          uuid not null,
    conversation_id     uuid not null,
    channel_id          uuid not null,
    part                integer not null default 1,
    content             jsonb,                 -- null: not cut into pieces yet
    status              text not null default 'queued'
        constraint deliveries_status_check check (status in ('queued', 'sending', 'sent', 'delivered', 'read', 'failed', 'unknown', 'cancelled')),
    platform_message_id text,
    error_code          text,
    error_reason        text,
    attempts            integer not null default 0,
    next_attempt_at     timestamptz,
    sending_at          timestamptz,
    sent_at             timestamptz,
    delivered_at        timestamptz,
    read_at             timestamptz,
    failed_at           timestamptz,
    created_at          timestamptz not null default now(),
    updated_at          timestamptz not null default now(),
    primary key (tenant_id, id),
    constraint deliveries_part_key unique (tenant_id, message_id, part),
    foreign key (tenant_id, message_id) references messages (tenant_id, id) on delete cascade,
    foreign key (tenant_id, conversation_id) references conversations (tenant_id, id) on delete cascade,
    foreign key (tenant_id, channel_id) references channels (tenant_id, id) on delete cascade
);
create index deliveries_open on deliveries (tenant_id, conversation_id) where status in ('queued', 'sending');
create index deliveries_platform_id on deliveries (tenant_id, channel_id, platform_message_id) where platform_message_id is not null;
create index deliveries_conversation on deliveries (tenant_id, conversation_id, status);
create index deliveries_channel on deliveries (tenant_id, channel_id, created_at desc);

alter table messages
    add column metadata jsonb not null default '{}',         -- typed in conversations::messages::Extras
    add column was_sent_elsewhere boolean not null default false,  -- said in the vendor's own inbox: there is nothing to deliver
    drop constraint messages_content_type_check,
    add constraint messages_content_type_check check (content_type in ('text', 'image', 'audio', 'video', 'file', 'location'));

create index messages_client_id on messages (tenant_id, client_message_id) where client_message_id is not null;

alter table conversations
    add column thread text;                    -- on a messaging channel: where the vendor is told to send replies
create index conversations_thread on conversations (tenant_id, channel_id, thread, id) where thread is not null;

alter table contacts
    add column avatar_url text,
    add column username text,
    -- of a contact that was merged into another: where everything went
    add column merged_into uuid;
create index contacts_email on contacts (tenant_id, lower(email)) where email is not null;

alter table contact_identities
    add column channel_id uuid,                -- of kind `platform`: the account by which the vendor's id is known
    add constraint contact_identities_channel_fkey foreign key (tenant_id, channel_id) references channels (tenant_id, id) on delete cascade;
create index contact_identities_channel on contact_identities (tenant_id, channel_id) where channel_id is not null;

-- What merged two contacts into one, so that it can be taken back.
create table contact_merges (
    tenant_id    uuid not null,
    id           uuid not null,
    kept_id      uuid not null,
    merged_id    uuid not null,
    reason       text not null
        constraint contact_merges_reason_check check (reason in ('email', 'phone', 'hand')),
    moved        jsonb not null,               -- ids of conversations and identities, and the merged one's own fields
    merged_by    text,                         -- null: by rule
    undone_at    timestamptz,
    created_at   timestamptz not null default now(),
    updated_at   timestamptz not null default now(),
    primary key (tenant_id, id),
    foreign key (tenant_id, kept_id) references contacts (tenant_id, id) on delete cascade,
    foreign key (tenant_id, merged_id) references contacts (tenant_id, id) on delete cascade
);
create index contact_merges_kept on contact_merges (tenant_id, kept_id);
create index contact_merges_merged on contact_merges (tenant_id, merged_id);

-- Why a workflow that should answer did not.
create table webhook_errors (
    tenant_id       uuid not null,
    id              uuid not null,
    channel_id      uuid not null,
    conversation_id uuid,
    error_type      text not null
        constraint webhook_errors_type_check check (error_type in ('timeout', 'connection', 'status', 'no_answer', 'refused')),
    error_message   text not null,
    occurred_at     timestamptz not null,
    created_at      timestamptz not null default now(),
    updated_at      timestamptz not null default now(),
    primary key (tenant_id, id),
    foreign key (tenant_id, channel_id) references channels (tenant_id, id) on delete cascade,
    foreign key (tenant_id, conversation_id) references conversations (tenant_id, id) on delete set null (conversation_id)
);
create index webhook_errors_recent on webhook_errors (tenant_id, channel_id, occurred_at desc);
create index webhook_errors_conversation on webhook_errors (tenant_id, conversation_id);

-- What a workflow in the bot's place said.
alter table answers
    drop constraint answers_mode_check,
    add constraint answers_mode_check check (mode in ('model', 'approved_text', 'no_answer', 'small_talk', 'action', 'webhook'));
