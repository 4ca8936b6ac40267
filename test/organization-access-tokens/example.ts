import { type Example, STRICT } from "../support/example.ts";

const TOKEN = { comment: "ingestion", scopes: ["events:write"], expires_in: "P90D" };

export const example: Example = {
  id: "5f0c1e0e-2c4b-4d0a-9a37-6d7c5b9f5f0a",
  async make(send, _, text) {
    const comment = text ?? TOKEN.comment;
    const { organization_access_token } = await send("POST", "/v1/organization-access-tokens/", { ...TOKEN, comment });
    return { id: organization_access_token.id };
  },
  requests: {
    "organization_access_tokens:list": () => ({
      query: { sorting: "created_at" },
      bad: { query: { sorting: "size" } },
    }),
    "organization_access_tokens:introspect": () => ({ bad: STRICT }),
    "organization_access_tokens:create": () => ({
      body: TOKEN,
      bad: { body: { ...TOKEN, scopes: ["events:fly"] } },
    }),
    "organization_access_tokens:update": () => ({
      body: { comment: "ingestion, region 2" },
      bad: { body: { scopes: [] } },
    }),
    "organization_access_tokens:delete": () => ({ bad: { query: { force: "maybe" } } }),
    "organization_access_tokens:rotate": () => ({
      body: { grace_period: "PT12H" },
      bad: { body: { grace_period: "soon" } },
    }),
  },
};
