import { Uuid4 } from "../src/wire/uuid.ts";
import { STORE_KINDS, type StoreKind } from "../src/store/kinds.ts";
import { SCOPES } from "../src/auth/principal.ts";
import { listTokens, putToken, revokeToken, type TokenRecord } from "../src/auth/records.ts";
import { newToken } from "../src/auth/token.ts";
import { readArguments, runCommand, UsageError } from "./usage.ts";
import { isWorkerName } from "./wrangler-config.ts";
import { type Place, withTokens } from "./wrangler-kv.ts";

const HELP = `Creates, lists and revokes organization access tokens.

  npm run token -- create --organization <uuid> --scopes "<scope> <scope>…" [--expires-in 90d] [--store d1|object]
                                                                          [--comment <text>]
  npm run token -- list [--organization <uuid>]
  npm run token -- revoke <token id>

  --organization  the organization that the token acts for: a UUID v4; a new one creates a new organization
  --scopes        what the token may do, some of: ${SCOPES.join(", ")}
  --expires-in    30m, 12h, 90d, …: the token's lifetime; without it the token does not expire
  --store         where a new organization's data is kept: d1 (shared) or object (one of its own); an existing one
                  stays where its other tokens say; by default the deployment's variable STORE decides
  --comment       what the token is for; shown by list
  --local         use this machine's KV, as npm run dev does (the default)
  --remote        use the deployed Worker's KV
  --name          the name that was given to npm run deploy, if any
  --persist-to    the folder of the local data (default: .wrangler/state)

revoke writes to KV only: edge locations may let the token read and write for up to about 65 s more, and when the
API changes the token within that time, it can stay valid until the next operation on the organization's tokens.
Prefer DELETE /v1/organization-access-tokens/<token id>: it ends the token's writes at once, and for good.

create prints only the token on standard output. It is shown once: only its hash is stored.
"npm run -s token" omits the two lines that npm prints first.
`;

const MILLISECONDS: Record<string, number> = { m: 60_000, h: 3_600_000, d: 86_400_000 };
/** 100 years, well within the range of KV expirations and JavaScript dates. */
const LONGEST_LIFETIME = 100 * 366 * MILLISECONDS["d"]!;

async function main(args: string[]): Promise<void> {
  const { values, positionals } = parse(args);
  const [command, ...rest] = positionals;
  if (values.help || command === undefined) {
    process.stdout.write(HELP);
    if (!values.help) process.exitCode = 2;
    return;
  }
  if (values.local && values.remote) throw new UsageError("--local and --remote can't be combined.");
  if (values.remote && values["persist-to"] !== undefined) throw new UsageError("--persist-to is for local data only.");
  if (!values.remote && values.name !== undefined) throw new UsageError("--name is for --remote only.");
  if (values.name !== undefined && !isWorkerName(values.name)) {
    throw new UsageError(`--name ${values.name} is not a valid name of a Worker.`);
  }
  const place: Place = { remote: values.remote ?? false, persistTo: values["persist-to"], name: values.name };
  switch (command) {
    case "create":
      return create(place, values, rest);
    case "list":
      return list(place, values.organization);
    case "revoke":
      return revoke(place, rest);
    default:
      throw new UsageError(`Unknown command ${command}; use create, list or revoke.`);
  }
}

function parse(args: string[]) {
  return readArguments({
    args,
    allowPositionals: true,
    options: {
      organization: { type: "string" },
      scopes: { type: "string" },
      "expires-in": { type: "string" },
      store: { type: "string" },
      comment: { type: "string" },
      local: { type: "boolean" },
      remote: { type: "boolean" },
      "persist-to": { type: "string" },
      name: { type: "string" },
      help: { type: "boolean", short: "h" },
    },
  });
}

type Values = ReturnType<typeof parse>["values"];

async function create(place: Place, values: Values, rest: string[]): Promise<void> {
  if (rest.length > 0) throw new UsageError(`Unexpected argument ${rest[0]}; put the scopes in quotes.`);
  const now = new Date();
  const lifetime = values["expires-in"] === undefined ? null : parseLifetime(values["expires-in"]);
  const wanted = parseStore(values.store);
  const record: TokenRecord = {
    id: crypto.randomUUID(),
    organization_id: parseOrganization(values.organization),
    scopes: parseScopes(values.scopes),
    expires_at: lifetime === null ? null : new Date(now.getTime() + lifetime).toISOString(),
    comment: values.comment ?? null,
    created_at: now.toISOString(),
  };
  const token = newToken();
  await withTokens(place, async (kv) => {
    const [other] = await listTokens(kv, record.organization_id);
    const store = other === undefined ? wanted : agreed(wanted, other);
    await putToken(kv, token, store === undefined ? record : { ...record, store });
  });
  const expiry = record.expires_at === null ? "does not expire" : `expires at ${record.expires_at}`;
  process.stderr.write(
    `Token ${record.id} of organization ${record.organization_id}, scopes ${record.scopes.join(" ")}, ${expiry}.\n` +
      "It is shown only once:\n",
  );
  process.stdout.write(`${token}\n`);
}

async function list(place: Place, organization: string | undefined): Promise<void> {
  const id = organization === undefined ? undefined : parseOrganization(organization);
  for (const token of await withTokens(place, (kv) => listTokens(kv, id))) {
    const { hash: _, ...shown } = token;
    process.stdout.write(`${JSON.stringify(shown)}\n`);
  }
}

async function revoke(place: Place, [id, ...more]: string[]): Promise<void> {
  if (id === undefined || more.length > 0) throw new UsageError("revoke takes one token id; list shows them.");
  const token = await withTokens(place, (kv) => revokeToken(kv, id, new Date()));
  if (token === null) throw new UsageError(`No token has the id ${id}; list shows them.`);
  const effect = place.remote
    ? "edge locations may let it read and write for up to about 65 s, because they cache tokens"
    : "the local server refuses it within 5 s";
  process.stderr.write(`Token ${id} was revoked at ${token.revoked_at}; ${effect}.\n`);
}

function parseOrganization(value: string | undefined): string {
  if (value === undefined) throw new UsageError("--organization is required: a UUID v4.");
  const id = Uuid4.safeParse(value);
  if (!id.success) throw new UsageError(`--organization ${value} is not a UUID v4.`);
  return id.data;
}

function parseStore(value: string | undefined): StoreKind | undefined {
  const store = STORE_KINDS.find((kind) => kind === value);
  if (value !== undefined && store === undefined) {
    throw new UsageError(`--store ${value} is not a store; use ${STORE_KINDS.join(" or ")}.`);
  }
  return store;
}

/** The store of an organization that has another token: its data does not move, so all its tokens name the same. */
function agreed(wanted: StoreKind | undefined, { organization_id, store }: TokenRecord): StoreKind | undefined {
  if (wanted === undefined || wanted === store) return store;
  const known = store ?? "the default store, because they name none";
  throw new UsageError(
    `The other tokens of ${organization_id} are for ${known}; omit --store, or use another organization.`,
  );
}

function parseScopes(value: string | undefined): string[] {
  const scopes = [...new Set((value ?? "").split(/[\s,]+/).filter(Boolean))];
  if (scopes.length === 0) throw new UsageError(`--scopes is required: some of ${SCOPES.join(", ")}.`);
  const unknown = scopes.find((scope) => !SCOPES.some((known) => known === scope));
  if (unknown !== undefined) throw new UsageError(`Unknown scope ${unknown}; the scopes are ${SCOPES.join(", ")}.`);
  return scopes;
}

function parseLifetime(value: string): number {
  const parts = /^(\d+)([mhd])$/.exec(value);
  const lifetime = parts === null ? 0 : Number(parts[1]) * MILLISECONDS[parts[2]!]!;
  if (lifetime > 0 && lifetime <= LONGEST_LIFETIME) return lifetime;
  throw new UsageError(
    `--expires-in ${value} is not a valid lifetime; use for example 30m, 12h or 90d, at most 100 years.`,
  );
}

await runCommand(main);
