-- In which order this desk first took the service's acknowledgements. Sequence numbers do not say it: a service that is put
-- back to an older backup gives lower ones again.
ALTER TABLE outbox ADD COLUMN taken_order INTEGER;
