-- Plans: how much of what a workspace may use. The limits are the operator's to set; where none is set there is none.

create table platform.plan_limits (
    plan          text not null
        constraint plan_limits_plan_check check (plan in ('basic', 'pro', 'enterprise')),
    resource      text not null
        constraint plan_limits_resource_check check (resource in ('messages', 'seats', 'channels', 'storage', 'ai_spend')),
    -- messages: replies of the bot in a month; storage: megabytes; ai_spend: whole units of the currency in a month. Null: no limit
    most          bigint constraint plan_limits_most_check check (most between 0 and 1000000000),
    grace_percent integer not null                 -- so much more before it stops
        constraint plan_limits_grace_check check (grace_percent between 0 and 100),
    updated_at    timestamptz not null default now(),
    primary key (plan, resource)
);
insert into platform.plan_limits (plan, resource, grace_percent)
select plan, resource, grace
from unnest(array['basic', 'pro', 'enterprise']) as plan
cross join (values ('messages', 10), ('seats', 0), ('channels', 0), ('storage', 10), ('ai_spend', 10)) as r (resource, grace);

-- What holds for all plans: one row.
create table platform.plan_terms (
    only_row   boolean primary key default true constraint plan_terms_one check (only_row),
    trial_days integer constraint plan_terms_trial_check check (trial_days between 1 and 365),  -- null: a trial has no end
    updated_at timestamptz not null default now()
);
insert into platform.plan_terms default values;

alter table tenants
    add column trial_ends_at timestamptz;          -- null: no end; counts while the status is trial

-- Where a tenant may use more or less than its plan says.
create table plan_exceptions (
    tenant_id  uuid not null references tenants (tenant_id) on delete cascade,
    resource   text not null
        constraint plan_exceptions_resource_check check (resource in ('messages', 'seats', 'channels', 'storage', 'ai_spend')),
    most       bigint constraint plan_exceptions_most_check check (most between 0 and 1000000000),  -- null: no limit
    created_at timestamptz not null default now(),
    updated_at timestamptz not null default now(),
    primary key (tenant_id, resource)
);

-- What is counted while it is used, a row a month (UTC). What can be counted from its own rows is not here.
create table plan_usage (
    tenant_id  uuid not null references tenants (tenant_id) on delete cascade,
    month      date not null,
    messages   bigint not null default 0 constraint plan_usage_messages_check check (messages >= 0),
    created_at timestamptz not null default now(),
    updated_at timestamptz not null default now(),
    primary key (tenant_id, month)
);

alter table emails
    drop constraint emails_kind_check,
    add constraint emails_kind_check check (kind in ('message', 'escalation', 'mention', 'digest', 'transcript', 'test',
        'confirmation', 'webhook', 'invitation', 'meeting', 'activity', 'report', 'plan'));
