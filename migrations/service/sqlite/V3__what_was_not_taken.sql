-- A desk is asked again for what was not taken as it is, whether or not that is settled (V2 left out what is). The index
-- holds just these, so that a greeting costs the same however much there is.
DROP INDEX events_unsettled;
CREATE INDEX events_not_taken ON events (install_n, local_seq) WHERE outcome NOT IN ('applied', 'merged');
