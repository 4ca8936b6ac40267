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
short (meter_id) AS MATERIALIZED (
  SELECT ?
  WHERE (SELECT count(*) FROM (SELECT 1 FROM meter_rollups AS r WHERE r.meter_id = ? AND r.customer > '' LIMIT ?)) <= ?
),
customer_keys (customer) AS MATERIALIZED (
  SELECT customer FROM (
    WITH RECURSIVE next (customer) AS (
      SELECT ''
      UNION ALL
      SELECT (SELECT min(r.customer) FROM meter_rollups AS r WHERE r.meter_id = ? AND r.customer > next.customer)
      FROM next WHERE next.customer IS NOT NULL
    )
    SELECT customer FROM next WHERE customer <> ''
  ) WHERE NOT EXISTS (SELECT 1 FROM short) LIMIT ?
),
affordable (is_affordable) AS MATERIALIZED (
  SELECT (SELECT count(*) FROM customer_keys) * ? + (SELECT count(*) FROM (SELECT 1 FROM customer_keys AS c CROSS JOIN meter_rollups AS r WHERE r.meter_id = ? AND r.customer = c.customer AND r.bucket >= ? AND r.bucket < ? LIMIT ?)) * ? <= ?
),
matching (slot, customer, value) AS (
  SELECT (e.timestamp - CAST(? AS INTEGER)) / CAST(? AS INTEGER) * CAST(? AS INTEGER) + CAST(? AS INTEGER),
    (CASE WHEN e.customer_id IS NULL THEN 'ext:' || e.external_customer_id ELSE 'id:' || e.customer_id END),
    (e.metadata->>b0.v3)*1.0
  FROM (SELECT l ->> 0 AS v0, l ->> 1 AS v1, l ->> 2 AS v2, l ->> 3 AS v3 FROM (SELECT ? AS l) LIMIT 1) AS b0
  CROSS JOIN events AS e
  WHERE e.organization_id = ?
    AND e.seq > (SELECT watermark FROM tail_of_meter WHERE NOT is_long)
    AND +e.timestamp >= ?
    AND +e.timestamp < ?
    and e.source = 'user'
    AND e.voided_at IS NULL
    AND ((e.name = b0.v0) AND coalesce((instr(CASE json_type(e.metadata,b0.v1) WHEN 'text' THEN (e.metadata->>b0.v1) WHEN 'null' THEN NULL WHEN 'object' THEN NULL ELSE (e.metadata->b0.v1) END,b0.v2)=0),0))
    and (json_type(e.metadata,b0.v3) IN ('integer','real'))
  LIMIT -1
),
tail (slot, customer, events, total) AS MATERIALIZED (
  SELECT slot, customer, count(*), max(min(total(value), 1.7976931348623157e308), -1.7976931348623157e308)
  FROM matching
  GROUP BY 1, 2
),
parts (period, customer, events, total) AS (
  SELECT period,
    (CASE WHEN r.customer GLOB 'ext[0-9]*' THEN 'ext' || substr(r.customer, instr(r.customer, ':')) ELSE r.customer END),
    r.count,
    r.sum
  FROM short
  CROSS JOIN meter_rollups AS r
  CROSS JOIN slots ON slot = (r.bucket - CAST(? AS INTEGER)) / CAST(? AS INTEGER) * CAST(? AS INTEGER) + CAST(? AS INTEGER)
  WHERE r.meter_id = short.meter_id AND r.customer > '' AND r.bucket >= ? AND r.bucket < ?
  UNION ALL
  SELECT period,
    (CASE WHEN r.customer GLOB 'ext[0-9]*' THEN 'ext' || substr(r.customer, instr(r.customer, ':')) ELSE r.customer END),
    r.count,
    r.sum
  FROM affordable
  CROSS JOIN customer_keys AS c
  CROSS JOIN meter_rollups AS r
  CROSS JOIN slots ON slot = (r.bucket - CAST(? AS INTEGER)) / CAST(? AS INTEGER) * CAST(? AS INTEGER) + CAST(? AS INTEGER)
  WHERE is_affordable
    AND r.meter_id = ?
    AND r.customer = c.customer
    AND r.bucket >= ?
    AND r.bucket < ? UNION ALL
  SELECT period, customer, events, total FROM tail CROSS JOIN slots USING (slot)
),
per_customer (period, customer, events, total, quantity) AS (
  SELECT period,
    customer,
    sum(events),
    max(min(total(total), 1.7976931348623157e308), -1.7976931348623157e308),
    max(min(total(total), 1.7976931348623157e308), -1.7976931348623157e308)
  FROM parts GROUP BY period, customer
),
distinct_total (total) AS (SELECT 0)
SELECT period,
  max(quantity) AS quantity,
  sum(events) AS events,
  max(min(total(total), 1.7976931348623157e308), -1.7976931348623157e308) AS total,
  (SELECT * FROM distinct_total) AS distinct_total
FROM per_customer GROUP BY period
UNION ALL SELECT NULL, NULL, 0, 0, 0 FROM affordable WHERE NOT is_affordable
UNION ALL SELECT NULL, NULL, 1, 0, 0 FROM tail_of_meter WHERE is_long;
-- 1: '[[1969248,1969344],[1969344,1969440]]'
-- 2: 96
-- 3: 96
-- 4: '11111111-1111-4111-8111-111111111111'
-- 5: '33333333-3333-4333-8333-333333333333'
-- 6: 1
-- 7: '33333333-3333-4333-8333-333333333333'
-- 8: '33333333-3333-4333-8333-333333333333'
-- 9: 294118
-- 10: 294117
-- 11: '33333333-3333-4333-8333-333333333333'
-- 12: 83334
-- 13: 6
-- 14: '33333333-3333-4333-8333-333333333333'
-- 15: 1969248
-- 16: 1969440
-- 17: 294118
-- 18: 1.7
-- 19: 500000
-- 20: 1772323200000
-- 21: 86400000
-- 22: 96
-- 23: 1969248
-- 24: '["ai_usage","$.\"model\"","mini","$.\"total_tokens\""]'
-- 25: '11111111-1111-4111-8111-111111111111'
-- 26: 1772323200000
-- 27: 1772496000000
-- 28: 1969248
-- 29: 96
-- 30: 96
-- 31: 1969248
-- 32: 1969248
-- 33: 1969440
-- 34: 1969248
-- 35: 96
-- 36: 96
-- 37: 1969248
-- 38: '33333333-3333-4333-8333-333333333333'
-- 39: 1969248
-- 40: 1969440
