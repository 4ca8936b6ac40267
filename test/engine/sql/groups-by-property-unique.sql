WITH RECURSIVE periods (period, first_bucket, end_bucket) AS MATERIALIZED (
  SELECT key, CAST(value ->> 0 AS INTEGER), value ->> 1 FROM json_each(?)
),
slots (slot, period, end_bucket) AS MATERIALIZED (
  SELECT first_bucket, period, end_bucket FROM periods
  UNION ALL SELECT slot + CAST(? AS INTEGER), period, end_bucket
  FROM slots
  WHERE slot + CAST(? AS INTEGER) < end_bucket
),
matching (slot, member, value) AS (
  SELECT (e.timestamp - CAST(? AS INTEGER)) / CAST(? AS INTEGER) * CAST(? AS INTEGER) + CAST(? AS INTEGER),
    CASE coalesce(json_type(e.metadata,b0.v4),json_type(e.metadata,b0.v5)) WHEN 'text' THEN json_array(4,coalesce((e.metadata->>b0.v4),e.metadata->>b0.v5))
  WHEN 'integer' THEN json_array(3,format('%!.17g',coalesce((e.metadata->>b0.v4),e.metadata->>b0.v5)+0.0))
  WHEN 'real' THEN json_array(3,format('%!.17g',coalesce((e.metadata->>b0.v4),e.metadata->>b0.v5)+0.0))
  WHEN 'true' THEN '[2,1]' WHEN 'false' THEN '[2,0]'
  ELSE iif(coalesce(json_type(e.metadata,b0.v4),json_type(e.metadata,b0.v5)) IS NULL,'[1,null]','[0,null]') END,
    (e.metadata->b0.v3)
  FROM (SELECT l ->> 0 AS v0, l ->> 1 AS v1, l ->> 2 AS v2, l ->> 3 AS v3, l ->> 4 AS v4, l ->> 5 AS v5 FROM (SELECT ? AS l) LIMIT 1) AS b0
  CROSS JOIN events AS e
  WHERE (e.organization_id = ? AND e.timestamp >= ? AND e.timestamp < ? and e.source = 'user' AND e.voided_at IS NULL AND ((e.name = b0.v0) AND coalesce((instr(CASE json_type(e.metadata,b0.v1) WHEN 'text' THEN (e.metadata->>b0.v1) WHEN 'null' THEN NULL WHEN 'object' THEN NULL ELSE (e.metadata->b0.v1) END,b0.v2)=0),0)))
    and (json_type(e.metadata,b0.v3) IS NOT NULL)
  LIMIT -1
),
tail (slot, member, value) AS MATERIALIZED (SELECT DISTINCT slot, member, value FROM matching),
raw (period, member, value) AS MATERIALIZED (
  SELECT period, member, value FROM tail CROSS JOIN slots USING (slot)
),
parts (grp, period, value) AS (SELECT member, period, value FROM raw),
totals (grp, total) AS MATERIALIZED (SELECT grp, count(DISTINCT value) FROM parts GROUP BY grp),
top (place, grp) AS MATERIALIZED (
  SELECT row_number() OVER (ORDER BY grp ->> 0, CASE grp ->> 0 WHEN 3 THEN (grp ->> 1) * 1.0 ELSE grp ->> 1 END),
    CAST(grp AS TEXT)
  FROM (SELECT grp, total FROM totals ORDER BY grp ->> 0, CASE grp ->> 0 WHEN 3 THEN (grp ->> 1) * 1.0 ELSE grp ->> 1 END LIMIT ?)
),
placed AS MATERIALIZED (
  SELECT coalesce(top.place, 0) AS place, parts.* FROM parts LEFT JOIN top ON top.grp = parts.grp
),
distinct_totals (place, total) AS MATERIALIZED (SELECT place, count(DISTINCT value) FROM placed GROUP BY place)
SELECT place, period, count(DISTINCT value) AS quantity, 0, 0,
  (SELECT total FROM distinct_totals AS d WHERE d.place = placed.place) AS distinct_total,
  NULL AS grp, NULL AS name, NULL AS email, 0 AS group_count
FROM placed GROUP BY place, period
UNION ALL SELECT place, NULL, NULL, 0, 0, 0, grp, NULL, NULL, (SELECT count(*) FROM totals)
FROM top WHERE (SELECT total(octet_length(grp)) FROM top) <= ?;
-- 1: '[[1969248,1969344],[1969344,1969440]]'
-- 2: 96
-- 3: 96
-- 4: 1772323200000
-- 5: 86400000
-- 6: 96
-- 7: 1969248
-- 8: '["ai_usage","$.\"model\"","mini","$.\"user_id\"","$.\"_llm\".\"model\"","$.\"_llm.model\""]'
-- 9: '11111111-1111-4111-8111-111111111111'
-- 10: 1772323200000
-- 11: 1772496000000
-- 12: 10
-- 13: 16777216
