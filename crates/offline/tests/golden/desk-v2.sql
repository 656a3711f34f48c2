-- A desk's database as schema 2 kept it: six events acknowledged, a conflict with one event behind it, five waiting.
-- It is never changed: every later build has to open it and send what waits.
BEGIN TRANSACTION;
CREATE TABLE audit_local (
    local_seq INTEGER PRIMARY KEY,
    event_id  TEXT NOT NULL UNIQUE,
    prev_hash TEXT NOT NULL,
    hash      TEXT NOT NULL,
    bytes     TEXT NOT NULL
) STRICT;
INSERT INTO "audit_local" VALUES(1,'01M7Y5JR4TXY4Y2M2Q3APHKN79','0000000000000000000000000000000000000000000000000000000000000000','33ef2016e5ccdb3d499f5f4422cf76dfbcc5c4d2ce057e5fb051b42b8fdd56c5','{"action":"add","actor_id":"tester","args":null,"base_version":0,"changes":{"value":{"base":null,"new":1}},"entity":{"id":"0","kind":"counter"},"event_id":"01M7Y5JR4TXY4Y2M2Q3APHKN79","install_id":"01M7Y5JR1E97TC3XVJVGYM08GP","local_seq":1,"mode":"online","prev_hash":"0000000000000000000000000000000000000000000000000000000000000000","recorded_at":"2026-11-21T04:24:38.298Z","relies_on":{},"schema":3,"workflow":"counters"}');
INSERT INTO "audit_local" VALUES(2,'01M7Y5JR5KSM5WFYBT4KRFNWY8','33ef2016e5ccdb3d499f5f4422cf76dfbcc5c4d2ce057e5fb051b42b8fdd56c5','b9524ffe15f9bc7854aaa65287c144e76d3b25152eb0167e0aba8dcece20cd48','{"action":"add","actor_id":"tester","args":null,"base_version":0,"changes":{"value":{"base":1,"new":2}},"entity":{"id":"0","kind":"counter"},"event_id":"01M7Y5JR5KSM5WFYBT4KRFNWY8","install_id":"01M7Y5JR1E97TC3XVJVGYM08GP","local_seq":2,"mode":"online","prev_event_id":"01M7Y5JR4TXY4Y2M2Q3APHKN79","prev_hash":"33ef2016e5ccdb3d499f5f4422cf76dfbcc5c4d2ce057e5fb051b42b8fdd56c5","recorded_at":"2026-11-21T04:24:38.326Z","relies_on":{},"schema":3,"workflow":"counters"}');
INSERT INTO "audit_local" VALUES(3,'01M7Y5JR679REYFY9TXV8ZG1R3','b9524ffe15f9bc7854aaa65287c144e76d3b25152eb0167e0aba8dcece20cd48','f985dd14f7940c40019da1483d899ce99677540efb9233f976ff122151f64d4b','{"action":"add","actor_id":"tester","args":null,"base_version":0,"changes":{"value":{"base":null,"new":1}},"entity":{"id":"1","kind":"counter"},"event_id":"01M7Y5JR679REYFY9TXV8ZG1R3","install_id":"01M7Y5JR1E97TC3XVJVGYM08GP","local_seq":3,"mode":"online","prev_hash":"b9524ffe15f9bc7854aaa65287c144e76d3b25152eb0167e0aba8dcece20cd48","recorded_at":"2026-11-21T04:24:38.343Z","relies_on":{},"schema":3,"workflow":"counters"}');
INSERT INTO "audit_local" VALUES(4,'01M7Y5JR6PQG1GC347JYMN3R9P','f985dd14f7940c40019da1483d899ce99677540efb9233f976ff122151f64d4b','ffce5508c521c75e267afab27bfba4f68ef470222c1df936c3c5019a51d8dc17','{"action":"add","actor_id":"tester","args":null,"base_version":0,"changes":{"value":{"base":1,"new":2}},"entity":{"id":"1","kind":"counter"},"event_id":"01M7Y5JR6PQG1GC347JYMN3R9P","install_id":"01M7Y5JR1E97TC3XVJVGYM08GP","local_seq":4,"mode":"online","prev_event_id":"01M7Y5JR679REYFY9TXV8ZG1R3","prev_hash":"f985dd14f7940c40019da1483d899ce99677540efb9233f976ff122151f64d4b","recorded_at":"2026-11-21T04:24:38.358Z","relies_on":{},"schema":3,"workflow":"counters"}');
INSERT INTO "audit_local" VALUES(5,'01M7Y5JR7275DMYK3AN2K5W6XX','ffce5508c521c75e267afab27bfba4f68ef470222c1df936c3c5019a51d8dc17','13362e0b0f12bc331729d07fb8695852e8ce4fe0b594ad75ee43bd9e782fd05d','{"action":"add","actor_id":"tester","args":null,"base_version":0,"changes":{"value":{"base":null,"new":1}},"entity":{"id":"2","kind":"counter"},"event_id":"01M7Y5JR7275DMYK3AN2K5W6XX","install_id":"01M7Y5JR1E97TC3XVJVGYM08GP","local_seq":5,"mode":"online","prev_hash":"ffce5508c521c75e267afab27bfba4f68ef470222c1df936c3c5019a51d8dc17","recorded_at":"2026-11-21T04:24:38.370Z","relies_on":{},"schema":3,"workflow":"counters"}');
INSERT INTO "audit_local" VALUES(6,'01M7Y5JR78F7T7ZEEC76MHDXQ2','13362e0b0f12bc331729d07fb8695852e8ce4fe0b594ad75ee43bd9e782fd05d','bc49b47c682bc3a91b617acd14f3fa52735c0c981b40a6ba04da8eb0a2d1ea2b','{"action":"add","actor_id":"tester","args":null,"base_version":0,"changes":{"value":{"base":1,"new":2}},"entity":{"id":"2","kind":"counter"},"event_id":"01M7Y5JR78F7T7ZEEC76MHDXQ2","install_id":"01M7Y5JR1E97TC3XVJVGYM08GP","local_seq":6,"mode":"online","prev_event_id":"01M7Y5JR7275DMYK3AN2K5W6XX","prev_hash":"13362e0b0f12bc331729d07fb8695852e8ce4fe0b594ad75ee43bd9e782fd05d","recorded_at":"2026-11-21T04:24:38.376Z","relies_on":{},"schema":3,"workflow":"counters"}');
INSERT INTO "audit_local" VALUES(7,'01M7Y5JR8W2G8240KPDFKPYA0D','bc49b47c682bc3a91b617acd14f3fa52735c0c981b40a6ba04da8eb0a2d1ea2b','4ec867fdd5543b5a9180084361b559278abaf57cacdc656db7d9ca057f345ba4','{"action":"add","actor_id":"tester","args":null,"base_version":4,"changes":{"value":{"base":2,"new":7}},"data_age_s":0,"entity":{"id":"1","kind":"counter"},"event_id":"01M7Y5JR8W2G8240KPDFKPYA0D","install_id":"01M7Y5JR1E97TC3XVJVGYM08GP","local_seq":7,"mode":"offline","prev_hash":"bc49b47c682bc3a91b617acd14f3fa52735c0c981b40a6ba04da8eb0a2d1ea2b","recorded_at":"2026-11-21T04:24:38.442Z","relies_on":{},"schema":3,"workflow":"counters"}');
INSERT INTO "audit_local" VALUES(8,'01M7Y5JRAEAE6GGTHTH0WDW9ZF','4ec867fdd5543b5a9180084361b559278abaf57cacdc656db7d9ca057f345ba4','1901dbc9631755e27ed75b0f511e23b15efa1883010f33d36e359f2712be35d7','{"action":"add","actor_id":"tester","args":null,"base_version":4,"changes":{"value":{"base":7,"new":12}},"data_age_s":0,"entity":{"id":"1","kind":"counter"},"event_id":"01M7Y5JRAEAE6GGTHTH0WDW9ZF","install_id":"01M7Y5JR1E97TC3XVJVGYM08GP","local_seq":8,"mode":"offline","prev_event_id":"01M7Y5JR8W2G8240KPDFKPYA0D","prev_hash":"4ec867fdd5543b5a9180084361b559278abaf57cacdc656db7d9ca057f345ba4","recorded_at":"2026-11-21T04:24:38.479Z","relies_on":{},"schema":3,"workflow":"counters"}');
INSERT INTO "audit_local" VALUES(9,'01M7Y5JRAVMAFYQZDR8205EBF4','1901dbc9631755e27ed75b0f511e23b15efa1883010f33d36e359f2712be35d7','7564ae8d7c1c6a10031ea4085dec73661f2bc2c7cb11e47379766adedea7e312','{"action":"add","actor_id":"tester","args":null,"base_version":6,"changes":{"value":{"base":2,"new":9}},"data_age_s":0,"entity":{"id":"2","kind":"counter"},"event_id":"01M7Y5JRAVMAFYQZDR8205EBF4","install_id":"01M7Y5JR1E97TC3XVJVGYM08GP","local_seq":9,"mode":"offline","prev_hash":"1901dbc9631755e27ed75b0f511e23b15efa1883010f33d36e359f2712be35d7","recorded_at":"2026-11-21T04:24:38.491Z","relies_on":{},"schema":3,"workflow":"counters"}');
INSERT INTO "audit_local" VALUES(10,'01M7Y5JRE09WF9AGGF1TV7B101','7564ae8d7c1c6a10031ea4085dec73661f2bc2c7cb11e47379766adedea7e312','d4e6db85ad96512f60ef515a7d88c8026444a47e99026b39c52b978cd910f670','{"action":"add","actor_id":"tester","args":null,"base_version":2,"changes":{"value":{"base":2,"new":102}},"data_age_s":0,"entity":{"id":"0","kind":"counter"},"event_id":"01M7Y5JRE09WF9AGGF1TV7B101","install_id":"01M7Y5JR1E97TC3XVJVGYM08GP","local_seq":10,"mode":"offline","prev_hash":"7564ae8d7c1c6a10031ea4085dec73661f2bc2c7cb11e47379766adedea7e312","recorded_at":"2026-11-21T04:24:38.602Z","relies_on":{},"schema":3,"workflow":"counters"}');
INSERT INTO "audit_local" VALUES(11,'01M7Y5JREJF88RW1TVD4YX3AZ3','d4e6db85ad96512f60ef515a7d88c8026444a47e99026b39c52b978cd910f670','10c3507f209e34218f1517bf83c5b066c6dcb3cddc3a3442ef437df1b9290dc4','{"action":"add","actor_id":"tester","args":null,"base_version":7,"changes":{"value":{"base":12,"new":112}},"data_age_s":0,"entity":{"id":"1","kind":"counter"},"event_id":"01M7Y5JREJF88RW1TVD4YX3AZ3","install_id":"01M7Y5JR1E97TC3XVJVGYM08GP","local_seq":11,"mode":"offline","prev_event_id":"01M7Y5JRAEAE6GGTHTH0WDW9ZF","prev_hash":"d4e6db85ad96512f60ef515a7d88c8026444a47e99026b39c52b978cd910f670","recorded_at":"2026-11-21T04:24:38.611Z","relies_on":{},"schema":3,"workflow":"counters"}');
INSERT INTO "audit_local" VALUES(12,'01M7Y5JREQKSNFVBRAY8XBXRQK','10c3507f209e34218f1517bf83c5b066c6dcb3cddc3a3442ef437df1b9290dc4','72b80d90e2a15f4891bdba7b1e80ce90e89de46dda4f87e4734f5f8262599310','{"action":"add","actor_id":"tester","args":null,"base_version":8,"changes":{"value":{"base":9,"new":109}},"data_age_s":0,"entity":{"id":"2","kind":"counter"},"event_id":"01M7Y5JREQKSNFVBRAY8XBXRQK","install_id":"01M7Y5JR1E97TC3XVJVGYM08GP","local_seq":12,"mode":"offline","prev_hash":"10c3507f209e34218f1517bf83c5b066c6dcb3cddc3a3442ef437df1b9290dc4","recorded_at":"2026-11-21T04:24:38.615Z","relies_on":{},"schema":3,"workflow":"counters"}');
INSERT INTO "audit_local" VALUES(13,'01M7Y5JRERXVR9YMAT1TCBFBJH','72b80d90e2a15f4891bdba7b1e80ce90e89de46dda4f87e4734f5f8262599310','0b67be67a2235f70aac38a34c920614c17a3443db2615d63444e590d1e357553','{"action":"add","actor_id":"tester","args":null,"base_version":0,"changes":{"value":{"base":null,"new":100}},"data_age_s":0,"entity":{"id":"3","kind":"counter"},"event_id":"01M7Y5JRERXVR9YMAT1TCBFBJH","install_id":"01M7Y5JR1E97TC3XVJVGYM08GP","local_seq":13,"mode":"offline","prev_hash":"72b80d90e2a15f4891bdba7b1e80ce90e89de46dda4f87e4734f5f8262599310","recorded_at":"2026-11-21T04:24:38.616Z","relies_on":{},"schema":3,"workflow":"counters"}');
INSERT INTO "audit_local" VALUES(14,'01M7Y5JRESKAMQJ9X0PMT2919E','0b67be67a2235f70aac38a34c920614c17a3443db2615d63444e590d1e357553','d9f36568961a77e6629d58d68f68a2a7d93797502b4c6344febd6af0ac64c944','{"action":"add","actor_id":"tester","args":null,"base_version":0,"changes":{"value":{"base":null,"new":100}},"data_age_s":0,"entity":{"id":"4","kind":"counter"},"event_id":"01M7Y5JRESKAMQJ9X0PMT2919E","install_id":"01M7Y5JR1E97TC3XVJVGYM08GP","local_seq":14,"mode":"offline","prev_hash":"0b67be67a2235f70aac38a34c920614c17a3443db2615d63444e590d1e357553","recorded_at":"2026-11-21T04:24:38.617Z","relies_on":{},"schema":3,"workflow":"counters"}');
CREATE TABLE conflicts (
    entity_kind TEXT NOT NULL,
    entity_id   TEXT NOT NULL,
    since       TEXT NOT NULL,
    class       TEXT NOT NULL,
    paths       TEXT NOT NULL,
    theirs      TEXT NOT NULL,
    -- Choices of a decision that met a newer row: {path: {"side": ..., "theirs": value}}.
    choices     TEXT NOT NULL DEFAULT '{}',
    PRIMARY KEY (entity_kind, entity_id)
) WITHOUT ROWID, STRICT;
INSERT INTO "conflicts" VALUES('counter','1','2026-11-21T04:24:38.583Z','fields','["value"]','{"entity":{"kind":"counter","id":"1"},"version":7,"fields":{"value":50}}','{}');
CREATE TABLE merges (
    id          INTEGER PRIMARY KEY,
    entity_kind TEXT NOT NULL,
    entity_id   TEXT NOT NULL,
    event_id    TEXT NOT NULL,
    -- How: 'merged' on the service, 'same' when both sides came to the same end.
    how         TEXT NOT NULL,
    at          TEXT NOT NULL
) STRICT;
CREATE TABLE mirror (
    entity_kind TEXT NOT NULL,
    entity_id   TEXT NOT NULL,
    version     INTEGER NOT NULL,
    row         TEXT NOT NULL,
    PRIMARY KEY (entity_kind, entity_id)
) WITHOUT ROWID, STRICT;
INSERT INTO "mirror" VALUES('counter','0',2,'{"entity":{"kind":"counter","id":"0"},"version":2,"fields":{"value":2}}');
INSERT INTO "mirror" VALUES('counter','1',7,'{"entity":{"kind":"counter","id":"1"},"version":7,"fields":{"value":50}}');
INSERT INTO "mirror" VALUES('counter','2',8,'{"entity":{"kind":"counter","id":"2"},"version":8,"fields":{"value":9}}');
CREATE TABLE outbox (
    local_seq       INTEGER PRIMARY KEY,
    event_id        TEXT NOT NULL UNIQUE,
    entity_kind     TEXT NOT NULL,
    entity_id       TEXT NOT NULL,
    state           TEXT NOT NULL CHECK (state IN ('pending', 'synced', 'failed', 'conflict', 'held', 'settled', 'discarded')),
    -- Within an entity: 0 a decision that settles others, 1 what it settles and was never sent, 2 everything else.
    lane_rank       INTEGER NOT NULL DEFAULT 2,
    -- Tries that counted (DESIGN section 6: transient and poison only).
    attempts        INTEGER NOT NULL DEFAULT 0,
    -- The service gave a final answer that was not an acknowledgement.
    answered        INTEGER NOT NULL DEFAULT 0,
    last_code       TEXT,
    last_message    TEXT,
    -- For held: the event that has to move first. For settled and discarded: the event that settled it.
    held_by         TEXT,
    settled_by      TEXT,
    -- For synced: the sequence number on the service, and when the answer came.
    seq             INTEGER,
    acknowledged_at TEXT
) STRICT;
INSERT INTO "outbox" VALUES(1,'01M7Y5JR4TXY4Y2M2Q3APHKN79','counter','0','synced',2,0,1,NULL,NULL,NULL,NULL,1,'2026-11-21T04:24:38.395Z');
INSERT INTO "outbox" VALUES(2,'01M7Y5JR5KSM5WFYBT4KRFNWY8','counter','0','synced',2,0,1,NULL,NULL,NULL,NULL,2,'2026-11-21T04:24:38.415Z');
INSERT INTO "outbox" VALUES(3,'01M7Y5JR679REYFY9TXV8ZG1R3','counter','1','synced',2,0,1,NULL,NULL,NULL,NULL,3,'2026-11-21T04:24:38.415Z');
INSERT INTO "outbox" VALUES(4,'01M7Y5JR6PQG1GC347JYMN3R9P','counter','1','synced',2,0,1,NULL,NULL,NULL,NULL,4,'2026-11-21T04:24:38.415Z');
INSERT INTO "outbox" VALUES(5,'01M7Y5JR7275DMYK3AN2K5W6XX','counter','2','synced',2,0,1,NULL,NULL,NULL,NULL,5,'2026-11-21T04:24:38.415Z');
INSERT INTO "outbox" VALUES(6,'01M7Y5JR78F7T7ZEEC76MHDXQ2','counter','2','synced',2,0,1,NULL,NULL,NULL,NULL,6,'2026-11-21T04:24:38.415Z');
INSERT INTO "outbox" VALUES(7,'01M7Y5JR8W2G8240KPDFKPYA0D','counter','1','conflict',2,0,1,'STATUS_CONFLICT_ON_FLUSH','Somebody else changed the same thing meanwhile.',NULL,NULL,NULL,NULL);
INSERT INTO "outbox" VALUES(8,'01M7Y5JRAEAE6GGTHTH0WDW9ZF','counter','1','held',2,0,0,NULL,NULL,'01M7Y5JR8W2G8240KPDFKPYA0D',NULL,NULL,NULL);
INSERT INTO "outbox" VALUES(9,'01M7Y5JRAVMAFYQZDR8205EBF4','counter','2','synced',2,0,1,NULL,NULL,NULL,NULL,8,'2026-11-21T04:24:38.583Z');
INSERT INTO "outbox" VALUES(10,'01M7Y5JRE09WF9AGGF1TV7B101','counter','0','pending',2,0,0,NULL,NULL,NULL,NULL,NULL,NULL);
INSERT INTO "outbox" VALUES(11,'01M7Y5JREJF88RW1TVD4YX3AZ3','counter','1','held',2,0,0,NULL,NULL,'01M7Y5JR8W2G8240KPDFKPYA0D',NULL,NULL,NULL);
INSERT INTO "outbox" VALUES(12,'01M7Y5JREQKSNFVBRAY8XBXRQK','counter','2','pending',2,0,0,NULL,NULL,NULL,NULL,NULL,NULL);
INSERT INTO "outbox" VALUES(13,'01M7Y5JRERXVR9YMAT1TCBFBJH','counter','3','pending',2,0,0,NULL,NULL,NULL,NULL,NULL,NULL);
INSERT INTO "outbox" VALUES(14,'01M7Y5JRESKAMQJ9X0PMT2919E','counter','4','pending',2,0,0,NULL,NULL,NULL,NULL,NULL,NULL);
CREATE TABLE receipts (
    event_id    TEXT PRIMARY KEY,
    outcome     TEXT NOT NULL,
    seq         INTEGER,
    store_id    TEXT NOT NULL,
    epoch       TEXT NOT NULL,
    received_at TEXT NOT NULL
) WITHOUT ROWID, STRICT;
INSERT INTO "receipts" VALUES('01M7Y5JR4TXY4Y2M2Q3APHKN79','applied',1,'store-1','epoch-1','2026-11-21T04:24:38.395Z');
INSERT INTO "receipts" VALUES('01M7Y5JR5KSM5WFYBT4KRFNWY8','applied',2,'store-1','epoch-1','2026-11-21T04:24:38.415Z');
INSERT INTO "receipts" VALUES('01M7Y5JR679REYFY9TXV8ZG1R3','applied',3,'store-1','epoch-1','2026-11-21T04:24:38.415Z');
INSERT INTO "receipts" VALUES('01M7Y5JR6PQG1GC347JYMN3R9P','applied',4,'store-1','epoch-1','2026-11-21T04:24:38.415Z');
INSERT INTO "receipts" VALUES('01M7Y5JR7275DMYK3AN2K5W6XX','applied',5,'store-1','epoch-1','2026-11-21T04:24:38.415Z');
INSERT INTO "receipts" VALUES('01M7Y5JR78F7T7ZEEC76MHDXQ2','applied',6,'store-1','epoch-1','2026-11-21T04:24:38.415Z');
INSERT INTO "receipts" VALUES('01M7Y5JRAVMAFYQZDR8205EBF4','applied',8,'store-1','epoch-1','2026-11-21T04:24:38.583Z');
CREATE TABLE reference (
    id       INTEGER PRIMARY KEY CHECK (id = 1),
    version  INTEGER NOT NULL,
    document TEXT NOT NULL
) STRICT;
INSERT INTO "reference" VALUES(1,1,'{"name":"The House of Counters"}');
CREATE TABLE refinery_schema_history(
             version int4 PRIMARY KEY,
             name VARCHAR(255),
             applied_on VARCHAR(255),
             checksum VARCHAR(255));
INSERT INTO "refinery_schema_history" VALUES(1,'engine','2026-11-21T04:24:38.142777764Z','9996524969463739296');
INSERT INTO "refinery_schema_history" VALUES(2,'housekeeping','2026-11-21T04:24:38.142809114Z','10937453878300563728');
CREATE TABLE rooms_local (
    id          TEXT PRIMARY KEY,
    kind        TEXT NOT NULL,
    -- The room's own members as JSON (domain::Room).
    room        TEXT NOT NULL,
    -- Where this desk's newest edit stands: server, waiting, failed, conflict.
    local_state TEXT NOT NULL,
    -- Somebody's edit of it is in conflict, here or at another desk.
    contested   INTEGER NOT NULL,
    deleted     INTEGER NOT NULL DEFAULT 0,
    -- The revision in which it last changed; views ask for what is newer than theirs.
    revision    INTEGER NOT NULL
) WITHOUT ROWID, STRICT;
CREATE TABLE staff_local (
    id      TEXT PRIMARY KEY,
    name    TEXT NOT NULL,
    role    TEXT NOT NULL,
    section TEXT
) WITHOUT ROWID, STRICT;
CREATE TABLE sync_state (
    key   TEXT PRIMARY KEY,
    value TEXT NOT NULL
) WITHOUT ROWID, STRICT;
INSERT INTO "sync_state" VALUES('audit_witness','{"hash":"7564ae8d7c1c6a10031ea4085dec73661f2bc2c7cb11e47379766adedea7e312","local_seq":9,"signature":"2ba30dabc569760e48916c88fd3f1083644fa6c4015c8b5ebf97b1e54ed02787558276ed0405280a120b2a9f2a53fff8800bf1dd9bb13f0f315c526217a89e0a","signing_key":"ea4a6c63e29c520abef5507b132ec5f9954776aebebe7b92421eea691446d22c","store_id":"store-1"}');
INSERT INTO "sync_state" VALUES('counter.0','{"value":102}');
INSERT INTO "sync_state" VALUES('counter.1','{"value":112}');
INSERT INTO "sync_state" VALUES('counter.2','{"value":109}');
INSERT INTO "sync_state" VALUES('counter.3','{"value":100}');
INSERT INTO "sync_state" VALUES('counter.4','{"value":100}');
INSERT INTO "sync_state" VALUES('counters','{"name":"The House of Counters"}');
INSERT INTO "sync_state" VALUES('cursor','epoch-1+7&?');
INSERT INTO "sync_state" VALUES('epoch','epoch-1');
INSERT INTO "sync_state" VALUES('install_id','01M7Y5JR1E97TC3XVJVGYM08GP');
INSERT INTO "sync_state" VALUES('known_at','2026-11-21T04:24:38.585Z');
INSERT INTO "sync_state" VALUES('store_id','store-1');
CREATE TABLE tasks_local (
    room_id  TEXT NOT NULL,
    id       TEXT NOT NULL,
    -- The task's members as JSON (domain::Task).
    task     TEXT NOT NULL,
    PRIMARY KEY (room_id, id)
) WITHOUT ROWID, STRICT;
CREATE TRIGGER audit_local_is_append_only_update BEFORE UPDATE ON audit_local
BEGIN SELECT RAISE(ABORT, 'audit_local is append-only'); END;
CREATE TRIGGER audit_local_is_append_only_delete BEFORE DELETE ON audit_local
BEGIN SELECT RAISE(ABORT, 'audit_local is append-only'); END;
CREATE INDEX outbox_lane ON outbox (entity_kind, entity_id, lane_rank, local_seq)
    WHERE state IN ('pending', 'failed', 'conflict', 'held');
CREATE INDEX outbox_state ON outbox (state, lane_rank, local_seq);
CREATE INDEX rooms_local_revision ON rooms_local (revision);
COMMIT;
