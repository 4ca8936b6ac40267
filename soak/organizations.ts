import type { StoreKind } from "../src/store/kinds.ts";
import { tokenOf } from "../src/tokens/token.ts";

/** The organizations of a run: one in each store, and one that begins in D1 and is moved. */
export const ORGANIZATIONS: { id: string; store: StoreKind }[] = [
  { id: "50a50000-0000-4000-8000-000000000001", store: "d1" },
  { id: "50a50000-0000-4000-8000-000000000002", store: "object" },
  { id: "50a50000-0000-4000-8000-000000000003", store: "d1" },
];

/** The token that an organization's clients begin with. */
export const tokenOfOrganization = (id: string) => tokenOf(`SoakToken${id.slice(-12)}`.padEnd(37, "0"));

/** The token with which the third organization is moved. */
export const OPERATOR = tokenOf("SoakOperator".padEnd(37, "0"));
