import type { D1Migration } from "cloudflare:test";

declare global {
  namespace Cloudflare {
    interface Env {
      TEST_MIGRATIONS: D1Migration[];
      /** Allows three requests a minute. */
      TEST_LIMITER: RateLimit;
      /** Where a deployment can keep deleted events; only tests always have one. */
      ARCHIVE: R2Bucket;
      /** How many cases the property tests of the metering engine try. */
      PROPERTY_CASES: string;
    }
  }
}
