WITH matching (customer, bucket, value) AS MATERIALIZED (
  SELECT (CASE WHEN e.customer_id IS NULL THEN 'ext:' || e.external_customer_id ELSE 'id:' || e.customer_id END),
    (e.timestamp / 900000),
    NULL
  FROM (SELECT l ->> 0 AS v0, l ->> 1 AS v1, l ->> 2 AS v2, l ->> 3 AS v3 FROM (SELECT ? AS l) LIMIT 1) AS b0
  CROSS JOIN events AS e
  WHERE e.organization_id = ?
    AND e.seq > (SELECT watermark FROM meters WHERE id = ? AND definition_version = ?)
    AND e.seq <= ?
    AND ((e.name = b0.v0) AND coalesce((instr(CASE json_type(e.metadata,b0.v1) WHEN 'text' THEN (e.metadata->>b0.v1) WHEN 'null' THEN NULL WHEN 'object' THEN NULL ELSE (e.metadata->b0.v1) END,b0.v2)=0),0))
    AND 1
),
own (customer, bucket, count, sum, min, max) AS MATERIALIZED (
  SELECT customer,
    bucket,
    count(*),
    max(min(total(value), 1.7976931348623157e308), -1.7976931348623157e308),
    min(value),
    max(value)
  FROM matching
  GROUP BY 1, 2
)
INSERT INTO meter_rollups (meter_id, customer, bucket, count, sum, min, max)
SELECT ?, * FROM (
  SELECT * FROM own
  UNION ALL
  SELECT '',
    bucket,
    sum(count),
    max(min(total(sum), 1.7976931348623157e308), -1.7976931348623157e308),
    min(min),
    max(max)
  FROM own
  GROUP BY bucket
)
WHERE true
ON CONFLICT (meter_id, customer, bucket) DO UPDATE SET
  count = count + excluded.count,
  sum = max(min(sum + excluded.sum, 1.7976931348623157e308), -1.7976931348623157e308),
  min = min(min, excluded.min),
  max = max(max, excluded.max);
-- 1: '["ai_usage","$.\"model\"","mini","$.\"user_id\""]'
-- 2: '11111111-1111-4111-8111-111111111111'
-- 3: '33333333-3333-4333-8333-333333333333'
-- 4: 1
-- 5: 5000
-- 6: '33333333-3333-4333-8333-333333333333'

WITH own (customer, bucket, value) AS MATERIALIZED (
  SELECT DISTINCT (CASE WHEN e.customer_id IS NULL THEN 'ext:' || e.external_customer_id ELSE 'id:' || e.customer_id END),
    (e.timestamp / 900000),
    (e.metadata -> b0.v3)
  FROM (SELECT l ->> 0 AS v0, l ->> 1 AS v1, l ->> 2 AS v2, l ->> 3 AS v3 FROM (SELECT ? AS l) LIMIT 1) AS b0
  CROSS JOIN events AS e
  WHERE e.organization_id = ?
    AND e.seq > (SELECT watermark FROM meters WHERE id = ? AND definition_version = ?)
    AND e.seq <= ?
    AND ((e.name = b0.v0) AND coalesce((instr(CASE json_type(e.metadata,b0.v1) WHEN 'text' THEN (e.metadata->>b0.v1) WHEN 'null' THEN NULL WHEN 'object' THEN NULL ELSE (e.metadata->b0.v1) END,b0.v2)=0),0))
    AND (json_type(e.metadata, b0.v3) IS NOT NULL)
)
INSERT INTO meter_uniques (meter_id, customer, bucket, value)
SELECT ?, * FROM (SELECT * FROM own UNION SELECT '', bucket, value FROM own)
WHERE true ON CONFLICT DO NOTHING;
-- 1: '["ai_usage","$.\"model\"","mini","$.\"user_id\""]'
-- 2: '11111111-1111-4111-8111-111111111111'
-- 3: '33333333-3333-4333-8333-333333333333'
-- 4: 1
-- 5: 5000
-- 6: '33333333-3333-4333-8333-333333333333'

UPDATE meters SET watermark = ? FROM json_each(?) AS read
WHERE meters.id = read.value ->> 0 AND definition_version = read.value ->> 1
  AND organization_id = ? AND watermark >= ? AND watermark < ?;
-- 1: 5000
-- 2: '[["33333333-3333-4333-8333-333333333333",1]]'
-- 3: '11111111-1111-4111-8111-111111111111'
-- 4: 0
-- 5: 5000
