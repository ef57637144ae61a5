-- Knowledge as those work with it who keep it: other phrasings, merged pairs, how often a pair is used, who asked in
-- vain, and a library of prompts.

-- Other ways to ask a pair's question. They are found like the question itself and lead to the same answer.
create table qa_phrasings (
    tenant_id      uuid not null,
    id             uuid not null default gen_random_uuid(),
    qa_pair_id     uuid not null,
    text           text not null check (text <> ''),
    language       text,
    embedding      vector,
    embedding_next vector,
    merged_from    uuid,                       -- the inactive pair whose question this was; restoring it takes the phrasing back
    gap_id         uuid,                       -- the gap that was closed by it; reopening the gap takes it back
    created_at     timestamptz not null default now(),
    updated_at     timestamptz not null default now(),
    primary key (tenant_id, id),
    foreign key (tenant_id, qa_pair_id) references qa_pairs (tenant_id, id) on delete cascade,
    foreign key (tenant_id, merged_from) references qa_pairs (tenant_id, id) on delete cascade,
    foreign key (tenant_id, gap_id) references qa_gaps (tenant_id, id) on delete set null (gap_id)
);
create index qa_phrasings_pair on qa_phrasings (tenant_id, qa_pair_id);
create index qa_phrasings_merged on qa_phrasings (tenant_id, merged_from) where merged_from is not null;
create index qa_phrasings_gap on qa_phrasings (tenant_id, gap_id) where gap_id is not null;

-- One row an answer and pair that it rests on, by trigger: counted in lists without reading answers. No foreign key to
-- the pair: that would lock the pairs that are used most with every answer.
create table qa_pair_uses (
    tenant_id  uuid not null,
    answer_id  uuid not null,
    qa_pair_id uuid not null,
    used_at    timestamptz not null default now(),
    primary key (tenant_id, answer_id, qa_pair_id),
    foreign key (tenant_id, answer_id) references answers (tenant_id, id) on delete cascade
);
create index qa_pair_uses_pair on qa_pair_uses (tenant_id, qa_pair_id, used_at);

create index qa_pairs_updated on qa_pairs (tenant_id, updated_at desc, id desc);

-- Each time a gap's question was asked. `qa_gaps.times_asked` also counts those whose conversation has been erased.
create table gap_occurrences (
    tenant_id       uuid not null,
    id              uuid not null default gen_random_uuid(),
    gap_id          uuid not null,
    conversation_id uuid not null,
    message_id      uuid not null,             -- the visitor's question; the answer points at it
    asked_at        timestamptz not null default now(),
    primary key (tenant_id, id),
    foreign key (tenant_id, gap_id) references qa_gaps (tenant_id, id) on delete cascade,
    foreign key (tenant_id, conversation_id) references conversations (tenant_id, id) on delete cascade,
    foreign key (tenant_id, message_id) references messages (tenant_id, id) on delete cascade
);
create index gap_occurrences_gap on gap_occurrences (tenant_id, gap_id, asked_at desc);
create index gap_occurrences_conversation on gap_occurrences (tenant_id, conversation_id);
create index gap_occurrences_message on gap_occurrences (tenant_id, message_id);

-- Instructions that several channels can share; `channels.settings` names one as `agent_prompt_id`.
create table agent_prompts (
    tenant_id     uuid not null references tenants (tenant_id) on delete cascade,
    id            uuid not null default gen_random_uuid(),
    name          text not null check (name <> ''),
    description   text not null default '',
    system_prompt text not null check (system_prompt <> ''),
    created_at    timestamptz not null default now(),
    updated_at    timestamptz not null default now(),
    primary key (tenant_id, id),
    constraint agent_prompts_name_key unique (tenant_id, name)
);
