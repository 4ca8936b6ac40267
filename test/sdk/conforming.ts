import { afterEach } from "vitest";
import { wrong } from "./checked-fetch.ts";

afterEach(() => {
  const found = wrong.splice(0);
  if (found.length > 0) throw new Error(`answers are not as documented: ${found.join("; ")}`);
});
