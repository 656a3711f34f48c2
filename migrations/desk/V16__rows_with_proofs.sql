-- What proves that a row is what was written: a wrong bit that makes another value passes every check of SQLite. The
-- writer's connection keeps it with every insert and update (row_proof.rs). Facts have their own in `sync_state`, entries
-- of the record have their hashes, and counts are counted again.
ALTER TABLE outbox ADD COLUMN proof INTEGER;
ALTER TABLE receipts ADD COLUMN proof INTEGER;
ALTER TABLE conflicts ADD COLUMN proof INTEGER;
ALTER TABLE mirror ADD COLUMN proof INTEGER;
ALTER TABLE merges ADD COLUMN proof INTEGER;
ALTER TABLE reference ADD COLUMN proof INTEGER;
ALTER TABLE on_hold ADD COLUMN proof INTEGER;
ALTER TABLE outages ADD COLUMN proof INTEGER;
ALTER TABLE long_ago ADD COLUMN proof INTEGER;
ALTER TABLE carried ADD COLUMN proof INTEGER;
ALTER TABLE carried_from ADD COLUMN proof INTEGER;
-- What can be made again from other rows is made again where it is not what was written.
ALTER TABLE rooms_local ADD COLUMN copy_proof INTEGER;
ALTER TABLE tasks_local ADD COLUMN copy_proof INTEGER;
ALTER TABLE staff_local ADD COLUMN copy_proof INTEGER;
