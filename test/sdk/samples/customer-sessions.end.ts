const url = process.env.EDGEMETER_URL ?? "http://localhost:8787";
const response = await fetch(`${url}/v1/customer-sessions/`, {
  method: "DELETE",
  headers: { Authorization: `Bearer ${process.env.EDGEMETER_TOKEN}` },
});
if (!response.ok) throw new Error(await response.text());
console.log(response.status);
