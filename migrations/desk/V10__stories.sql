-- The story of one room is found without reading every action of the desk.
CREATE INDEX outbox_by_entity ON outbox (entity_kind, entity_id, local_seq);
