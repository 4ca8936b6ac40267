const url = process.env.EDGEMETER_URL ?? "http://localhost:8787";
const headers = { Authorization: `Bearer ${process.env.EDGEMETER_TOKEN}`, "Content-Type": "application/json" };
const response = await fetch(`${url}/v1/customer-meters/holds/2f1c7a4e-93d8-4b06-a5e1-7c0d4b8f6e23/settle`, {
  method: "POST",
  headers,
  body: JSON.stringify({ event: { name: "ai_usage", external_id: "request-9b2e", metadata: { total_tokens: 420 } } }),
});
if (!response.ok) throw new Error(await response.text());
console.log(await response.json());
