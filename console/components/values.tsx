import { exact, short } from "../format/number.ts";
import { moment } from "../format/time.ts";

/** A number with its unit; a short one has the exact one as its title. */
export function Amount({ value, unit = "", isShort = false }: { value: number; unit?: string; isShort?: boolean }) {
  const text = exact(value);
  return (
    <data value={value} title={isShort ? text : undefined}>
      {isShort && Math.abs(value) >= 1e6 ? short(value) : text}
      {unit && (
        <span class="quiet">
          {" "}
          <bdi>{unit}</bdi>
        </span>
      )}
    </data>
  );
}

/** A moment in the browser's time zone; its title has it in UTC. */
export function Time({ value }: { value: string | null }) {
  if (value === null) return <span class="quiet">never</span>;
  return (
    <time dateTime={value} title={value}>
      {moment(value)}
    </time>
  );
}
