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
customer_keys (customer) AS MATERIALIZED (SELECT ''),
affordable (is_affordable) AS MATERIALIZED (
  SELECT (SELECT count(*) FROM customer_keys) * ? + (SELECT count(*) FROM (SELECT 1 FROM customer_keys AS c CROSS JOIN meter_dimensions AS r ON r.dimension = ? WHERE r.meter_id = ? AND r.customer = c.customer AND r.bucket >= ? AND r.bucket < ? LIMIT ?)) * ? <= ?
),
matching (slot, member, value) AS (
  SELECT (e.timestamp - CAST(? AS INTEGER)) / CAST(? AS INTEGER) * CAST(? AS INTEGER) + CAST(? AS INTEGER),
    CASE json_type(e.metadata,b0.v1) WHEN 'text' THEN json_array(4,(e.metadata->>b0.v1))
  WHEN 'integer' THEN json_array(3,format('%!.17g',(e.metadata->>b0.v1)+0.0))
  WHEN 'real' THEN json_array(3,format('%!.17g',(e.metadata->>b0.v1)+0.0))
  WHEN 'true' THEN '[2,1]' WHEN 'false' THEN '[2,0]'
  ELSE iif(json_type(e.metadata,b0.v1) IS NULL,'[1,null]','[0,null]') END, (e.metadata->>b0.v3)*1.0
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
stored (slot, member, events, total) AS (
  SELECT (r.bucket - CAST(? AS INTEGER)) / CAST(? AS INTEGER) * CAST(? AS INTEGER) + CAST(? AS INTEGER),
    r.dimension_value,
    r.count,
    r.sum
  FROM affordable CROSS JOIN customer_keys AS c CROSS JOIN meter_dimensions AS r ON r.dimension = ?
  WHERE is_affordable AND r.meter_id = ? AND r.customer = c.customer AND r.bucket >= ? AND r.bucket < ?
),
summed (slot, member, events, total) AS (SELECT slot, member, sum(events), max(min(total(total), 1.7976931348623157e308), -1.7976931348623157e308) FROM stored GROUP BY member, slot),
tail (slot, member, events, total) AS MATERIALIZED (SELECT slot, member, count(*), max(min(total(value), 1.7976931348623157e308), -1.7976931348623157e308) FROM matching GROUP BY 1, 2),
raw (period, member, events, total) AS MATERIALIZED (
  SELECT period, member, events, total
  FROM summed
  CROSS JOIN slots USING (slot) UNION ALL SELECT period, member, events, total
  FROM tail
  CROSS JOIN slots USING (slot)
),
parts (grp, period, events, total) AS (SELECT member, period, events, total FROM raw),
totals (grp, total) AS MATERIALIZED (SELECT grp, max(min(total(total), 1.7976931348623157e308), -1.7976931348623157e308) FROM parts GROUP BY grp),
top (place, grp) AS MATERIALIZED (
  SELECT row_number() OVER (ORDER BY total DESC, grp ->> 0, CASE grp ->> 0 WHEN 3 THEN (grp ->> 1) * 1.0 ELSE grp ->> 1 END),
    CAST(grp AS TEXT)
  FROM (SELECT grp, total FROM totals ORDER BY total DESC, grp ->> 0, CASE grp ->> 0 WHEN 3 THEN (grp ->> 1) * 1.0 ELSE grp ->> 1 END LIMIT ?)
),
placed AS MATERIALIZED (
  SELECT coalesce(top.place, 0) AS place, parts.* FROM parts LEFT JOIN top ON top.grp = parts.grp
)
SELECT place,
  period,
  max(min(total(total), 1.7976931348623157e308), -1.7976931348623157e308) AS quantity,
  sum(events) AS events,
  max(min(total(total), 1.7976931348623157e308), -1.7976931348623157e308) AS total,
  0 AS distinct_total,
  NULL AS grp, NULL AS name, NULL AS email, 0 AS group_count
FROM placed GROUP BY place, period
UNION ALL SELECT place, NULL, NULL, 0, 0, 0, grp, NULL, NULL, (SELECT count(*) FROM totals)
FROM top WHERE (SELECT total(octet_length(grp)) FROM top) <= ?
UNION ALL SELECT NULL, NULL, NULL, 0, 0, 0, NULL, NULL, NULL, 0 FROM affordable WHERE NOT is_affordable;
-- 1: '[[1969248,1969344],[1969344,1969440]]'
-- 2: 96
-- 3: 96
-- 4: '11111111-1111-4111-8111-111111111111'
-- 5: '33333333-3333-4333-8333-333333333333'
-- 6: 1
-- 7: 6
-- 8: 0
-- 9: '33333333-3333-4333-8333-333333333333'
-- 10: 1969248
-- 11: 1969440
-- 12: 500001
-- 13: 1
-- 14: 500000
-- 15: 1772323200000
-- 16: 86400000
-- 17: 96
-- 18: 1969248
-- 19: '["ai_usage","$.\"model\"","mini","$.\"total_tokens\""]'
-- 20: '11111111-1111-4111-8111-111111111111'
-- 21: 1772323200000
-- 22: 1772496000000
-- 23: 1969248
-- 24: 96
-- 25: 96
-- 26: 1969248
-- 27: 0
-- 28: '33333333-3333-4333-8333-333333333333'
-- 29: 1969248
-- 30: 1969440
-- 31: 10
-- 32: 16777216
