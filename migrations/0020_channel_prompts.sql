-- What a channel itself tells the model is versioned too.
alter table knowledge_changes drop constraint knowledge_changes_subject_check;
alter table knowledge_changes add constraint knowledge_changes_subject_check
    check (subject in ('qa_pair', 'agent_prompt', 'channel_prompt'));
