-- Numbers that agree: what models cost is known or not by the day, and in which currency; conversations are counted anew.

alter table usage_daily
    add column currency       text,                       -- of the workspace when the day began: what the cost is in
    add column unpriced_calls bigint not null default 0;  -- calls whose cost is not known, since the model had no prices

alter table tenants no force row level security;
alter table usage_daily no force row level security;
alter table conversations no force row level security;
update usage_daily u set
    currency = t.currency,
    unpriced_calls = case when u.cost = 0 and u.input_tokens + u.output_tokens > 0 then u.model_calls else 0 end
from tenants t
where t.tenant_id = u.tenant_id;
-- a hand-over or an offer to book is no answer any more
insert into analytics_touched (tenant_id, subject, conversation_id) select tenant_id, 'conversation', id from conversations;
alter table tenants force row level security;
alter table usage_daily force row level security;
alter table conversations force row level security;

alter table usage_daily alter column currency set not null;
