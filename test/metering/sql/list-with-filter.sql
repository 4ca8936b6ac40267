SELECT count(*) AS events, total(bytes) AS bytes FROM (
  SELECT octet_length(e.metadata) AS bytes FROM events AS e
  WHERE e.organization_id = ? AND e.timestamp >= ? AND e.timestamp < ?
  LIMIT ?
);
-- 1: '11111111-1111-4111-8111-111111111111'
-- 2: 1772323200000
-- 3: 1772409600000
-- 4: 497093

WITH page (seq, bytes) AS MATERIALIZED (
  SELECT e.seq, octet_length(e.metadata) + octet_length(json_quote(e.name)) * 2
  + octet_length(json_quote(e.external_customer_id)) + 400
  FROM (SELECT l ->> 0 AS v0, l ->> 1 AS v1, l ->> 2 AS v2 FROM (SELECT ? AS l) LIMIT 1) AS b0
  CROSS JOIN events AS e
  WHERE e.organization_id = ?
    AND e.timestamp > ?
    AND e.timestamp < ?
    AND ((e.name = b0.v0) AND coalesce((instr(CASE json_type(e.metadata,b0.v1) WHEN 'text' THEN (e.metadata->>b0.v1) WHEN 'null' THEN NULL WHEN 'object' THEN NULL ELSE (e.metadata->b0.v1) END,b0.v2)=0),0))
    AND 1
  ORDER BY e.timestamp DESC, e.id LIMIT ? OFFSET ?
)
SELECT e.id, e.name, e.source, e.timestamp, e.customer_id, e.external_customer_id, e.metadata
FROM page CROSS JOIN events AS e ON e.organization_id = ? AND e.seq = page.seq
WHERE (SELECT total(bytes) FROM page) <= ? ORDER BY e.timestamp DESC, e.id;
-- 1: '["ai_usage","$.\"model\"","mini"]'
-- 2: '11111111-1111-4111-8111-111111111111'
-- 3: 1772323200000
-- 4: 1772409600000
-- 5: 10
-- 6: 0
-- 7: '11111111-1111-4111-8111-111111111111'
-- 8: 16777216

SELECT count(*) AS total
FROM (SELECT l ->> 0 AS v0, l ->> 1 AS v1, l ->> 2 AS v2 FROM (SELECT ? AS l) LIMIT 1) AS b0
CROSS JOIN events AS e
WHERE e.organization_id = ?
  AND e.timestamp > ?
  AND e.timestamp < ?
  AND ((e.name = b0.v0) AND coalesce((instr(CASE json_type(e.metadata,b0.v1) WHEN 'text' THEN (e.metadata->>b0.v1) WHEN 'null' THEN NULL WHEN 'object' THEN NULL ELSE (e.metadata->b0.v1) END,b0.v2)=0),0))
  AND 1;
-- 1: '["ai_usage","$.\"model\"","mini"]'
-- 2: '11111111-1111-4111-8111-111111111111'
-- 3: 1772323200000
-- 4: 1772409600000
