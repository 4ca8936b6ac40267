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
matching (slot, customer, value) AS (
  SELECT (e.timestamp - CAST(? AS INTEGER)) / CAST(? AS INTEGER) * CAST(? AS INTEGER) + CAST(? AS INTEGER),
    '',
    NULL
  FROM (SELECT l ->> 0 AS v0, l ->> 1 AS v1, l ->> 2 AS v2 FROM (SELECT ? AS l) LIMIT 1) AS b0
  CROSS JOIN events AS e
  WHERE e.organization_id = ?
    AND e.seq > (SELECT watermark FROM tail_of_meter WHERE NOT is_long)
    AND +e.timestamp >= ?
    AND +e.timestamp < ?
    and e.source = 'user'
    AND e.voided_at IS NULL
    AND ((e.name = b0.v0) AND coalesce((instr(CASE json_type(e.metadata,b0.v1) WHEN 'text' THEN (e.metadata->>b0.v1) WHEN 'null' THEN NULL WHEN 'object' THEN NULL ELSE (e.metadata->b0.v1) END,b0.v2)=0),0))
    and 1
  LIMIT -1
),
tail (slot, customer, events, total) AS MATERIALIZED (
  SELECT slot, customer, count(*), max(min(total(value), 1.7976931348623157e308), -1.7976931348623157e308)
  FROM matching
  GROUP BY 1
),
parts (period, customer, events, total) AS (
  SELECT period, '', r.count, r.sum
  FROM periods CROSS JOIN meter_rollups AS r
  WHERE r.meter_id = ? AND r.customer = ''
    AND r.bucket >= first_bucket AND r.bucket < end_bucket UNION ALL
  SELECT period, customer, events, total FROM tail CROSS JOIN periods ON first_bucket = slot
),
per_customer (period, customer, events, total, quantity) AS (
  SELECT period,
    customer,
    sum(events),
    max(min(total(total), 1.7976931348623157e308), -1.7976931348623157e308),
    sum(events)
  FROM parts GROUP BY period, customer
),
distinct_total (total) AS (SELECT 0)
SELECT period,
  max(quantity) AS quantity,
  sum(events) AS events,
  max(min(total(total), 1.7976931348623157e308), -1.7976931348623157e308) AS total,
  (SELECT * FROM distinct_total) AS distinct_total
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
-- 11: '["ai_usage","$.\"model\"","mini"]'
-- 12: '11111111-1111-4111-8111-111111111111'
-- 13: 1772323200000
-- 14: 1772496000000
-- 15: '33333333-3333-4333-8333-333333333333'
