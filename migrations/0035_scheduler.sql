-- The built-in scheduler: free times from hours and calendars, offered in the chat, with invitations by mail.

alter table meeting_settings
    add column is_scheduler_on  boolean not null default false,
    add column title            text,          -- of meetings that visitors book; null: a sentence in their language
    add column meeting_url      text,          -- where they take place
    add column duration_minutes integer not null default 30
        constraint meeting_settings_duration_check check (duration_minutes between 5 and 480),
    add column buffer_minutes   integer not null default 0     -- between two meetings of the same member
        constraint meeting_settings_buffer_check check (buffer_minutes between 0 and 240),
    add column notice_minutes   integer not null default 120   -- nothing nearer than that is offered
        constraint meeting_settings_notice_check check (notice_minutes between 0 and 43200),
    add column horizon_days     integer not null default 14    -- nor further away
        constraint meeting_settings_horizon_check check (horizon_days between 1 and 90),
    add column time_zone        text,          -- null: the workspace's
    add column hours            jsonb,         -- null: the workspace's business hours, or office hours where it has none
    add column reminder_minutes integer default 60             -- null: nobody is reminded
        constraint meeting_settings_reminder_check check (reminder_minutes between 5 and 10080),
    add column consent_text     text not null default '';      -- said where the bot asks for an address

-- Who is booked. Nobody here: the owner.
create table meeting_hosts (
    tenant_id  uuid not null,
    user_id    uuid not null,
    created_at timestamptz not null default now(),
    primary key (tenant_id, user_id),
    foreign key (tenant_id, user_id) references memberships (tenant_id, user_id) on delete cascade
);

-- What the bot has offered in a conversation and waits for: an answer means something only beside it.
create table meeting_dialogues (
    tenant_id       uuid not null,
    conversation_id uuid not null,
    asked_seq       bigint not null,           -- the message that asks
    state           text not null
        constraint meeting_dialogues_state_check check (state in ('choosing', 'asking_email', 'cancelling')),
    language        text not null,             -- in which it is led: a number has none
    zone            text not null,             -- whose times they are
    offered         timestamptz[] not null,    -- as they were numbered
    chosen          timestamptz,               -- while the address is asked for; of the meeting that is perhaps cancelled
    question        text,                      -- as the address was asked for: what is answered is consent to this
    meeting_id      uuid,                      -- the meeting that is to be moved or cancelled; null: a new one
    created_at      timestamptz not null default now(),
    updated_at      timestamptz not null default now(),
    primary key (tenant_id, conversation_id),
    foreign key (tenant_id, conversation_id) references conversations (tenant_id, id) on delete cascade,
    foreign key (tenant_id, meeting_id) references meetings (tenant_id, id) on delete cascade
);
create index meeting_dialogues_meeting on meeting_dialogues (tenant_id, meeting_id) where meeting_id is not null;

alter table meetings
    add column consent          jsonb,         -- {"given_at", "text"}: what the visitor had read before they gave their address
    add column language         text,          -- of the visitor, for mails to them
    add column invited_sequence integer,       -- the sequence that calendars were sent; null: none yet
    add column invited_user     uuid,          -- the member whose calendar has it; kept when they leave
    add column reminded_at      timestamptz;   -- cleared when it is moved
create index meetings_untold on meetings (tenant_id, updated_at)
    where source in ('builtin', 'agent') and invited_sequence is distinct from sequence;

alter table emails
    add column calendar text,                  -- an iCalendar object that goes with it; gone with the text
    drop constraint emails_kind_check,
    add constraint emails_kind_check check (kind in ('message', 'escalation', 'mention', 'digest', 'transcript', 'test',
        'confirmation', 'webhook', 'invitation', 'meeting', 'activity'));
