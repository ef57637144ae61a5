//! What the tenant knows: Q&A pairs, documents, passages, retrieval, gaps.
