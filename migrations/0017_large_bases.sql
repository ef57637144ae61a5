-- Passages of a large base are searched through an index instead of in memory: vectors by HNSW here or in Qdrant, words
-- in a table of our own, because PostgreSQL uses no full-text index under row security.

alter table knowledge_chunks
    add column index_name text,                -- `pgvector` or `qdrant:<collection>`; null: held in memory, in no index
    add column indexed_at timestamptz;

-- One for each length that embedding models have. Rows that are held in memory are in none of them.
create index knowledge_chunks_hnsw_384 on knowledge_chunks using hnsw ((embedding::halfvec(384)) halfvec_cosine_ops)
    where index_name = 'pgvector' and vector_dims(embedding) = 384;
create index knowledge_chunks_hnsw_768 on knowledge_chunks using hnsw ((embedding::halfvec(768)) halfvec_cosine_ops)
    where index_name = 'pgvector' and vector_dims(embedding) = 768;
create index knowledge_chunks_hnsw_1024 on knowledge_chunks using hnsw ((embedding::halfvec(1024)) halfvec_cosine_ops)
    where index_name = 'pgvector' and vector_dims(embedding) = 1024;
create index knowledge_chunks_hnsw_1536 on knowledge_chunks using hnsw ((embedding::halfvec(1536)) halfvec_cosine_ops)
    where index_name = 'pgvector' and vector_dims(embedding) = 1536;
create index knowledge_chunks_hnsw_3072 on knowledge_chunks using hnsw ((embedding::halfvec(3072)) halfvec_cosine_ops)
    where index_name = 'pgvector' and vector_dims(embedding) = 3072;

-- Passages that were put into the index together. It also says what has to be taken out of Qdrant when passages vanish.
create table knowledge_index_batches (
    tenant_id   uuid not null references tenants (tenant_id) on delete cascade,
    id          uuid not null default gen_random_uuid(),
    index_name  text not null,
    passage_ids uuid[] not null,               -- null in the place of one that has vanished
    created_at  timestamptz not null default now(),
    primary key (tenant_id, id)
);

-- Which passages of a batch hold a word: stemmed in the passage's language, without accents, no function words.
create table knowledge_index_words (
    tenant_id uuid not null,
    word      text collate "C" not null,
    batch_id  uuid not null,
    places    smallint[] not null,             -- in passage_ids, from 1
    primary key (tenant_id, word, batch_id),
    foreign key (tenant_id, batch_id) references knowledge_index_batches (tenant_id, id) on delete cascade
);
create index knowledge_index_words_batch on knowledge_index_words (tenant_id, batch_id);

alter table knowledge_state add column index_recall jsonb; -- how often the index finds what exact search finds; see knowledge::vector_index
