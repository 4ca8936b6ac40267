import { listMeters, type Polar, type PolarMeter } from "./polar.ts";
import type { Report } from "./report.ts";
import { POLAR_ID, type Target } from "./target.ts";

/** A meter's ids at both places. */
export type MeterPair = { name: string; polarId: string; id: string };

/** Metadata with the id at Polar, if there is room for it: 50 keys are the maximum. */
export function markedMetadata({ id, metadata }: { id: string; metadata: object }): object {
  return Object.keys(metadata).length < 50 ? { ...metadata, [POLAR_ID]: id } : metadata;
}

/** Creates the meters of a Polar organization, archived ones too, and returns those that are here now. */
export async function importMeters(polar: Polar, target: Target, report: Report): Promise<MeterPair[]> {
  const pairs: MeterPair[] = [];
  for await (const meter of listMeters(polar)) {
    const created = await target.create("meters", meter.id, toMeter(meter));
    if ("refused" in created) {
      report.remark(`meter left out, because it is refused: ${created.refused}`, meter.id);
      continue;
    }
    report.count(created.isNew ? "meters created" : "meters that were here already");
    if (meter.archived_at != null) {
      report.count("of these meters archived");
      await target.archive(created.id);
    }
    pairs.push({ name: meter.name, polarId: meter.id, id: created.id });
  }
  return pairs;
}

function toMeter(meter: PolarMeter): object {
  const { name, unit, custom_label = null, custom_multiplier = null, filter, aggregation } = meter;
  return { name, unit, custom_label, custom_multiplier, filter, aggregation, metadata: markedMetadata(meter) };
}
