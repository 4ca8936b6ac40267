import { SCOPES } from "../../../src/auth/principal.ts";
import { can, type Scope } from "../../session/session.ts";

/** What tokens are usually for, and the scopes that this needs. */
const PRESETS = {
  "read-only": {
    text: "Read-only: a dashboard, or this console for looking",
    // Whoever reads webhook endpoints reads the secrets that sign deliveries.
    scopes: SCOPES.filter((scope) => scope.endsWith(":read") && !scope.startsWith("webhooks:")),
  },
  ingestion: { text: "Ingestion: a service that sends events", scopes: ["events:write"] },
  gateway: {
    text: "Gateway: a service that consumes and holds units",
    scopes: ["events:write", "customer_meters:read"],
  },
  everything: { text: "Everything", scopes: SCOPES },
} as const satisfies Record<string, { text: string; scopes: readonly Scope[] }>;
/** The name of a preset, or `custom` for any other scopes. */
export type Preset = keyof typeof PRESETS | "custom";

/** The presets with their texts. */
export const PRESET_TEXTS = [
  ...Object.entries(PRESETS).map(([name, { text }]) => [name as Preset, text] as const),
  ["custom", "Other scopes"] as const,
];

/** The scopes of a preset that this token has, because it can't give others; null for `custom`. */
export const scopesOf = (preset: Preset): Scope[] | null =>
  preset === "custom" ? null : PRESETS[preset].scopes.filter((scope) => can(scope));

/** The preset that has exactly some scopes. */
export function presetOf(scopes: readonly string[]): Preset {
  const isSame = (own: readonly string[]) => own.length === scopes.length && own.every((each) => scopes.includes(each));
  const found = Object.entries(PRESETS).find(([, preset]) => isSame(preset.scopes));
  return (found?.[0] ?? "custom") as Preset;
}
