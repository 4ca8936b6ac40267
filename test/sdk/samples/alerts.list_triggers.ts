const url = process.env.EDGEMETER_URL ?? "http://localhost:8787";
const headers = { Authorization: `Bearer ${process.env.EDGEMETER_TOKEN}` };
const response = await fetch(`${url}/v1/alerts/c4b0f2d6-1a7e-4f39-8d52-6e9b3c7a0f14/triggers`, { headers });
if (!response.ok) throw new Error(await response.text());
console.log(await response.json());
