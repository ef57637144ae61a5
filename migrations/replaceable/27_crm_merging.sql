-- Two clients that are one, and two again.

-- Fields that the kept client takes over where it has none, and gives back.
create or replace function crm_filled_fields() returns text[]
language sql immutable parallel safe
as $$
    select array['contact_id', 'name', 'company_name', 'email', 'phone', 'secondary_phone', 'address', 'ecommerce_customer_id',
        'source', 'source_details', 'utm_data', 'assigned_to', 'platform_user_id', 'next_follow_up_date', 'confirmed_email',
        'confirmed_phone']
$$;

-- Writes what `crm_filled_fields` names.
create or replace function crm_write_fields(c crm_clients) returns void
language sql
set search_path from current
as $$
    update crm_clients
    set contact_id = c.contact_id, name = c.name, company_name = c.company_name, email = c.email, phone = c.phone,
        secondary_phone = c.secondary_phone, address = c.address, ecommerce_customer_id = c.ecommerce_customer_id,
        source = c.source, source_details = c.source_details, utm_data = c.utm_data, assigned_to = c.assigned_to,
        platform_user_id = c.platform_user_id, next_follow_up_date = c.next_follow_up_date, tags = c.tags,
        custom_fields = c.custom_fields, first_contact_date = c.first_contact_date, last_contact_date = c.last_contact_date,
        client_type = c.client_type, lifecycle_stage = c.lifecycle_stage, confirmed_email = c.confirmed_email,
        confirmed_phone = c.confirmed_phone
    where tenant_id = c.tenant_id and id = c.id
$$;

-- What belongs to clients and goes with them.
create or replace function crm_belongings() returns text[]
language sql immutable parallel safe
as $$ select array['crm_deals', 'crm_orders', 'crm_activities', 'crm_notes', 'leads'] $$;

-- Locks two clients with what belongs to them, in the one order of all who write them: the tenant, whose currency counts; leads,
-- which become clients; the clients; their deals, activities, notes and orders. Each in the order of ids.
create or replace function crm_lock_pair(p_one uuid, p_other uuid) returns void
language plpgsql
set search_path from current
as $$
declare
    belonging text;
begin
    perform from tenants where tenant_id = current_tenant_id() for share;
    perform from leads where tenant_id = current_tenant_id() and client_id in (p_one, p_other) order by id for update;
    perform from crm_clients where tenant_id = current_tenant_id() and id in (p_one, p_other) order by id for update;
    foreach belonging in array array['crm_deals', 'crm_activities', 'crm_notes', 'crm_orders'] loop
        execute format(
            'select from %I where tenant_id = current_tenant_id() and client_id in ($1, $2) order by id for update', belonging
        ) using p_one, p_other;
    end loop;
end;
$$;

-- Gives what belongs to one client to another; all of it, or only these ids, each under the name of its table. Gives what it was.
create or replace function crm_hand_over(p_from uuid, p_to uuid, p_only jsonb default null) returns jsonb
language plpgsql
set search_path from current
as $$
declare
    belonging text;
    name      text;
    ids       uuid[];
    moved     jsonb := '{}';
begin
    foreach belonging in array crm_belongings() loop
        name := replace(belonging, 'crm_', '');
        execute format(
            'with done as (
                update %I set client_id = $2
                where tenant_id = current_tenant_id() and client_id = $1 and ($3 is null or id = any ($3))
                returning id
            )
            select coalesce(array_agg(id), ''{}'') from done', belonging
        ) into ids using p_from, p_to,
            case when p_only is not null then array(select jsonb_array_elements_text(p_only -> name)::uuid) end;
        moved := moved || jsonb_build_object(name, ids);
    end loop;
    return moved;
end;
$$;

-- Makes one client part of the other. Gives the merge's id.
create or replace function crm_merge_clients(p_kept uuid, p_merged uuid, p_by text default null, p_contact_merge uuid default null)
returns uuid
language plpgsql
set search_path from current
as $$
declare
    k      crm_clients;
    m      crm_clients;
    before crm_clients;
    field  text;
    filled jsonb := '{}';
    moved  jsonb;
    merge  uuid := crm_new_id();
begin
    if p_kept = p_merged then
        raise exception 'this is the same client' using errcode = 'check_violation', constraint = 'crm_same_client';
    end if;
    perform crm_lock_pair(p_kept, p_merged);
    select * into k from crm_clients where tenant_id = current_tenant_id() and id = p_kept;
    select * into m from crm_clients where tenant_id = current_tenant_id() and id = p_merged;
    if k.id is null or m.id is null then
        return null;
    end if;
    if k.merged_into is not null or m.merged_into is not null then
        raise exception 'part of another client already' using errcode = 'check_violation', constraint = 'crm_merged_already';
    end if;
    before := k;

    -- the merged one is empty before the other is filled: some values are unique
    foreach field in array crm_filled_fields() loop
        if to_jsonb(k) -> field = 'null' and to_jsonb(m) -> field <> 'null' then
            filled := filled || jsonb_build_object(field, to_jsonb(m) -> field);
        end if;
    end loop;
    if not filled ? 'secondary_phone' and k.secondary_phone is null and m.phone is not null and k.phone is not null
        and crm_digits(m.phone) is distinct from crm_digits(k.phone)
    then
        filled := filled || jsonb_build_object('secondary_phone', m.phone);
    end if;
    update crm_clients
    set merged_into = p_kept,
        contact_id = case when filled ? 'contact_id' then null else contact_id end,
        ecommerce_customer_id = case when filled ? 'ecommerce_customer_id' then null else ecommerce_customer_id end
    where tenant_id = current_tenant_id() and id = p_merged;

    moved := crm_hand_over(p_merged, p_kept);

    -- what the moved orders have made of it
    select * into k from crm_clients where tenant_id = current_tenant_id() and id = p_kept;
    moved := moved || jsonb_build_object(
        'filled', filled,
        'tags', to_jsonb(array(select tag from unnest(m.tags) as tag where tag <> all (before.tags))),
        'custom_fields', (
            select coalesce(jsonb_object_agg(key, value), '{}') from jsonb_each(m.custom_fields)
            where value <> 'null' and coalesce(before.custom_fields -> key, 'null') = 'null'
        )
    );
    k := jsonb_populate_record(k, filled);
    k.tags := k.tags || array(select jsonb_array_elements_text(moved -> 'tags'));
    k.custom_fields := k.custom_fields || (moved -> 'custom_fields');
    k.first_contact_date := least(k.first_contact_date, m.first_contact_date);
    k.last_contact_date := greatest(k.last_contact_date, m.last_contact_date);
    if k.client_type in ('lead', 'prospect') and m.client_type = 'customer' then
        k.client_type := 'customer';
        k.lifecycle_stage := m.lifecycle_stage;
    end if;
    perform crm_write_fields(k);
    moved := moved || jsonb_build_object('before', jsonb_build_object(
        'first_contact_date', before.first_contact_date, 'last_contact_date', before.last_contact_date,
        'client_type', before.client_type, 'lifecycle_stage', before.lifecycle_stage
    ), 'after', jsonb_build_object(
        'first_contact_date', k.first_contact_date, 'last_contact_date', k.last_contact_date,
        'client_type', k.client_type, 'lifecycle_stage', k.lifecycle_stage
    ));
    insert into crm_client_merges (tenant_id, id, kept_id, merged_id, contact_merge_id, moved, merged_by)
    values (current_tenant_id(), merge, p_kept, p_merged, p_contact_merge, moved, p_by);
    return merge;
end;
$$;

-- Takes a merge back: what is still there goes where it was, and what was filled in and nobody has changed since is empty
-- again. Gives the client that is back; null if there is nothing to take back.
create or replace function crm_unmerge_clients(p_merge uuid) returns uuid
language plpgsql
set search_path from current
as $$
declare
    g     crm_client_merges;
    k     crm_clients;
    m     crm_clients;
    was   crm_clients;
    field text;
begin
    select * into g from crm_client_merges where tenant_id = current_tenant_id() and id = p_merge and undone_at is null;
    if g.id is null then
        return null;
    end if;
    perform crm_lock_pair(g.kept_id, g.merged_id);
    update crm_client_merges set undone_at = now()
    where tenant_id = current_tenant_id() and id = p_merge and undone_at is null;
    if not found then
        return null;
    end if;
    select * into k from crm_clients where tenant_id = current_tenant_id() and id = g.kept_id;
    if k.merged_into is not null then
        raise exception 'the client is part of another one' using errcode = 'check_violation', constraint = 'crm_kept_is_merged';
    end if;
    -- the client only followed its contact
    if g.kept_id = g.merged_id then
        update crm_clients set contact_id = (g.moved ->> 'contact_id')::uuid
        where tenant_id = current_tenant_id() and id = g.kept_id
            and not exists (select from crm_clients o
                where o.tenant_id = current_tenant_id() and o.contact_id = (g.moved ->> 'contact_id')::uuid);
        return g.merged_id;
    end if;

    -- what comes back stays what it was told to be: a first order makes a customer only of somebody new
    select * into was from crm_clients where tenant_id = current_tenant_id() and id = g.merged_id;
    update crm_clients set merged_into = null where tenant_id = current_tenant_id() and id = g.merged_id;
    perform crm_hand_over(g.kept_id, g.merged_id, g.moved);

    select * into k from crm_clients where tenant_id = current_tenant_id() and id = g.kept_id;
    select * into m from crm_clients where tenant_id = current_tenant_id() and id = g.merged_id;
    if g.moved -> 'filled' ? 'contact_id' then
        m.contact_id := (g.moved -> 'filled' ->> 'contact_id')::uuid;
    end if;
    if g.moved -> 'filled' ? 'ecommerce_customer_id' and k.ecommerce_customer_id = g.moved -> 'filled' ->> 'ecommerce_customer_id' then
        m.ecommerce_customer_id := k.ecommerce_customer_id;
    end if;
    foreach field in array crm_filled_fields() loop
        if g.moved -> 'filled' ? field and to_jsonb(k) -> field = g.moved -> 'filled' -> field then
            k := jsonb_populate_record(k, jsonb_build_object(field, null));
        end if;
    end loop;
    foreach field in array array['first_contact_date', 'last_contact_date', 'client_type', 'lifecycle_stage'] loop
        if to_jsonb(k) -> field is not distinct from g.moved -> 'after' -> field then
            k := jsonb_populate_record(k, jsonb_build_object(field, g.moved -> 'before' -> field));
        end if;
    end loop;
    k.tags := array(select tag from unnest(k.tags) with ordinality as t (tag, place)
        where not coalesce(g.moved -> 'tags', '[]') ? tag order by place);
    k.custom_fields := coalesce((
        select jsonb_object_agg(key, value) from jsonb_each(k.custom_fields)
        where g.moved -> 'custom_fields' -> key is distinct from value
    ), '{}');
    -- the kept one lets go before the other takes it
    perform crm_write_fields(k);
    if m.contact_id is not null and not exists (
        select from contacts where tenant_id = current_tenant_id() and id = m.contact_id
    ) then
        m.contact_id := null;
    end if;
    update crm_clients
    set contact_id = m.contact_id, ecommerce_customer_id = m.ecommerce_customer_id, client_type = was.client_type,
        lifecycle_stage = was.lifecycle_stage, last_contact_date = was.last_contact_date
    where tenant_id = current_tenant_id() and id = g.merged_id;
    return g.merged_id;
end;
$$;

-- All rows that are one client: it and what became part of it.
create or replace function crm_client_rows(p_client uuid) returns uuid[]
language sql stable
set search_path from current
as $$
    with recursive rows as (
        select p_client as id
        union
        select c.id from crm_clients c join rows r on c.merged_into = r.id where c.tenant_id = current_tenant_id()
    )
    select array_agg(id order by id) from rows
$$;

-- What the team has put together with these clients, or with their contacts. It proves nothing to those who are merged: what
-- was one's own stays one's own.
create or replace function crm_merges_by_hand(p_kept uuid[]) returns setof crm_client_merges
language sql stable
set search_path from current
as $$
    select g.* from crm_client_merges g
    left join contact_merges m on m.tenant_id = g.tenant_id and m.id = g.contact_merge_id
    where g.tenant_id = current_tenant_id() and g.kept_id = any (p_kept) and g.undone_at is null
        and coalesce(m.reason, 'hand') = 'hand'
$$;

-- The client that this one is part of, unless by hand.
create or replace function crm_owner_now(p_client uuid) returns uuid
language sql stable
set search_path from current
as $$
    with recursive chain (id, depth) as (
        select p_client, 0
        union all
        select g.kept_id, chain.depth + 1
        from chain
        join crm_client_merges g on g.tenant_id = current_tenant_id() and g.merged_id = chain.id and g.kept_id <> chain.id
            and g.undone_at is null
        join contact_merges m on m.tenant_id = g.tenant_id and m.id = g.contact_merge_id and m.reason <> 'hand'
        where chain.depth < 100
    )
    select chain.id from chain order by chain.depth desc limit 1
$$;

-- Whose an order of this client was before the team put others together with them.
create or replace function crm_order_owner(p_order uuid, p_client uuid) returns uuid
language sql stable
set search_path from current
as $$
    select crm_owner_now(coalesce((
        select g.merged_id from crm_merges_by_hand(crm_client_rows(p_client)) g
        where g.moved -> 'orders' ? p_order::text
        order by g.created_at, g.id
        limit 1
    ), p_client))
$$;

-- A client with the contact, address and number that are its own, and not of those whom the team has put together with it.
create or replace function crm_own_client(c crm_clients) returns crm_clients
language plpgsql stable
set search_path from current
as $$
declare
    g crm_client_merges;
begin
    -- what it brought to another one
    if c.merged_into is not null and c.contact_id is null then
        select m.moved -> 'filled' ->> 'contact_id' into c.contact_id from crm_client_merges m
        where m.tenant_id = current_tenant_id() and m.merged_id = c.id and m.kept_id <> c.id and m.undone_at is null;
    end if;
    -- what others brought to it, the newest first
    for g in select * from crm_merges_by_hand(array[c.id]) m order by m.created_at desc, m.id desc loop
        if g.merged_id = c.id then
            c.contact_id := g.moved ->> 'contact_id';
            continue;
        end if;
        if g.moved -> 'filled' ->> 'contact_id' = c.contact_id::text then
            c.contact_id := null;
        end if;
        if g.moved -> 'filled' ->> 'email' = c.email then
            c.email := null;
            c.email_key := null;
        end if;
        if g.moved -> 'filled' ->> 'phone' = c.phone then
            c.phone := null;
            c.phone_key := null;
        end if;
    end loop;
    return c;
end;
$$;

-- The contacts of clients whose own address this is.
create or replace function crm_contacts_of_email(p_email text) returns setof uuid
language sql stable
set search_path from current
as $$
    select contact_now(o.contact_id)
    from crm_clients c
    cross join lateral crm_own_client(c) o
    where c.tenant_id = current_tenant_id() and c.merged_into is null and c.email_key = left(lower(trim(p_email)), 200)
        and o.contact_id is not null and crm_is_proven(o, 'email', contact_now(o.contact_id))
$$;

-- Contacts that become one take their clients along; a client whose contact becomes part of one without a client follows it.
create or replace function crm_contacts_merged() returns trigger
language plpgsql
set search_path from current
as $$
declare
    kept   uuid;
    merged uuid;
begin
    select crm_client_now(id) into kept from crm_clients where tenant_id = new.tenant_id and contact_id = new.kept_id;
    select crm_client_now(id) into merged from crm_clients where tenant_id = new.tenant_id and contact_id = new.merged_id;
    if merged is null or merged = kept then
        return null;
    end if;
    if kept is not null then
        perform crm_merge_clients(kept, merged, new.merged_by, new.id);
        return null;
    end if;
    select id into merged from crm_clients where tenant_id = new.tenant_id and contact_id = new.merged_id for update;
    update crm_clients set contact_id = new.kept_id where tenant_id = new.tenant_id and id = merged;
    insert into crm_client_merges (tenant_id, id, kept_id, merged_id, contact_merge_id, moved, merged_by)
    values (new.tenant_id, crm_new_id(), merged, merged, new.id, jsonb_build_object('contact_id', new.merged_id), new.merged_by);
    return null;
end;
$$;
create or replace trigger contact_merges_take_clients after insert on contact_merges
    for each row execute function crm_contacts_merged();

create or replace function crm_contacts_unmerged() returns trigger
language plpgsql
set search_path from current
as $$
declare
    merge uuid;
begin
    for merge in
        select id from crm_client_merges
        where tenant_id = new.tenant_id and contact_merge_id = new.id and undone_at is null
        order by created_at desc
    loop
        perform crm_unmerge_clients(merge);
    end loop;
    return null;
end;
$$;
create or replace trigger contact_merges_give_clients_back after update of undone_at on contact_merges
    for each row when (old.undone_at is null and new.undone_at is not null) execute function crm_contacts_unmerged();

-- Of the history of deals only what people wrote is ever changed, and only by the erasure of a contact.
create or replace function crm_history_refuse_change() returns trigger
language plpgsql
as $$
begin
    raise exception 'the history of deals is not changed' using errcode = 'insufficient_privilege';
end;
$$;
create or replace trigger crm_history_refuse_change before update on crm_deal_stages_history
    for each row when (pg_trigger_depth() = 0) execute function crm_history_refuse_change();
