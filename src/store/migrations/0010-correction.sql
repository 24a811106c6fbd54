-- Changes of orders are decisions that people can see. Spec: docs/spec/order-change.md

-- what was decided about the order: decision, stage that it had reached, what had changed, why
alter table erp_message add column decision jsonb;
