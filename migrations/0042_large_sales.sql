-- Lists of very many clients, deals, orders, products, activities and leads. Row security uses no index on lower(…), numeric or
-- arrays, so what is sorted by stands beside the columns, and what is found by in tables of words.

alter table crm_deals
    add column name_key text collate "C" not null generated always as
        (left(lower(regexp_replace(normalize(name, nfkd), '[\u0300-\u036f\u1ab0-\u1aff\u20d0-\u20ff]', '', 'g')), 200)) stored,
    add column value_key bigint not null generated always as ((deal_value * 100)::bigint) stored; -- in hundredths
alter table crm_orders
    add column number_key text collate "C" not null generated always as (left(lower(order_number), 200)) stored,
    add column shop_key text collate "C" generated always as (left(lower(ecommerce_order_id), 200)) stored,
    add column total_key bigint not null generated always as ((total * 100)::bigint) stored;
alter table crm_products
    add column name_key text collate "C" not null generated always as
        (left(lower(regexp_replace(normalize(name, nfkd), '[\u0300-\u036f\u1ab0-\u1aff\u20d0-\u20ff]', '', 'g')), 200)) stored,
    add column price_key bigint not null generated always as ((price * 100)::bigint) stored;

drop index crm_deals_by_name, crm_deals_by_value, crm_deals_board, crm_orders_by_total, crm_orders_by_date, crm_products_by_name,
    crm_products_by_price;
create index crm_deals_by_name on crm_deals (tenant_id, name_key, id);
create index crm_deals_by_value on crm_deals (tenant_id, value_key, id);
create index crm_deals_by_updated on crm_deals (tenant_id, updated_at, id);
-- a column of the board from its top, and all its totals without a look at the deals
create index crm_deals_board on crm_deals (tenant_id, pipeline_id, pipeline_stage_id, stage_changed_at, id)
    include (currency, value_key, probability);
create index crm_deals_open on crm_deals (tenant_id, currency) include (value_key, probability)
    where stage not in ('closed_won', 'closed_lost');
create index crm_orders_by_number on crm_orders (tenant_id, number_key, id);
create index crm_orders_by_shop on crm_orders (tenant_id, shop_key, id) where shop_key is not null;
create index crm_orders_by_total on crm_orders (tenant_id, total_key, id);
create index crm_orders_by_date on crm_orders (tenant_id, order_date, id) include (status, currency, total_key);
create index crm_products_by_name on crm_products (tenant_id, name_key, id);
create index crm_products_by_price on crm_products (tenant_id, price_key, id);
create index crm_products_by_updated on crm_products (tenant_id, updated_at, id);
create index crm_activities_by_due on crm_activities (tenant_id, due_date, id);
-- under whose name deals and orders are sorted
create index crm_clients_by_shown_name on crm_clients (tenant_id, (case when name_key is null then company_key else name_key end), id);
-- narrow enough to count all clients
create index crm_clients_counted on crm_clients (tenant_id, lifecycle_stage) where merged_into is null;

-- The plain words that deals are found by, their clients' among them, and tags behind a `#`; kept by trigger. A row goes with its
-- client: whoever writes it has locked that one already.
create table crm_deal_words (
    tenant_id uuid not null,
    client_id uuid not null,
    deal_id   uuid not null,
    word      text collate "C" not null,
    primary key (tenant_id, word, deal_id),
    foreign key (tenant_id, client_id) references crm_clients (tenant_id, id) on delete cascade
);
create index crm_deal_words_deal on crm_deal_words (tenant_id, deal_id, word);
create index crm_deal_words_client on crm_deal_words (tenant_id, client_id);

create table crm_product_words (
    tenant_id  uuid not null,
    product_id uuid not null,
    word       text collate "C" not null,
    primary key (tenant_id, word, product_id),
    foreign key (tenant_id, product_id) references crm_products (tenant_id, id) on delete cascade
);
create index crm_product_words_product on crm_product_words (tenant_id, product_id, word);

create table lead_words (
    tenant_id uuid not null,
    lead_id   uuid not null,
    word      text collate "C" not null,
    primary key (tenant_id, word, lead_id),
    foreign key (tenant_id, lead_id) references leads (tenant_id, id) on delete cascade
);
create index lead_words_lead on lead_words (tenant_id, lead_id, word);
drop index crm_client_words_client;
create index crm_client_words_client on crm_client_words (tenant_id, client_id, word);

-- What is there already. A database that is only made has nothing, and not the functions either.
do $$
begin
    if to_regproc('crm_words') is null then
        return;
    end if;
    alter table crm_clients no force row level security;
    alter table crm_client_words no force row level security;
    alter table crm_deals no force row level security;
    alter table crm_products no force row level security;
    alter table leads no force row level security;
    insert into crm_client_words (tenant_id, client_id, word)
    select distinct c.tenant_id, c.id, '=' || f.key || '=' || left(f.value, 60)
    from crm_clients c
    cross join lateral jsonb_each_text(c.custom_fields) f
    where c.merged_into is null and c.custom_fields <> '{}' and f.value is not null
    on conflict do nothing;
    insert into crm_deal_words (tenant_id, client_id, deal_id, word)
    select distinct d.tenant_id, d.client_id, d.id, word
    from crm_deals d
    join crm_clients c on c.tenant_id = d.tenant_id and c.id = d.client_id
    cross join lateral unnest(crm_words(concat_ws(' ', d.name, c.name, c.company_name))
        || array(select '#' || left(tag, 60) from unnest(d.tags) as tag)) as word;
    insert into crm_product_words (tenant_id, product_id, word)
    select p.tenant_id, p.id, word
    from crm_products p
    cross join lateral unnest(crm_words(concat_ws(' ', p.name, p.sku))) as word;
    insert into lead_words (tenant_id, lead_id, word)
    select distinct l.tenant_id, l.id, word
    from leads l
    cross join lateral unnest(crm_words(concat_ws(' ', l.contact_info ->> 'name', l.contact_info ->> 'email',
        l.contact_info ->> 'company', l.note)) || crm_phone_words(l.contact_info ->> 'phone')) as word;
    alter table crm_clients force row level security;
    alter table crm_client_words force row level security;
    alter table crm_deals force row level security;
    alter table crm_products force row level security;
    alter table leads force row level security;
end;
$$;
