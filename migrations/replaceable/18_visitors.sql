-- Who a visitor is known to be, and which addresses say so.

-- The visitor whom this one is: merges by verified addresses are followed, those by hand are not. Whoever was only put
-- together with somebody by the team reads nothing of theirs.
create or replace function visitor_now(p_contact uuid) returns uuid
language sql stable
set search_path from current
as $$
    with recursive chain (id, depth) as (
        select p_contact, 0
        union all
        select m.kept_id, chain.depth + 1
        from chain
        join contact_merges m on m.tenant_id = current_tenant_id() and m.merged_id = chain.id and m.undone_at is null
            and m.reason <> 'hand'
        where chain.depth < 100
    )
    select chain.id from chain order by chain.depth desc limit 1
$$;

-- What may be told a visitor of themselves: what their contact has, without what it took over from somebody with whom the
-- team has put it together.
create or replace function visitor_details(p_visitor uuid) returns table (name text, email text, phone text)
language sql stable
set search_path from current
as $$
    with recursive part as (
        select p_visitor as id, '[]'::jsonb as filled
        union
        select m.merged_id, coalesce(m.moved -> 'filled', '[]')
        from part
        join contact_merges m on m.tenant_id = current_tenant_id() and m.kept_id = part.id and m.undone_at is null
    ), others as (
        select o.name, o.email, o.phone, part.filled
        from part
        join contacts o on o.tenant_id = current_tenant_id() and o.id = part.id
        where visitor_now(part.id) <> p_visitor
    )
    select
        case when not exists (select from others o where o.filled ? 'name' and o.name = p.name) then p.name end,
        case when not exists (select from others o where o.filled ? 'email' and o.email = p.email) then p.email end,
        case when not exists (select from others o where o.filled ? 'phone' and o.phone = p.phone) then p.phone end
    from contacts p
    where p.tenant_id = current_tenant_id() and p.id = p_visitor
$$;

-- Whether an address in a client of this contact says who they are: it is verified as the contact's, or the business wrote
-- it, as no visitor has ever left it. A client without a contact has only what the business wrote.
create or replace function crm_is_theirs(p_contact uuid, p_kind text, p_address text) returns boolean
language sql stable
set search_path from current
as $$
    select p_contact is null
        or not exists (
            select from contact_identities i
            where i.tenant_id = current_tenant_id() and i.kind = p_kind and i.value = p_address
                and not (i.is_verified and i.contact_id = p_contact)
        )
        or (p_kind = 'email' and exists (
            select from contacts p
            where p.tenant_id = current_tenant_id() and p.id = p_contact and lower(trim(p.vouched_email)) = p_address
        ))
$$;

create or replace function phone_digits(p_phone text) returns text
language sql immutable parallel safe
set search_path from current
as $$ select regexp_replace(p_phone, '[^0-9]', '', 'g') $$;

-- Whether a client's address or number says that the client is this contact: somebody of the team has confirmed it, or it does
-- so by itself.
create or replace function crm_is_proven(c crm_clients, p_kind text, p_contact uuid) returns boolean
language sql stable
set search_path from current
as $$
    select case p_kind
        when 'email' then c.email_key is not null
            and (c.confirmed_email is not distinct from c.email_key or crm_is_theirs(p_contact, 'email', c.email_key))
        else c.phone_key is not null
            and (c.confirmed_phone is not distinct from phone_digits(c.phone)
                or crm_is_theirs(p_contact, 'phone', phone_digits(c.phone)))
    end
$$;

-- Whether it was the contact's own visitor who left an address, and nothing has verified it.
create or replace function crm_is_typed(p_contact uuid, p_kind text, p_address text) returns boolean
language sql stable
set search_path from current
as $$
    select exists (
        select from contact_identities i
        where i.tenant_id = current_tenant_id() and i.contact_id = p_contact and i.kind = p_kind and i.value = p_address
            and not i.is_verified
    )
$$;
