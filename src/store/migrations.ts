import meters from "../../migrations/0000_meters.sql";
import idempotencyKeys from "../../migrations/0001_idempotency_keys.sql";
import events from "../../migrations/0002_events.sql";
import nullableCustomers from "../../migrations/0003_nullable_customers.sql";
import eventIds from "../../migrations/0004_event_ids.sql";
import customers from "../../migrations/0005_customers.sql";
import balances from "../../migrations/0006_balances.sql";
import erasure from "../../migrations/0007_erasure.sql";
import writeRefusals from "../../migrations/0008_write_refusals.sql";
import organizationAccessTokens from "../../migrations/0009_organization_access_tokens.sql";
import deletedBefore from "../../migrations/0010_deleted_before.sql";

/** The text of each file in migrations/, in order: an object applies them itself. `npm run check` finds one that is missing. */
export const MIGRATIONS: readonly string[] = [
  meters,
  idempotencyKeys,
  events,
  nullableCustomers,
  eventIds,
  customers,
  balances,
  erasure,
  writeRefusals,
  organizationAccessTokens,
  deletedBefore,
];
