const url = process.env.EDGEMETER_URL ?? "http://localhost:8787";
const headers = { Authorization: `Bearer ${process.env.EDGEMETER_TOKEN}`, "Content-Type": "application/json" };
const response = await fetch(`${url}/v1/customer-meters/consume`, {
  method: "POST",
  headers,
  body: JSON.stringify({
    external_customer_id: "customer-1",
    meter_id: "1b671a64-40d5-491e-99b0-da01ff1f3341",
    event: { name: "ai_usage", external_id: crypto.randomUUID(), metadata: { total_tokens: 100 } },
  }),
});
if (!response.ok) throw new Error(await response.text());
const { allowed, available } = await response.json();
console.log(allowed ? `served, ${available} left` : `refused: only ${available} left`);
