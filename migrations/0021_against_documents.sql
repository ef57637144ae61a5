-- A pair that a document disagrees with can be dismissed like other findings.
alter table upkeep_dismissals drop constraint upkeep_dismissals_kind_check;
alter table upkeep_dismissals add constraint upkeep_dismissals_kind_check
    check (kind in ('contradiction', 'against_document', 'disliked', 'outdated', 'unused'));
