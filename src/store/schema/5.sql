-- The occasion of a schedule that a run is for, so that what earlier runs of it spent counts when it is taken up again.
ALTER TABLE runs ADD COLUMN occasion INTEGER;
CREATE INDEX runs_occasion ON runs (occasion) WHERE occasion IS NOT NULL;
CREATE INDEX claims_run ON claims (run);
