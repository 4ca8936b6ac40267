import type { D1Migration } from "cloudflare:test";

declare global {
  namespace Cloudflare {
    interface Env {
      TEST_MIGRATIONS: D1Migration[];
      /** Allows three requests a minute. */
      TEST_LIMITER: RateLimit;
      /** What a deployment can have as EXPORT; tests that are about it pass it on. */
      TEST_EXPORT: R2Bucket;
      /** How many cases the property tests of the metering engine try. */
      PROPERTY_CASES: string;
    }
  }
}
