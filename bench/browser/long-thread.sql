-- After bench/inbox.sql: the newest conversation gets a thread of its own length, with texts as people and the bot write them.
set session_replication_role = replica;
select set_config('app.current_tenant_id', :'tenant', false) \g /dev/null

create temporary table long_thread as
select id from conversations where tenant_id = :'tenant' order by last_message_at desc limit 1;

delete from messages where tenant_id = :'tenant' and conversation_id = (select id from long_thread);
insert into messages (tenant_id, id, conversation_id, seq, sender_type, text_content, sent_at)
select :'tenant', gen_random_uuid(), t.id, seq, case seq % 2 when 1 then 'user' else 'ai' end,
    case
        when seq % 2 = 1 then 'Question ' || seq || repeat(' about the walnut desk, its oil and its legs', 1 + seq % 4)
        else 'Answer ' || seq || E':\n\n- **walnut** comes from France\n- see https://shop.example/care for more\n\n'
            || repeat('It takes about four weeks. ', 1 + seq % 9)
    end,
    now() - ((:messages - seq) * interval '7 minutes')
from long_thread t, generate_series(1, :messages) seq;
update conversations set last_seq = :messages, status = 'open', ai_paused = false
where tenant_id = :'tenant' and id = (select id from long_thread);
update contacts set name = 'Long thread'
where tenant_id = :'tenant' and id = (select contact_id from conversations where id = (select id from long_thread));
analyze messages;
