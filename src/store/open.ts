import { openD1 } from "./d1.ts";
import type { StoreKind } from "./kinds.ts";
import { openObject } from "./object.ts";
import { followMove, guardWrites } from "./refusals.ts";
import type { OpenStore } from "./store.ts";

/** Opens a store of each kind. Both check whether writes are allowed, and D1 whether the organization has moved. */
const OPEN: Record<StoreKind, OpenStore> = {
  d1: (env, home, usage) =>
    followMove(guardWrites(openD1(env, home.organizationId, usage), home.tokenId), () => OPEN.object(env, home, usage)),
  object: (env, home, usage) => guardWrites(openObject(env, home.organizationId, usage), home.tokenId),
};

/** Opens an organization's store where its tokens say it is, or where it has moved since. */
export const openStore: OpenStore = (env, home, usage) => OPEN[home.store](env, home, usage);
