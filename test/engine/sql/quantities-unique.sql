WITH RECURSIVE periods (period, first_bucket, end_bucket) AS MATERIALIZED (
  SELECT key, CAST(value ->> 0 AS INTEGER), value ->> 1 FROM json_each(?)
),
slots (slot, period, end_bucket) AS MATERIALIZED (
  SELECT first_bucket, period, end_bucket FROM periods
  UNION ALL SELECT slot + CAST(? AS INTEGER), period, end_bucket
  FROM slots
  WHERE slot + CAST(? AS INTEGER) < end_bucket
),
tail_of_meter (watermark, is_long) AS MATERIALIZED (
  SELECT watermark, false
  FROM (
    SELECT watermark, coalesce((SELECT last_seq FROM organizations WHERE id = ?), 0) - watermark AS events
    FROM meters
    WHERE id = ? AND definition_version = ?
  )
),
single (customer) AS MATERIALIZED (SELECT ''),
matching (slot, customer, value) AS (
  SELECT (e.timestamp - CAST(? AS INTEGER)) / CAST(? AS INTEGER) * CAST(? AS INTEGER) + CAST(? AS INTEGER),
    '',
    (e.metadata->b0.v3)
  FROM (SELECT l ->> 0 AS v0, l ->> 1 AS v1, l ->> 2 AS v2, l ->> 3 AS v3 FROM (SELECT ? AS l) LIMIT 1) AS b0
  CROSS JOIN events AS e
  WHERE e.organization_id = ?
    AND e.seq > (SELECT watermark FROM tail_of_meter WHERE NOT is_long)
    AND +e.timestamp >= ?
    AND +e.timestamp < ?
    and e.source = 'user'
    AND e.voided_at IS NULL
    AND ((e.name = b0.v0) AND coalesce((instr(CASE json_type(e.metadata,b0.v1) WHEN 'text' THEN (e.metadata->>b0.v1) WHEN 'null' THEN NULL WHEN 'object' THEN NULL ELSE (e.metadata->b0.v1) END,b0.v2)=0),0))
  LIMIT -1
),
bounds (period, first_bucket, end_bucket) AS MATERIALIZED (
  SELECT CAST(period AS INTEGER), first_bucket, end_bucket FROM periods UNION ALL SELECT -1, ?, ?
),
tail (period, value) AS MATERIALIZED (
  SELECT DISTINCT CAST(period AS INTEGER), value
  FROM matching
  CROSS JOIN slots USING (slot)
  WHERE value IS NOT NULL
),
found (period, quantity) AS MATERIALIZED (
  SELECT b.period, (
    SELECT coalesce(sum(r.count), 0) FROM meter_value_counts AS r
    WHERE r.meter_id = ?
      AND r.customer = s.customer
      AND r.bucket >= b.first_bucket
      AND r.bucket < b.end_bucket
      AND r.previous < b.first_bucket
  )
  FROM single AS s CROSS JOIN bounds AS b
  UNION ALL
  SELECT b.period, count(DISTINCT t.value)
  FROM single AS s
  CROSS JOIN tail AS t
  CROSS JOIN (SELECT false AS of_all UNION ALL SELECT true)
  CROSS JOIN bounds AS b ON b.period = iif(of_all, -1, t.period)
  WHERE NOT EXISTS (
    SELECT 1 FROM meter_uniques AS u
    WHERE u.meter_id = ?
      AND u.customer = s.customer
      AND u.value = t.value
      AND u.bucket >= b.first_bucket
      AND u.bucket < b.end_bucket
  ) GROUP BY 1
),
per_customer (period, customer, events, total, quantity) AS (
  SELECT period, '', 0, total, quantity FROM (
    SELECT period, sum(quantity) AS quantity, max(sum(quantity)) FILTER (WHERE period = -1) OVER () AS total
    FROM found GROUP BY period
  ) WHERE period <> -1
)
SELECT period,
  max(quantity) AS quantity,
  sum(events) AS events,
  max(min(total(total), 1.7976931348623157e308), -1.7976931348623157e308) AS total,
  max(total) AS distinct_total
FROM per_customer GROUP BY period
UNION ALL SELECT NULL, NULL, 1, 0, 0 FROM tail_of_meter WHERE is_long;
-- 1: '[[1969248,1969344],[1969344,1969440]]'
-- 2: 96
-- 3: 96
-- 4: '11111111-1111-4111-8111-111111111111'
-- 5: '33333333-3333-4333-8333-333333333333'
-- 6: 1
-- 7: 1772323200000
-- 8: 86400000
-- 9: 96
-- 10: 1969248
-- 11: '["ai_usage","$.\"model\"","mini","$.\"user_id\""]'
-- 12: '11111111-1111-4111-8111-111111111111'
-- 13: 1772323200000
-- 14: 1772496000000
-- 15: 1969248
-- 16: 1969440
-- 17: '33333333-3333-4333-8333-333333333333'
-- 18: '33333333-3333-4333-8333-333333333333'
