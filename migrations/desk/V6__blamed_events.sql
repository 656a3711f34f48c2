-- `attempts` counts requests that failed on this event alone, not answers that said "later".
ALTER TABLE outbox ADD COLUMN blamed INTEGER NOT NULL DEFAULT 0;
CREATE INDEX outbox_blamed ON outbox (local_seq) WHERE blamed = 1;
