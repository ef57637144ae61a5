-- Generated clients for bench/crm, with the words they are found by. Few names are common and most are rare.
-- Deals, orders, activities and leads come in fifths of them. Run by the owner of the database, without triggers.
set session_replication_role = replica;
set client_min_messages = warning;
select set_config('app.current_tenant_id', :'tenant', false) \g /dev/null
select setseed(0.5) \g /dev/null
set maintenance_work_mem = '512MB';
set synchronous_commit = off;

-- indexes are faster built than kept
create temporary table indexes as
select i.indexname as name, i.indexdef as definition
from pg_indexes i
where i.schemaname = 'public' and i.tablename in ('crm_clients', 'crm_client_words')
    and not exists (select from pg_constraint c where c.conname = i.indexname or c.conindid = format('%I', i.indexname)::regclass);
select format('drop index %I', name) from indexes \gexec

create temporary table colleagues as select gen_random_uuid() as user_id, n from generate_series(0, 4) n;
insert into platform.users (id, email, name, password_hash)
select user_id, 'colleague' || n || '@bench.example', 'Colleague ' || n, 'none' from colleagues;
insert into memberships (tenant_id, user_id, role, name, email)
select :'tenant', user_id, 'agent', 'Colleague ' || n, 'colleague' || n || '@bench.example' from colleagues;

insert into crm_clients (tenant_id, id, name, company_name, email, phone, client_type, lifecycle_stage, lead_score, lead_quality,
    source, total_orders, total_revenue, average_order_value, first_contact_date, last_contact_date, next_follow_up_date, tags,
    custom_fields, assigned_to, created_at, name_key, company_key, email_key, phone_key, revenue_key, average_key)
select :'tenant', gen_random_uuid(), w.name, w.company, w.email, w.phone,
    (array['lead', 'lead', 'lead', 'prospect', 'customer', 'partner', 'inactive'])[1 + g.n % 7],
    (array['lead', 'lead', 'mql', 'sql', 'opportunity', 'customer', 'churned'])[1 + g.n % 7],
    g.n % 101, (array['hot', 'warm', 'cold', 'cold'])[1 + g.n % 4],
    (array['widget', 'whatsapp', 'import', null])[1 + g.n % 4],
    o.orders, o.orders * o.value, case when o.orders > 0 then o.value else 0 end,
    now() - (g.n || ' minutes')::interval,
    case when g.n % 6 <> 0 then now() - (g.n::bigint * 37 % 1000000 || ' minutes')::interval end,
    case when g.n % 9 = 0 then now() + (g.n % 500 - 250 || ' hours')::interval end,
    case when g.n % 10 = 0 then array['vip'] when g.n % 1000 = 1 then array['rare'] else '{}' end,
    case when g.n % 3 = 0 then
        jsonb_build_object('city', 'city' || g.n % 5000, 'size', (array['small', 'medium', 'large'])[1 + g.n / 3 % 3]) else '{}' end,
    u.user_id, now() - (g.n || ' minutes')::interval, w.name, w.company, w.email, right(w.phone, 9), o.orders * o.value * 100,
    case when o.orders > 0 then o.value * 100 else 0 end
from generate_series(1, :clients) g (n)
left join colleagues u on u.n = g.n % 17
cross join lateral (
    select 'n' || (10000 + floor(5000 * power(random(), 3)))::int || ' n' || (20000 + floor(50000 * random()) + 0 * g.n)::int as name,
        case when g.n % 3 = 0 then 'c' || (floor(100000 * random()))::int end as company,
        case when g.n % 4 <> 0 then 'person' || g.n || '@example.com' end as email,
        case when g.n % 5 = 0 then '+32' || (400000000 + g.n) end as phone
) w
cross join lateral (select case when g.n % 7 = 4 then g.n % 12 else 0 end as orders, (10 + g.n % 490)::numeric(12, 2) as value) o;
insert into crm_client_words (tenant_id, client_id, word)
select distinct :'tenant'::uuid, id, word
from crm_clients, unnest(
    string_to_array(name, ' ') || string_to_array(replace(email, '@', '.'), '.') || array[company_name, ltrim(phone, '+')]
        || array(select '#' || tag from unnest(tags) as tag)
        || array(select '=' || f.key || '=' || f.value from jsonb_each_text(custom_fields) f)
) as word
where tenant_id = :'tenant' and word is not null
order by 3, 2;
select definition from indexes \gexec

create temporary table chosen as
select id, row_number() over (order by random()) as n from crm_clients where tenant_id = :'tenant' limit :clients / 5;
create unique index on chosen (n);

-- more were closed than are open, as with time everywhere
insert into crm_deals (tenant_id, id, client_id, pipeline_id, pipeline_stage_id, name, deal_value, currency, stage, probability,
    expected_close_date, actual_close_date, owner_id, lost_reason, tags, created_at, stage_changed_at, updated_at)
select :'tenant', gen_random_uuid(), c.id, s.pipeline_id, s.id, 'n' || (10000 + floor(5000 * power(random(), 3)))::int || ' deal' || c.n,
    (10 + c.n % 50000)::numeric / 4, case when c.n % 20 = 0 then 'USD' else 'EUR' end, s.stage, s.probability,
    case when c.n % 5 <> 0 then current_date + (c.n % 720 - 600)::int end,
    case when s.stage ~ '^closed_' then current_date - (c.n % 600)::int end,
    u.user_id, case when s.stage = 'closed_lost' then (array['price', 'time', 'other'])[1 + c.n % 3] end,
    case when c.n % 10 = 0 then array['vip'] else '{}' end, now() - (c.n * 5 || ' minutes')::interval,
    now() - (c.n * 7 % 1000000 || ' minutes')::interval, now() - (c.n * 3 || ' minutes')::interval
from chosen c
left join colleagues u on u.n = c.n % 6
join crm_pipeline_stages s on s.tenant_id = :'tenant' and s.position = (array[0, 0, 1, 2, 3, 4, 4, 4, 5, 5, 5, 5])[1 + c.n % 12];

insert into crm_orders (tenant_id, id, client_id, order_number, ecommerce_order_id, subtotal, total, currency, status, items, order_date,
    created_at)
select :'tenant', gen_random_uuid(), c.id, 'SO-' || c.n, case when c.n % 2 = 0 then 'shop' || c.n end, c.n % 900 + 5, c.n % 900 + 5,
    case when c.n % 20 = 0 then 'USD' else 'EUR' end,
    (array['pending', 'processing', 'shipped', 'delivered', 'delivered', 'delivered', 'cancelled', 'refunded'])[1 + c.n % 8],
    '[{"name": "Something", "quantity": 1, "unit_price": "5.00"}]', now() - (c.n * 5 || ' minutes')::interval,
    now() - (c.n * 5 || ' minutes')::interval
from chosen c;

insert into crm_activities (tenant_id, id, client_id, activity_type, subject, status, priority, due_date, assigned_to, created_at)
select :'tenant', gen_random_uuid(), c.id, (array['call', 'email', 'meeting', 'task'])[1 + c.n % 4], 'Something to do ' || c.n,
    case when c.n / 6 % 10 = 0 then 'pending' when c.n / 6 % 10 = 1 then 'cancelled' else 'completed' end,
    (array['low', 'medium', 'high', null])[1 + c.n / 10 % 4], case when c.n % 5 <> 0 or c.n % 20 = 0 then now() + (2000 - c.n * 5 % 600000 || ' minutes')::interval end,
    u.user_id, now() - (c.n * 5 || ' minutes')::interval
from chosen c
left join colleagues u on u.n = c.n % 6;

insert into leads (tenant_id, id, client_id, intent, contact_info, status, source, note, assigned_to, created_at)
select :'tenant', gen_random_uuid(), c.id, (array['price', 'quote', 'meeting', 'purchase'])[1 + c.n % 4],
    jsonb_build_object('name', 'n' || (10000 + floor(5000 * power(random(), 3)))::int || ' lead' || c.n, 'email', 'lead' || c.n || '@example.com'),
    (array['new', 'contacted', 'qualified', 'converted', 'lost', 'lost'])[1 + c.n % 6], 'form', 'Asked for something', u.user_id,
    now() - (c.n * 5 || ' minutes')::interval
from chosen c
left join colleagues u on u.n = c.n % 6;

insert into crm_products (tenant_id, id, name, sku, category, price, currency, is_active, created_at)
select :'tenant', gen_random_uuid(), 'n' || (10000 + floor(5000 * power(random(), 3)))::int || ' product' || n, 'SKU-' || n,
    'category ' || n % 40, n % 900 + 5, 'EUR', n % 10 <> 0, now() - (n || ' minutes')::interval
from generate_series(1, :clients / 20) n;

insert into crm_deal_words (tenant_id, client_id, deal_id, word)
select distinct d.tenant_id, d.client_id, d.id, word
from crm_deals d
join crm_clients c on c.tenant_id = d.tenant_id and c.id = d.client_id
cross join lateral unnest(string_to_array(concat_ws(' ', d.name, c.name, c.company_name), ' ')
    || array(select '#' || tag from unnest(d.tags) as tag)) as word
where d.tenant_id = :'tenant';
insert into crm_product_words (tenant_id, product_id, word)
select distinct p.tenant_id, p.id, word
from crm_products p, unnest(string_to_array(lower(p.name || ' ' || replace(p.sku, '-', ' ')), ' ')) as word
where p.tenant_id = :'tenant';
insert into lead_words (tenant_id, lead_id, word)
select distinct l.tenant_id, l.id, word
from leads l, unnest(
    string_to_array(replace(replace(concat_ws(' ', l.contact_info ->> 'name', l.contact_info ->> 'email', 'asked for something'), '@', ' '), '.', ' '), ' ')
) as word
where l.tenant_id = :'tenant';

vacuum analyze;
