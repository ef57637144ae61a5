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

create or replace trigger messages_queue_delivery after insert on messages
    for each row when (new.sender_type in ('agent', 'ai') and not new.was_sent_elsewhere) execute function messages_queue_delivery();

create or replace trigger escalations_tell after insert on escalations
    for each row execute function escalations_tell();

create or replace trigger identities_forget_events after delete on contact_identities
    for each row when (old.kind = 'platform') execute function identities_forget_events();

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
create or replace trigger tenants_index_changed after update of slug, name, is_active, subscription_status, subscription_plan on tenants
    for each row execute function tenants_index();
create or replace trigger memberships_index after insert or delete or update of user_id, role on memberships
    for each row execute function memberships_index();
create or replace trigger invitations_index after insert or delete on invitations
    for each row execute function invitations_index();
create or replace trigger api_keys_index_written after insert or delete on api_keys
    for each row execute function api_keys_index();
create or replace trigger api_keys_index_changed after update of key_hash, scopes, is_active, expires_at, previous_hash,
    previous_expires_at on api_keys
    for each row execute function api_keys_index();
create or replace trigger channels_index_written after insert or delete on channels
    for each row execute function channels_index();
create or replace trigger channels_index_changed after update of channel_key, kind, is_active, platform_channel_id on channels
    for each row execute function channels_index();

-- Outgoing webhooks. They stand here, and not in the code that writes, so that no way of writing passes them by.
create or replace trigger messages_tell_webhooks after insert on messages
    for each row execute function tell_webhooks('message.created', 'message');
create or replace trigger deliveries_tell_webhooks after update of status on deliveries
    for each row when (new.status <> old.status and new.status in ('delivered', 'read', 'failed', 'unknown'))
    execute function tell_webhooks('message.status_changed', 'delivery');
create or replace trigger conversations_tell_webhooks after insert on conversations
    for each row execute function tell_webhooks('conversation.created', 'conversation');
create or replace trigger conversations_tell_webhooks_resolved after update of status on conversations
    for each row when (old.status <> 'resolved' and new.status = 'resolved')
    execute function tell_webhooks('conversation.resolved', 'conversation');
create or replace trigger conversations_tell_webhooks_reopened after update of status on conversations
    for each row when (old.status = 'resolved' and new.status <> 'resolved')
    execute function tell_webhooks('conversation.reopened', 'conversation');
create or replace trigger conversations_tell_webhooks_assigned after update of assigned_to on conversations
    for each row when (old.assigned_to is distinct from new.assigned_to)
    execute function tell_webhooks('conversation.assigned', 'conversation');
create or replace trigger conversations_tell_webhooks_rated after update of rating, rating_comment on conversations
    for each row when (new.rating is not null
        and (old.rating, old.rating_comment) is distinct from (new.rating, new.rating_comment))
    execute function tell_webhooks('conversation.rated', 'conversation');
create or replace trigger escalations_tell_webhooks after insert on escalations
    for each row execute function tell_webhooks('conversation.handoff_requested', 'escalation');
create or replace trigger contacts_tell_webhooks after insert on contacts
    for each row execute function tell_webhooks('contact.created', 'contact');
create or replace trigger contacts_tell_webhooks_updated after update of name, email, phone, language on contacts
    for each row when ((old.name, old.email, old.phone, old.language) is distinct from (new.name, new.email, new.phone, new.language))
    execute function tell_webhooks('contact.updated', 'contact');
create or replace trigger answers_tell_webhooks after update of feedback, feedback_comment on answers
    for each row when (new.feedback is not null
        and (old.feedback, old.feedback_comment) is distinct from (new.feedback, new.feedback_comment))
    execute function tell_webhooks('answer.rated', 'answer');
create or replace trigger qa_gaps_tell_webhooks after insert on qa_gaps
    for each row execute function tell_webhooks('gap.detected', 'gap');
create or replace trigger conversations_webhooks_forget after delete on conversations
    for each row execute function webhooks_forget('conversation');
create or replace trigger contacts_webhooks_forget after delete on contacts
    for each row execute function webhooks_forget('contact');

create or replace trigger crm_clients_tell_webhooks after insert on crm_clients
    for each row execute function tell_webhooks('client.created', 'client');
create or replace trigger crm_clients_tell_webhooks_updated
    after update of name, company_name, email, phone, client_type, lifecycle_stage, assigned_to, tags on crm_clients
    for each row when (new.merged_into is null
        and (old.name, old.company_name, old.email, old.phone, old.client_type, old.lifecycle_stage, old.assigned_to, old.tags)
        is distinct from (new.name, new.company_name, new.email, new.phone, new.client_type, new.lifecycle_stage, new.assigned_to, new.tags))
    execute function tell_webhooks('client.updated', 'client');
create or replace trigger crm_deals_tell_webhooks after insert on crm_deals
    for each row execute function tell_webhooks('deal.created', 'deal');
create or replace trigger crm_deals_tell_webhooks_moved after update on crm_deals
    for each row when (old.pipeline_stage_id <> new.pipeline_stage_id)
    execute function tell_webhooks('deal.stage_changed', 'deal');
create or replace trigger crm_orders_tell_webhooks after insert on crm_orders
    for each row execute function tell_webhooks('order.created', 'order');
create or replace trigger crm_orders_tell_webhooks_moved after update on crm_orders
    for each row when (old.status <> new.status)
    execute function tell_webhooks('order.status_changed', 'order');
create or replace trigger crm_clients_webhooks_forget after delete on crm_clients
    for each row execute function webhooks_forget('client');
