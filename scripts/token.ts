import { SCOPES } from "../src/auth/principal.ts";
import { hashToken, newToken } from "../src/auth/token.ts";
import { STORE_KINDS, type StoreKind } from "../src/store/kinds.ts";
import { Uuid4 } from "../src/wire/uuid.ts";
import { PLACE_FLAGS, readPlace, withOperator, type WorkerPlace } from "./operator-connection.ts";
import { readArguments, runCommand, UsageError } from "./usage.ts";

const HELP = `Creates, lists and revokes organization access tokens.

  npm run token -- create --organization <uuid> --scopes "<scope> <scope>…" [--expires-in 90d] [--store d1|object]
                                                                          [--comment <text>]
  npm run token -- list [--organization <uuid>]
  npm run token -- revoke <token id> --organization <uuid>

  --organization  the organization that the token acts for: a UUID v4; a new one creates a new organization
  --scopes        what the token may do, some of: ${SCOPES.join(", ")}
  --expires-in    30m, 12h, 90d, …: the token's lifetime; without it the token does not expire
  --store         where a new organization is kept: d1 (shared) or object (one of its own); by default the variable
                  STORE decides. An existing one stays where it is
  --comment       what the token is for; shown by list
  --local         the Worker that npm run dev runs (the default)
  --remote        the deployed Worker, with wrangler's login; needs --url
  --url           the address of the deployed Worker
  --name          the name that was given to npm run deploy, if any
  --persist-to    the folder of the local data (default: .wrangler/state)

A token that was revoked writes nothing from then on. It may read for up to about 65 s more, because edge locations cache
tokens; locally for 5 s.

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
  const place = readPlace(values);
  switch (command) {
    case "create":
      return create(place, values, rest);
    case "list":
      return list(place, values.organization);
    case "revoke":
      return revoke(place, rest, values.organization);
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
      ...PLACE_FLAGS,
      help: { type: "boolean", short: "h" },
    },
  });
}

type Values = ReturnType<typeof parse>["values"];

async function create(place: WorkerPlace, values: Values, rest: string[]): Promise<void> {
  if (rest.length > 0) throw new UsageError(`Unexpected argument ${rest[0]}; put the scopes in quotes.`);
  const organization = parseOrganization(values.organization);
  const token = newToken();
  const body = {
    id: crypto.randomUUID(),
    hash: await hashToken(token),
    scopes: parseScopes(values.scopes),
    comment: values.comment ?? null,
    expires_in: values["expires-in"] === undefined ? null : parseLifetime(values["expires-in"]),
    store: parseStore(values.store) ?? null,
  };
  const made = await withOperator(place, organization, (ask) => ask<ListedToken>("tokens/create", body));
  const expiry = made.expires_at === null ? "does not expire" : `expires at ${made.expires_at}`;
  process.stderr.write(
    `Token ${made.id} of organization ${organization}, scopes ${made.scopes.join(" ")}, ${expiry}.\n` +
      "It is shown only once:\n",
  );
  process.stdout.write(`${token}\n`);
}

/** A token as the Worker answers it; src/operator/tokens.ts knows the rest. */
type ListedToken = { id: string; scopes: string[]; expires_at: string | null };

async function list(place: WorkerPlace, organization: string | undefined): Promise<void> {
  const id = organization === undefined ? null : parseOrganization(organization);
  await withOperator(place, id, async (ask) => {
    let cursor: string | null = null;
    do {
      const page: { tokens: ListedToken[]; cursor: string | null } = await ask("tokens/list", { cursor });
      for (const token of page.tokens) process.stdout.write(`${JSON.stringify(token)}\n`);
      ({ cursor } = page);
    } while (cursor !== null);
  });
}

async function revoke(place: WorkerPlace, [id, ...more]: string[], organization: string | undefined): Promise<void> {
  if (!Uuid4.safeParse(id).success || more.length > 0) {
    throw new UsageError("revoke takes the id of one token; list shows them.");
  }
  await withOperator(place, parseOrganization(organization), (ask) => ask("tokens/revoke", { token_id: id }));
  process.stderr.write(`Token ${id} was revoked: it writes nothing any more, and reads for ${"url" in place ? "about 65" : 5} s at most.\n`); // prettier-ignore
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
