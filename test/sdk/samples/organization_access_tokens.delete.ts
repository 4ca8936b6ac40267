const url = process.env.EDGEMETER_URL ?? "http://localhost:8787";
const response = await fetch(`${url}/v1/organization-access-tokens/5f0c1e0e-2c4b-4d0a-9a37-6d7c5b9f5f0a`, {
  method: "DELETE",
  headers: { Authorization: `Bearer ${process.env.EDGEMETER_TOKEN}` },
});
if (!response.ok) throw new Error(await response.text());
console.log(response.status);
