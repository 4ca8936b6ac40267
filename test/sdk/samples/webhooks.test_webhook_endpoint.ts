const url = process.env.EDGEMETER_URL ?? "http://localhost:8787";
const response = await fetch(`${url}/v1/webhooks/endpoints/6c1f0d7a-3f5e-4c6b-9d20-5b7a1e8c4f92/test`, {
  method: "POST",
  headers: { Authorization: `Bearer ${process.env.EDGEMETER_TOKEN}` },
});
if (!response.ok) throw new Error(await response.text());
console.log(response.status);
