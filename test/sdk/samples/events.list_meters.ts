const url = process.env.EDGEMETER_URL ?? "http://localhost:8787";
const eventId = "7c9e6679-7425-40de-944b-e07fc1f90ae7";
const response = await fetch(`${url}/v1/events/${eventId}/meters`, {
  headers: { Authorization: `Bearer ${process.env.EDGEMETER_TOKEN}` },
});
if (!response.ok) throw new Error(await response.text());
for (const { meter, counted, value, reason } of (await response.json()).items) {
  console.log(meter.name, counted ? value : reason);
}
