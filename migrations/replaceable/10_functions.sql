-- The tenant of this transaction, or null. After `set local` the setting is '', not null, hence nullif.
create or replace function current_tenant_id() returns uuid
language sql stable parallel safe
as $$ select nullif(current_setting('app.current_tenant_id', true), '')::uuid $$;

-- Whether this transaction brings in what happened elsewhere, long ago: it is written down as it was, and nobody is told.
create or replace function is_importing() returns boolean
language sql stable parallel safe
as $$ select coalesce(current_setting('app.importing', true), '') = 'on' $$;

create or replace function set_updated_at() returns trigger
language plpgsql
as $$
begin
    if is_importing() then
        return new;
    end if;
    new.updated_at = now();
    return new;
end;
$$;

-- The contact that this one is part of by now, or itself.
create or replace function contact_now(p_contact uuid) returns uuid
language sql stable
set search_path from current
as $$
    with recursive chain (id, merged_into) as (
        select c.id, c.merged_into from contacts c where c.tenant_id = current_tenant_id() and c.id = p_contact
        union
        select c.id, c.merged_into
        from chain
        join contacts c on c.tenant_id = current_tenant_id() and c.id = chain.merged_into
    )
    select coalesce((select chain.id from chain where chain.merged_into is null), p_contact)
$$;

-- Semantic search over a tenant's active Q&A pairs. Row security still applies: the workspace that is asked
-- for must be the current tenant. Pairs whose vector has another length than the query are left out.
-- 0.5 searches broadly, 0.85 finds overlap, 0.95 near-duplicates.
create or replace function search_qa_pairs(
    p_workspace_id  uuid,
    query_embedding vector,
    match_threshold float default 0.5,
    match_count     int default 5
)
returns table (id uuid, question text, answer text, category text, similarity float)
language sql stable
set search_path from current
as $$
    select qp.id, qp.question, qp.answer, qp.category, 1 - (qp.embedding <=> query_embedding) as similarity
    from qa_pairs qp
    where qp.tenant_id = p_workspace_id
        and qp.is_active
        and qp.embedding is not null
        and vector_dims(qp.embedding) = vector_dims(query_embedding)
        and 1 - (qp.embedding <=> query_embedding) > match_threshold
    order by qp.embedding <=> query_embedding
    limit match_count
$$;

-- Gives the message its number and keeps the summary of its conversation and contact. The update locks the
-- conversation row, so numbers are gapless and in commit order.
create or replace function messages_number_and_summarise() returns trigger
language plpgsql
as $$
declare
    preview text := left(regexp_replace(new.text_content, '\s+', ' ', 'g'), 140);
    contact uuid;
begin
    if new.text_content = '' and new.attachment_id is not null then
        select format('[%s: %s]', new.content_type, left(file_name, 100)) into preview
        from assets where tenant_id = new.tenant_id and id = new.attachment_id;
    end if;
    if is_importing() then
        -- nobody waits for an answer to what was said elsewhere; whether it was read is known there
        update conversations
        set last_seq = last_seq + 1, last_message_at = greatest(last_message_at, new.sent_at),
            last_message_preview = case when new.sent_at >= coalesce(last_message_at, new.sent_at) then preview else last_message_preview end
        where tenant_id = new.tenant_id and id = new.conversation_id
        returning last_seq into new.seq;
        if not found then
            raise exception 'conversation % does not exist', new.conversation_id using errcode = 'foreign_key_violation';
        end if;
        return new;
    end if;
    update conversations
    set last_seq = last_seq + 1,
        last_message_at = new.sent_at,
        last_message_preview = preview,
        unread_count = case new.sender_type when 'user' then unread_count + 1 when 'agent' then 0 else unread_count end,
        awaiting_reply_since = case new.sender_type when 'user' then coalesce(awaiting_reply_since, new.sent_at) else null end
    where tenant_id = new.tenant_id and id = new.conversation_id
    returning last_seq, contact_id into new.seq, contact;
    if not found then
        raise exception 'conversation % does not exist', new.conversation_id using errcode = 'foreign_key_violation';
    end if;
    update contacts
    set last_interaction_at = new.sent_at,
        last_message_preview = preview,
        unread_count = case new.sender_type when 'user' then unread_count + 1 when 'agent' then 0 else unread_count end
    where tenant_id = new.tenant_id and id = contact;
    return new;
end;
$$;

-- What is said on a vendor's channel has to be delivered: noted in the transaction that says it, with the job that does it.
create or replace function messages_queue_delivery() returns trigger
language plpgsql
as $$
declare
    channel uuid;
    place   text;
begin
    if is_importing() then
        return null;
    end if;
    select h.id, c.thread into channel, place
    from conversations c
    join channels h on h.tenant_id = c.tenant_id and h.id = c.channel_id
    where c.tenant_id = new.tenant_id and c.id = new.conversation_id and h.kind <> 'widget';
    if not found then
        return null;
    end if;
    insert into deliveries (tenant_id, message_id, conversation_id, channel_id, thread)
    values (new.tenant_id, new.id, new.conversation_id, channel, place);
    perform graphile_worker.add_job(
        identifier => 'deliver_replies',
        payload => json_build_object('tenant', new.tenant_id, 'conversation', new.conversation_id),
        queue_name => 'deliver/' || new.conversation_id,
        max_attempts => 10,
        job_key => 'deliver/' || new.conversation_id
    );
    return null;
end;
$$;

-- What a vendor sent about somebody goes with them.
create or replace function identities_forget_events() returns trigger
language plpgsql
as $$
begin
    delete from inbound_events
    where tenant_id = old.tenant_id and channel_id = old.channel_id
        and old.value = channel_id || '/' || thread;
    return null;
end;
$$;

-- The words of a conversation go with it.
create or replace function conversations_forget_words() returns trigger
language plpgsql
as $$
begin
    delete from conversation_words where tenant_id = old.tenant_id and conversation_id = old.id;
    return null;
end;
$$;

-- A question that nobody asks any more goes with the last conversation in which it was asked: it is in the words of
-- the visitor who is erased.
create or replace function gap_occurrences_forget_gap() returns trigger
language plpgsql
as $$
begin
    delete from qa_gaps g
    where g.tenant_id = old.tenant_id and g.id = old.gap_id
        and not exists (select from gap_occurrences o where o.tenant_id = g.tenant_id and o.gap_id = g.id);
    return null;
end;
$$;

-- A proposal that nobody has accepted may hold the words of any of its excerpts: it goes with the first whose
-- conversation is erased.
create or replace function excerpts_forget_proposal() returns trigger
language plpgsql
as $$
begin
    delete from qa_proposals p
    where p.tenant_id = old.tenant_id and p.id = old.proposal_id and p.status <> 'accepted';
    return null;
end;
$$;

-- Every statement that changes what can be retrieved raises the tenant's revision once. Background embedding
-- of the next model touches only embedding_next and does not count.
create or replace function knowledge_changed() returns trigger
language plpgsql
as $$
begin
    update knowledge_state set revision = revision + 1 where tenant_id = current_tenant_id();
    return null;
end;
$$;

-- Another vector, or other words, are not what the index holds.
create or replace function passages_leave_index() returns trigger
language plpgsql
as $$
begin
    new.index_name := null;
    new.indexed_at := null;
    return new;
end;
$$;

-- A Q&A pair or a prompt as versions keep it; null where there is none.
create or replace function qa_pair_state(pair uuid) returns jsonb
language sql
stable
as $$
    select jsonb_build_object(
        'question', q.question, 'answer', q.answer, 'category', q.category, 'language', q.language, 'is_active', q.is_active,
        'phrasings', (
            select coalesce(jsonb_agg(p.text order by p.id), '[]')
            from qa_phrasings p
            where p.tenant_id = q.tenant_id and p.qa_pair_id = q.id
        )
    )
    from qa_pairs q
    where q.tenant_id = current_tenant_id() and q.id = pair;
$$;

create or replace function agent_prompt_state(prompt uuid) returns jsonb
language sql
stable
as $$
    select jsonb_build_object('name', p.name, 'description', p.description, 'system_prompt', p.system_prompt)
    from agent_prompts p
    where p.tenant_id = current_tenant_id() and p.id = prompt;
$$;

create or replace function channel_prompt_state(channel uuid) returns jsonb
language sql
stable
as $$
    select jsonb_build_object(
        'personality_prompt', c.settings ->> 'personality_prompt', 'agent_prompt_id', c.settings ->> 'agent_prompt_id'
    )
    from channels c
    where c.tenant_id = current_tenant_id() and c.id = channel;
$$;

create or replace function knowledge_subject_state(subject text, id uuid) returns jsonb
language sql
stable
as $$
    select case subject
        when 'qa_pair' then qa_pair_state(id)
        when 'agent_prompt' then agent_prompt_state(id)
        when 'channel_prompt' then channel_prompt_state(id)
    end;
$$;

-- The version that this transaction's changes belong to: a draft that is being published names itself in
-- app.knowledge_version; otherwise one is begun.
create or replace function current_knowledge_version() returns uuid
language plpgsql
as $$
declare
    known uuid := nullif(current_setting('app.knowledge_version', true), '')::uuid;
begin
    if known is null then
        known := gen_random_uuid();
        insert into knowledge_versions (tenant_id, id, created_by)
        values (current_tenant_id(), known, coalesce(nullif(current_setting('app.actor', true), ''), 'system'));
        perform set_config('app.knowledge_version', known::text, true);
    end if;
    return known;
end;
$$;

-- Notes what stood there before its first change in this transaction. What stands there afterwards is read at the end
-- of it. Arguments: the kind of thing, and the column that names it.
create or replace function note_knowledge_change() returns trigger
language plpgsql
as $$
declare
    changed jsonb := case tg_op when 'INSERT' then to_jsonb(new) else to_jsonb(old) end;
    thing   uuid := (changed ->> tg_argv[1])::uuid;
    is_new  boolean := tg_op = 'INSERT' and tg_argv[1] = 'id';
begin
    -- with the tenant, or with the pair, everything goes
    if tg_op = 'DELETE' and (
        not exists (select from tenants where tenant_id = current_tenant_id())
        or tg_argv[1] = 'qa_pair_id' and not exists (select from qa_pairs where tenant_id = current_tenant_id() and id = thing)
    ) then
        return old;
    end if;
    if coalesce(current_setting('app.knowledge_version', true), '') = ''
        and exists (select from knowledge_state where tenant_id = current_tenant_id() and publish_rule = 'tested')
    then
        raise exception 'only drafts change this workspace''s knowledge'
            using errcode = 'check_violation', constraint = 'knowledge_publish_rule';
    end if;
    insert into knowledge_changes (tenant_id, version_id, subject, subject_id, before)
    values (
        current_tenant_id(), current_knowledge_version(), tg_argv[0], thing,
        case when is_new then null else knowledge_subject_state(tg_argv[0], thing) end
    )
    on conflict (tenant_id, version_id, subject, subject_id) do nothing;
    return case tg_op when 'DELETE' then old else new end;
end;
$$;

-- Runs when the transaction ends: reads what stands there now, forgets what came out the same, and numbers the version.
create or replace function finish_knowledge_version() returns trigger
language plpgsql
as $$
begin
    if new.status <> 'published' then
        return null;
    end if;
    update knowledge_changes set after = knowledge_subject_state(subject, subject_id)
    where tenant_id = new.tenant_id and version_id = new.id;
    delete from knowledge_changes
    where tenant_id = new.tenant_id and version_id = new.id and before is not distinct from after;
    if not exists (select from knowledge_changes where tenant_id = new.tenant_id and version_id = new.id) then
        delete from knowledge_versions where tenant_id = new.tenant_id and id = new.id;
        return null;
    end if;
    update knowledge_state set last_version = last_version + 1 where tenant_id = new.tenant_id;
    update knowledge_versions v
    set number = s.last_version, published_at = now(),
        published_by = coalesce(nullif(current_setting('app.actor', true), ''), 'system')
    from knowledge_state s
    where v.tenant_id = new.tenant_id and v.id = new.id and s.tenant_id = v.tenant_id;
    return null;
end;
$$;

-- Notes which pairs an answer rests on, so that lists can tell how often a pair is used.
create or replace function answers_note_uses() returns trigger
language plpgsql
as $$
begin
    insert into qa_pair_uses (tenant_id, answer_id, qa_pair_id, used_at)
    select distinct new.tenant_id, new.id, pair, new.created_at from unnest(new.matched_qa_ids) as pair;
    return null;
end;
$$;

-- The same for passages, with the document or page that they stand in.
create or replace function answers_note_passage_uses() returns trigger
language plpgsql
as $$
begin
    insert into passage_uses (tenant_id, answer_id, passage_id, document_id, website_page_id, used_at)
    select new.tenant_id, new.id, c.id, c.document_id, c.website_page_id, new.created_at
    from knowledge_chunks c
    where c.tenant_id = new.tenant_id and c.id = any(new.matched_passage_ids);
    return null;
end;
$$;

create or replace function tenants_index() returns trigger
language plpgsql
as $$
begin
    if tg_op in ('DELETE', 'UPDATE') then
        delete from platform.tenant_index where tenant_id = old.tenant_id;
    end if;
    if tg_op = 'DELETE' then
        delete from platform.tenant_figures where tenant_id = old.tenant_id;
    else
        insert into platform.tenant_index (tenant_id, slug, name, is_active, plan, status, created_at)
        values (new.tenant_id, new.slug, new.name, new.is_active and new.subscription_status in ('trial', 'active'),
            new.subscription_plan, case when new.is_active then new.subscription_status else 'suspended' end, new.created_at);
    end if;
    return null;
end;
$$;

create or replace function memberships_index() returns trigger
language plpgsql
as $$
begin
    if tg_op in ('DELETE', 'UPDATE') then
        delete from platform.membership_index where user_id = old.user_id and tenant_id = old.tenant_id;
    end if;
    if tg_op in ('INSERT', 'UPDATE') then
        insert into platform.membership_index (user_id, tenant_id, role) values (new.user_id, new.tenant_id, new.role);
    end if;
    return null;
end;
$$;

create or replace function invitations_index() returns trigger
language plpgsql
as $$
begin
    if tg_op = 'DELETE' then
        delete from platform.invitation_index where tenant_id = old.tenant_id and invitation_id = old.id;
    else
        insert into platform.invitation_index (token_hash, tenant_id, invitation_id)
        values (new.token_hash, new.tenant_id, new.id);
    end if;
    return null;
end;
$$;

create or replace function api_keys_index() returns trigger
language plpgsql
as $$
begin
    if tg_op = 'DELETE' or tg_op = 'UPDATE' then
        delete from platform.api_key_index where tenant_id = old.tenant_id and api_key_id = old.id;
    end if;
    if tg_op in ('INSERT', 'UPDATE') and new.is_active then
        insert into platform.api_key_index (key_hash, tenant_id, api_key_id, scopes, expires_at)
        values (new.key_hash, new.tenant_id, new.id, new.scopes, new.expires_at);
        insert into platform.api_key_index (key_hash, tenant_id, api_key_id, scopes, expires_at, is_previous)
        select new.previous_hash, new.tenant_id, new.id, new.scopes, least(new.previous_expires_at, new.expires_at), true
        where new.previous_hash is not null;
    end if;
    return null;
end;
$$;

create or replace function channels_index() returns trigger
language plpgsql
as $$
begin
    if tg_op = 'DELETE' or tg_op = 'UPDATE' then
        delete from platform.channel_index where tenant_id = old.tenant_id and channel_id = old.id;
    end if;
    if tg_op in ('INSERT', 'UPDATE') then
        insert into platform.channel_index (channel_key, tenant_id, channel_id, kind, is_active, platform_channel_id)
        values (new.channel_key, new.tenant_id, new.id, new.kind, new.is_active, new.platform_channel_id);
    end if;
    return null;
end;
$$;

-- Whoever is to be told of a hand-over is told at once: noted in its transaction.
create or replace function escalations_tell() returns trigger
language plpgsql
as $$
begin
    if is_importing() then
        return null;
    end if;
    perform graphile_worker.add_job(
        identifier => 'look_for_notices',
        payload => json_build_object('tenant', new.tenant_id),
        queue_name => 'notices/' || new.tenant_id,
        max_attempts => 10,
        job_key => 'notices/' || new.tenant_id
    );
    return null;
end;
$$;
