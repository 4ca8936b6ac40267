import type { ZodOpenApiPathsObject } from "zod-openapi";
import { SCOPES } from "../auth/principal.ts";
import { HEADERS, operation, REQUEST_HEADERS, response } from "../http/openapi.ts";
import { listOf } from "../http/openapi-answers.ts";
import { Conflict } from "../http/openapi-errors.ts";
import { EDGEMETER_ONLY, fields, LIST_PARAMETERS, parameters } from "../wire/openapi.ts";
import { Create, Created, Rotate, Token, Update } from "./openapi-components.ts";
import { ForceQuery, MAX_TOKENS, TokenListQuery, TokenPath } from "./schemas.ts";

const TAG = "organization_access_tokens";
const READ = ["organization_access_tokens:read", "organization_access_tokens:write"] as const;

const BY_ID = fields(TokenPath, {
  id: {
    param: {
      description:
        "The id of a token of your organization. Create Organization Access Token and List Organization Access Tokens return it.",
      example: "5f0c1e0e-2c4b-4d0a-9a37-6d7c5b9f5f0a",
    },
  },
});
const FORCE = parameters(ForceQuery.shape, {
  force: {
    description: `Also when no other token with \`organization_access_tokens:write\` lasts for another week or as long: then only \`npm run token\` can make another. ${EDGEMETER_ONLY}`,
    default: false,
  },
});
const LAST = response(
  `No other token with \`organization_access_tokens:write\` lasts for another week or as long, or other requests kept changing it. ${EDGEMETER_ONLY}`,
  Conflict,
);

const FULL = response(
  `The organization has ${MAX_TOKENS} valid tokens, or another request changed this one at the same moment. ${EDGEMETER_ONLY}`,
  Conflict,
);

/** The paths of organization access tokens in the API's document. */
export const tokenPaths: ZodOpenApiPathsObject = {
  "/v1/organization-access-tokens/": {
    get: operation({
      id: "organization_access_tokens:list",
      tag: TAG,
      summary: "List Organization Access Tokens",
      description: "Lists the organization's tokens, one page at a time: expired ones too, deleted ones not.",
      scopes: [...READ],
      query: parameters(TokenListQuery.def.in.shape, {
        ...LIST_PARAMETERS,
        sorting: {
          description: "The fields to sort by, the most significant first. Ties are sorted by id.",
          default: ["created_at"],
        },
      }),
      answers: { 200: response("A page of tokens.", listOf("OrganizationAccessToken", Token)) },
    }),
    post: operation({
      id: "organization_access_tokens:create",
      tag: TAG,
      summary: "Create Organization Access Token",
      description: `Creates a token for the organization, which can have ${MAX_TOKENS} valid ones. The answer is the only one that has it; only its SHA-256 is stored.`,
      scopes: ["organization_access_tokens:write"],
      headers: REQUEST_HEADERS.idempotencyKey,
      body: Create,
      answers: { 201: response("The token.", Created, HEADERS.replayed), 409: FULL },
    }),
  },
  "/v1/organization-access-tokens/introspect": {
    get: operation({
      id: "organization_access_tokens:introspect",
      tag: TAG,
      summary: "Introspect Organization Access Token",
      description:
        "Answers the request's own token: its organization, its scopes and when it expires. Any scope is enough.",
      scopes: [...SCOPES],
      polar: false,
      answers: { 200: response("The token.", Token) },
    }),
  },
  "/v1/organization-access-tokens/{id}": {
    patch: operation({
      id: "organization_access_tokens:update",
      tag: TAG,
      summary: "Update Organization Access Token",
      description:
        "Changes the comment or the scopes of a token whose scopes the request's own token has as well. Edge locations may serve the old scopes for about 65 seconds: to stop a token at once, delete it.",
      scopes: ["organization_access_tokens:write"],
      path: BY_ID,
      query: FORCE,
      body: Update,
      answers: { 200: response("The token.", Token), 409: LAST },
    }),
    delete: operation({
      id: "organization_access_tokens:delete",
      tag: TAG,
      summary: "Delete Organization Access Token",
      description:
        "Revokes a token whose scopes the request's own token has as well, or this one itself. From the answer on it writes nothing any more: even a request that is under way is refused. Edge locations may let it read for about 65 seconds. Deleting it again is a 204 as well.",
      scopes: ["organization_access_tokens:write"],
      path: BY_ID,
      query: FORCE,
      answers: { 204: response("The token is revoked.", null), 409: LAST },
    }),
  },
  "/v1/organization-access-tokens/{id}/rotate": {
    post: operation({
      id: "organization_access_tokens:rotate",
      tag: TAG,
      summary: "Rotate Organization Access Token",
      description:
        "Makes a successor with the same scopes, comment and lifetime, and lets the old token expire: both are valid for the grace period. The request's own token must have all scopes of the old one. Repeating it makes another successor.",
      scopes: ["organization_access_tokens:write"],
      polar: false,
      path: BY_ID,
      body: Rotate,
      answers: { 201: response("The successor.", Created), 409: FULL },
    }),
  },
};
