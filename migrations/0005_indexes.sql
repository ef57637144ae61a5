-- For foreign keys that are followed when rows go, and for the list of Q&A pairs, newest first.

create index conversations_contact on conversations (tenant_id, contact_id);
create index conversations_assigned on conversations (tenant_id, assigned_to) where assigned_to is not null;
create index escalations_conversation on escalations (tenant_id, conversation_id);
create index escalations_assigned on escalations (tenant_id, assigned_to) where assigned_to is not null;
create index qa_gaps_conversation on qa_gaps (tenant_id, conversation_id) where conversation_id is not null;
create index qa_gaps_best_match on qa_gaps (tenant_id, best_match_id) where best_match_id is not null;
create index qa_gaps_resolved_by on qa_gaps (tenant_id, resolved_qa_id) where resolved_qa_id is not null;
create index qa_pairs_recent on qa_pairs (tenant_id, created_at desc, id desc);
