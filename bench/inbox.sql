-- Generated history for bench/inbox: contacts, conversations, messages, labels, and the words to search by. Few words are
-- common and most are rare, as in a real language. Run by the owner of the database, without triggers.
set session_replication_role = replica;
set client_min_messages = warning;
select set_config('app.current_tenant_id', :'tenant', false) \g /dev/null
select setseed(0.5) \g /dev/null

create temporary table sentences as
select n, array_agg('w' || (10000 + floor(5000 * power(random(), 3)))::int) as words
from generate_series(1, 20000) n, generate_series(1, 10)
group by n;
create unique index on sentences (n);

create temporary table threads as
select n, gen_random_uuid() as contact, gen_random_uuid() as conversation, now() - (n || ' minutes')::interval as last_at
from generate_series(1, :conversations) n;

insert into contacts (tenant_id, id, name, email)
select :'tenant', contact, 'Person ' || n, 'person' || n || '@example.com' from threads;

insert into conversations (tenant_id, id, contact_id, channel_id, session_id, status, ai_paused, language, last_seq,
    last_message_at, last_message_preview, unread_count, waiting_since, escalated_at, created_at)
select :'tenant', conversation, contact, (select id from channels where tenant_id = :'tenant' limit 1), conversation::text,
    case when n % 10 < 6 then 'resolved' when n % 10 = 6 then 'escalated' else 'open' end, n % 10 = 6, 'en', :messages,
    last_at, 'The last thing that was said, number ' || n, n % 3, case when n % 10 = 6 then last_at end,
    case when n % 10 = 6 then last_at end, last_at - interval '1 day'
from threads;

insert into labels (tenant_id, id, name, color)
select :'tenant', gen_random_uuid(), 'Label ' || n, 'blue' from generate_series(1, 10) n;
insert into conversation_labels (tenant_id, conversation_id, label_id)
select :'tenant', conversation, l.id from threads t cross join labels l
where l.tenant_id = :'tenant' and (t.n + length(l.name) + ascii(right(l.name, 1))) % 4 = 0;

create temporary table said as
select t.conversation, t.last_at, seq, 1 + floor(random() * 20000)::int as sentence
from threads t, generate_series(1, :messages) seq;
insert into messages (tenant_id, id, conversation_id, seq, sender_type, text_content, sent_at)
select :'tenant', gen_random_uuid(), s.conversation, s.seq, case s.seq % 2 when 1 then 'user' else 'ai' end,
    array_to_string(f.words, ' '), s.last_at - ((:messages - s.seq) || ' minutes')::interval
from said s join sentences f on f.n = s.sentence
order by s.conversation, s.seq;
insert into conversation_words (tenant_id, word, conversation_id)
select distinct :'tenant'::uuid, word collate "C", s.conversation
from said s join sentences f on f.n = s.sentence, unnest(f.words) as word
order by 2, 3;
analyze contacts, conversations, messages, conversation_words, conversation_labels, labels;
