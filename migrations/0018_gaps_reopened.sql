-- What closed a gap may be taken back: the gap is open again then. And a draft says beforehand which open gaps it answers.

alter table knowledge_versions
    add column restores uuid,                  -- the version that it goes back to
    add foreign key (tenant_id, restores) references knowledge_versions (tenant_id, id) on delete set null (restores);
create index knowledge_versions_restores on knowledge_versions (tenant_id, restores) where restores is not null;

alter table qa_gaps
    add column closed_by_version   uuid,       -- the version that answered it
    add column reopened_by_version uuid,       -- the version that took that back
    add foreign key (tenant_id, closed_by_version)
        references knowledge_versions (tenant_id, id) on delete set null (closed_by_version),
    add foreign key (tenant_id, reopened_by_version)
        references knowledge_versions (tenant_id, id) on delete set null (reopened_by_version);
create index qa_gaps_closed_by on qa_gaps (tenant_id, closed_by_version) where closed_by_version is not null;
create index qa_gaps_reopened_by on qa_gaps (tenant_id, reopened_by_version) where reopened_by_version is not null;

-- both were written by one transaction
update qa_gaps g set closed_by_version = v.id
from knowledge_changes c
join knowledge_versions v on v.tenant_id = c.tenant_id and v.id = c.version_id
where g.status = 'resolved' and c.tenant_id = g.tenant_id and c.subject = 'qa_pair' and c.subject_id = g.resolved_qa_id
    and v.published_at = g.closed_at;

-- The open gaps that the draft answers, each with the pair that does: [{"gap_id": …, "qa_pair_id": …}].
alter table backtests add column fixes_gaps jsonb not null default '[]';

-- Wordings that somebody has taken off: they stay open, even if the change answers them.
alter table knowledge_changes add column leaves_gaps uuid[] not null default '{}';

create index knowledge_changes_closing on knowledge_changes (tenant_id, version_id) where closes_gaps <> '{}';
