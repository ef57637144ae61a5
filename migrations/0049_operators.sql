-- Those who run the installation, and what they do with its tenants.

-- People of the installation: accounts like all others, which may open the console. No role of a tenant leads here.
create table platform.operators (
    user_id    uuid primary key references platform.users (id) on delete cascade,
    added_by   text not null,                 -- `command_line` or `user:<id>`
    created_at timestamptz not null default now()
);

-- What operators did, kept when the tenant is gone. Append-only, and without the content of any tenant.
create table platform.operator_log (
    id         uuid primary key,
    actor      text not null,                 -- `command_line`, `system` or `user:<id>`
    actor_name text,                          -- copied: the account may end
    action     text not null,                 -- past tense: tenant_suspended
    subject    text not null,                 -- `<kind>:<id>` of what was touched
    details    jsonb not null default '{}',
    created_at timestamptz not null default now()
);
create index operator_log_recent on platform.operator_log (created_at desc, id desc);

alter table tenants
    add column suspended_at    timestamptz,
    add column suspended_from  text           -- the status to go back to
        constraint tenants_suspended_from_check check (suspended_from in ('trial', 'active')),
    add column suspension_note text;          -- what members are told

-- The console lists tenants by these.
alter table platform.tenant_index
    add column plan       text not null default 'basic',
    add column status     text not null default 'trial',
    add column created_at timestamptz not null default now();
alter table tenants no force row level security;
alter table platform.tenant_index no force row level security;
update platform.tenant_index i
set plan = t.subscription_plan,
    status = case when t.is_active then t.subscription_status else 'suspended' end,
    created_at = t.created_at
from tenants t
where t.tenant_id = i.tenant_id;
alter table tenants force row level security;
alter table platform.tenant_index force row level security;

-- Figures of each tenant, counted now and then: for the console's list alone.
create table platform.tenant_figures (
    tenant_id        uuid primary key,
    members          bigint not null,
    channels         bigint not null,
    messages         bigint not null,         -- this month (UTC)
    storage          bigint not null,         -- bytes of files
    cost             numeric(14, 6) not null, -- of models, this month (UTC)
    tokens           bigint not null,
    last_activity_at timestamptz,
    failed_jobs      bigint not null,
    failing_webhooks bigint not null,
    failing_channels bigint not null,
    counted_at       timestamptz not null
);

-- What owners allow: operators may open the workspace until then. At most one at a time.
create table operator_access (
    tenant_id       uuid not null references tenants (tenant_id) on delete cascade,
    id              uuid not null,
    granted_by      uuid not null,            -- a user's id; kept when the membership has ended
    granted_by_name text not null,
    may_change      boolean not null,         -- false: they look only
    expires_at      timestamptz not null,
    ended_at        timestamptz,
    created_at      timestamptz not null default now(),
    updated_at      timestamptz not null default now(),
    primary key (tenant_id, id)
);
create unique index operator_access_one_open on operator_access (tenant_id) where ended_at is null;

-- Each time an operator came in.
create table operator_visits (
    tenant_id     uuid not null,
    id            uuid not null,
    access_id     uuid not null,
    operator_id   uuid not null,              -- a user's id
    operator_name text not null,
    ended_at      timestamptz,
    created_at    timestamptz not null default now(),
    updated_at    timestamptz not null default now(),
    primary key (tenant_id, id),
    foreign key (tenant_id, access_id) references operator_access (tenant_id, id) on delete cascade
);
create index operator_visits_access on operator_visits (tenant_id, access_id);

-- The workspace that an operator's browser is in as a visitor; the session's own stays what it is.
alter table platform.sessions
    add column visit_tenant_id uuid,
    add column visit_id        uuid;
