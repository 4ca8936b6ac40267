import { openD1 } from "./d1.ts";
import { openObject } from "./object.ts";
import type { OpenStore } from "./store.ts";

/** Opens an organization's store where its tokens say that it is. */
export const openStore: OpenStore = (env, { organizationId, store }) =>
  store === "object" ? openObject(env, organizationId) : openD1(env, organizationId);
