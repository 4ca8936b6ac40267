const url = process.env.EDGEMETER_URL ?? "http://localhost:8787";
const headers = { Authorization: `Bearer ${process.env.EDGEMETER_TOKEN}` };
const response = await fetch(`${url}/v1/alerts`, { headers });
if (!response.ok) throw new Error(await response.text());
console.log(await response.json());
