-- HOP ERP -> outbox, after an outage: one document of material may have lines of many orders. It is found, asked about and decided in each of
-- them: known by its number alone it was asked about in the order that was looked at first, and what the others owed went out beside it.
-- `hand_document_of_order` has the same columns and stays: the foreign key of postings stands on it, and a new one would look through all of them.
alter table hand_document drop constraint hand_document_pkey;
alter table hand_document add primary key (erp, kind, document, request);

-- The question about it names the order, which begins with the ERP; and so does what people were told of it, else it would be over for them.
with renamed as (
    select 'by-hand/' || erp || '/' || kind || '/' || document as was, 'by-hand/' || request || '/' || kind || '/' || document as subject
    from hand_document where state = 'open'),
  asked as (update question q set subject = r.subject from renamed r where q.subject = r.was),
  told as (update notice n set subject = r.subject from renamed r where n.kind = 'question' and n.subject = r.was and n.resolved_at is null)
update notice_cause c set subject = r.subject from renamed r where c.kind = 'question' and c.subject = r.was;
