import type { Answer, Asked } from "./endpoint.ts";

type MeterRow = Record<
  "id" | "organization_id" | "name" | "unit" | "custom_label" | "filter" | "aggregation" | "metadata",
  string
> & { custom_multiplier: number | null; created_at: number; modified_at: number | null; archived_at: number | null };

const timeOf = (time: number | null) => (time === null ? null : new Date(time).toISOString());

/** A stored meter as JSON; its filter, aggregation and metadata are JSON already. */
function present(row: MeterRow): string {
  const { filter, aggregation, metadata, id, organization_id, name, unit, custom_label, custom_multiplier } = row;
  const rest = JSON.stringify({
    created_at: timeOf(row.created_at),
    modified_at: timeOf(row.modified_at),
    id,
    name,
    unit,
    custom_label,
    custom_multiplier,
    organization_id,
    archived_at: timeOf(row.archived_at),
  });
  return `{"metadata":${metadata},"filter":${filter},"aggregation":${aggregation},${rest.slice(1)}`;
}

/** One INSERT into the meters table, which has the same indexes. */
export async function createMeter({ db, organization, request }: Asked): Promise<Answer> {
  const body = await request.json<{ name: string; filter: unknown; aggregation: unknown }>();
  const row = {
    id: crypto.randomUUID(),
    organization_id: organization,
    name: body.name,
    name_folded: body.name.toLowerCase(),
    unit: "scalar",
    custom_label: null,
    custom_multiplier: null,
    filter: JSON.stringify(body.filter),
    aggregation: JSON.stringify(body.aggregation),
    metadata: "{}",
    created_at: Date.now(),
    modified_at: null,
    archived_at: null,
  };
  await db
    .prepare(
      `INSERT INTO meters (${Object.keys(row).join(", ")}, version, definition_version, watermark)
      VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, 1, 1, 0)`,
    )
    .bind(...Object.values(row))
    .run();
  return { status: 201, json: present(row as unknown as MeterRow) };
}

/** One SELECT by primary key. */
export async function getMeter({ db, organization, id }: Asked): Promise<Answer> {
  const row = await db
    .prepare("SELECT * FROM meters WHERE id = ? AND organization_id = ?")
    .bind(id, organization)
    .first<MeterRow>();
  return { status: 200, json: present(row!) };
}

/** One UPDATE of a name. */
export async function updateMeter({ db, organization, request, id }: Asked): Promise<Answer> {
  const { name } = await request.json<{ name: string }>();
  const row = await db
    .prepare(
      `UPDATE meters SET name = ?, name_folded = ?, modified_at = ?, version = version + 1
      WHERE id = ? AND organization_id = ? RETURNING *`,
    )
    .bind(name, name.toLowerCase(), Date.now(), id, organization)
    .first<MeterRow>();
  return { status: 200, json: present(row!) };
}

/** A page by an index and a count, in one round trip. */
export async function listMeters({ db, organization, query }: Asked): Promise<Answer> {
  const limit = Number(query.get("limit") ?? 10);
  const [page, counted] = await db.batch<MeterRow & { total: number }>([
    db.prepare("SELECT * FROM meters WHERE organization_id = ? ORDER BY name, id LIMIT ?").bind(organization, limit),
    db.prepare("SELECT count(*) AS total FROM meters WHERE organization_id = ?").bind(organization),
  ]);
  const { total } = counted!.results[0]!;
  const pagination = JSON.stringify({ total_count: total, max_page: Math.ceil(total / limit) });
  return { status: 200, json: `{"items":[${page!.results.map(present).join()}],"pagination":${pagination}}` };
}
