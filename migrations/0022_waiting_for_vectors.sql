-- The next texts to be embedded are found without walking past those that were.
create index knowledge_chunks_waiting on knowledge_chunks (tenant_id, id) where embedding is null;
create index qa_pairs_waiting on qa_pairs (tenant_id, id) where embedding is null;
create index qa_phrasings_waiting on qa_phrasings (tenant_id, id) where embedding is null;
