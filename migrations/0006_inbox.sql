-- The inbox of a team: labels, notes, what happened when, targets, who is there, and words to search by.

alter table contacts
    add column note       text not null default '',       -- for colleagues; the person never sees it
    add column is_blocked boolean not null default false; -- their messages are refused

alter table conversations
    add column snoozed_until     timestamptz,  -- out of sight until then, or until the visitor writes
    add column waiting_since     timestamptz,  -- a person is needed since then; cleared by a person's reply
    add column first_reply_due_at timestamptz, -- the target, counted in business hours from the moment a person was needed
    add column first_replied_at  timestamptz,  -- by a person, since the conversation was opened (again)
    add column resolution_due_at timestamptz;
create index conversations_snoozed on conversations (tenant_id, snoozed_until) where snoozed_until is not null;
create index conversations_waiting on conversations (tenant_id, waiting_since, id) where waiting_since is not null;
create index conversations_unresolved on conversations (tenant_id, last_message_at desc, id desc) where status <> 'resolved';
create index conversations_oldest on conversations (tenant_id, last_message_at, id);

create table labels (
    tenant_id  uuid not null references tenants (tenant_id) on delete cascade,
    id         uuid not null,
    name       text not null check (name <> ''),
    color      text not null
        constraint labels_color_check check (color in ('gray', 'red', 'amber', 'green', 'blue', 'violet')),
    created_at timestamptz not null default now(),
    updated_at timestamptz not null default now(),
    primary key (tenant_id, id)
);
create unique index labels_name_key on labels (tenant_id, lower(name));

create table conversation_labels (
    tenant_id       uuid not null,
    conversation_id uuid not null,
    label_id        uuid not null,
    created_at      timestamptz not null default now(),
    primary key (tenant_id, conversation_id, label_id),
    foreign key (tenant_id, conversation_id) references conversations (tenant_id, id) on delete cascade,
    foreign key (tenant_id, label_id) references labels (tenant_id, id) on delete cascade
);
create index conversation_labels_label on conversation_labels (tenant_id, label_id, conversation_id);

-- What colleagues tell each other. Apart from messages, so that nothing that reads messages can show a note.
create table conversation_notes (
    tenant_id       uuid not null,
    id              uuid not null,
    conversation_id uuid not null,
    author_user_id  uuid,                      -- null: written by a program; kept when the member leaves
    author_name     text not null,
    client_note_id  text not null,             -- made by the sender: the same one again stores nothing twice
    text_content    text not null check (text_content <> ''),
    created_at      timestamptz not null default now(),
    updated_at      timestamptz not null default now(),
    primary key (tenant_id, id),
    constraint conversation_notes_client_note_id_key unique (tenant_id, conversation_id, client_note_id),
    foreign key (tenant_id, conversation_id) references conversations (tenant_id, id) on delete cascade
);

create table note_mentions (
    tenant_id       uuid not null,
    note_id         uuid not null,
    user_id         uuid not null,
    conversation_id uuid not null,             -- the note's, repeated for the list of conversations that mention somebody
    is_read         boolean not null default false,
    created_at      timestamptz not null default now(),
    updated_at      timestamptz not null default now(),
    primary key (tenant_id, note_id, user_id),
    foreign key (tenant_id, note_id) references conversation_notes (tenant_id, id) on delete cascade,
    foreign key (tenant_id, conversation_id) references conversations (tenant_id, id) on delete cascade,
    constraint note_mentions_user_fkey foreign key (tenant_id, user_id)
        references memberships (tenant_id, user_id) on delete cascade
);
create index note_mentions_user on note_mentions (tenant_id, user_id, conversation_id);
create index note_mentions_conversation on note_mentions (tenant_id, conversation_id);

-- What was done to a conversation, by whom. Never changed.
create table conversation_events (
    tenant_id       uuid not null,
    id              uuid not null,
    conversation_id uuid not null,
    kind            text not null
        constraint conversation_events_kind_check check (kind in ('assigned', 'unassigned', 'resolved', 'reopened', 'escalated',
            'taken_over', 'given_back', 'snoozed', 'woken', 'label_added', 'label_removed', 'blocked', 'unblocked', 'rated')),
    actor_user_id   uuid,                      -- null: a rule, a program or the visitor
    actor_name      text,
    data            jsonb not null default '{}',
    created_at      timestamptz not null,
    primary key (tenant_id, id),
    foreign key (tenant_id, conversation_id) references conversations (tenant_id, id) on delete cascade
);
create index conversation_events_conversation on conversation_events (tenant_id, conversation_id, id);

create table saved_replies (
    tenant_id    uuid not null references tenants (tenant_id) on delete cascade,
    id           uuid not null,
    shortcut     text not null check (shortcut <> ''),
    title        text not null check (title <> ''),
    text_content text not null check (text_content <> ''),  -- may hold {{contact.name}} and its like
    language     text,                                      -- null: for every language
    created_at   timestamptz not null default now(),
    updated_at   timestamptz not null default now(),
    primary key (tenant_id, id)
);
create unique index saved_replies_shortcut_key on saved_replies (tenant_id, lower(shortcut), coalesce(language, ''));

-- A list that somebody wants to come back to.
create table inbox_views (
    tenant_id     uuid not null references tenants (tenant_id) on delete cascade,
    id            uuid not null,
    owner_user_id uuid,                        -- null: made by a program
    name          text not null check (name <> ''),
    query         text not null,               -- the filter as it stands in the dashboard's address
    is_shared     boolean not null default false,
    created_at    timestamptz not null default now(),
    updated_at    timestamptz not null default now(),
    primary key (tenant_id, id),
    foreign key (tenant_id, owner_user_id) references memberships (tenant_id, user_id) on delete cascade
);
create index inbox_views_owner on inbox_views (tenant_id, owner_user_id);

-- A colleague's state, apart from the membership, which other tables are told about whenever it changes.
create table member_states (
    tenant_id        uuid not null,
    user_id          uuid not null,
    availability     text not null default 'available'
        constraint member_states_availability_check check (availability in ('available', 'away')),
    last_seen_at     timestamptz,              -- the dashboard was open
    last_assigned_at timestamptz,              -- by rule: whose turn it is next
    created_at       timestamptz not null default now(),
    updated_at       timestamptz not null default now(),
    primary key (tenant_id, user_id),
    foreign key (tenant_id, user_id) references memberships (tenant_id, user_id) on delete cascade
);

-- Who has a conversation open. A row counts for some seconds after its last heartbeat.
create table conversation_viewers (
    tenant_id       uuid not null,
    conversation_id uuid not null,
    user_id         uuid not null,
    is_typing       boolean not null,
    seen_at         timestamptz not null,
    primary key (tenant_id, conversation_id, user_id),
    foreign key (tenant_id, conversation_id) references conversations (tenant_id, id) on delete cascade,
    foreign key (tenant_id, user_id) references memberships (tenant_id, user_id) on delete cascade
);
create index conversation_viewers_user on conversation_viewers (tenant_id, user_id);

-- How the team works: one row a tenant, none until somebody changes something. The time zone is the tenant's.
create table inbox_settings (
    tenant_id           uuid primary key references tenants (tenant_id) on delete cascade,
    business_hours      jsonb,                 -- weekday → list of [from, to]; null: always open
    holidays            date[] not null default '{}',
    assignment_mode     text not null default 'manual'
        constraint inbox_settings_assignment_mode_check check (assignment_mode in ('manual', 'round_robin')),
    assignment_capacity integer not null default 10 check (assignment_capacity between 1 and 1000),
    first_reply_minutes integer check (first_reply_minutes > 0),   -- in business hours
    resolution_minutes  integer check (resolution_minutes > 0),
    ask_rating          boolean not null default true,
    escalation_email    text,
    created_at          timestamptz not null default now(),
    updated_at          timestamptz not null default now()
);

-- Words of messages and notes, plain and in lower case: PostgreSQL uses no full-text index under row security, because
-- its operators may leak. Equality and order of plain bytes cannot. A trigger takes a conversation's words away with it:
-- a foreign key would do the same, and make storing a message a quarter of a millisecond slower.
create table conversation_words (
    tenant_id       uuid not null,
    word            text collate "C" not null,
    conversation_id uuid not null,
    primary key (tenant_id, word, conversation_id)
);
create index conversation_words_conversation on conversation_words (tenant_id, conversation_id, word);
