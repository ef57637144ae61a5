-- Generated clients for bench/crm, with the words they are found by. Few names are common and most are rare.
-- Run by the owner of the database, without triggers.
set session_replication_role = replica;
set client_min_messages = warning;
select set_config('app.current_tenant_id', :'tenant', false) \g /dev/null
select setseed(0.5) \g /dev/null

insert into crm_clients (tenant_id, id, name, company_name, email, phone, client_type, lifecycle_stage, lead_score, lead_quality,
    source, total_orders, total_revenue, average_order_value, first_contact_date, last_contact_date, next_follow_up_date, tags, created_at)
select :'tenant', gen_random_uuid(), 'n' || (10000 + floor(5000 * power(random(), 3)))::int || ' n' || (20000 + floor(50000 * random()))::int,
    case when n % 3 = 0 then 'c' || (floor(100000 * random()))::int end,
    case when n % 4 <> 0 then 'person' || n || '@example.com' end,
    case when n % 5 = 0 then '+32' || (400000000 + n) end,
    (array['lead', 'lead', 'lead', 'prospect', 'customer', 'partner', 'inactive'])[1 + n % 7],
    (array['lead', 'lead', 'mql', 'sql', 'opportunity', 'customer', 'churned'])[1 + n % 7],
    n % 101, (array['hot', 'warm', 'cold', 'cold'])[1 + n % 4],
    (array['widget', 'whatsapp', 'import', null])[1 + n % 4],
    o.orders, o.orders * o.value, case when o.orders > 0 then o.value else 0 end,
    now() - (n || ' minutes')::interval,
    case when n % 6 <> 0 then now() - (n * 37 % 1000000 || ' minutes')::interval end,
    case when n % 9 = 0 then now() + (n % 500 - 250 || ' hours')::interval end,
    case when n % 10 = 0 then array['vip'] when n % 1000 = 1 then array['rare'] else '{}' end,
    now() - (n || ' minutes')::interval
from generate_series(1, :clients) n
cross join lateral (select case when n % 7 = 4 then n % 12 else 0 end as orders, (10 + n % 490)::numeric(12, 2) as value) o;

insert into crm_client_words (tenant_id, client_id, word)
select distinct :'tenant'::uuid, id, word
from crm_clients, unnest(string_to_array(name, ' ') || array[company_name, split_part(email, '@', 1)]) as word
where tenant_id = :'tenant' and word is not null
order by 3, 2;
analyze crm_clients, crm_client_words;
