-- The people who chose an embedding model are told why it does not go on.

alter table knowledge_state add column embedding_failure jsonb; -- of the last attempt; null once something was embedded since
