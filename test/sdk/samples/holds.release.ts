const url = process.env.EDGEMETER_URL ?? "http://localhost:8787";
const headers = { Authorization: `Bearer ${process.env.EDGEMETER_TOKEN}`, "Content-Type": "application/json" };
const response = await fetch(`${url}/v1/customer-meters/holds/2f1c7a4e-93d8-4b06-a5e1-7c0d4b8f6e23/release`, {
  method: "POST",
  headers,
});
// A hold that was settled can't be released any more.
console.log(response.ok ? "released" : await response.text());
