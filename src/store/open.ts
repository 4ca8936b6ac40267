import { openD1 } from "./d1.ts";
import { openObject } from "./object.ts";
import { followMove, guardWrites } from "./refusals.ts";
import type { OpenStore } from "./store.ts";

/** Opens an organization's store where its tokens say that it is, or where it has moved since. */
export const openStore: OpenStore = (env, { organizationId, store, tokenId }) => {
  const openOwn = () => guardWrites(openObject(env, organizationId), tokenId);
  return store === "object" ? openOwn() : followMove(guardWrites(openD1(env, organizationId), tokenId), openOwn);
};
