-- Generated history for bench/analytics: conversations over a year, most answered by the bot, some handed over and resolved.
-- Run by the owner of the database, without triggers.
set session_replication_role = replica;
set client_min_messages = warning;
select set_config('app.current_tenant_id', :'tenant', false) \g /dev/null
select setseed(0.5) \g /dev/null

create temporary table threads as
select n, gen_random_uuid() as contact, gen_random_uuid() as conversation, now() - random() * interval '365 days' as began_at,
    n % 5 = 0 as is_handed_over, n % 3 = 0 as is_resolved
from generate_series(1, :conversations) n;

insert into contacts (tenant_id, id, name) select :'tenant', contact, 'Person ' || n from threads;
insert into conversations (tenant_id, id, contact_id, channel_id, session_id, status, language, last_seq, last_message_at,
    created_at, resolved_at, rating)
select :'tenant', conversation, contact, (select id from channels where tenant_id = :'tenant' limit 1), conversation::text,
    case when is_resolved then 'resolved' when is_handed_over then 'escalated' else 'open' end,
    (array['en', 'fr', 'de'])[1 + n % 3], :messages, began_at + interval '20 minutes', began_at,
    case when is_resolved then began_at + interval '30 minutes' end, case when n % 7 = 0 then 1 + n % 5 end
from threads;

create temporary table said as
select t.*, seq, gen_random_uuid() as id,
    case when seq % 2 = 1 then 'user' when is_handed_over and seq > :messages / 2 then 'agent' else 'ai' end as sender_type,
    began_at + seq * interval '1 minute' as sent_at
from threads t, generate_series(1, :messages) seq;
insert into messages (tenant_id, id, conversation_id, seq, sender_type, text_content, sent_at)
select :'tenant', id, conversation, seq, sender_type, 'Said ' || seq, sent_at from said order by conversation, seq;
insert into answers (tenant_id, id, conversation_id, question_message_id, question_text, mode, confidence, gap_detected, feedback, created_at)
select :'tenant', a.id, a.conversation, q.id, 'Question ' || a.n % 50, case when a.n % 6 = 0 then 'no_answer' else 'approved_text' end,
    random(), a.n % 6 = 0, case when a.n % 11 = 0 then 'up' end, a.sent_at
from said a join said q on q.conversation = a.conversation and q.seq = a.seq - 1
where a.sender_type = 'ai';
insert into escalations (tenant_id, id, conversation_id, reason, summary, created_at)
select :'tenant', gen_random_uuid(), conversation, 'low_confidence', '', began_at + interval '3 minutes' from threads where is_handed_over;
insert into conversation_events (tenant_id, id, conversation_id, kind, created_at)
select :'tenant', gen_random_uuid(), conversation, 'resolved', began_at + interval '30 minutes' from threads where is_resolved;
insert into analytics_touched (tenant_id, subject, conversation_id) select :'tenant', 'conversation', conversation from threads;
insert into analytics_touched (tenant_id, subject) values (:'tenant', 'all');
analyze;
