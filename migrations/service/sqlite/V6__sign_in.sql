-- After how many minutes without a touch a desk locks, where people sign in by PIN; null where they say their name.
ALTER TABLE properties ADD COLUMN lock_minutes INTEGER;

-- Who may sign in by PIN, and what the PIN is held against.
CREATE TABLE pins (
    property_n    INTEGER NOT NULL REFERENCES properties (n),
    staff_id      TEXT    NOT NULL,
    verifier      TEXT    NOT NULL, -- Argon2id, in the PHC form
    temporary     INTEGER NOT NULL, -- made by somebody else, and to be changed
    changed_at_ms INTEGER NOT NULL,
    PRIMARY KEY (property_n, staff_id)
) STRICT, WITHOUT ROWID;
