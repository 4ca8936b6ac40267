WITH matching (customer, bucket, seq, value, at) AS MATERIALIZED (
  SELECT (CASE WHEN e.customer_id IS NULL THEN 'ext:' || e.external_customer_id ELSE 'id:' || e.customer_id END),
    (e.timestamp / 900000),
    e.seq,
    CASE WHEN coalesce(json_type(e.metadata,b0.v3) IN ('integer','real'),0) THEN (e.metadata->>b0.v3)*1.0 END,
    e.ingested_at
  FROM (SELECT l ->> 0 AS v0, l ->> 1 AS v1, l ->> 2 AS v2, l ->> 3 AS v3 FROM (SELECT ? AS l) LIMIT 1) AS b0
  CROSS JOIN events AS e
  WHERE e.organization_id = ?
    AND e.seq > (SELECT watermark FROM meters WHERE id = ? AND definition_version = ?)
    AND e.seq <= ?
    AND e.source = 'user'
    AND ((e.name = b0.v0) AND coalesce((instr(CASE json_type(e.metadata,b0.v1) WHEN 'text' THEN (e.metadata->>b0.v1) WHEN 'null' THEN NULL WHEN 'object' THEN NULL ELSE (e.metadata->b0.v1) END,b0.v2)=0),0))
    AND coalesce(json_type(e.metadata,b0.v3) IN ('integer','real'),0)
),
own (customer, bucket, count, sum, min, max, last_event_at) AS MATERIALIZED (
  SELECT customer,
    bucket,
    count(*),
    max(min(total(value), 1.7976931348623157e308), -1.7976931348623157e308),
    min(value),
    max(value),
    max(at)
  FROM matching
  GROUP BY 1, 2
)
INSERT INTO meter_rollups (meter_id, customer, bucket, count, sum, min, max, last_event_at)
SELECT ?, * FROM (
  SELECT * FROM own
  UNION ALL
  SELECT '',
    bucket,
    sum(count),
    max(min(total(sum), 1.7976931348623157e308), -1.7976931348623157e308),
    min(min),
    max(max),
    max(last_event_at)
  FROM own
  GROUP BY bucket
  UNION ALL
  SELECT customer,
    (-9007199254740991 + ?),
    sum(count),
    max(min(total(sum), 1.7976931348623157e308), -1.7976931348623157e308),
    min(min),
    max(max),
    max(last_event_at)
  FROM own
  GROUP BY customer
  UNION ALL
  SELECT since.customer,
    since.bucket,
    count(*),
    max(min(total(value), 1.7976931348623157e308), -1.7976931348623157e308),
    min(value),
    max(value),
    max(at)
  FROM matching CROSS JOIN meter_rollups AS since ON since.meter_id = ? AND since.customer = matching.customer
    AND since.bucket > -9007199254740991 AND since.bucket < (-9007199254740991 + matching.seq)
  WHERE EXISTS (SELECT 1 FROM meter_balances WHERE meter_id = ? AND reset_seq > 0) GROUP BY 1, 2
)
WHERE true
ON CONFLICT (meter_id, customer, bucket) DO UPDATE SET
  count = count + excluded.count,
  sum = max(min(sum + excluded.sum, 1.7976931348623157e308), -1.7976931348623157e308),
  min = coalesce(min(min, excluded.min), min, excluded.min),
  max = coalesce(max(max, excluded.max), max, excluded.max),
  last_event_at = coalesce(max(last_event_at, excluded.last_event_at), last_event_at, excluded.last_event_at);
-- 1: '["ai_usage","$.\"model\"","mini","$.\"total_tokens\""]'
-- 2: '11111111-1111-4111-8111-111111111111'
-- 3: '33333333-3333-4333-8333-333333333333'
-- 4: 1
-- 5: 5000
-- 6: '33333333-3333-4333-8333-333333333333'
-- 7: 0
-- 8: '33333333-3333-4333-8333-333333333333'
-- 9: '33333333-3333-4333-8333-333333333333'

UPDATE meters SET watermark = ? FROM json_each(?) AS read
WHERE meters.id = read.value ->> 0 AND definition_version = read.value ->> 1
  AND organization_id = ? AND watermark >= ? AND watermark < ?;
-- 1: 5000
-- 2: '[["33333333-3333-4333-8333-333333333333",1]]'
-- 3: '11111111-1111-4111-8111-111111111111'
-- 4: 0
-- 5: 5000
