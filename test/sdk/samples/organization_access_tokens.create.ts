const url = process.env.EDGEMETER_URL ?? "http://localhost:8787";
const response = await fetch(`${url}/v1/organization-access-tokens/`, {
  method: "POST",
  headers: {
    Authorization: `Bearer ${process.env.EDGEMETER_TOKEN}`,
    "Content-Type": "application/json",
  },
  body: JSON.stringify({ comment: "ingestion", scopes: ["events:write"], expires_in: "P90D" }),
});
if (!response.ok) throw new Error(await response.text());
const { organization_access_token, token } = await response.json();
// Keep the token now: no other answer has it.
console.log(organization_access_token.id, token.length);
