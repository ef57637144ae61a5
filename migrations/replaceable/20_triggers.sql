-- updated_at, for every table that has one.
do $$
declare
    t record;
begin
    for t in
        select n.nspname, c.relname
        from pg_class c
        join pg_namespace n on n.oid = c.relnamespace
        join pg_attribute a on a.attrelid = c.oid and a.attname = 'updated_at' and not a.attisdropped
        where n.nspname in ('public', 'platform') and c.relkind in ('r', 'p')
    loop
        execute format(
            'create or replace trigger set_updated_at before update on %I.%I for each row execute function public.set_updated_at()',
            t.nspname, t.relname
        );
    end loop;
end;
$$;

-- A pair that gets its vector says what it said before.
create or replace trigger set_updated_at before update of question, answer, category, language, is_active on qa_pairs
    for each row execute function public.set_updated_at();

create or replace trigger messages_number_and_summarise before insert on messages
    for each row execute function messages_number_and_summarise();

create or replace trigger conversations_forget_words after delete on conversations
    for each row execute function conversations_forget_words();

create or replace trigger gap_occurrences_forget_gap after delete on gap_occurrences
    for each row execute function gap_occurrences_forget_gap();

create or replace trigger excerpts_forget_proposal after delete on qa_proposal_excerpts
    for each row execute function excerpts_forget_proposal();

create or replace trigger qa_pairs_inserted after insert on qa_pairs
    for each statement execute function knowledge_changed();
create or replace trigger qa_pairs_changed after update of question, answer, category, language, embedding, is_active on qa_pairs
    for each statement execute function knowledge_changed();
create or replace trigger qa_pairs_deleted after delete on qa_pairs
    for each statement execute function knowledge_changed();
create or replace trigger qa_phrasings_inserted after insert on qa_phrasings
    for each statement execute function knowledge_changed();
create or replace trigger qa_phrasings_changed after update of text, language, embedding on qa_phrasings
    for each statement execute function knowledge_changed();
create or replace trigger qa_phrasings_deleted after delete on qa_phrasings
    for each statement execute function knowledge_changed();
create or replace trigger knowledge_chunks_inserted after insert on knowledge_chunks
    for each statement execute function knowledge_changed();
create or replace trigger knowledge_chunks_changed after update of content, heading, language, embedding on knowledge_chunks
    for each statement execute function knowledge_changed();
create or replace trigger passages_leave_index before update of content, heading, language, embedding on knowledge_chunks
    for each row when (old.index_name is not null) execute function passages_leave_index();
create or replace trigger knowledge_chunks_deleted after delete on knowledge_chunks
    for each statement execute function knowledge_changed();

-- Versions: what is changed, before it is changed; the rest at the end of the transaction.
create or replace trigger qa_pairs_versioned before insert or delete or update of question, answer, category, language, is_active on qa_pairs
    for each row execute function note_knowledge_change('qa_pair', 'id');
create or replace trigger qa_phrasings_versioned before insert or delete or update of text on qa_phrasings
    for each row execute function note_knowledge_change('qa_pair', 'qa_pair_id');
create or replace trigger agent_prompts_versioned before insert or delete or update of name, description, system_prompt on agent_prompts
    for each row execute function note_knowledge_change('agent_prompt', 'id');
create or replace trigger channels_prompt_versioned before update of settings on channels
    for each row when (
        (old.settings ->> 'personality_prompt', old.settings ->> 'agent_prompt_id')
        is distinct from (new.settings ->> 'personality_prompt', new.settings ->> 'agent_prompt_id')
    ) execute function note_knowledge_change('channel_prompt', 'id');
drop trigger if exists knowledge_versions_finish on knowledge_versions;
create constraint trigger knowledge_versions_finish after insert or update of status on knowledge_versions
    deferrable initially deferred for each row execute function finish_knowledge_version();

create or replace trigger answers_note_uses after insert on answers
    for each row when (new.matched_qa_ids <> '{}') execute function answers_note_uses();
create or replace trigger answers_note_passage_uses after insert on answers
    for each row when (new.matched_passage_ids <> '{}') execute function answers_note_passage_uses();

create or replace trigger tenants_index_written after insert or delete on tenants
    for each row execute function tenants_index();
create or replace trigger tenants_index_changed after update of slug, name, is_active, subscription_status on tenants
    for each row execute function tenants_index();
create or replace trigger memberships_index after insert or delete or update of user_id, role on memberships
    for each row execute function memberships_index();
create or replace trigger invitations_index after insert or delete on invitations
    for each row execute function invitations_index();
create or replace trigger api_keys_index_written after insert or delete on api_keys
    for each row execute function api_keys_index();
create or replace trigger api_keys_index_changed after update of key_hash, scopes, is_active, expires_at on api_keys
    for each row execute function api_keys_index();
create or replace trigger channels_index_written after insert or delete on channels
    for each row execute function channels_index();
create or replace trigger channels_index_changed after update of channel_key, kind, is_active on channels
    for each row execute function channels_index();
