import { sql } from "drizzle-orm";
import { describe, it } from "vitest";
import { AdaptiveSize, Budget } from "../../src/jobs/budget.ts";
import { storeOf } from "../support/stores.ts";

const ONE = sql`SELECT 1`;

describe("A budget", () => {
  it("is spent by the statements of its stores, with what a store adds to each call", async ({ expect }) => {
    const budget = new Budget({ statements: 6 });
    const store = budget.counted(storeOf());
    await store.read([ONE, ONE]);
    expect([budget.spent, budget.left, budget.mayGoOn()]).toEqual([3, 3, true]);
    await store.write([ONE, ONE, ONE]);
    expect([budget.spent, budget.left, budget.mayGoOn()]).toEqual([7, 0, false]);
  });

  it("is spent by its shares too, and ends them", async ({ expect }) => {
    const whole = new Budget({ statements: 7 });
    const [first, second] = [whole.share({ statements: 5 }), whole.share({ statements: 5 })];
    await first.counted(storeOf()).read([ONE, ONE]);
    expect([first.left, second.left, whole.left]).toEqual([2, 4, 4]);
    await second.counted(storeOf()).read([ONE, ONE, ONE]);
    expect([first.mayGoOn(), second.mayGoOn(), whole.mayGoOn()]).toEqual([false, false, false]);
  });

  it("ends with its time, or with that of the whole", ({ expect }) => {
    let time = 1000;
    const whole = new Budget({ milliseconds: 100 }, () => time);
    const [short, long] = [whole.share({ milliseconds: 50 }), whole.share({ milliseconds: 500 })];
    const mayGoOn = () => [short, long, whole].map((each) => each.mayGoOn());
    expect(mayGoOn()).toEqual([true, true, true]);
    time += 50;
    expect(mayGoOn()).toEqual([false, true, true]);
    time += 50;
    expect(mayGoOn()).toEqual([false, false, false]);
  });

  it("without limits never ends", ({ expect }) => {
    expect(new Budget().mayGoOn()).toBe(true);
  });
});

describe("The size of transactions", () => {
  it("is halved by slow ones, and doubled by fast ones up to its maximum", ({ expect }) => {
    const size = new AdaptiveSize(4, 10);
    const after = (elapsed: number) => {
      size.adapt(elapsed);
      return size.value;
    };
    expect([49, 49, 50, 100, 101, 101, 101, 101].map(after)).toEqual([8, 10, 10, 10, 5, 2, 1, 1]);
    expect(new AdaptiveSize(4, 1).value).toBe(1);
    const floored = new AdaptiveSize(8, 10, 3);
    expect([101, 101, 101].map((elapsed) => (floored.adapt(elapsed), floored.value))).toEqual([4, 3, 3]);
  });
});
