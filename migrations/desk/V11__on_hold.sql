-- What a person holds back: nothing of these entities is sent until somebody lets them go. Who did it and why is in the
-- record, from which a repair makes these rows anew.
CREATE TABLE on_hold (
    entity_kind TEXT NOT NULL,
    entity_id   TEXT NOT NULL,
    by          TEXT NOT NULL,
    reason      TEXT NOT NULL,
    since       TEXT NOT NULL,
    PRIMARY KEY (entity_kind, entity_id)
) WITHOUT ROWID, STRICT;
