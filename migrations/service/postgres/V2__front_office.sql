-- What the PMS reported last of each booking and each room. Only a newer version counts.
CREATE TABLE reports (
    property_id text COLLATE "C" NOT NULL REFERENCES properties,
    subject     text COLLATE "C" NOT NULL, -- booking/<id> or room/<id>
    version     bigint NOT NULL,
    hash        bytea  NOT NULL, -- of the report, so that one version does not stand for two
    state       text,            -- of a booking: expected, in_house, departed, cancelled
    room        text COLLATE "C", -- of a booking: its room; empty where it has none
    PRIMARY KEY (property_id, subject)
);
CREATE INDEX reports_by_room ON reports (property_id, room) WHERE state IS NOT NULL;

ALTER TABLE reports ENABLE ROW LEVEL SECURITY;
ALTER TABLE reports FORCE ROW LEVEL SECURITY;
CREATE POLICY one_hotel ON reports
    USING (property_id = nullif(current_setting('app.property', true), ''))
    WITH CHECK (property_id = nullif(current_setting('app.property', true), ''));
