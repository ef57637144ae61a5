-- Several agents on a channel, each with a prompt of the library and a rule for when it speaks. A keyword that asks for
-- somebody's address.

create table channel_agents (
    tenant_id       uuid not null,
    id              uuid not null,
    channel_id      uuid not null,
    agent_id        text not null check (agent_id <> ''), -- the channel's own word for it, such as 'sales'
    name            text not null check (name <> ''),
    description     text not null default '',
    agent_prompt_id uuid not null,             -- the library's: texts are kept and tried there
    conditions      jsonb not null default '{}', -- {"all": [{"field", "op", "value"}], "any": [...]}; none: it always speaks
    offers_booking  boolean not null default true,
    ai_model        text,                      -- null: the channel's
    ai_temperature  numeric(3, 2)              -- null: the channel's
        constraint channel_agents_temperature_check check (ai_temperature between 0 and 1),
    is_active       boolean not null default true,
    position        integer not null default 0,  -- the first whose conditions hold speaks
    created_at      timestamptz not null default now(),
    updated_at      timestamptz not null default now(),
    primary key (tenant_id, id),
    constraint channel_agents_agent_key unique (tenant_id, channel_id, agent_id),
    foreign key (tenant_id, channel_id) references channels (tenant_id, id) on delete cascade,
    -- the application refuses to delete a prompt that an agent speaks from
    foreign key (tenant_id, agent_prompt_id) references agent_prompts (tenant_id, id) on delete cascade
);
create index channel_agents_prompt on channel_agents (tenant_id, agent_prompt_id);

-- {"agent_id", "name"} as they were: which agent of the channel has said it; null: its one bot.
alter table answers add column agent jsonb;

alter table keyword_actions drop constraint keyword_actions_action_type_check;
alter table keyword_actions add constraint keyword_actions_action_type_check
    check (action_type in ('DISABLE_AI', 'ENABLE_AI', 'ESCALATE', 'TAG', 'ASSIGN', 'REPLY', 'LEAD_FORM'));
