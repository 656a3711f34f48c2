-- What the PMS reported last of each booking and each room. Only a newer version counts.
CREATE TABLE reports (
    property_n INTEGER NOT NULL REFERENCES properties (n),
    subject    TEXT    NOT NULL, -- booking/<id> or room/<id>
    version    INTEGER NOT NULL,
    hash       BLOB    NOT NULL, -- of the report, so that one version does not stand for two
    state      TEXT,             -- of a booking: expected, in_house, departed, cancelled
    room       TEXT,             -- of a booking: its room; empty where it has none
    PRIMARY KEY (property_n, subject)
) STRICT, WITHOUT ROWID;
CREATE INDEX reports_by_room ON reports (property_n, room) WHERE state IS NOT NULL;
