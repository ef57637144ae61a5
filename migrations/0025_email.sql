-- E-mail: how it is sent, who wants what, and every mail with what became of it.

-- A workspace's own mail server, in place of the installation's. No row: the installation's.
create table email_settings (
    tenant_id          uuid primary key references tenants (tenant_id) on delete cascade,
    host               text not null check (host <> ''),
    port               integer not null check (port between 1 and 65535),
    tls                text not null
        constraint email_settings_tls_check check (tls in ('starttls', 'tls', 'none')),
    username           text,
    encrypted_password text,                   -- sealed, bound to the tenant
    password_last4     text not null default '',
    from_address       text not null,
    created_at         timestamptz not null default now(),
    updated_at         timestamptz not null default now()
);

-- What a member wants to be told by e-mail. No row: the defaults of notifications::choices.
create table email_choices (
    tenant_id   uuid not null,
    user_id     uuid not null,
    messages    text not null
        constraint email_choices_messages_check check (messages in ('none', 'mine', 'mine_and_unassigned', 'all')),
    escalations boolean not null,
    mentions    boolean not null,
    pace        text not null
        constraint email_choices_pace_check check (pace in ('now', 'hourly', 'daily', 'never')),
    created_at  timestamptz not null default now(),
    updated_at  timestamptz not null default now(),
    primary key (tenant_id, user_id),
    foreign key (tenant_id, user_id) references memberships (tenant_id, user_id) on delete cascade
);

-- Something that a member is to be told, once. It stays for some days after it was told, so that it is not told again.
create table email_notices (
    tenant_id       uuid not null,
    id              uuid not null,
    user_id         uuid not null,
    conversation_id uuid not null,
    kind            text not null
        constraint email_notices_kind_check check (kind in ('message', 'escalation', 'mention')),
    since           timestamptz not null,      -- when it happened; with the conversation its name
    is_digest       boolean not null,
    due_at          timestamptz not null,
    done_at         timestamptz,
    outcome         text
        constraint email_notices_outcome_check check (outcome in ('mailed', 'online', 'settled')),
    created_at      timestamptz not null default now(),
    updated_at      timestamptz not null default now(),
    primary key (tenant_id, id),
    constraint email_notices_key unique (tenant_id, user_id, conversation_id, kind, since),
    foreign key (tenant_id, user_id) references memberships (tenant_id, user_id) on delete cascade,
    foreign key (tenant_id, conversation_id) references conversations (tenant_id, id) on delete cascade
);
create index email_notices_due on email_notices (tenant_id, due_at) where done_at is null;
create index email_notices_conversation on email_notices (tenant_id, conversation_id, kind, since);
create index email_notices_done on email_notices (tenant_id, done_at) where done_at is not null;

-- Every mail. Written with what it tells, sent by a job, at most once.
create table emails (
    tenant_id        uuid not null references tenants (tenant_id) on delete cascade,
    id               uuid not null,
    kind             text not null
        constraint emails_kind_check check (kind in ('message', 'escalation', 'mention', 'digest', 'transcript', 'test', 'confirmation')),
    dedupe_key       text not null,
    user_id          uuid,                     -- of the member it goes to; kept when the member leaves
    conversation_id  uuid,
    to_address       text not null,
    to_name          text,
    subject          text not null,
    body             text,                     -- plain text; gone once it was sent, or after a day
    unsubscribe_url  text,
    status           text not null default 'queued'
        constraint emails_status_check check (status in ('queued', 'sending', 'sent', 'failed', 'unknown')),
    attempts         integer not null default 0,
    next_attempt_at  timestamptz,
    error            text,                     -- the mail server's words, or ours
    sending_at       timestamptz,
    sent_at          timestamptz,
    created_at       timestamptz not null default now(),
    updated_at       timestamptz not null default now(),
    primary key (tenant_id, id),
    constraint emails_dedupe_key unique (tenant_id, dedupe_key),
    foreign key (tenant_id, conversation_id) references conversations (tenant_id, id) on delete cascade
);
create index emails_recent on emails (tenant_id, created_at desc, id);
create index emails_conversation on emails (tenant_id, conversation_id) where conversation_id is not null;

-- The address that a signed identity token gave: transcripts may be sent to it.
alter table contacts add column vouched_email text;

-- How many mails an address was sent on a day, over all tenants; the address itself is not in it.
create table platform.email_counts (
    address_hash bytea not null,
    day          date not null,
    mails        integer not null,
    primary key (address_hash, day)
);
