-- The words by which deals, products and leads are found, cut as those of clients are.

-- The client is locked before its words are read: of two who change one name each, the second writes with both.
create or replace function crm_note_deal_words(p_tenant uuid, p_deals uuid[]) returns void
language plpgsql
set search_path from current
as $$
begin
    perform from crm_clients c
    where c.tenant_id = p_tenant and c.id in (select d.client_id from crm_deals d where d.tenant_id = p_tenant and d.id = any (p_deals))
    order by c.id
    for no key update;
    delete from crm_deal_words where tenant_id = p_tenant and deal_id = any (p_deals);
    insert into crm_deal_words (tenant_id, client_id, deal_id, word)
    select distinct d.tenant_id, d.client_id, d.id, word
    from crm_deals d
    join crm_clients c on c.tenant_id = d.tenant_id and c.id = d.client_id
    cross join lateral unnest(crm_words(concat_ws(' ', d.name, c.name, c.company_name))
        || array(select '#' || left(tag, 60) from unnest(d.tags) as tag)) as word
    where d.tenant_id = p_tenant and d.id = any (p_deals);
end;
$$;

-- Once a statement, for all deals that it touches.
create or replace function crm_deals_note_words() returns trigger
language plpgsql
set search_path from current
as $$
declare
    touched record;
begin
    if tg_op = 'INSERT' then
        for touched in select n.tenant_id, array_agg(n.id) as deals from new_deals n group by n.tenant_id loop
            perform crm_note_deal_words(touched.tenant_id, touched.deals);
        end loop;
    elsif tg_op = 'DELETE' then
        delete from crm_deal_words w using old_deals o where w.tenant_id = o.tenant_id and w.deal_id = o.id;
    else
        for touched in
            select tenant_id, array_agg(id) as deals
            from new_deals n
            join old_deals o using (tenant_id, id)
            where (n.name, n.tags, n.client_id) is distinct from (o.name, o.tags, o.client_id)
            group by tenant_id
        loop
            perform crm_note_deal_words(touched.tenant_id, touched.deals);
        end loop;
    end if;
    return null;
end;
$$;
create or replace trigger crm_deals_words_added after insert on crm_deals
    referencing new table as new_deals
    for each statement execute function crm_deals_note_words();
create or replace trigger crm_deals_words_changed after update on crm_deals
    referencing old table as old_deals new table as new_deals
    for each statement execute function crm_deals_note_words();
create or replace trigger crm_deals_words_removed after delete on crm_deals
    referencing old table as old_deals
    for each statement execute function crm_deals_note_words();

create or replace function crm_clients_note_deal_words() returns trigger
language plpgsql
set search_path from current
as $$
declare
    deals uuid[] := array(select d.id from crm_deals d where d.tenant_id = new.tenant_id and d.client_id = new.id);
begin
    if deals <> '{}' then
        perform crm_note_deal_words(new.tenant_id, deals);
    end if;
    return null;
end;
$$;
create or replace trigger crm_clients_words_of_deals after update of name, company_name on crm_clients
    for each row when ((old.name, old.company_name) is distinct from (new.name, new.company_name))
    execute function crm_clients_note_deal_words();

create or replace function crm_products_note_words() returns trigger
language plpgsql
set search_path from current
as $$
begin
    delete from crm_product_words where tenant_id = new.tenant_id and product_id = new.id;
    insert into crm_product_words (tenant_id, product_id, word)
    select new.tenant_id, new.id, word from unnest(crm_words(concat_ws(' ', new.name, new.sku))) as word;
    return null;
end;
$$;
create or replace trigger crm_products_words_added after insert on crm_products
    for each row execute function crm_products_note_words();
create or replace trigger crm_products_words_changed after update of name, sku on crm_products
    for each row when ((old.name, old.sku) is distinct from (new.name, new.sku))
    execute function crm_products_note_words();

create or replace function leads_note_words() returns trigger
language plpgsql
set search_path from current
as $$
begin
    delete from lead_words where tenant_id = new.tenant_id and lead_id = new.id;
    insert into lead_words (tenant_id, lead_id, word)
    select distinct new.tenant_id, new.id, word
    from unnest(crm_words(concat_ws(' ', new.contact_info ->> 'name', new.contact_info ->> 'email', new.contact_info ->> 'company',
        new.note)) || crm_phone_words(new.contact_info ->> 'phone')) as word;
    return null;
end;
$$;
create or replace trigger leads_words_added after insert on leads
    for each row execute function leads_note_words();
create or replace trigger leads_words_changed after update of contact_info, note on leads
    for each row when ((old.contact_info, old.note) is distinct from (new.contact_info, new.note))
    execute function leads_note_words();
