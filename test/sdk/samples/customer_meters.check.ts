const url = process.env.EDGEMETER_URL ?? "http://localhost:8787";
const headers = { Authorization: `Bearer ${process.env.EDGEMETER_TOKEN}`, "Content-Type": "application/json" };
const query = new URLSearchParams({
  external_customer_id: "customer-1",
  meter_id: "1b671a64-40d5-491e-99b0-da01ff1f3341",
  units: "100",
});
const response = await fetch(`${url}/v1/customer-meters/check?${query}`, { headers });
if (!response.ok) throw new Error(await response.text());
console.log(await response.json());
