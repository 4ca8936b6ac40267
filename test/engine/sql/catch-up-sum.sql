WITH metered (place, meter_id, has_resets, text, v0, v1, v2, v3) AS MATERIALIZED (
  SELECT CAST(read.key AS INTEGER), m.id,
    EXISTS (SELECT 1 FROM meter_balances AS b WHERE b.meter_id = m.id AND b.reset_seq > 0),
    read.value ->> 2,
    read.value ->> 3,
    read.value ->> 4,
    read.value ->> 5,
    read.value ->> 6
  FROM json_each(?) AS read
  CROSS JOIN meters AS m ON m.id = read.value ->> 0
  WHERE m.definition_version = read.value ->> 1 AND m.watermark = ?
),
named (name, place) AS MATERIALIZED (
  SELECT CAST(value ->> 0 AS TEXT), CAST(value ->> 1 AS INTEGER) FROM json_each(?)
),
matching (meter_id, customer, bucket, seq, value, at) AS MATERIALIZED (
  SELECT m.meter_id, (CASE WHEN e.customer_id IS NULL
    THEN ('ext' || coalesce(e.generation, '') || ':' || e.external_customer_id) ELSE 'id:' || e.customer_id END),
    (e.timestamp / 900000),
    e.seq,
    (e.metadata->>m.v3)*1.0,
    e.ingested_at
  FROM events AS e CROSS JOIN named AS n ON n.name = e.name CROSS JOIN metered AS m ON m.place = n.place
  WHERE e.organization_id = ?
    AND e.seq > ?
    AND e.seq <= ?
    AND EXISTS (SELECT 1 FROM metered)
    AND e.source = 'user'
    AND e.voided_at IS NULL
    AND ((e.name = m.v0) AND coalesce((instr(CASE json_type(e.metadata,m.v1) WHEN 'text' THEN (e.metadata->>m.v1) WHEN 'null' THEN NULL WHEN 'object' THEN NULL ELSE (e.metadata->m.v1) END,m.v2)=0),0))
    AND (json_type(e.metadata,m.v3) IN ('integer','real'))
),
own (meter_id, customer, bucket, count, sum, min, max, last_event_at) AS MATERIALIZED (
  SELECT meter_id,
    customer,
    bucket,
    count(*),
    max(min(total(value), 1.7976931348623157e308), -1.7976931348623157e308),
    min(value),
    max(value),
    max(at)
  FROM matching
  GROUP BY 1, 2, 3
)
INSERT INTO meter_rollups (meter_id, customer, bucket, count, sum, min, max, last_event_at)
SELECT * FROM (
  SELECT * FROM own
  UNION ALL
  SELECT meter_id,
    '',
    bucket,
    sum(count),
    max(min(total(sum), 1.7976931348623157e308), -1.7976931348623157e308),
    min(min),
    max(max),
    max(last_event_at)
  FROM own
  GROUP BY meter_id, bucket
)
WHERE true
ON CONFLICT (meter_id, customer, bucket) DO UPDATE SET
  count = count + excluded.count,
  sum = max(min(sum + excluded.sum, 1.7976931348623157e308), -1.7976931348623157e308),
  min = coalesce(min(min, excluded.min), min, excluded.min),
  max = coalesce(max(max, excluded.max), max, excluded.max),
  last_event_at = coalesce(max(last_event_at, excluded.last_event_at), last_event_at, excluded.last_event_at);
-- 1: '[["33333333-3333-4333-8333-333333333333",1,0,"ai_usage","$.\"model\"","mini","$.\"total_tokens\"…
-- 2: 0
-- 3: '[["ai_usage",0]]'
-- 4: '11111111-1111-4111-8111-111111111111'
-- 5: 0
-- 6: 5000

WITH metered (place, meter_id, has_resets, text, v0, v1, v2, v3) AS MATERIALIZED (
  SELECT CAST(read.key AS INTEGER), m.id,
    EXISTS (SELECT 1 FROM meter_balances AS b WHERE b.meter_id = m.id AND b.reset_seq > 0),
    read.value ->> 2,
    read.value ->> 3,
    read.value ->> 4,
    read.value ->> 5,
    read.value ->> 6
  FROM json_each(?) AS read
  CROSS JOIN meters AS m ON m.id = read.value ->> 0
  WHERE m.definition_version = read.value ->> 1 AND m.watermark = ?
),
named (name, place) AS MATERIALIZED (
  SELECT CAST(value ->> 0 AS TEXT), CAST(value ->> 1 AS INTEGER) FROM json_each(?)
),
matching (meter_id, customer, bucket, seq, value, at) AS MATERIALIZED (
  SELECT m.meter_id, (CASE WHEN e.customer_id IS NULL
    THEN ('ext' || coalesce(e.generation, '') || ':' || e.external_customer_id) ELSE 'id:' || e.customer_id END),
    (e.timestamp / 900000),
    e.seq,
    (e.metadata->>m.v3)*1.0,
    e.ingested_at
  FROM events AS e CROSS JOIN named AS n ON n.name = e.name CROSS JOIN metered AS m ON m.place = n.place
  WHERE e.organization_id = ?
    AND e.seq > ?
    AND e.seq <= ?
    AND EXISTS (SELECT 1 FROM metered)
    AND e.source = 'user'
    AND e.voided_at IS NULL
    AND ((e.name = m.v0) AND coalesce((instr(CASE json_type(e.metadata,m.v1) WHEN 'text' THEN (e.metadata->>m.v1) WHEN 'null' THEN NULL WHEN 'object' THEN NULL ELSE (e.metadata->m.v1) END,m.v2)=0),0))
    AND (json_type(e.metadata,m.v3) IN ('integer','real'))
)
INSERT INTO meter_totals (meter_id, customer, since, count, sum, min, max, last_event_at)
SELECT * FROM (
  SELECT meter_id,
    customer,
    since,
    count(*),
    max(min(total(value), 1.7976931348623157e308), -1.7976931348623157e308),
    min(value),
    max(value),
    max(at)
  FROM (
    SELECT meter_id, customer, 0 AS since, value, at FROM matching
    UNION ALL
    SELECT matching.meter_id, matching.customer, so_far.since, value, at
    FROM matching CROSS JOIN meter_totals AS so_far
    WHERE matching.meter_id IN (SELECT meter_id FROM metered WHERE has_resets)
      AND so_far.meter_id = matching.meter_id AND so_far.customer = matching.customer
      AND so_far.since > 0 AND so_far.since < matching.seq
  ) AS t GROUP BY 1, 2, 3
)
WHERE true
ON CONFLICT (meter_id, customer, since) DO UPDATE SET
  count = count + excluded.count,
  sum = max(min(sum + excluded.sum, 1.7976931348623157e308), -1.7976931348623157e308),
  min = coalesce(min(min, excluded.min), min, excluded.min),
  max = coalesce(max(max, excluded.max), max, excluded.max),
  last_event_at = coalesce(max(last_event_at, excluded.last_event_at), last_event_at, excluded.last_event_at);
-- 1: '[["33333333-3333-4333-8333-333333333333",1,0,"ai_usage","$.\"model\"","mini","$.\"total_tokens\"…
-- 2: 0
-- 3: '[["ai_usage",0]]'
-- 4: '11111111-1111-4111-8111-111111111111'
-- 5: 0
-- 6: 5000

UPDATE meters SET watermark = ? FROM json_each(?) AS read
WHERE meters.id = read.value ->> 0 AND definition_version = read.value ->> 1
  AND +organization_id = ? AND watermark = ?;
-- 1: 5000
-- 2: '[["33333333-3333-4333-8333-333333333333",1]]'
-- 3: '11111111-1111-4111-8111-111111111111'
-- 4: 0
