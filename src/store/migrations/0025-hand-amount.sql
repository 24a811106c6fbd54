-- HOP outbox -> ERP, after an outage: a person says which postings stand back for a document that was keyed by hand, and
-- sees beside them what it says. Before, all that waited for the same operation or material stood back.
alter table hand_document
  -- what the ERP said of it when it was found, in the units of its order; null: it was found before this was kept
  add column amounts jsonb,
  add column posting_date date,
  -- for the key below
  add constraint hand_document_of_order unique (request, erp, kind, document);

-- A posting stands back only for a document that was found, of its own order, ERP and kind, whatever the code does.
alter table posting add constraint stands_back_for_a_found_one foreign key (request, erp, kind, stands_back_for)
  references hand_document (request, erp, kind, document);
create index posting_standing_back on posting (request, erp, kind, stands_back_for) where stands_back_for is not null;

-- And a document for which something stands back has at least one that does: it is named before the document is decided.
create function refuse_nothing_stands_back() returns trigger language plpgsql as $$
begin
  if not exists (select 1 from posting p where p.request = new.request and p.erp = new.erp and p.kind = new.kind
      and p.stands_back_for = new.document) then
    raise exception 'nothing stands back for document %', new.document
      using errcode = '23514', constraint = 'something_stands_back';
  end if;
  return new;
end $$;
create trigger something_stands_back before update of state on hand_document for each row
  when (new.state = 'stood-back') execute function refuse_nothing_stands_back();
