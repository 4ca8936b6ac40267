-- The floor's events: the same table with three B-trees, the primary key, the index of times, the index of external_ids.
DROP INDEX IF EXISTS events_by_other_id;
