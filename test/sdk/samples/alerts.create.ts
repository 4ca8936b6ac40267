const url = process.env.EDGEMETER_URL ?? "http://localhost:8787";
const headers = { Authorization: `Bearer ${process.env.EDGEMETER_TOKEN}`, "Content-Type": "application/json" };
const response = await fetch(`${url}/v1/alerts`, {
  method: "POST",
  headers,
  body: JSON.stringify({
    name: "80 % of the credits",
    meter_id: "1b671a64-40d5-491e-99b0-da01ff1f3341",
    basis: "consumed_percent",
    thresholds: [80, 100],
  }),
});
if (!response.ok) throw new Error(await response.text());
console.log(await response.json());
