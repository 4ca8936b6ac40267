WITH RECURSIVE periods (period, first_bucket, end_bucket) AS MATERIALIZED (
  SELECT key, value ->> '$[0]', value ->> '$[1]' FROM json_each(?)
),
matching (customer, bucket, value) AS (
  SELECT '', (e.timestamp / 900000), (e.metadata->b0.v3)
  FROM (SELECT l ->> 0 AS v0, l ->> 1 AS v1, l ->> 2 AS v2, l ->> 3 AS v3 FROM (SELECT ? AS l) LIMIT 1) AS b0
  CROSS JOIN events AS e
  WHERE e.organization_id = ?
    AND e.seq > (SELECT watermark FROM meters WHERE id = ? AND definition_version = ?)
    AND +e.timestamp >= ?
    AND +e.timestamp < ?
    AND e.source = 'user'
    AND e.voided_at IS NULL
    AND ((e.name = b0.v0) AND coalesce((instr(CASE json_type(e.metadata,b0.v1) WHEN 'text' THEN (e.metadata->>b0.v1) WHEN 'null' THEN NULL WHEN 'object' THEN NULL ELSE (e.metadata->b0.v1) END,b0.v2)=0),0))
),
tail (customer, bucket, value) AS MATERIALIZED (SELECT DISTINCT customer, bucket, value FROM matching),
parts (period, customer, value) AS MATERIALIZED (
  SELECT period, '', NULL
  FROM periods CROSS JOIN meter_rollups AS r
  WHERE r.meter_id = ? AND r.customer = ''
    AND r.bucket >= first_bucket AND r.bucket < end_bucket UNION ALL
  SELECT period, '', r.value
  FROM periods CROSS JOIN meter_uniques AS r
  WHERE r.meter_id = ? AND r.customer = ''
    AND r.bucket >= first_bucket AND r.bucket < end_bucket UNION ALL
  SELECT period, customer, value FROM tail CROSS JOIN periods ON bucket >= first_bucket AND bucket < end_bucket
),
per_customer (period, customer, events, total, quantity) AS (
  SELECT period, customer, 0, 0, count(DISTINCT value) FROM parts GROUP BY period, customer
),
distinct_total (total) AS (SELECT count(DISTINCT value) FROM parts)
SELECT period,
  max(quantity) AS quantity,
  sum(events) AS events,
  max(min(total(total), 1.7976931348623157e308), -1.7976931348623157e308) AS total,
  (SELECT * FROM distinct_total) AS distinct_total
FROM per_customer GROUP BY period;
-- 1: '[[1969248,1969344],[1969344,1969440]]'
-- 2: '["ai_usage","$.\"model\"","mini","$.\"user_id\""]'
-- 3: '11111111-1111-4111-8111-111111111111'
-- 4: '33333333-3333-4333-8333-333333333333'
-- 5: 1
-- 6: 1772323200000
-- 7: 1772496000000
-- 8: '33333333-3333-4333-8333-333333333333'
-- 9: '33333333-3333-4333-8333-333333333333'
