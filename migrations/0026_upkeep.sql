-- What looks after itself: tokens that are renewed before they run out, and mails about webhooks that were switched off.
-- And what vendors' reply windows count from.

alter table channels
    add column token_made_at timestamptz not null default now(),  -- when the token was entered or renewed
    add column renewal_tried_at timestamptz,
    add column renewal_error text;             -- why the last try to renew it failed

alter table emails
    drop constraint emails_kind_check,
    add constraint emails_kind_check
        check (kind in ('message', 'escalation', 'mention', 'digest', 'transcript', 'test', 'confirmation', 'webhook'));

alter table messages
    add column written_at timestamptz;         -- by the vendor's clock, where that is before `sent_at`: it was held up on its way
