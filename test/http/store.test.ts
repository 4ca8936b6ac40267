import { describe, it, vi } from "vitest";
import { call, grant, METER } from "../support/api.ts";
import { decorated } from "../support/stores.ts";

/** Renames a meter with a store of which each call takes so many milliseconds, and returns what happened in which order. */
async function rename(milliseconds: number): Promise<string[]> {
  const token = await grant();
  const { id } = (await call("POST", "/v1/meters/", { token, body: METER })).json;
  const order: string[] = [];
  vi.setSystemTime(Date.now());
  const open = decorated(async (carryOut) => {
    order.push("call");
    const result = await carryOut();
    vi.setSystemTime(Date.now() + milliseconds);
    setTimeout(() => order.push("another request"));
    return result;
  });
  await call("PATCH", `/v1/meters/${id}`, { token, open, body: { name: "Other tokens" } });
  return order;
}

describe("A request that uses its store for 50 ms", () => {
  it("lets others run before it goes on", async ({ expect }) => {
    expect((await rename(60)).slice(0, 3)).toEqual(["call", "another request", "call"]);
  });

  it("otherwise goes on at once", async ({ expect }) => {
    expect((await rename(10)).slice(0, 2)).toEqual(["call", "call"]);
  });
});
