const url = process.env.EDGEMETER_URL ?? "http://localhost:8787";
const response = await fetch(`${url}/v1/meters/preview`, {
  method: "POST",
  headers: { Authorization: `Bearer ${process.env.EDGEMETER_TOKEN}`, "Content-Type": "application/json" },
  body: JSON.stringify({
    filter: { conjunction: "and", clauses: [{ property: "name", operator: "eq", value: "ai_usage" }] },
    aggregation: { func: "sum", property: "total_tokens" },
    start_timestamp: "2026-01-01T00:00:00Z",
    end_timestamp: "2026-01-31T00:00:00Z",
    interval: "day",
  }),
});
if (!response.ok) throw new Error(await response.text());
console.log(await response.json());
