-- A workflow's answer that came after another one, and reasons as codes with what fills their sentences.

alter table webhook_errors
    drop constraint webhook_errors_type_check,
    add constraint webhook_errors_type_check
        check (error_type in ('timeout', 'connection', 'status', 'no_answer', 'refused', 'late')),
    alter column error_message type jsonb using to_jsonb(error_message);  -- code, params, said, text
alter table webhook_errors rename column error_message to reason;

alter table channels
    alter column warnings drop default,
    alter column warnings type jsonb using to_jsonb(warnings),
    alter column warnings set default '[]',
    alter column last_error type jsonb using to_jsonb(last_error);

alter table inbound_events
    alter column note type jsonb using to_jsonb(note);
