WITH RECURSIVE periods (period, first_bucket, end_bucket) AS MATERIALIZED (
  SELECT key, CAST(value ->> 0 AS INTEGER), value ->> 1 FROM json_each(?)
),
slots (slot, period, end_bucket) AS MATERIALIZED (
  SELECT first_bucket, period, end_bucket FROM periods
  UNION ALL SELECT slot + CAST(? AS INTEGER), period, end_bucket
  FROM slots
  WHERE slot + CAST(? AS INTEGER) < end_bucket
),
matching (slot, customer, value) AS (
  SELECT (e.timestamp - CAST(? AS INTEGER)) / CAST(? AS INTEGER) * CAST(? AS INTEGER) + CAST(? AS INTEGER),
    (CASE WHEN e.customer_id IS NULL THEN 'ext:' || e.external_customer_id ELSE 'id:' || e.customer_id END),
    (e.metadata->>b0.v3)*1.0
  FROM (SELECT l ->> 0 AS v0, l ->> 1 AS v1, l ->> 2 AS v2, l ->> 3 AS v3 FROM (SELECT ? AS l) LIMIT 1) AS b0
  CROSS JOIN events AS e
  WHERE (e.organization_id = ? AND e.timestamp >= ? AND e.timestamp < ? and e.source = 'user' AND e.voided_at IS NULL AND ((e.name = b0.v0) AND coalesce((instr(CASE json_type(e.metadata,b0.v1) WHEN 'text' THEN (e.metadata->>b0.v1) WHEN 'null' THEN NULL WHEN 'object' THEN NULL ELSE (e.metadata->b0.v1) END,b0.v2)=0),0)) and (json_type(e.metadata,b0.v3) IN ('integer','real')) and NOT EXISTS (
      SELECT 1 FROM json_each(?) AS wanted
      WHERE coalesce(
        CASE coalesce(json_type(e.metadata, (wanted.value ->> '$.paths[0]')), json_type(e.metadata, (wanted.value ->> '$.paths[1]')))
        WHEN 'null' THEN NULL
        WHEN 'text' THEN coalesce(e.metadata ->> (wanted.value ->> '$.paths[0]'), e.metadata ->> (wanted.value ->> '$.paths[1]'))
        ELSE coalesce(e.metadata -> (wanted.value ->> '$.paths[0]'), e.metadata -> (wanted.value ->> '$.paths[1]'))
        END NOT IN (SELECT value FROM json_each(wanted.value, '$.values')),
          true
      )
  ))
  LIMIT -1
),
tail (slot, customer, events, total) AS MATERIALIZED (
  SELECT slot, customer, count(*), max(min(total(value), 1.7976931348623157e308), -1.7976931348623157e308)
  FROM matching
  GROUP BY 1, 2
),
parts (period, customer, events, total) AS (
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
FROM per_customer GROUP BY period;
-- 1: '[[1969248,1969344],[1969344,1969440]]'
-- 2: 96
-- 3: 96
-- 4: 1772323200000
-- 5: 86400000
-- 6: 96
-- 7: 1969248
-- 8: '["ai_usage","$.\"model\"","mini","$.\"total_tokens\""]'
-- 9: '11111111-1111-4111-8111-111111111111'
-- 10: 1772323200000
-- 11: 1772496000000
-- 12: '[{"paths":["$.\"region\""],"values":["eu","us"]}]'
