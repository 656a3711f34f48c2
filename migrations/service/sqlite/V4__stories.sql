-- What an event is about, beside its bytes, so that the story of one room is found without reading everybody's.
ALTER TABLE events ADD COLUMN entity TEXT NOT NULL DEFAULT '';
UPDATE events SET entity = (bytes ->> '$.entity.kind') || '/' || (bytes ->> '$.entity.id');
CREATE INDEX events_by_entity ON events (property_n, entity, n);
CREATE INDEX audit_by_event ON audit (property_n, event_n);
