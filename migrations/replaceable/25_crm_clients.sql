-- Clients: made of contacts, found by their words, scored, merged and taken apart.

-- An id in the order of time, for rows that the database makes by itself.
create or replace function crm_new_id() returns uuid
language sql volatile
set search_path from current
as $$
    select encode(
        set_bit(set_bit(overlay(
            uuid_send(gen_random_uuid())
            placing substring(int8send((extract(epoch from clock_timestamp()) * 1000)::bigint) from 3) from 1 for 6
        ), 52, 1), 53, 1),
        'hex')::uuid
$$;

-- Plain letters in lower case: without accents, in the same form however they were typed.
create or replace function crm_fold(p_text text) returns text
language sql immutable parallel safe
set search_path from current
as $$ select lower(regexp_replace(normalize(p_text, nfkd), '[\u0300-\u036f\u1ab0-\u1aff\u20d0-\u20ff]', '', 'g')) $$;

-- The plain words of a text. Scripts without spaces are cut character by character.
create or replace function crm_words(p_text text) returns text[]
language sql immutable parallel safe
set search_path from current
as $$
    select coalesce(array_agg(distinct left(word, 40)), '{}')
    from regexp_split_to_table(
        regexp_replace(crm_fold(p_text), '([\u0e00-\u0e7f\u3040-\u30ff\u3400-\u9fff\uf900-\ufaff])', ' \1 ', 'g'),
        '[^[:alnum:]]+'
    ) as word
    where word <> ''
$$;

create or replace function crm_digits(p_phone text) returns text
language sql immutable parallel safe
set search_path from current
as $$ select nullif(ltrim(regexp_replace(p_phone, '[^0-9]', '', 'g'), '0'), '') $$;

-- A number as it is found: all its digits, and without what stands for the country.
create or replace function crm_phone_words(p_phone text) returns text[]
language sql immutable parallel safe
set search_path from current
as $$
    select array_remove(array[left(d, 40), right(left(d, 40), 10), right(left(d, 40), 9), right(left(d, 40), 8)], null)
    from crm_digits(p_phone) as d
$$;

-- The client that this one is part of by now, or itself.
create or replace function crm_client_now(p_client uuid) returns uuid
language sql stable
set search_path from current
as $$
    with recursive chain (id, merged_into) as (
        select c.id, c.merged_into from crm_clients c where c.tenant_id = current_tenant_id() and c.id = p_client
        union
        select c.id, c.merged_into
        from chain
        join crm_clients c on c.tenant_id = current_tenant_id() and c.id = chain.merged_into
    )
    select coalesce((select chain.id from chain where chain.merged_into is null), p_client)
$$;

-- What speaks for a client: facts only, each with its points. [{"code", "points", "until"}]; `until` where age decides.
create or replace function crm_score_reasons(c crm_clients) returns jsonb
language plpgsql stable
set search_path from current
as $$
declare
    reasons jsonb := '[]';
    spoke   timestamptz;
    wished  text[];
begin
    if c.email is not null then
        reasons := reasons || jsonb_build_object('code', 'has_email', 'points', 10);
    end if;
    if c.phone is not null then
        reasons := reasons || jsonb_build_object('code', 'has_phone', 'points', 10);
    end if;
    if c.company_name is not null then
        reasons := reasons || jsonb_build_object('code', 'has_company', 'points', 5);
    end if;
    if c.contact_id is not null then
        select max(coalesce(v.last_message_at, v.created_at)) into spoke
        from conversations v
        where v.tenant_id = c.tenant_id and v.contact_id = c.contact_id;
        if spoke > now() - interval '7 days' then
            reasons := reasons || jsonb_build_object('code', 'spoke_this_week', 'points', 15, 'until', spoke + interval '7 days');
        elsif spoke > now() - interval '30 days' then
            reasons := reasons || jsonb_build_object('code', 'spoke_this_month', 'points', 8, 'until', spoke + interval '30 days');
        end if;
        if 3 <= (
            select count(*) from (
                select from conversations v
                join messages m on m.tenant_id = v.tenant_id and m.conversation_id = v.id
                where v.tenant_id = c.tenant_id and v.contact_id = c.contact_id and m.sender_type = 'user'
                limit 3
            ) said
        ) then
            reasons := reasons || jsonb_build_object('code', 'wrote_often', 'points', 10);
        end if;
        if exists (
            select from conversations v
            join escalations e on e.tenant_id = v.tenant_id and e.conversation_id = v.id
            where v.tenant_id = c.tenant_id and v.contact_id = c.contact_id and e.reason = 'visitor_asked'
        ) then
            reasons := reasons || jsonb_build_object('code', 'asked_for_person', 'points', 15);
        end if;
    end if;
    -- what they wanted: of leads, and of visitors whom the bot has asked how they can be reached
    wished := array(
        select l.intent from leads l
        where l.tenant_id = c.tenant_id and (l.client_id = c.id or l.contact_id = c.contact_id)
        union
        select r.intent from conversations v
        join lead_requests r on r.tenant_id = v.tenant_id and r.conversation_id = v.id
        where v.tenant_id = c.tenant_id and v.contact_id = c.contact_id
    );
    if wished && array['price', 'quote', 'purchase'] then
        reasons := reasons || jsonb_build_object('code', 'asked_price', 'points', 10);
    end if;
    if 'meeting' = any(wished) then
        reasons := reasons || jsonb_build_object('code', 'asked_meeting', 'points', 15);
    end if;
    if exists (
        select from crm_deals d
        where d.tenant_id = c.tenant_id and d.client_id = c.id and d.stage not in ('closed_won', 'closed_lost')
    ) then
        reasons := reasons || jsonb_build_object('code', 'has_open_deal', 'points', 20);
    end if;
    if c.total_orders > 0 then
        reasons := reasons || jsonb_build_object('code', 'has_ordered', 'points', 15);
    end if;
    return reasons;
end;
$$;

create or replace function crm_score(p_client uuid) returns integer
language sql stable
set search_path from current
as $$
    select least(100, coalesce(sum((reason ->> 'points')::integer), 0))::integer
    from crm_clients c
    cross join lateral jsonb_array_elements(crm_score_reasons(c)) as reason
    where c.tenant_id = current_tenant_id() and c.id = p_client
$$;

-- What follows from a client's own fields: keys for sorting and comparing, and the score.
create or replace function crm_clients_prepare() returns trigger
language plpgsql
set search_path from current
as $$
begin
    new.name_key := nullif(left(crm_fold(trim(new.name)), 200), '');
    new.company_key := nullif(left(crm_fold(trim(new.company_name)), 200), '');
    new.email_key := nullif(left(lower(trim(new.email)), 200), '');
    new.phone_key := right(crm_digits(new.phone), 9);
    -- confirmed was another one
    if new.confirmed_email is distinct from new.email_key then
        new.confirmed_email := null;
    end if;
    if new.confirmed_phone is distinct from phone_digits(new.phone) then
        new.confirmed_phone := null;
    end if;
    new.revenue_key := least(new.total_revenue * 100, 9e18);
    new.average_key := least(new.average_order_value * 100, 9e18);
    if new.merged_into is not null then
        new.score_due_at := null;
        return new;
    end if;
    new.score_reasons := crm_score_reasons(new);
    select least(100, coalesce(sum((reason ->> 'points')::integer), 0)), min((reason ->> 'until')::timestamptz)
    into new.lead_score, new.score_due_at
    from jsonb_array_elements(new.score_reasons) as reason;
    if not new.is_quality_set then
        new.lead_quality := case when new.lead_score >= 60 then 'hot' when new.lead_score >= 30 then 'warm' else 'cold' end;
    end if;
    return new;
end;
$$;
create or replace trigger crm_clients_prepare before insert or update on crm_clients
    for each row execute function crm_clients_prepare();

-- A score that time alone changes is nobody's edit.
create or replace trigger set_updated_at before update of name, client_type, company_name, email, phone, secondary_phone, address,
    ecommerce_customer_id, source, source_details, utm_data, lifecycle_stage, is_quality_set, assigned_to, tags, custom_fields,
    next_follow_up_date, merged_into, contact_id on crm_clients
    for each row execute function set_updated_at();

-- The words a client is found by; tags and values of own fields among them, behind signs that no word has.
create or replace function crm_clients_note_words() returns trigger
language plpgsql
set search_path from current
as $$
declare
    wanted text[] := '{}';
begin
    if new.merged_into is null then
        wanted := crm_words(concat_ws(' ', new.name, new.company_name, new.email))
            || crm_phone_words(new.phone) || crm_phone_words(new.secondary_phone)
            || array(select '#' || left(tag, 60) from unnest(new.tags) as tag)
            || array(
                select '=' || f.key || '=' || left(f.value, 60) from jsonb_each_text(new.custom_fields) f where f.value is not null
            );
    end if;
    if tg_op = 'UPDATE' then
        delete from crm_client_words
        where tenant_id = new.tenant_id and client_id = new.id and word <> all (wanted);
    end if;
    insert into crm_client_words (tenant_id, client_id, word)
    select distinct new.tenant_id, new.id, word from unnest(wanted) as word
    on conflict do nothing;
    return null;
end;
$$;
create or replace trigger crm_clients_words_added after insert on crm_clients
    for each row execute function crm_clients_note_words();
create or replace trigger crm_clients_words_changed
    after update of name, company_name, email, phone, secondary_phone, tags, custom_fields, merged_into on crm_clients
    for each row when ((old.name, old.company_name, old.email, old.phone, old.secondary_phone, old.tags, old.custom_fields, old.merged_into)
        is distinct from
        (new.name, new.company_name, new.email, new.phone, new.secondary_phone, new.tags, new.custom_fields, new.merged_into))
    execute function crm_clients_note_words();

-- What a page's address tells of the campaign that led there.
create or replace function crm_utm_of(p_url text) returns jsonb
language sql immutable parallel safe
set search_path from current
as $$
    select jsonb_object_agg(pair[1], replace(left(pair[2], 200), '+', ' '))
    from regexp_matches(p_url, '[?&](utm_[a-z]{1,20})=([^&#]*)', 'g') as pair
$$;

-- Makes the client of a contact, as far as the contact has none. Gives its id, or that of the one it has.
create or replace function crm_client_of_contact(p_contact uuid, p_conversation uuid default null) returns uuid
language plpgsql
set search_path from current
as $$
declare
    found_id uuid;
begin
    insert into crm_clients (tenant_id, id, contact_id, name, email, phone, source, source_details, utm_data, platform_user_id,
        first_contact_date, last_contact_date)
    select c.tenant_id, crm_new_id(), c.id, c.name, c.email, c.phone, h.kind,
        case when v.id is not null then
            jsonb_strip_nulls(jsonb_build_object('channel_id', h.id, 'channel', h.name, 'page_url', v.page_url)) end,
        coalesce(crm_utm_of(v.page_url), v.metadata -> 'utm'),
        (select substr(i.value, length(i.channel_id::text) + 2) from contact_identities i
            where i.tenant_id = c.tenant_id and i.contact_id = c.id and i.kind = 'platform'
            order by (i.channel_id = v.channel_id) desc, i.created_at
            limit 1),
        c.created_at, coalesce(c.last_interaction_at, v.created_at)
    from contacts c
    left join conversations v on v.tenant_id = c.tenant_id and v.id = coalesce(p_conversation, (
        select f.id from conversations f
        where f.tenant_id = c.tenant_id and f.contact_id = c.id
        order by f.created_at
        limit 1
    ))
    left join channels h on h.tenant_id = v.tenant_id and h.id = v.channel_id
    where c.tenant_id = current_tenant_id() and c.id = p_contact
    on conflict on constraint crm_clients_contact_key do nothing
    returning id into found_id;
    if found_id is null then
        select id into found_id from crm_clients where tenant_id = current_tenant_id() and contact_id = p_contact;
    end if;
    return found_id;
end;
$$;

-- A contact's first conversation makes them a client, if the channel's rule wants it. It stands on conversations, because
-- a contact that was only just made has no channel yet.
create or replace function create_client_on_new_contact() returns trigger
language plpgsql
set search_path from current
as $$
declare
    rule text;
begin
    select client_rule into rule from channels where tenant_id = new.tenant_id and id = new.channel_id;
    -- of those who wrote elsewhere only who is known by an address: the others are clients where the source says so
    if (rule = 'always' and not is_importing()) or (rule <> 'never' and exists (
        select from contacts c
        where c.tenant_id = new.tenant_id and c.id = new.contact_id and (c.email is not null or c.phone is not null)
    )) then
        perform crm_client_of_contact(new.contact_id, new.id);
    end if;
    return null;
end;
$$;
create or replace trigger on_new_contact_create_client after insert on conversations
    for each row execute function create_client_on_new_contact();

-- What becomes known of a contact fills what is empty in its client; what a colleague wrote stays. While contacts are
-- merged the clients are merged with them, which can be taken back, and nothing is filled here.
create or replace function crm_contacts_tell_client() returns trigger
language plpgsql
set search_path from current
as $$
begin
    if current_setting('app.contacts_merge', true) = 'on' or new.merged_into is not null then
        return null;
    end if;
    update crm_clients c
    set name = coalesce(c.name, new.name), email = coalesce(c.email, new.email), phone = coalesce(c.phone, new.phone),
        last_contact_date = case when (old.name, old.email, old.phone) is distinct from (new.name, new.email, new.phone)
            then c.last_contact_date else greatest(c.last_contact_date, new.last_interaction_at) end
    where c.tenant_id = new.tenant_id and c.contact_id = new.id;
    if not found and (new.email is not null or new.phone is not null)
        and (old.name, old.email, old.phone) is distinct from (new.name, new.email, new.phone)
        and exists (
            select from conversations v
            join channels h on h.tenant_id = v.tenant_id and h.id = v.channel_id
            where v.tenant_id = new.tenant_id and v.contact_id = new.id and h.client_rule = 'identified'
        )
    then
        perform crm_client_of_contact(new.id);
    end if;
    return null;
end;
$$;
create or replace trigger contacts_tell_client after update of name, email, phone on contacts
    for each row when ((old.name, old.email, old.phone) is distinct from (new.name, new.email, new.phone))
    execute function crm_contacts_tell_client();
-- not for every message: a client's row stands in many indexes
create or replace trigger contacts_tell_client_activity after update of last_interaction_at on contacts
    for each row when (new.last_interaction_at > coalesce(old.last_interaction_at, '-infinity') + interval '10 minutes')
    execute function crm_contacts_tell_client();

-- Somebody was called, written to or met.
create or replace function update_last_contact() returns trigger
language plpgsql
set search_path from current
as $$
begin
    if is_importing() then
        return null;
    end if;
    update crm_clients c
    set last_contact_date = greatest(c.last_contact_date, coalesce(new.completed_at, now()))
    where c.tenant_id = new.tenant_id
        and c.id = crm_client_now(coalesce(new.client_id, (
            select d.client_id from crm_deals d where d.tenant_id = new.tenant_id and d.id = new.deal_id
        )));
    return null;
end;
$$;
create or replace trigger trigger_update_last_contact after insert or update of status, client_id on crm_activities
    for each row when (new.status = 'completed' and new.activity_type in ('call', 'email', 'meeting'))
    execute function update_last_contact();

-- A deal that opens or closes changes what speaks for its client.
create or replace function crm_deals_score_client() returns trigger
language plpgsql
set search_path from current
as $$
begin
    perform from crm_clients
    where tenant_id = coalesce(new.tenant_id, old.tenant_id) and id in (new.client_id, old.client_id)
    order by id
    for no key update;
    update crm_clients set lead_score = lead_score
    where tenant_id = coalesce(new.tenant_id, old.tenant_id) and id in (new.client_id, old.client_id);
    return null;
end;
$$;
create or replace trigger crm_deals_score_client after insert or delete on crm_deals
    for each row execute function crm_deals_score_client();
create or replace trigger crm_deals_score_client_changed after update of stage, client_id on crm_deals
    for each row when ((old.client_id, old.stage in ('closed_won', 'closed_lost'))
        is distinct from (new.client_id, new.stage in ('closed_won', 'closed_lost')))
    execute function crm_deals_score_client();

-- So does a conversation that goes to another contact.
create or replace function crm_conversations_score_clients() returns trigger
language plpgsql
set search_path from current
as $$
begin
    perform from crm_clients
    where tenant_id = new.tenant_id and contact_id in (old.contact_id, new.contact_id) and merged_into is null
    order by id
    for no key update;
    update crm_clients set lead_score = lead_score
    where tenant_id = new.tenant_id and contact_id in (old.contact_id, new.contact_id) and merged_into is null;
    return null;
end;
$$;
create or replace trigger crm_conversations_score_clients after update of contact_id on conversations
    for each row when (old.contact_id <> new.contact_id) execute function crm_conversations_score_clients();

-- What is written for a client who becomes part of another at that moment belongs to the other.
create or replace function crm_follow_client() returns trigger
language plpgsql
set search_path from current
as $$
declare
    asked uuid;
begin
    while new.client_id is distinct from asked loop
        asked := new.client_id;
        perform from crm_clients where tenant_id = new.tenant_id and id = asked for key share;
        new.client_id := crm_client_now(asked);
    end loop;
    return new;
end;
$$;
create or replace trigger crm_follow_client before insert or update of client_id on crm_deals
    for each row execute function crm_follow_client();
create or replace trigger crm_follow_client before insert or update of client_id on crm_orders
    for each row execute function crm_follow_client();
create or replace trigger crm_follow_client before insert or update of client_id on crm_activities
    for each row execute function crm_follow_client();
create or replace trigger crm_follow_client before insert or update of client_id on crm_notes
    for each row execute function crm_follow_client();
create or replace trigger crm_follow_client before insert or update of client_id on leads
    for each row execute function crm_follow_client();

-- So does what somebody wants.
create or replace function crm_leads_score_client() returns trigger
language plpgsql
set search_path from current
as $$
begin
    perform from crm_clients
    where tenant_id = coalesce(new.tenant_id, old.tenant_id) and merged_into is null
        and (id in (new.client_id, old.client_id) or contact_id in (new.contact_id, old.contact_id))
    order by id
    for no key update;
    update crm_clients set lead_score = lead_score
    where tenant_id = coalesce(new.tenant_id, old.tenant_id) and merged_into is null
        and (id in (new.client_id, old.client_id) or contact_id in (new.contact_id, old.contact_id));
    return null;
end;
$$;
create or replace trigger leads_score_client after insert or delete on leads
    for each row execute function crm_leads_score_client();
create or replace trigger leads_score_client_changed after update of intent, client_id, contact_id on leads
    for each row when ((old.intent, old.client_id, old.contact_id) is distinct from (new.intent, new.client_id, new.contact_id))
    execute function crm_leads_score_client();

create or replace function crm_lead_requests_score_client() returns trigger
language plpgsql
set search_path from current
as $$
begin
    update crm_clients c set lead_score = c.lead_score
    from conversations v
    where v.tenant_id = new.tenant_id and v.id = new.conversation_id
        and c.tenant_id = v.tenant_id and c.contact_id = v.contact_id and c.merged_into is null;
    return null;
end;
$$;
create or replace trigger lead_requests_score_client after insert or update of intent on lead_requests
    for each row execute function crm_lead_requests_score_client();

-- Scores whose time has come, some at once. Gives how many there were.
create or replace function crm_rescore(p_most integer default 500) returns integer
language plpgsql
set search_path from current
as $$
declare
    done integer;
begin
    with due as (
        select id from crm_clients
        where tenant_id = current_tenant_id() and score_due_at <= now()
        order by score_due_at
        limit p_most
        for no key update skip locked
    )
    update crm_clients c set lead_score = c.lead_score
    from due
    where c.tenant_id = current_tenant_id() and c.id = due.id;
    get diagnostics done = row_count;
    return done;
end;
$$;

-- A channel under a name, with its configuration. One of a vendor waits for its credentials; a widget for its secret.
create or replace function create_channel_and_config(channel_name text, channel_platform text, platform_id text) returns jsonb
language plpgsql
set search_path from current
as $$
declare
    new_id uuid := crm_new_id();
begin
    insert into channels (tenant_id, id, kind, name, channel_key, encrypted_secret, is_active, platform_channel_id)
    values (current_tenant_id(), new_id, channel_platform, channel_name, 'ch_' || replace(gen_random_uuid()::text, '-', ''), '',
        channel_platform = 'widget', nullif(platform_id, ''));
    insert into channel_configurations (tenant_id, channel_id) values (current_tenant_id(), new_id);
    return jsonb_build_object('id', new_id, 'organization_id', current_tenant_id());
end;
$$;

-- The contacts of a channel with their clients.
create or replace function get_contacts_for_channel(p_channel_id uuid, p_search_term text default null)
returns table (
    id uuid, organization_id uuid, channel_id uuid, platform text, platform_user_id text, name text, email text, phone text,
    avatar_url text, ai_enabled boolean, last_interaction_at timestamptz, last_message_preview text, unread_count integer,
    created_at timestamptz, updated_at timestamptz, crm_client_id uuid
)
language sql stable
set search_path from current
as $$
    select c.id, c.tenant_id, h.id, h.kind,
        (select substr(i.value, length(i.channel_id::text) + 2) from contact_identities i
            where i.tenant_id = c.tenant_id and i.contact_id = c.id and i.channel_id = h.id and i.kind = 'platform'
            order by i.created_at
            limit 1),
        c.name, c.email, c.phone, c.avatar_url, c.ai_enabled, c.last_interaction_at, c.last_message_preview, c.unread_count,
        c.created_at, c.updated_at,
        (select crm_client_now(k.id) from crm_clients k where k.tenant_id = c.tenant_id and k.contact_id = c.id)
    from channels h
    join contacts c on c.tenant_id = h.tenant_id
    where h.tenant_id = current_tenant_id() and h.id = p_channel_id and c.merged_into is null
        and (exists (select from conversations v
                where v.tenant_id = c.tenant_id and v.contact_id = c.id and v.channel_id = h.id)
            or exists (select from contact_identities i
                where i.tenant_id = c.tenant_id and i.contact_id = c.id and i.channel_id = h.id))
        and (coalesce(trim(p_search_term), '') = ''
            or strpos(crm_fold(concat_ws(' ', c.name, c.email, c.phone, c.username)), crm_fold(trim(p_search_term))) > 0)
    order by c.last_interaction_at desc nulls last, c.id desc
$$;

-- Clients from before there were triggers. Afterwards none is left.
update crm_clients set name = name
where name_key is null and email_key is null and phone_key is null and company_key is null and score_reasons = '[]'
    and (name is not null or email is not null or phone is not null or company_name is not null);
insert into crm_client_words (tenant_id, client_id, word)
select c.tenant_id, c.id, word
from crm_clients c
cross join lateral unnest(crm_words(concat_ws(' ', c.name, c.company_name, c.email))
    || crm_phone_words(c.phone) || crm_phone_words(c.secondary_phone)) as word
where c.merged_into is null and not exists (
    select from crm_client_words w where w.tenant_id = c.tenant_id and w.client_id = c.id
)
on conflict do nothing;
