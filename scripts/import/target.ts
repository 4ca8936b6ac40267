/** An item to create, with its id at Polar. */
export type Collection = "meters" | "customers";
/** The outcome of a creation: the Edgemeter id, or why it was refused. */
type Created = { id: string; isNew: boolean } | { refused: string };
/** The outcome of an ingestion; `refused` has the index of each event that was left out, and why. */
export type Ingested = { inserted: number; duplicates: number; refused: Map<number, string> };

/** Where an import writes: an Edgemeter, or nowhere. */
export type Target = {
  /** Creates something once: repeated, it returns the id of what is there. */
  create: (collection: Collection, polarId: string, body: object) => Promise<Created>;
  /** Archives a meter. */
  archive: (meterId: string) => Promise<void>;
  /** Stores the events that are valid, whatever the others are. */
  ingest: (events: object[]) => Promise<Ingested>;
};

/** The metadata key under which meters and customers keep their id at Polar. */
export const POLAR_ID = "polar_id";

/** A problem of a 422. */
export type Problem = { type: string; loc: (string | number)[]; msg: string };

/** Why something was refused, without indexes, so that equal reasons of many events are counted together. */
export function reasonOf(problems: Problem[]): string {
  const texts = problems.map(({ loc, msg }) => {
    const [, ...place] = loc[1] === "events" ? loc.slice(2) : loc;
    return `${place.join(".")}: ${msg}`;
  });
  return texts.join(" ");
}
