import { DurableObject } from "cloudflare:workers";
import { runAlarm } from "./jobs/alarm.ts";
import { DAILY, HOURLY } from "./jobs/list.ts";
import { exportOf } from "./export/settings.ts";
import { isRetentionSet } from "./retention/settings.ts";
import { packLongTexts, unpackLongTexts } from "./store/long-texts.ts";
import { type Migration, MIGRATIONS } from "./store/migrations.ts";
import type { OrganizationRpc } from "./store/object.ts";
import { migrate, openStorage, runQueries } from "./store/object-storage.ts";
import { warnOfSize } from "./store/size.ts";
import type { Query, Written } from "./store/store.ts";

/** Milliseconds from a write to the alarm: many writes share one. */
const ALARM_DELAY = 5_000;
/** The same while alerts depend on the write. */
const ALERTS_DELAY = 1_000;
/** After so many changed rows since the last alarm, the next one is immediate. */
const MANY_ROWS = 5000;

/** Tables whose rows are deleted when they are old enough. */
const AGING = ["events", "idempotency_keys", "holds", "alert_triggers", "webhook_events"] as const;

/** The database of one organization: runs the Worker's statements, and its jobs in an alarm after a write. */
export class OrganizationObject extends DurableObject implements OrganizationRpc {
  #schema = 0;
  /** When the alarm will run. */
  #alarmAt = Infinity;
  /** Rows that have changed since the last alarm. */
  #changed = 0;

  constructor(state: DurableObjectState, env: Cloudflare.Env) {
    super(state, env);
    // If this fails, every waiting call fails, and the next call tries again.
    void state.blockConcurrencyWhile(async () => {
      await this.migrate(MIGRATIONS);
      this.#alarmAt = (await state.storage.getAlarm()) ?? Infinity;
      // A retention or a bucket may have been set since the last alarm.
      const delay = exportOf(env) !== null ? HOURLY : isRetentionSet(env) ? DAILY : null;
      if (delay !== null && this.#has("events")) await this.#setAlarm(delay);
    });
  }

  async size(): Promise<number> {
    return this.ctx.storage.sql.databaseSize;
  }

  async migrate(migrations: readonly Migration[]): Promise<void> {
    this.#schema = migrate(this.ctx.storage, migrations);
  }

  async run(queries: Query[], schema: number): Promise<Written[] | null> {
    if (this.#schema < schema) return null;
    unpackLongTexts(queries.map(({ params }) => params));
    const results = runQueries(this.ctx.storage, queries);
    // The alarm is set in the same turn as the write, so that both are stored or neither.
    const changed = results.reduce((sum, { changes }) => sum + changes, 0);
    if (changed > 0) await this.#afterWrite(changed);
    packLongTexts(results.flatMap(({ rows }) => rows));
    return results;
  }

  /** Runs at least once after each write; it is safe to repeat. */
  override async alarm(): Promise<void> {
    this.#alarmAt = Infinity;
    this.#changed = 0;
    // An alarm does not know the object's name, so the id is read. Without data, or during a move, there is nothing to do.
    const [organization] = this.ctx.storage.sql.exec(
      `SELECT id FROM (SELECT id FROM organizations UNION ALL SELECT organization_id FROM idempotency_keys
        UNION ALL SELECT organization_id FROM holds UNION ALL SELECT organization_id FROM webhook_endpoints LIMIT 1)
        WHERE NOT EXISTS (SELECT 1 FROM write_refusals WHERE token_id = '')`,
    );
    if (organization === undefined) return;
    const next = await runAlarm(openStorage(this.ctx.storage, organization["id"] as string), this.env);
    if (next < DAILY || (next === DAILY && AGING.some((table) => this.#has(table)))) await this.#setAlarm(next);
  }

  #has(table: (typeof AGING)[number]): boolean {
    return this.ctx.storage.sql.exec(`SELECT 1 FROM ${table} LIMIT 1`).toArray().length > 0;
  }

  #hasAlerts(): boolean {
    return this.ctx.storage.sql.exec("SELECT 1 FROM alerts WHERE enabled = 1 LIMIT 1").toArray().length > 0;
  }

  async #afterWrite(changed: number): Promise<void> {
    warnOfSize(this.ctx.id.name ?? this.ctx.id.toString(), this.ctx.storage.sql.databaseSize);
    this.#changed += changed;
    const delay = this.#hasAlerts() ? ALERTS_DELAY : ALARM_DELAY;
    await this.#setAlarm(this.#changed < MANY_ROWS ? delay : 0);
  }

  async #setAlarm(delay: number): Promise<void> {
    const time = Date.now() + delay;
    if (time >= this.#alarmAt) return;
    this.#alarmAt = time;
    await this.ctx.storage.setAlarm(time);
  }
}
