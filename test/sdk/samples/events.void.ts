const url = process.env.EDGEMETER_URL ?? "http://localhost:8787";
const response = await fetch(`${url}/v1/events/void`, {
  method: "POST",
  headers: {
    Authorization: `Bearer ${process.env.EDGEMETER_TOKEN}`,
    "Content-Type": "application/json",
  },
  body: JSON.stringify({
    events: [{ external_id: "request-8a1f" }],
    reason: "The tokens were counted twice.",
  }),
});
if (!response.ok) throw new Error(await response.text());
for (const { id, result } of (await response.json()).events) console.log(id, result);
