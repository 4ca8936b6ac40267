INSERT INTO meter_rollups (meter_id, customer, bucket, count, sum, min, max)
SELECT ?,
  CASE copies.is_own WHEN 1 THEN matching.customer ELSE '' END AS customer,
  matching.bucket,
  count(*),
  max(min(total(matching.value), 1.7976931348623157e308), -1.7976931348623157e308),
  min(matching.value), max(matching.value)
FROM (
  SELECT (CASE WHEN e.customer_id IS NULL THEN 'ext:' || e.external_customer_id ELSE 'id:' || e.customer_id END) AS customer,
    (e.timestamp / 900000) AS bucket,
    CASE WHEN coalesce(json_type(e.metadata, b0.v3) IN ('integer', 'real'), 0) THEN (e.metadata ->> b0.v3) * 1.0 END AS value
  FROM (SELECT l ->> 0 AS v0, l ->> 1 AS v1, l ->> 2 AS v2, l ->> 3 AS v3 FROM (SELECT ? AS l) LIMIT 1) AS b0
  CROSS JOIN events AS e
  WHERE e.organization_id = ?
    AND e.seq > (SELECT watermark FROM meters WHERE id = ? AND definition_version = ?)
    AND e.seq <= ?
    AND ((e.name = b0.v0) AND coalesce((instr(CASE json_type(e.metadata,b0.v1) WHEN 'text' THEN (e.metadata->>b0.v1) WHEN 'null' THEN NULL WHEN 'object' THEN NULL ELSE (e.metadata->b0.v1) END,b0.v2)=0),0))
    AND coalesce(json_type(e.metadata, b0.v3) IN ('integer', 'real'), 0)
) AS matching, (SELECT 0 AS is_own UNION ALL SELECT 1) AS copies
WHERE true GROUP BY 2, 3
ON CONFLICT (meter_id, customer, bucket) DO UPDATE SET
  count = count + excluded.count,
  sum = max(min(sum + excluded.sum, 1.7976931348623157e308), -1.7976931348623157e308),
  min = min(min, excluded.min),
  max = max(max, excluded.max);
-- 1: '33333333-3333-4333-8333-333333333333'
-- 2: '["ai_usage","$.\"model\"","mini","$.\"total_tokens\""]'
-- 3: '11111111-1111-4111-8111-111111111111'
-- 4: '33333333-3333-4333-8333-333333333333'
-- 5: 1
-- 6: 5000

UPDATE meters SET watermark = ?
WHERE id = ? AND definition_version = ? AND watermark < ?;
-- 1: 5000
-- 2: '33333333-3333-4333-8333-333333333333'
-- 3: 1
-- 4: 5000
