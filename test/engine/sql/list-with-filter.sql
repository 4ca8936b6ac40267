SELECT count(*) AS events, total(bytes) AS bytes FROM (
  SELECT octet_length(e.metadata) AS bytes FROM events AS e
  WHERE e.organization_id = ? AND e.timestamp >= ? AND e.timestamp < ?
  LIMIT ?
);
-- 1: '11111111-1111-4111-8111-111111111111'
-- 2: 1772323200000
-- 3: 1772409600000
-- 4: 248547

WITH page (seq, bytes) AS MATERIALIZED (SELECT e.seq, octet_length(e.metadata) + octet_length(json_quote(e.name)) * 2
  + octet_length(json_quote(e.external_customer_id)) + octet_length(json_quote(e.external_id))
  + octet_length(json_quote(e.void_reason)) + 500
  FROM (SELECT l ->> 0 AS v0, l ->> 1 AS v1, l ->> 2 AS v2 FROM (SELECT ? AS l) LIMIT 1) AS b0
  CROSS JOIN events AS e
  WHERE (e.organization_id = ? and e.timestamp > ? and e.timestamp < ? and ((e.name = b0.v0) AND coalesce((instr(CASE json_type(e.metadata,b0.v1) WHEN 'text' THEN (e.metadata->>b0.v1) WHEN 'null' THEN NULL WHEN 'object' THEN NULL ELSE (e.metadata->b0.v1) END,b0.v2)=0),0)) and 1)
  ORDER BY e.timestamp desc, e.id LIMIT ? OFFSET ?),
owned (seq, id, external_key, bytes) AS MATERIALIZED (
  SELECT page.seq,
    c.id,
    ('ext' || coalesce(c.generation, '') || ':' || c.external_id),
    page.bytes + coalesce((SELECT octet_length(customers.metadata) + octet_length(json_quote(customers.email))
      + octet_length(json_quote(coalesce(customers.name, ''))) * 2
      + octet_length(json_quote(coalesce(customers.external_id, ''))) + 700
      FROM customers
      WHERE customers.id = c.id), 0)
  FROM page
  CROSS JOIN events AS e ON e.organization_id = ?
    AND e.seq = page.seq LEFT JOIN customers AS c ON c.organization_id = ?
    AND c.deleted_at IS NULL
    AND c.id = CASE WHEN e.customer_id IS NULL THEN (
    SELECT owner.id FROM customers AS owner WHERE owner.organization_id = ?
      AND owner.external_id = e.external_customer_id AND owner.deleted_at IS NULL
      AND owner.generation IS e.generation
  ) ELSE e.customer_id END
),
owners (id, external_key) AS MATERIALIZED (SELECT DISTINCT id, external_key FROM owned WHERE id IS NOT NULL),
identities (id, customer) AS MATERIALIZED (
  SELECT id, 'id:' || id FROM owners
  UNION ALL SELECT id, external_key FROM owners WHERE external_key IS NOT NULL
),
first_events (id, at) AS MATERIALIZED (
  SELECT id, min(at) FROM (
    SELECT i.id, a.first_event_at AS at FROM identities AS i CROSS JOIN customer_activity AS a
    WHERE a.organization_id = ? AND a.customer = i.customer
    UNION ALL
    SELECT i.id, e.timestamp FROM events AS e CROSS JOIN identities AS i
    WHERE EXISTS (SELECT 1 FROM identities) AND e.organization_id = ?
      AND e.seq > (SELECT activity_watermark FROM organizations WHERE id = ?)
      AND e.source = 'user'
      AND i.customer = (CASE WHEN e.customer_id IS NULL
      THEN ('ext' || coalesce(e.generation, '') || ':' || e.external_customer_id) ELSE 'id:' || e.customer_id END)
  )
  GROUP BY id
)
SELECT e.id,
  e.name,
  e.source,
  e.timestamp,
  e.customer_id,
  e.external_customer_id,
  e.external_id,
  e.metadata,
  e.ingested_at,
  e.voided_at,
  e.void_reason,
  CASE WHEN c.id IS NOT NULL THEN json_object('id', c.id, 'organization_id', c.organization_id, 'external_id', c.external_id, 'email', c.email, 'name', c.name, 'metadata', c.metadata, 'created_at', c.created_at, 'modified_at', c.modified_at,
    'first_user_event_at', f.at) END AS customer
FROM owned AS page CROSS JOIN events AS e ON e.organization_id = ? AND e.seq = page.seq
LEFT JOIN customers AS c ON c.id = page.id LEFT JOIN first_events AS f ON f.id = page.id
WHERE (SELECT total(bytes) FROM owned) <= ? ORDER BY e.timestamp desc, e.id;
-- 1: '["ai_usage","$.\"model\"","mini"]'
-- 2: '11111111-1111-4111-8111-111111111111'
-- 3: 1772323200000
-- 4: 1772409600000
-- 5: 10
-- 6: 0
-- 7: '11111111-1111-4111-8111-111111111111'
-- 8: '11111111-1111-4111-8111-111111111111'
-- 9: '11111111-1111-4111-8111-111111111111'
-- 10: '11111111-1111-4111-8111-111111111111'
-- 11: '11111111-1111-4111-8111-111111111111'
-- 12: '11111111-1111-4111-8111-111111111111'
-- 13: '11111111-1111-4111-8111-111111111111'
-- 14: 16777216

SELECT count(*) AS total, (SELECT events_from FROM organizations WHERE id = ?) AS events_from
FROM (SELECT l ->> 0 AS v0, l ->> 1 AS v1, l ->> 2 AS v2 FROM (SELECT ? AS l) LIMIT 1) AS b0
CROSS JOIN events AS e
WHERE e.organization_id = ?
  and e.timestamp > ?
  and e.timestamp < ?
  and ((e.name = b0.v0) AND coalesce((instr(CASE json_type(e.metadata,b0.v1) WHEN 'text' THEN (e.metadata->>b0.v1) WHEN 'null' THEN NULL WHEN 'object' THEN NULL ELSE (e.metadata->b0.v1) END,b0.v2)=0),0))
  and 1;
-- 1: '11111111-1111-4111-8111-111111111111'
-- 2: '["ai_usage","$.\"model\"","mini"]'
-- 3: '11111111-1111-4111-8111-111111111111'
-- 4: 1772323200000
-- 5: 1772409600000
