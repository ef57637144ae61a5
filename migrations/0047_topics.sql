-- Topics: what visitors ask about, day by day. A topic keeps its id; which message is about which is found by a job.

create table topics (
    tenant_id      uuid not null references tenants (tenant_id) on delete cascade,
    id             uuid not null,
    number         integer not null,           -- what topics_daily calls it
    label          text not null check (label <> ''),
    label_origin   text not null default 'keywords'
        constraint topics_label_origin_check check (label_origin in ('keywords', 'model', 'person')),
    labelled_for   text[] not null default '{}', -- the keywords that the model has seen when it gave the label
    keywords       text[] not null default '{}', -- words that two visitors or more have used
    centroid       vector,                     -- the mean of its messages' vectors, by topic_state.embedder
    stays_apart    boolean not null default false, -- somebody has taken it out of another one
    merged_into    uuid,                       -- it is part of another one; that one is part of none
    is_hidden      boolean not null default false,
    created_at     timestamptz not null default now(),
    updated_at     timestamptz not null default now(),
    primary key (tenant_id, id),
    constraint topics_number_key unique (tenant_id, number),
    foreign key (tenant_id, merged_into) references topics (tenant_id, id) on delete set null (merged_into)
);
create index topics_merged on topics (tenant_id, merged_into) where merged_into is not null;

-- One row for each question of a visitor that a job has looked at. It goes with the message.
create table topic_messages (
    tenant_id  uuid not null,
    message_id uuid not null,
    day        date not null,                  -- when it was sent, in the workspace's time zone
    topic_id   uuid,                           -- null: like nothing that others ask
    language   text,
    embedding  vector,                         -- null again once it is too old to be compared
    created_at timestamptz not null default now(),
    updated_at timestamptz not null default now(),
    primary key (tenant_id, message_id),
    foreign key (tenant_id, message_id) references messages (tenant_id, id) on delete cascade,
    foreign key (tenant_id, topic_id) references topics (tenant_id, id) on delete set null (topic_id)
);
create index topic_messages_day on topic_messages (tenant_id, day, topic_id);
create index topic_messages_topic on topic_messages (tenant_id, topic_id, day);
create index topic_messages_embedded on topic_messages (tenant_id, day) where embedding is not null;

-- The days that were looked at.
create table topic_days (
    tenant_id  uuid not null references tenants (tenant_id) on delete cascade,
    day        date not null,
    made_at    timestamptz not null,
    created_at timestamptz not null default now(),
    updated_at timestamptz not null default now(),
    primary key (tenant_id, day)
);

-- Days to look at again, because a message came late or has gone since. Only ever added to, so that nobody waits for anybody;
-- the job takes away what it has seen to.
create table topic_day_changes (
    tenant_id  uuid not null references tenants (tenant_id) on delete cascade,
    id         uuid not null default gen_random_uuid(),
    day        date not null,
    created_at timestamptz not null default now(),
    primary key (tenant_id, id)
);

create table topic_state (
    tenant_id    uuid primary key references tenants (tenant_id) on delete cascade,
    time_zone    text,                         -- by which the days were cut
    embedder     text,                         -- what made the vectors
    made_at      timestamptz,                  -- the last look
    requested_at timestamptz,                  -- somebody has asked for one
    created_at   timestamptz not null default now(),
    updated_at   timestamptz not null default now()
);

-- What topic_messages says, counted by day and topic, parts among the topic that they were merged into.
create table topics_daily (
    tenant_id       uuid not null references tenants (tenant_id) on delete cascade,
    id              uuid not null default gen_random_uuid(),
    date            date not null,
    topic_id        integer not null,          -- topics.number
    topic_label     varchar(255),
    keywords        text[],
    message_count   integer default 0,
    percentage      numeric(5, 2),             -- of the day's questions
    sample_messages jsonb default '[]',        -- ids of messages
    created_at      timestamptz default now(),
    primary key (tenant_id, id),
    constraint topics_daily_key unique (tenant_id, date, topic_id)
);

-- The messages of a day.
create index messages_asked on messages (tenant_id, sent_at) where sender_type = 'user';

-- Questions that were there before topics were: the days on which something was asked wait to be looked at.
alter table tenants no force row level security;
alter table messages no force row level security;
insert into topic_day_changes (tenant_id, day)
select distinct m.tenant_id, (m.sent_at at time zone t.time_zone)::date
from messages m
join tenants t on t.tenant_id = m.tenant_id
where m.sender_type = 'user' and m.sent_at > now() - interval '400 days';
alter table tenants force row level security;
alter table messages force row level security;
