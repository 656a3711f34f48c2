-- The revision of the last unit of work is a fact of the engine's own: it no longer has to look into a workflow's rows
-- to go on above it.
INSERT INTO sync_state (key, value)
    SELECT 'revision', CAST(coalesce(max(revision), 0) AS TEXT) FROM rooms_local WHERE true
    ON CONFLICT (key) DO NOTHING;
