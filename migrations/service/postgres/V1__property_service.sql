-- The property service's store on PostgreSQL, for several hotels and several service processes at once. It means what the
-- tables of the SQLite store mean; what is different is said here.
--
-- Hotels are kept apart by the database: each table with a property_id shows and takes rows of one hotel only, the one
-- that the transaction has named (`app.property`). Where none is named, there are none. Owners are held by it too
-- (FORCE). The service's own role owns nothing; `turndown-service migrate` gives it what it needs and no more.
--
-- Sequence numbers are a hotel's own: whoever writes locks the hotel's row in `properties` first, until its commit, so
-- that they are given out in commit order, by however many processes.
--
-- Names are compared byte by byte (COLLATE "C"): an operating system with other rules for its language breaks no index.

CREATE TABLE meta (
    one         boolean PRIMARY KEY DEFAULT true CHECK (one),
    store_id    text    NOT NULL,
    epoch       text    NOT NULL,
    signing_key text    NOT NULL DEFAULT '' -- public, hex; empty until the first service starts
);

-- Which hotels there are: their ids and nothing else, for the work that goes through all of them.
CREATE TABLE hotels (
    id text COLLATE "C" PRIMARY KEY,
    n  bigint GENERATED ALWAYS AS IDENTITY
);

CREATE TABLE properties (
    property_id       text COLLATE "C" PRIMARY KEY REFERENCES hotels (id),
    name              text   NOT NULL,
    epoch             text   NOT NULL, -- behind meta.epoch until the next write, which then counts far above head_seq
    head_seq          bigint NOT NULL, -- the newest change
    feed_floor_seq    bigint NOT NULL DEFAULT 0, -- cursors below it may have missed a tombstone
    reference_version bigint NOT NULL,
    reference         text   NOT NULL,
    audit_seq         bigint NOT NULL DEFAULT 0,
    audit_hash        bytea  NOT NULL DEFAULT decode(repeat('00', 32), 'hex')
);

CREATE TABLE entities (
    property_id    text COLLATE "C" NOT NULL REFERENCES properties,
    kind           text COLLATE "C" NOT NULL,
    id             text COLLATE "C" NOT NULL,
    version        bigint NOT NULL,
    fields_version bigint NOT NULL,
    fields         text   NOT NULL,
    provenance     text   NOT NULL DEFAULT '{}', -- JSON: events.n by path
    contests       text   NOT NULL DEFAULT '[]',
    deleted_at_ms  bigint,
    PRIMARY KEY (property_id, kind, id)
);
CREATE UNIQUE INDEX entities_by_version ON entities (property_id, version);

CREATE TABLE parts (
    property_id text COLLATE "C" NOT NULL,
    part        text COLLATE "C" NOT NULL,
    kind        text COLLATE "C" NOT NULL,
    id          text COLLATE "C" NOT NULL,
    PRIMARY KEY (property_id, part),
    FOREIGN KEY (property_id, kind, id) REFERENCES entities
);
CREATE INDEX parts_by_entity ON parts (property_id, kind, id);

CREATE TABLE installs (
    property_id    text COLLATE "C" NOT NULL REFERENCES properties,
    install_id     text COLLATE "C" NOT NULL,
    highest_seq    bigint NOT NULL DEFAULT 0,
    highest_hash   bytea  NOT NULL DEFAULT decode(repeat('00', 32), 'hex'),
    closed_seq     bigint NOT NULL DEFAULT 0,
    closed_hash    bytea  NOT NULL DEFAULT decode(repeat('00', 32), 'hex'),
    announced_seq  bigint NOT NULL DEFAULT 0,
    announced_hash bytea  NOT NULL DEFAULT decode(repeat('00', 32), 'hex'),
    begins_seq     bigint NOT NULL DEFAULT 0,
    begins_hash    bytea  NOT NULL DEFAULT decode(repeat('00', 32), 'hex'),
    fork_seq       bigint,
    continues      text COLLATE "C",
    PRIMARY KEY (property_id, install_id)
);

-- Numbers of events are a hotel's own, in the order in which they were written.
CREATE TABLE events (
    property_id text COLLATE "C" NOT NULL,
    n           bigint NOT NULL,
    event_id    text COLLATE "C" NOT NULL,
    hash        bytea  NOT NULL,
    prev_hash   bytea  NOT NULL, -- as the bytes say it, so that a chain is followed without reading them
    install_id  text COLLATE "C" NOT NULL,
    local_seq   bigint NOT NULL,
    entity      text COLLATE "C" NOT NULL,
    outcome     text   NOT NULL,
    seq         bigint,
    detail      text,
    received_at text   NOT NULL,
    bytes       text   NOT NULL,
    PRIMARY KEY (property_id, n),
    FOREIGN KEY (property_id, install_id) REFERENCES installs
);
CREATE UNIQUE INDEX events_by_id ON events (property_id, event_id);
CREATE INDEX events_by_chain ON events (property_id, install_id, local_seq);
CREATE INDEX events_by_entity ON events (property_id, entity, n);
CREATE INDEX events_not_taken ON events (property_id, install_id, local_seq) WHERE outcome NOT IN ('applied', 'merged');

CREATE TABLE settled (
    property_id text COLLATE "C" NOT NULL,
    event_id    text COLLATE "C" NOT NULL,
    by_event_n  bigint NOT NULL,
    PRIMARY KEY (property_id, event_id),
    FOREIGN KEY (property_id, by_event_n) REFERENCES events
);

CREATE TABLE audit (
    property_id text COLLATE "C" NOT NULL,
    audit_seq   bigint NOT NULL,
    event_n     bigint NOT NULL,
    outcome     text   NOT NULL,
    seq         bigint,
    code        text,
    received_at text   NOT NULL,
    hash        bytea  NOT NULL,
    moves       text,
    PRIMARY KEY (property_id, audit_seq),
    FOREIGN KEY (property_id, event_n) REFERENCES events
);
CREATE INDEX audit_by_event ON audit (property_id, event_n);

CREATE TABLE sinks (
    sink        text COLLATE "C" NOT NULL,
    property_id text COLLATE "C" NOT NULL REFERENCES properties,
    audit_seq   bigint NOT NULL,
    PRIMARY KEY (property_id, sink)
);

CREATE TABLE requests (
    property_id text COLLATE "C" NOT NULL REFERENCES properties,
    key         text COLLATE "C" NOT NULL,
    fingerprint bytea    NOT NULL,
    status      smallint NOT NULL,
    version     bigint,
    answer      text     NOT NULL,
    PRIMARY KEY (property_id, key)
);

CREATE TABLE devices (
    token_hash    bytea PRIMARY KEY,
    property_id   text COLLATE "C" NOT NULL REFERENCES properties,
    name          text NOT NULL,
    expires_at_ms bigint
);

CREATE TABLE enroll_codes (
    code_hash     bytea PRIMARY KEY,
    property_id   text COLLATE "C" NOT NULL REFERENCES properties,
    expires_at_ms bigint NOT NULL
);

DO $$
DECLARE
    name text;
BEGIN
    FOR name IN
        SELECT c.table_name FROM information_schema.columns c
        WHERE c.table_schema = current_schema() AND c.column_name = 'property_id'
    LOOP
        EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY', name);
        EXECUTE format('ALTER TABLE %I FORCE ROW LEVEL SECURITY', name);
        EXECUTE format(
            'CREATE POLICY one_hotel ON %I
                 USING (property_id = nullif(current_setting(''app.property'', true), ''''))
                 WITH CHECK (property_id = nullif(current_setting(''app.property'', true), ''''))',
            name
        );
    END LOOP;
END
$$;

-- Before a caller's hotel is known there is only what the caller holds: whoever names a secret's hash sees the one row
-- that it opens.
CREATE POLICY by_secret ON devices FOR SELECT
    USING (token_hash = decode(current_setting('app.secret', true), 'hex'));
CREATE POLICY by_secret ON enroll_codes FOR SELECT
    USING (code_hash = decode(current_setting('app.secret', true), 'hex'));

-- The device of a token that still holds. Runs with the rights of whoever calls it.
CREATE FUNCTION device_of(hash bytea, now_ms bigint)
    RETURNS TABLE (property_id text, property_name text, device_name text)
    LANGUAGE plpgsql AS $$
DECLARE
    found_property text;
    found_name     text;
BEGIN
    PERFORM set_config('app.secret', encode(hash, 'hex'), true);
    SELECT d.property_id, d.name INTO found_property, found_name FROM devices d
    WHERE d.token_hash = hash AND (d.expires_at_ms IS NULL OR d.expires_at_ms > now_ms);
    PERFORM set_config('app.secret', '', true), set_config('app.property', coalesce(found_property, ''), true);
    RETURN QUERY SELECT p.property_id, p.name, found_name FROM properties p WHERE p.property_id = found_property;
END
$$;

-- The hotel behind an enrolment code that still holds; the transaction is that hotel's from then on.
CREATE FUNCTION hotel_of_code(hash bytea, now_ms bigint)
    RETURNS TABLE (property_id text, property_name text)
    LANGUAGE plpgsql AS $$
DECLARE
    found_property text;
BEGIN
    PERFORM set_config('app.secret', encode(hash, 'hex'), true);
    SELECT c.property_id INTO found_property FROM enroll_codes c
    WHERE c.code_hash = hash AND c.expires_at_ms > now_ms;
    PERFORM set_config('app.secret', '', true), set_config('app.property', coalesce(found_property, ''), true);
    RETURN QUERY SELECT p.property_id, p.name FROM properties p WHERE p.property_id = found_property;
END
$$;
