-- Desks show the head of the service's record now, and nobody asks for the newest receipt of an epoch any more.
DROP INDEX receipts_by_seq;
DROP INDEX carried_by_seq;
