const url = process.env.EDGEMETER_URL ?? "http://localhost:8787";
const headers = { Authorization: `Bearer ${process.env.EDGEMETER_TOKEN}`, "Content-Type": "application/json" };
const response = await fetch(`${url}/v1/customer-meters/holds`, {
  method: "POST",
  headers: { ...headers, "Idempotency-Key": "request-9b2e" },
  body: JSON.stringify({
    external_customer_id: "customer-1",
    meter_id: "1b671a64-40d5-491e-99b0-da01ff1f3341",
    units: 500,
    expires_in: "PT10M",
  }),
});
if (!response.ok) throw new Error(await response.text());
console.log(await response.json());
