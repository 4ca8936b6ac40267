const url = process.env.EDGEMETER_URL ?? "http://localhost:8787";
const headers = { Authorization: `Bearer ${process.env.EDGEMETER_TOKEN}`, "Content-Type": "application/json" };
const response = await fetch(`${url}/v1/customer-meters/holds?status=open`, { headers });
if (!response.ok) throw new Error(await response.text());
console.log(await response.json());
