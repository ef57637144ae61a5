-- Keys of programs that send messages: the same key again gives the same message, another request under it is refused.
-- They live a week.
create table idempotency_keys (
    tenant_id  uuid not null,
    id         uuid not null default gen_random_uuid(),
    channel_id uuid not null,
    key        text not null,
    request    bytea not null,                 -- SHA-256 of what was asked for
    message_id uuid,                           -- what was made of it, in the same transaction
    created_at timestamptz not null default now(),
    updated_at timestamptz not null default now(),
    primary key (tenant_id, id),
    constraint idempotency_keys_key unique (tenant_id, channel_id, key),
    foreign key (tenant_id, channel_id) references channels (tenant_id, id) on delete cascade,
    foreign key (tenant_id, message_id) references messages (tenant_id, id) on delete cascade
);
create index idempotency_keys_message on idempotency_keys (tenant_id, message_id);
create index idempotency_keys_age on idempotency_keys (tenant_id, created_at);

-- What people write, what we write and what is written in our name elsewhere each have ids of their own.
alter table messages drop constraint messages_client_message_id_key;
create unique index messages_client_message_id_key
    on messages (tenant_id, conversation_id, client_message_id, (sender_type = 'user'), was_sent_elsewhere);

-- Each time that a person has a message sent again is an attempt of its own: late news of another one are not about it.
alter table deliveries add column resends integer not null default 0;
