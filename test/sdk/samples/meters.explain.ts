const url = process.env.EDGEMETER_URL ?? "http://localhost:8787";
const meter = "1b671a64-40d5-491e-99b0-da01ff1f3341";
const response = await fetch(`${url}/v1/meters/${meter}/explain`, {
  method: "POST",
  headers: { Authorization: `Bearer ${process.env.EDGEMETER_TOKEN}`, "Content-Type": "application/json" },
  body: JSON.stringify({
    event: { name: "ai_usage", external_customer_id: "customer-1", metadata: { total_tokens: "42" } },
  }),
});
if (!response.ok) throw new Error(await response.text());
console.log(await response.json());
