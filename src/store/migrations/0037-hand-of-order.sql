-- HOP ERP -> outbox, after an outage: one document of material may have lines of many orders. It is found, asked about and decided in each of
-- them: known by its number alone it was asked about in the order that was looked at first, and what the others owed went out beside it.
alter table hand_document drop constraint hand_document_pkey;
alter table hand_document add primary key (erp, kind, document, request);

-- The question about it names the order, which begins with the ERP.
update question q set subject = 'by-hand/' || h.request || '/' || h.kind || '/' || h.document
from hand_document h where h.state = 'open' and q.subject = 'by-hand/' || h.erp || '/' || h.kind || '/' || h.document;
