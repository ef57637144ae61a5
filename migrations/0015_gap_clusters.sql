-- Gaps that ask the same are one piece of work: they share a cluster, named after the oldest of them.

alter table qa_gaps
    add column cluster_id     uuid,
    add column embedding      vector,          -- of the question, by knowledge_state.embedder
    add column embedding_next vector,
    add column closed_at      timestamptz;     -- when it was resolved or dismissed

update qa_gaps set cluster_id = id, closed_at = case status when 'open' then null else updated_at end;

alter table qa_gaps
    alter column cluster_id set not null;

create index qa_gaps_cluster on qa_gaps (tenant_id, cluster_id);
create index qa_gaps_waiting on qa_gaps (tenant_id, id) where embedding is null;

-- The gaps that a change of knowledge closes, once its draft is published.
alter table knowledge_changes add column closes_gaps uuid[] not null default '{}';

-- Work on the knowledge that somebody has looked at and found to be none, until what it is about changes again.
create table upkeep_dismissals (
    tenant_id  uuid not null references tenants (tenant_id) on delete cascade,
    id         uuid not null default gen_random_uuid(),
    kind       text not null
        constraint upkeep_dismissals_kind_check check (kind in ('contradiction', 'disliked', 'outdated', 'unused')),
    qa_pair_id uuid not null,
    other_id   uuid,                           -- the other pair of a contradiction
    created_at timestamptz not null default now(),
    updated_at timestamptz not null default now(),
    primary key (tenant_id, id),
    constraint upkeep_dismissals_key unique nulls not distinct (tenant_id, kind, qa_pair_id, other_id),
    foreign key (tenant_id, qa_pair_id) references qa_pairs (tenant_id, id) on delete cascade,
    foreign key (tenant_id, other_id) references qa_pairs (tenant_id, id) on delete cascade
);
create index upkeep_dismissals_pair on upkeep_dismissals (tenant_id, qa_pair_id);
create index upkeep_dismissals_other on upkeep_dismissals (tenant_id, other_id) where other_id is not null;
