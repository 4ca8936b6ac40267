const url = process.env.EDGEMETER_URL ?? "http://localhost:8787";
const response = await fetch(`${url}/v1/meters/explain`, {
  method: "POST",
  headers: { Authorization: `Bearer ${process.env.EDGEMETER_TOKEN}`, "Content-Type": "application/json" },
  body: JSON.stringify({
    filter: { conjunction: "and", clauses: [{ property: "name", operator: "eq", value: "ai_usage" }] },
    aggregation: { func: "sum", property: "total_tokens" },
    event: { name: "ai_usage", external_customer_id: "customer-1", metadata: { total_tokens: "42" } },
  }),
});
if (!response.ok) throw new Error(await response.text());
console.log(await response.json());
