-- After how many minutes without a touch a desk locks, where people sign in by PIN; null where they say their name.
ALTER TABLE properties ADD COLUMN lock_minutes integer;

-- Who may sign in by PIN, and what the PIN is held against.
CREATE TABLE pins (
    property_id   text COLLATE "C" NOT NULL REFERENCES properties,
    staff_id      text COLLATE "C" NOT NULL,
    verifier      text    NOT NULL, -- Argon2id, in the PHC form
    temporary     boolean NOT NULL, -- made by somebody else, and to be changed
    changed_at_ms bigint  NOT NULL,
    PRIMARY KEY (property_id, staff_id)
);

ALTER TABLE pins ENABLE ROW LEVEL SECURITY;
ALTER TABLE pins FORCE ROW LEVEL SECURITY;
CREATE POLICY one_hotel ON pins
    USING (property_id = nullif(current_setting('app.property', true), ''))
    WITH CHECK (property_id = nullif(current_setting('app.property', true), ''));
