import * as z from "zod/mini";
import { Uuid4 } from "../wire/uuid.ts";

/** The organization that an operation is about. */
export const OrganizationPath = z.object({ id: Uuid4 });

const Cursor = z.nullable(z.object({ part: z.int(), after: z.nullable(z.array(z.union([z.string(), z.number()]))) }));

/** Where a verification goes on: what the answer before said; a null state begins. */
export const VerifyBody = z.object({
  repair: z.boolean(),
  state: z.nullable(
    z.object({
      meter: z.string(),
      phase: z.enum(["build", "compare", "delete", "done"]),
      list: z.int(),
      after: z.nullable(z.union([z.tuple([z.string(), z.int()]), z.tuple([z.string(), z.int(), z.string()])])),
    }),
  ),
});

/** Which days are restored, and where that goes on: the cursor of the answer before, null at first. */
export const RestoreBody = z.object({ from: z.string(), to: z.string(), cursor: z.nullable(z.string()) });

/** Where a move goes on: what the answer before said. */
export const MoveBody = z.object({
  phase: z.enum(["copy", "compare", "quantities", "switch", "done"]),
  cursor: Cursor,
  begun: z.nullable(z.int()),
});
