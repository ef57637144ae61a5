-- Which passages an answer rests on, like `qa_pair_uses` for pairs: from a document to all that was answered from it.

alter table answers
    add column matched_passage_ids uuid[] not null default '{}',
    add column knowledge_revision  bigint;      -- of knowledge_state, when it was answered

-- One row an answer and passage, by trigger. Passages are made anew when their document or page changes, so that is
-- named too; a digest of the words that the passage had then is in the answer's trace.
create table passage_uses (
    tenant_id       uuid not null,
    answer_id       uuid not null,
    passage_id      uuid not null,             -- no foreign key: it may be gone
    document_id     uuid,                      -- or
    website_page_id uuid,
    used_at         timestamptz not null default now(),
    primary key (tenant_id, answer_id, passage_id),
    foreign key (tenant_id, answer_id) references answers (tenant_id, id) on delete cascade
);
create index passage_uses_document on passage_uses (tenant_id, document_id, used_at desc, answer_id desc);
create index passage_uses_website_page on passage_uses (tenant_id, website_page_id, used_at desc, answer_id desc);
drop index qa_pair_uses_pair;
create index qa_pair_uses_recent on qa_pair_uses (tenant_id, qa_pair_id, used_at desc, answer_id desc);
