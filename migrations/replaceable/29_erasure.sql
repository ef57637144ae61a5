-- Erasure: whoever is erased goes with all that was written down of them. What the law makes a shop keep stays in the
-- books without the person: what was bought, when and for how much.

-- Lines of an order or a deal, in the words of the list of products.
create or replace function crm_plain_lines(p_lines jsonb) returns jsonb
language sql stable
set search_path from current
as $$
    select coalesce(jsonb_agg(
        line - 'sku'
            || case when p.sku is not null and line ? 'sku' then jsonb_build_object('sku', p.sku) else '{}' end
            || jsonb_build_object('name', coalesce(p.name, '–'))
        order by place
    ), '[]')
    from jsonb_array_elements(case when jsonb_typeof(p_lines) = 'array' then p_lines else '[]' end) with ordinality as l (line, place)
    left join crm_products p on p.tenant_id = current_tenant_id() and p.id = (line ->> 'product_id')::uuid
$$;

-- The audit log keeps what was done, and no name of whom it was about. The argument is the kind of subject.
create or replace function audit_forget(p_subjects text[]) returns void
language sql
set search_path from current
as $$
    update audit_log set details = details - array['name', 'number', 'order_number']
    where tenant_id = current_tenant_id() and subject = any (p_subjects)
$$;

create or replace function audit_forget_row() returns trigger
language plpgsql
set search_path from current
as $$
begin
    perform audit_forget(array[tg_argv[0] || ':' || old.id]);
    return null;
end;
$$;
create or replace trigger crm_clients_audit_forget after delete on crm_clients
    for each row execute function audit_forget_row('client');
create or replace trigger crm_deals_audit_forget after delete on crm_deals
    for each row execute function audit_forget_row('deal');
create or replace trigger tool_calls_audit_forget after delete on tool_calls
    for each row execute function audit_forget_row('tool_call');

-- Only other triggers change it, and they only take away what `audit_forget` does.
create or replace function audit_log_refuse_change() returns trigger
language plpgsql
as $$
begin
    old.details := old.details - array['name', 'number', 'order_number'];
    if pg_trigger_depth() = 1 or new is distinct from old then
        raise exception 'the audit log is not changed' using errcode = 'insufficient_privilege';
    end if;
    return new;
end;
$$;
create or replace trigger audit_log_refuse_change before update on audit_log
    for each row execute function audit_log_refuse_change();

-- What was told of a thing goes with it.
create or replace trigger leads_webhooks_forget after delete on leads
    for each row execute function webhooks_forget('subject');
create or replace trigger meetings_webhooks_forget after delete on meetings
    for each row execute function webhooks_forget('subject');
create or replace trigger crm_deals_webhooks_forget after delete on crm_deals
    for each row execute function webhooks_forget('subject');
create or replace trigger crm_orders_webhooks_forget after delete on crm_orders
    for each row execute function webhooks_forget('subject');

create or replace function emails_forget() returns trigger
language plpgsql
as $$
begin
    delete from emails where tenant_id = old.tenant_id and about_id = old.id;
    return null;
end;
$$;
create or replace trigger meetings_emails_forget after delete on meetings
    for each row execute function emails_forget();
create or replace trigger crm_activities_emails_forget after delete on crm_activities
    for each row execute function emails_forget();

-- What was noted or agreed in a conversation and belongs to nobody else goes with it.
create or replace function conversations_forget() returns trigger
language plpgsql
set search_path from current
as $$
begin
    delete from crm_activities
    where tenant_id = old.tenant_id and conversation_id = old.id and client_id is null and deal_id is null;
    delete from leads where tenant_id = old.tenant_id and conversation_id = old.id and contact_id is null and client_id is null;
    delete from meetings where tenant_id = old.tenant_id and conversation_id = old.id and contact_id is null;
    return old;
end;
$$;
create or replace trigger conversations_forget before delete on conversations
    for each row execute function conversations_forget();

-- What was brought in with a row and has no column goes with it. That it was brought in stays known: it is not done again.
create or replace function imports_forget(p_rows uuid[]) returns void
language sql
set search_path from current
as $$
    update import_rows set left_over = '{}', notes = '{}'
    where tenant_id = current_tenant_id() and became_id = any (p_rows) and (left_over, notes) <> ('{}', '{}')
$$;

create or replace function imports_forget_row() returns trigger
language plpgsql
set search_path from current
as $$
begin
    perform imports_forget(array[old.id]);
    return null;
end;
$$;
do $$
declare
    t text;
begin
    foreach t in array array['contacts', 'conversations', 'messages', 'leads', 'meetings', 'escalations', 'qa_gaps', 'crm_clients', 'crm_deals',
        'crm_orders', 'crm_activities', 'crm_notes', 'memberships']
    loop
        execute format(
            'create or replace trigger imports_forget after delete on %I for each row execute function imports_forget_row()', t
        );
    end loop;
end;
$$;

create or replace function crm_blank_activities(p_activities uuid[]) returns void
language sql
set search_path from current
as $$
    select imports_forget(p_activities);
    delete from emails where tenant_id = current_tenant_id() and about_id = any (p_activities);
    update crm_activities set subject = activity_type, description = null, metadata = '{}', remind_at = null
    where tenant_id = current_tenant_id() and id = any (p_activities)
$$;

create or replace function crm_blank_deals(p_deals uuid[]) returns void
language sql
set search_path from current
as $$
    select imports_forget(p_deals);
    delete from webhook_deliveries where tenant_id = current_tenant_id() and subject_id = any (p_deals);
    delete from automation_events where tenant_id = current_tenant_id() and subject_id = any (p_deals);
    update crm_deals
    set name = '–', description = null, products = crm_plain_lines(products), won_reason = null, lost_reason = null,
        lost_reason_details = null, competitor = null, tags = '{}', custom_fields = '{}'
    where tenant_id = current_tenant_id() and id = any (p_deals);
    update crm_deal_stages_history set notes = null
    where tenant_id = current_tenant_id() and notes is not null and deal_id = any (p_deals);
    select audit_forget(array(select 'deal:' || deal from unnest(p_deals) as deal))
$$;

create or replace function crm_blank_orders(p_orders uuid[]) returns void
language sql
set search_path from current
as $$
    select imports_forget(p_orders);
    delete from webhook_deliveries where tenant_id = current_tenant_id() and subject_id = any (p_orders);
    delete from automation_events where tenant_id = current_tenant_id() and subject_id = any (p_orders);
    update crm_orders
    set items = crm_plain_lines(items), shipping_address = null, tracking_number = null, tracking_url = null
    where tenant_id = current_tenant_id() and id = any (p_orders)
$$;

-- Takes the person out of these clients and of what belongs to them. The rows stay.
create or replace function crm_blank_clients(p_clients uuid[]) returns void
language plpgsql
set search_path from current
as $$
declare
    deals uuid[] := array(select id from crm_deals where tenant_id = current_tenant_id() and client_id = any (p_clients));
begin
    perform imports_forget(p_clients);
    delete from webhook_deliveries where tenant_id = current_tenant_id() and client_id = any (p_clients);
    delete from leads where tenant_id = current_tenant_id() and (client_id = any (p_clients) or deal_id = any (deals));
    delete from crm_notes where tenant_id = current_tenant_id() and (client_id = any (p_clients) or deal_id = any (deals));
    perform crm_blank_activities(array(
        select id from crm_activities
        where tenant_id = current_tenant_id() and (client_id = any (p_clients) or deal_id = any (deals))
    ));
    perform crm_blank_deals(deals);
    update crm_clients
    set contact_id = null, name = null, company_name = null, email = null, phone = null, secondary_phone = null,
        address = null, source_details = null, utm_data = null, platform_user_id = null, ecommerce_customer_id = null,
        next_follow_up_date = null, custom_fields = '{}', tags = '{}'
    where tenant_id = current_tenant_id() and id = any (p_clients);
    perform crm_blank_orders(array(
        select id from crm_orders where tenant_id = current_tenant_id() and client_id = any (p_clients)
    ));
    -- what moved holds the values that were filled in
    update crm_client_merges set moved = moved - 'filled' - 'custom_fields' - 'tags'
    where tenant_id = current_tenant_id() and (kept_id = any (p_clients) or merged_id = any (p_clients));
    perform audit_forget(array(select 'client:' || client from unnest(p_clients) as client));
end;
$$;

-- Locks clients with what belongs to them, in the order of `crm_lock_pair`.
create or replace function crm_lock_to_forget(p_clients uuid[]) returns void
language plpgsql
set search_path from current
as $$
declare
    belonging text;
begin
    perform from tenants where tenant_id = current_tenant_id() for share;
    perform from leads where tenant_id = current_tenant_id() and client_id = any (p_clients) order by id for update;
    perform from crm_clients where tenant_id = current_tenant_id() and id = any (p_clients) order by id for update;
    foreach belonging in array array['crm_deals', 'crm_activities', 'crm_notes', 'crm_orders'] loop
        execute format(
            'select from %I where tenant_id = current_tenant_id() and client_id = any ($1) order by id for update', belonging
        ) using p_clients;
    end loop;
end;
$$;

-- Takes these people out of a client whom others belong to as well: what a merge brought of theirs; or, if the client was
-- theirs, all that no merge has brought, and for its values come those of somebody else who belongs to it.
create or replace function crm_forget_one_of(p_client uuid, p_rows uuid[], p_people uuid[]) returns void
language plpgsql
set search_path from current
as $$
declare
    k      crm_clients;
    other  crm_clients;
    merge  crm_client_merges;
    field  text;
    theirs uuid[];  -- what others have brought
begin
    select * into k from crm_clients where tenant_id = current_tenant_id() and id = p_client;
    for merge in
        select g.* from crm_client_merges g
        join crm_clients m on m.tenant_id = g.tenant_id and m.id = g.merged_id
        where g.tenant_id = current_tenant_id() and g.undone_at is null and g.merged_id <> g.kept_id and m.id = any (p_rows)
            and (m.contact_id = any (p_people) or (g.moved -> 'filled' ->> 'contact_id')::uuid = any (p_people))
    loop
        foreach field in array crm_filled_fields() loop
            if merge.moved -> 'filled' ? field and to_jsonb(k) -> field = merge.moved -> 'filled' -> field then
                k := jsonb_populate_record(k, jsonb_build_object(field, null));
            end if;
        end loop;
        k.tags := array(select tag from unnest(k.tags) as tag where not coalesce(merge.moved -> 'tags', '[]') ? tag);
        k.custom_fields := coalesce((
            select jsonb_object_agg(key, value) from jsonb_each(k.custom_fields)
            where merge.moved -> 'custom_fields' -> key is distinct from value
        ), '{}');
        delete from crm_notes
        where tenant_id = current_tenant_id() and client_id = p_client
            and id in (select jsonb_array_elements_text(merge.moved -> 'notes')::uuid);
        delete from leads
        where tenant_id = current_tenant_id() and client_id = p_client
            and id in (select jsonb_array_elements_text(merge.moved -> 'leads')::uuid);
        perform crm_blank_activities(array(
            select id from crm_activities
            where tenant_id = current_tenant_id() and client_id = p_client
                and id in (select jsonb_array_elements_text(merge.moved -> 'activities')::uuid)
        ));
        perform crm_blank_deals(array(
            select id from crm_deals
            where tenant_id = current_tenant_id() and client_id = p_client
                and id in (select jsonb_array_elements_text(merge.moved -> 'deals')::uuid)
        ));
        perform crm_blank_orders(array(
            select id from crm_orders
            where tenant_id = current_tenant_id() and client_id = p_client
                and id in (select jsonb_array_elements_text(merge.moved -> 'orders')::uuid)
        ));
        perform audit_forget(array['client:' || merge.merged_id]);
        -- and with it the merge, which nobody can take back any more
        update crm_clients set merged_into = p_client where tenant_id = current_tenant_id() and merged_into = merge.merged_id;
        delete from crm_clients where tenant_id = current_tenant_id() and id = merge.merged_id;
    end loop;
    if k.contact_id = any (p_people) then
        select * into other from crm_clients
        where tenant_id = current_tenant_id() and id = any (p_rows) and contact_id is not null and contact_id <> all (p_people)
        order by id
        limit 1;
        update crm_clients set contact_id = null where tenant_id = current_tenant_id() and id = other.id;
        k.contact_id := other.contact_id;
        k.name := other.name;
        k.company_name := other.company_name;
        k.email := other.email;
        k.phone := other.phone;
        k.confirmed_email := other.confirmed_email;
        k.confirmed_phone := other.confirmed_phone;
        k.secondary_phone := other.secondary_phone;
        k.address := other.address;
        k.platform_user_id := other.platform_user_id;
        k.source_details := other.source_details;
        k.utm_data := other.utm_data;
        k.ecommerce_customer_id := null;
        k.tags := other.tags;
        k.custom_fields := other.custom_fields;
        theirs := array(
            select m.id::uuid
            from crm_client_merges g
            cross join unnest(array['notes', 'activities', 'deals', 'orders']) as name
            cross join jsonb_array_elements_text(g.moved -> name) as m (id)
            where g.tenant_id = current_tenant_id() and g.kept_id = p_client and g.undone_at is null
        );
        delete from crm_notes where tenant_id = current_tenant_id() and client_id = p_client and id <> all (theirs);
        perform crm_blank_activities(array(
            select id from crm_activities where tenant_id = current_tenant_id() and client_id = p_client and id <> all (theirs)
        ));
        perform crm_blank_deals(array(
            select id from crm_deals where tenant_id = current_tenant_id() and client_id = p_client and id <> all (theirs)
        ));
        perform crm_blank_orders(array(
            select id from crm_orders where tenant_id = current_tenant_id() and client_id = p_client and id <> all (theirs)
        ));
        update crm_client_merges
        set moved = jsonb_set(moved, '{filled}', jsonb_strip_nulls(coalesce(moved -> 'filled', '{}') || jsonb_build_object(
            'contact_id', other.contact_id, 'name', other.name, 'company_name', other.company_name, 'email', other.email,
            'phone', other.phone)))
        where tenant_id = current_tenant_id() and merged_id = other.id and undone_at is null;
        perform audit_forget(array['client:' || k.id]);
    end if;
    perform crm_write_fields(k);
    delete from webhook_deliveries where tenant_id = current_tenant_id() and client_id = any (p_rows);
end;
$$;

-- Words that came up with somebody's tags alone, and that nothing else is called.
create or replace function crm_forget_tags(p_tags text[]) returns void
language sql
set search_path from current
as $$
    delete from crm_tags t
    where t.tenant_id = current_tenant_id() and t.name = any (p_tags) and t.category is null and t.color = '#3B82F6'
        and not exists (select from crm_clients c where c.tenant_id = t.tenant_id and t.name = any (c.tags))
        and not exists (select from crm_deals d where d.tenant_id = t.tenant_id and t.name = any (d.tags))
        and not exists (select from crm_notes n where n.tenant_id = t.tenant_id and t.name = any (n.tags))
$$;

-- A contact takes along those that became part of it, and the client that it is, unless others belong to that too. A client
-- who bought or negotiates stays in the books without a name.
create or replace function contacts_forget() returns trigger
language plpgsql
set search_path from current
as $$
declare
    people uuid[];
    talks  uuid[];
    roots  uuid[];
    owned  uuid[];
    tags   text[];
    client uuid;
begin
    -- with its tenant everything goes; a contact that goes with the one it is part of has been seen to
    if not exists (select from tenants t where t.tenant_id = old.tenant_id) or pg_trigger_depth() > 1 then
        return old;
    end if;
    with recursive part as (
        select old.id
        union
        select c.id
        from part p
        join contact_merges g on g.tenant_id = old.tenant_id and g.kept_id = p.id and g.undone_at is null
        join contacts c on c.tenant_id = g.tenant_id and c.id = g.merged_id and c.merged_into = g.kept_id
    )
    select array_agg(id) into people from part;
    select array_agg(distinct crm_client_now(c.id)) into roots
    from crm_clients c
    where c.tenant_id = old.tenant_id and c.contact_id = any (people);
    perform crm_lock_to_forget(array(select unnest(crm_client_rows(root)) from unnest(roots) as root));
    talks := array(select id from conversations where tenant_id = old.tenant_id and contact_id = any (people));
    delete from leads where tenant_id = old.tenant_id and (contact_id = any (people) or conversation_id = any (talks));
    delete from meetings where tenant_id = old.tenant_id and (contact_id = any (people) or conversation_id = any (talks));
    perform crm_blank_activities(array(
        select id from crm_activities where tenant_id = old.tenant_id and conversation_id = any (talks)
    ));
    perform crm_blank_deals(array(select id from crm_deals where tenant_id = old.tenant_id and conversation_id = any (talks)));
    foreach client in array coalesce(roots, '{}') loop
        owned := crm_client_rows(client);
        select array_agg(distinct tag) into tags
        from (
            select unnest(c.tags) from crm_clients c where c.tenant_id = old.tenant_id and c.id = any (owned)
            union all
            select unnest(d.tags) from crm_deals d where d.tenant_id = old.tenant_id and d.client_id = any (owned)
            union all
            select unnest(n.tags) from crm_notes n
            where n.tenant_id = old.tenant_id and (n.client_id = any (owned) or n.deal_id in (
                select d.id from crm_deals d where d.tenant_id = old.tenant_id and d.client_id = any (owned)
            ))
        ) as named (tag);
        if exists (
            select from crm_clients
            where tenant_id = old.tenant_id and id = any (owned) and contact_id is not null and contact_id <> all (people)
        ) then
            perform crm_forget_one_of(client, owned, people);
        elsif exists (select from crm_orders where tenant_id = old.tenant_id and client_id = any (owned))
            or exists (select from crm_deals where tenant_id = old.tenant_id and client_id = any (owned))
        then
            perform crm_blank_clients(owned);
        else
            delete from crm_clients where tenant_id = old.tenant_id and id = client;
        end if;
        perform crm_forget_tags(tags);
    end loop;
    delete from contacts where tenant_id = old.tenant_id and id = any (people) and id <> old.id;
    return old;
end;
$$;
create or replace trigger contacts_forget before delete on contacts
    for each row execute function contacts_forget();
