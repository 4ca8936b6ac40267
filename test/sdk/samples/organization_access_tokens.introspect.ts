const url = process.env.EDGEMETER_URL ?? "http://localhost:8787";
const response = await fetch(`${url}/v1/organization-access-tokens/introspect`, {
  headers: { Authorization: `Bearer ${process.env.EDGEMETER_TOKEN}` },
});
if (!response.ok) throw new Error(await response.text());
const { organization_id, scopes, expires_at } = await response.json();
console.log(organization_id, scopes.join(" "), expires_at);
