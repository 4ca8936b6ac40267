import { openD1 } from "./d1.ts";
import { openObject } from "./object.ts";
import { followMove, guardWrites } from "./refusals.ts";
import type { OpenStore } from "./store.ts";

/** Opens an organization's store where its tokens say that it is, or where it has moved since. */
export const openStore: OpenStore = (env, { organizationId, store, tokenId }, usage) => {
  const openOwn = () => guardWrites(openObject(env, organizationId, usage), tokenId);
  if (store === "object") return openOwn();
  return followMove(guardWrites(openD1(env, organizationId, usage), tokenId), openOwn);
};
