-- The newest receipt of an epoch, asked for at every handshake.
CREATE INDEX receipts_by_seq ON receipts (epoch, seq);

-- The day of the desk's own uptime on which the answer came. Pruning counts these days: no clock can make it early.
ALTER TABLE outbox ADD COLUMN acknowledged_day INTEGER;
